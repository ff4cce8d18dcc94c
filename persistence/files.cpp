#include "persistence/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

error failed(const std::string& path, const char* what) { return {errc::log_io, path + ": " + what + ": " + std::strerror(errno)}; }

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0) calls().close(fd);
  }
};

}  // namespace

result<void> sync_folder(const std::string& path) {
  descriptor d{calls().open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
  if (d.fd < 0 || calls().fsync(d.fd) != 0) return failed(path, "syncing the folder");
  return {};
}

result<void> make_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code bad;
  std::vector<fs::path> missing;
  auto above = fs::absolute(path, bad);
  if (!above.has_filename()) above = above.parent_path();
  for (; !bad && !fs::exists(above, bad) && above.has_relative_path(); above = above.parent_path()) missing.push_back(above);
  if (bad) return error(errc::log_io, path + ": " + bad.message());
  // Each new folder is an entry of the one above it. One that somebody else has just made is as good.
  for (; !missing.empty(); missing.pop_back()) {
    const auto& next = missing.back();
    if (calls().mkdir(next.c_str(), 0777) != 0 && errno != EEXIST) return failed(path, "cannot be created");
    TOMNEXT_TRY(sync_folder(next.parent_path().string()));
  }
  if (!fs::is_directory(path, bad)) return error(errc::log_io, path + ": cannot be created: it is not a folder");
  return {};
}

result<void> remove_durably(const std::string& path) {
  if (calls().unlink(path.c_str()) != 0) return errno == ENOENT ? result<void>{} : failed(path, "removing");
  return sync_folder(std::filesystem::path(path).parent_path().string());
}

result<void> remove_temporaries(const std::string& folder, std::string_view prefix) {
  std::error_code bad;
  if (!std::filesystem::is_directory(folder, bad)) return {};
  std::vector<std::string> found;
  for (auto it = std::filesystem::directory_iterator(folder, bad); !bad && it != std::filesystem::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(temporary_suffix)) found.push_back(it->path().string());
  }
  if (bad) return error(errc::log_io, folder + ": " + bad.message());
  for (const auto& path : found) TOMNEXT_TRY(remove_durably(path));
  return {};
}

result<void> write_durably(const std::string& path, std::string_view bytes) {
  // Two writers of the same file do not share a temporary one: the later rename wins, and both files are whole.
  static std::atomic<std::uint64_t> running{0};
  const std::string temporary = path + "." + std::to_string(::getpid()) + "-" + std::to_string(++running) + std::string(temporary_suffix);
  {
    descriptor d{calls().open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (d.fd < 0) return failed(temporary, "creating");
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = calls().write(d.fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return failed(temporary, "writing");
      done += static_cast<std::size_t>(n);
    }
    if (calls().fsync(d.fd) != 0) return failed(temporary, "syncing");
  }
  if (calls().rename(temporary.c_str(), path.c_str()) != 0) return failed(path, "renaming");
  return sync_folder(std::filesystem::path(path).parent_path().string());
}

result<std::string> read_file(const std::string& path, std::size_t limit) {
  descriptor d{calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0)};
  if (d.fd < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  std::string bytes;
  char block[65'536];
  for (;;) {
    const auto n = calls().read(d.fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
    if (n == 0) return bytes;
    bytes.append(block, static_cast<std::size_t>(n));
    if (bytes.size() > limit) return error(errc::file_unreadable, path + ": larger than " + std::to_string(limit) + " bytes");
  }
}

namespace {

// Of the open file, not of the process: two writers within one process exclude each other too.
struct flock whole_file(short type) {
  struct flock f {};
  f.l_type = type;
  f.l_whence = SEEK_SET;
  return f;
}
std::string lock_file(const std::string& folder) { return folder + "/lock"; }

}  // namespace

result<folder_lock> folder_lock::take(const std::string& folder) {
  const int fd = calls().open(lock_file(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(lock_file(folder), "opening");
  folder_lock taken(fd);
  auto exclusive = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &exclusive) == 0) return taken;
  if (errno != EAGAIN && errno != EACCES) return failed(lock_file(folder), "locking");
  return error(errc::log_locked, folder + ": another process has this log open for writing; stop it, or use a reading command");
}

bool folder_lock::held(const std::string& folder) {
  const descriptor d{::open(lock_file(folder).c_str(), O_RDONLY | O_CLOEXEC)};
  // Asks without taking: a writer that comes at this moment is not turned away.
  auto shared = whole_file(F_RDLCK);
  return d.fd >= 0 && ::fcntl(d.fd, F_OFD_GETLK, &shared) == 0 && shared.l_type != F_UNLCK;
}

folder_lock::folder_lock(folder_lock&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
folder_lock::~folder_lock() {
  if (fd_ >= 0) calls().close(fd_);
}

}  // namespace tomnext::persistence
