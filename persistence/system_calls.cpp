#include "persistence/system_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

namespace tomnext::persistence {
namespace {

std::atomic<system_calls*> in_use{nullptr};

}  // namespace

int system_calls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
int system_calls::close(int fd) { return ::close(fd); }
ssize_t system_calls::read(int fd, void* into, std::size_t bytes) { return ::read(fd, into, bytes); }
ssize_t system_calls::write(int fd, const void* from, std::size_t bytes) { return ::write(fd, from, bytes); }
ssize_t system_calls::pwrite(int fd, const void* from, std::size_t bytes, off_t offset) { return ::pwrite(fd, from, bytes, offset); }
int system_calls::fsync(int fd) { return ::fsync(fd); }
int system_calls::fdatasync(int fd) { return ::fdatasync(fd); }
int system_calls::rename(const char* from, const char* to) { return ::rename(from, to); }
int system_calls::unlink(const char* path) { return ::unlink(path); }
int system_calls::mkdir(const char* path, mode_t mode) { return ::mkdir(path, mode); }

system_calls& calls() {
  static system_calls of_the_system;
  auto* others = in_use.load(std::memory_order_acquire);
  return others != nullptr ? *others : of_the_system;
}
void use_calls(system_calls* others) { in_use.store(others, std::memory_order_release); }

}  // namespace tomnext::persistence
