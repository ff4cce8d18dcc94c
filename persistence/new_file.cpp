#include "persistence/new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "persistence/files.hpp"

namespace tomnext::persistence {

result<new_file> new_file::create(const std::string& path) {
  static std::atomic<std::uint64_t> running{0};
  auto temporary = path + "." + std::to_string(::getpid()) + "-f" + std::to_string(++running) + std::string(temporary_suffix);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return error(errc::log_io, temporary + ": creating: " + std::strerror(errno));
  return new_file(fd, path, std::move(temporary));
}

new_file::new_file(new_file&& o) noexcept
    : fd_(std::exchange(o.fd_, -1)), path_(std::move(o.path_)), temporary_(std::exchange(o.temporary_, {})), buffer_(std::move(o.buffer_)) {}

new_file::~new_file() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

result<void> new_file::write(std::string_view bytes) {
  constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
  buffer_ += bytes;
  return buffer_.size() >= buffer_bytes ? flush() : result<void>{};
}

result<void> new_file::finish() {
  TOMNEXT_TRY(flush());
  if (::fsync(fd_) != 0) return failed("syncing");
  // A link is never made over a file that exists; a rename would be.
  if (::link(temporary_.c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST) return error(errc::invalid_argument, path_ + ": exists already, and nothing is ever overwritten");
    return failed("naming");
  }
  ::unlink(temporary_.c_str());
  temporary_.clear();
  const auto folder = std::filesystem::path(path_).parent_path().string();
  return sync_folder(folder.empty() ? "." : folder);
}

result<void> new_file::flush() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const auto n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("writing");
    done += static_cast<std::size_t>(n);
  }
  buffer_.clear();
  return {};
}

error new_file::failed(const char* what) const { return {errc::log_io, path_ + ": " + what + ": " + std::strerror(errno)}; }

}  // namespace tomnext::persistence
