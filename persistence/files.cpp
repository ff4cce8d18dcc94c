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

#include "persistence/places.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

error failed(const std::string& path, const char* what) { return {errc::log_io, path + ": " + what + ": " + std::strerror(errno)}; }

std::string lock_file(const std::string& folder) { return folder + "/" + std::string(lock_file_name); }

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0) calls().close(fd);
  }
};

/// The folder that a file's entry is in; of a name alone, that in which the process is.
std::string folder_of(const std::string& path) {
  const auto above = std::filesystem::path(path).parent_path().string();
  return above.empty() ? "." : above;
}

}  // namespace

result<void> sync_folder(const std::string& path) {
  descriptor d{calls().open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
  if (d.fd < 0 || calls().fsync(d.fd) != 0) return failed(path, "syncing the folder");
  return {};
}

result<void> sync_file(const std::string& path) {
  descriptor d{calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0)};
  if (d.fd < 0 || calls().fsync(d.fd) != 0) return failed(path, "syncing");
  return {};
}

result<void> sync_if_there(const std::string& path) {
  descriptor d{calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0)};
  if (d.fd < 0 && errno == ENOENT) return {};
  if (d.fd >= 0 && calls().fsync(d.fd) == 0) return {};
  // A file system that is mounted for reading has nothing to sync, and may say so.
  if (d.fd >= 0 && (errno == EROFS || errno == EINVAL)) return {};
  return failed(path, "syncing");
}

result<void> remove_tree(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code bad;
  std::vector<std::string> found, folders;
  if (fs::symlink_status(path, bad).type() == fs::file_type::not_found) return {};
  folders.push_back(path);
  for (auto it = fs::recursive_directory_iterator(path, bad); !bad && it != fs::recursive_directory_iterator(); it.increment(bad))
    (it->is_directory(bad) && !it->is_symlink(bad) ? folders : found).push_back(it->path().string());
  if (bad) return error(errc::log_io, path + ": " + bad.message());
  // A lock goes last: it tells whose the rest is, where this is cut off.
  for (const auto& file : found)
    if (file != lock_file(path) && calls().unlink(file.c_str()) != 0 && errno != ENOENT) return failed(file, "removing");
  // What lies deeper was found later.
  for (; !folders.empty(); folders.pop_back()) {
    if (folders.size() == 1 && calls().unlink(lock_file(path).c_str()) != 0 && errno != ENOENT) return failed(path, "removing its lock");
    if (calls().rmdir(folders.back().c_str()) != 0 && errno != ENOENT) return failed(folders.back(), "removing");
  }
  return {};
}

std::string temporary_name(const std::string& path) {
  static std::atomic<std::uint64_t> running{0};
  return path + "." + std::to_string(::getpid()) + "-" + std::to_string(++running) + std::string(temporary_suffix);
}

bool is_temporary_of(std::string_view name, std::string_view path) {
  if (!name.starts_with(path) || !name.ends_with(temporary_suffix) || name.size() <= path.size() + 1 + temporary_suffix.size()) return false;
  name.remove_prefix(path.size());
  if (name.front() != '.') return false;
  name.remove_prefix(1);
  name.remove_suffix(temporary_suffix.size());
  const auto dash = name.find('-');
  const auto digits = [](std::string_view s) { return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos; };
  return dash != std::string_view::npos && digits(name.substr(0, dash)) && digits(name.substr(dash + 1));
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
  return sync_folder(folder_of(path));
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

namespace {

bool write_all(int fd, std::string_view bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = calls().write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

result<void> write_new_durably(const std::string& path, std::string_view bytes, mode_t mode) {
  {
    const descriptor d{calls().open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (d.fd < 0 && errno == EEXIST) return error(errc::invalid_argument, path + ": exists already, and is not overwritten");
    if (d.fd < 0) return error(errc::file_unreadable, path + ": creating: " + std::strerror(errno));
    const char* what = !write_all(d.fd, bytes) ? "writing" : calls().fsync(d.fd) != 0 ? "syncing" : nullptr;
    if (what != nullptr) {
      auto why = failed(path, what);
      calls().unlink(path.c_str());
      return why;
    }
  }
  return sync_folder(folder_of(path));
}

result<void> write_durably(const std::string& given, std::string_view bytes) {
  // A link keeps pointing to its file; a device, a pipe or a folder is nobody's to be replaced.
  std::error_code ignored;
  const auto status = std::filesystem::status(given, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return error(errc::invalid_argument, given + ": is there, and is no regular file");
  const bool link = std::filesystem::is_symlink(std::filesystem::symlink_status(given, ignored));
  const auto path = link && std::filesystem::exists(status) ? std::filesystem::canonical(given, ignored).string() : given;
  // Two writers of the same file do not share a temporary one: the later rename wins, and both files are whole.
  const auto temporary = temporary_name(path);
  // What is left of a write that failed goes at once: on a full disk it is the room that is missing.
  auto given_up = [&](const std::string& file, const char* what) {
    auto why = failed(file, what);
    calls().unlink(temporary.c_str());
    return why;
  };
  {
    descriptor d{calls().open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (d.fd < 0) return failed(temporary, "creating");
    if (!write_all(d.fd, bytes)) return given_up(temporary, "writing");
    if (calls().fsync(d.fd) != 0) return given_up(temporary, "syncing");
  }
  if (calls().rename(temporary.c_str(), path.c_str()) != 0) return given_up(path, "renaming");
  return sync_folder(folder_of(path));
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

result<void> read_part(const std::string& path, std::uint64_t offset, std::size_t bytes_max, read_source from, std::string& bytes) {
  descriptor d{calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0)};
  if (d.fd < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  // Advice only: pages that are not written back yet stay.
  if (from == read_source::disk) (void)::posix_fadvise(d.fd, static_cast<off_t>(offset), static_cast<off_t>(bytes_max), POSIX_FADV_DONTNEED);
  bytes.resize(bytes_max);
  std::size_t done = 0;
  while (done < bytes_max) {
    const auto n = calls().pread(d.fd, bytes.data() + done, bytes_max - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::log_io, path + ": offset " + std::to_string(offset + done) + ": " + std::strerror(errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return {};
}

namespace {

// Of the open file, not of the process: two writers within one process exclude each other too.
struct flock whole_file(short type) {
  struct flock f {};
  f.l_type = type;
  f.l_whence = SEEK_SET;
  return f;
}

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
  const descriptor d{calls().open(lock_file(folder).c_str(), O_RDONLY | O_CLOEXEC, 0)};
  // Asks without taking: a writer that comes at this moment is not turned away.
  auto shared = whole_file(F_RDLCK);
  return d.fd >= 0 && ::fcntl(d.fd, F_OFD_GETLK, &shared) == 0 && shared.l_type != F_UNLCK;
}

folder_lock::folder_lock(folder_lock&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
folder_lock::~folder_lock() {
  if (fd_ >= 0) calls().close(fd_);
}

}  // namespace tomnext::persistence
