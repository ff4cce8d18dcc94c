// The built `tomnext`, a folder of its own for each test, and files to feed it.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/texts.hpp"

namespace tomnext::tests {

/// A folder that goes with the test.
class scratch_folder {
 public:
  scratch_folder() {
    static int next = 0;
    path_ = std::filesystem::temp_directory_path() / ("tomnext-e2e-" + std::to_string(getpid()) + "-" + std::to_string(++next));
    std::filesystem::create_directories(path_);
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string path() const { return path_.string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }
  /// The names that lie in it, sorted.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& e : std::filesystem::directory_iterator(path_)) all.push_back(e.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  std::filesystem::path path_;
};

inline finished_process tomnext_tool(const std::vector<std::string>& arguments, const std::function<void(pid_t)>& started = {}) {
  return run_process(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", arguments, "", started);
}


inline std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The words of a command line, as a shell without quotes would split them.
inline std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> all;
  std::string word;
  for (const char c : line + " ") {
    if (c != ' ') word += c;
    else if (!word.empty()) all.push_back(std::exchange(word, ""));
  }
  return all;
}

}  // namespace tomnext::tests
