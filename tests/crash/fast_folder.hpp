// A folder in memory where the machine has room there: thousands of small logs are opened and closed, and the simulated disk decides what is durable.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <string>

namespace tomnext::tests {

class fast_folder {
 public:
  fast_folder() {
    static int running = 0;
    std::error_code bad;
    const auto room = std::filesystem::space("/dev/shm", bad);
    const bool memory = !bad && room.available > (std::uintmax_t{512} << 20) && ::access("/dev/shm", W_OK) == 0;
    path_ = (memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
            ("tomnext-crash-" + std::to_string(::getpid()) + "-" + std::to_string(++running));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~fast_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  fast_folder(const fast_folder&) = delete;
  fast_folder& operator=(const fast_folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& below) const { return (path_ / below).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tomnext::tests
