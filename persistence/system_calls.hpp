// The calls of the operating system by which this room changes and reads files of its own. Tests put others in their place, that fail, or that remember
// what would have survived a power cut: a claim about durability is worth what it was tried against. RocksDB has a seam of its own: rows::use_environment.
#pragma once
#include <sys/types.h>

#include <cstddef>

namespace tomnext::persistence {

/// As the functions of the same names: negative, and errno, where they fail.
class system_calls {
 public:
  virtual ~system_calls() = default;
  virtual int open(const char* path, int flags, mode_t mode);
  virtual int close(int fd);
  virtual ssize_t read(int fd, void* into, std::size_t bytes);
  virtual ssize_t write(int fd, const void* from, std::size_t bytes);
  virtual ssize_t pwrite(int fd, const void* from, std::size_t bytes, off_t offset);
  virtual int fsync(int fd);
  virtual int fdatasync(int fd);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
  virtual int mkdir(const char* path, mode_t mode);
};

/// Those in use by the whole process.
system_calls& calls();
/// Before any thread uses a log. nullptr: those of the operating system again.
void use_calls(system_calls* others);

}  // namespace tomnext::persistence
