#include "tests/crash/simulated_calls.hpp"

#include <fcntl.h>

#include <cerrno>

namespace tomnext::tests {
namespace {

int failed() {
  errno = EIO;
  return -1;
}

}  // namespace

simulated_calls::opened simulated_calls::of(int fd) {
  const std::scoped_lock lock(mutex_);
  return open_[fd];
}

int simulated_calls::open(const char* path, int flags, mode_t mode) {
  const bool creates = (flags & O_CREAT) != 0 && ((flags & O_TRUNC) != 0 || !disk_.at(path));
  if (creates && !disk_.begin(operation::create, path)) return failed();
  const int fd = system_calls::open(path, flags, mode);
  if (fd < 0) return fd;
  const std::scoped_lock lock(mutex_);
  open_[fd] = {path, creates ? disk_.created(path) : (flags & O_DIRECTORY) != 0 ? nullptr : disk_.at(path)};
  return fd;
}
int simulated_calls::close(int fd) {
  {
    const std::scoped_lock lock(mutex_);
    open_.erase(fd);
  }
  return system_calls::close(fd);
}
ssize_t simulated_calls::read(int fd, void* into, std::size_t bytes) {
  return disk_.begin(operation::read, of(fd).path) ? system_calls::read(fd, into, bytes) : failed();
}
ssize_t simulated_calls::write(int fd, const void* from, std::size_t bytes) {
  const auto f = of(fd);
  if (!disk_.begin(operation::write, f.path, f.file, {static_cast<const char*>(from), bytes})) return failed();
  const auto n = system_calls::write(fd, from, bytes);
  if (n > 0) disk_.wrote(f.file, {static_cast<const char*>(from), static_cast<std::size_t>(n)});
  return n;
}
ssize_t simulated_calls::pwrite(int fd, const void* from, std::size_t bytes, off_t offset) {
  const auto f = of(fd);
  const auto where = static_cast<std::size_t>(offset);
  if (!disk_.begin(operation::write, f.path, f.file, {static_cast<const char*>(from), bytes}, where)) return failed();
  const auto n = system_calls::pwrite(fd, from, bytes, offset);
  if (n > 0) disk_.wrote(f.file, {static_cast<const char*>(from), static_cast<std::size_t>(n)}, where);
  return n;
}
int simulated_calls::fsync(int fd) {
  const auto f = of(fd);
  if (!disk_.begin(f.file ? operation::sync : operation::sync_folder, f.path, f.file)) return failed();
  // The disk below is not asked: what it would keep is what is kept here.
  if (f.file) disk_.synced(f.file);
  else disk_.synced_folder(f.path);
  return 0;
}
int simulated_calls::rename(const char* from, const char* to) {
  if (!disk_.begin(operation::rename, to)) return failed();
  const int done = system_calls::rename(from, to);
  if (done == 0) disk_.renamed(from, to);
  return done;
}
int simulated_calls::unlink(const char* path) {
  if (!disk_.begin(operation::remove, path)) return failed();
  const int done = system_calls::unlink(path);
  if (done == 0) disk_.removed(path);
  return done;
}
int simulated_calls::mkdir(const char* path, mode_t mode) {
  if (!disk_.begin(operation::make_folder, path)) return failed();
  const int done = system_calls::mkdir(path, mode);
  if (done == 0) disk_.made_folder(path);
  return done;
}

}  // namespace tomnext::tests
