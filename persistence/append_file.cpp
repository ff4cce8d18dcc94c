#include "persistence/append_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "persistence/files.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

// The place behind the last end of line, read from the end.
result<off_t> end_of_lines(int fd, const std::string& path) {
  off_t end = ::lseek(fd, 0, SEEK_END);
  char part[4'096];
  while (end > 0) {
    const auto n = std::min<off_t>(end, sizeof part);
    const auto got = calls().pread(fd, part, static_cast<std::size_t>(n), end - n);
    if (got != n) return error(errc::log_io, path + ": reading: " + (got < 0 ? std::strerror(errno) : "it became shorter"));
    for (off_t i = n; i-- > 0;)
      if (part[i] == '\n') return end - n + i + 1;
    end -= n;
  }
  return end;
}

}  // namespace

result<append_file> append_file::create(const std::string& path) {
  const int fd = calls().open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return error(errc::invalid_argument, path + ": is there already");
  if (fd < 0) return error(errc::log_io, path + ": creating: " + std::strerror(errno));
  append_file f(fd, path);
  const auto folder = std::filesystem::path(path).parent_path().string();
  TOMNEXT_TRY(sync_folder(folder.empty() ? "." : folder));
  return f;
}

result<append_file> append_file::resume(const std::string& path) {
  const int fd = calls().open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC, 0);
  if (fd < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  append_file f(fd, path);
  auto end = end_of_lines(fd, path);
  if (!end) return end.error();
  if (::ftruncate(fd, *end) != 0) return f.failed("cutting off an unfinished line");
  return f;
}

append_file::append_file(append_file&& o) noexcept : fd_(std::exchange(o.fd_, -1)), path_(std::move(o.path_)), broken_(std::move(o.broken_)) {}
append_file::~append_file() {
  if (fd_ >= 0) calls().close(fd_);
}

result<void> append_file::append(std::string_view line) {
  if (!broken_.empty()) return error(errc::log_io, broken_);
  std::string bytes(line);
  bytes += '\n';
  for (std::string_view left = bytes; !left.empty();) {
    const auto n = calls().write(fd_, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return given_up("writing");
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  if (calls().fdatasync(fd_) != 0) return given_up("syncing");
  return {};
}

error append_file::given_up(const char* what) {
  auto why = failed(what);
  broken_ = why.message;
  return why;
}

error append_file::failed(const char* what) const { return {errc::log_io, path_ + ": " + what + ": " + std::strerror(errno)}; }

result<std::vector<std::string>> read_lines(const std::string& path, std::size_t bytes_max) {
  auto text = read_file(path, bytes_max);
  if (!text) return text.error();
  std::vector<std::string> lines;
  for (std::size_t from = 0;;) {
    const auto end = text->find('\n', from);
    if (end == std::string::npos) return lines;
    lines.push_back(text->substr(from, end - from));
    from = end + 1;
  }
}

}  // namespace tomnext::persistence
