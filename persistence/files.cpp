#include "persistence/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace tomnext::persistence {
namespace {

error failed(const std::string& path, const char* what) { return {errc::log_io, path + ": " + what + ": " + std::strerror(errno)}; }

struct descriptor {
  int fd;
  ~descriptor() { if (fd >= 0) ::close(fd); }
};

}  // namespace

result<void> sync_folder(const std::string& path) {
  descriptor d{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (d.fd < 0 || ::fsync(d.fd) != 0) return failed(path, "syncing the folder");
  return {};
}

result<void> make_folder(const std::string& path) {
  std::error_code bad;
  std::filesystem::create_directories(path, bad);
  if (bad) return error(errc::log_io, path + ": cannot be created: " + bad.message());
  return {};
}

result<void> write_durably(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  {
    descriptor d{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (d.fd < 0) return failed(temporary, "creating");
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::write(d.fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return failed(temporary, "writing");
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(d.fd) != 0) return failed(temporary, "syncing");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(path, "renaming");
  return sync_folder(std::filesystem::path(path).parent_path().string());
}

result<std::string> read_file(const std::string& path, std::size_t limit) {
  descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (d.fd < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  std::string bytes;
  char block[65'536];
  for (;;) {
    const auto n = ::read(d.fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
    if (n == 0) return bytes;
    bytes.append(block, static_cast<std::size_t>(n));
    if (bytes.size() > limit) return error(errc::file_unreadable, path + ": larger than " + std::to_string(limit) + " bytes");
  }
}

}  // namespace tomnext::persistence
