// Puts a simulated disk under all logs of this process: under the room's own files, and under RocksDB.
#pragma once
#include <map>
#include <memory>

#include "persistence/system_calls.hpp"
#include "tests/crash/simulated_disk.hpp"

namespace tomnext::tests {

class simulated_calls final : public persistence::system_calls {
 public:
  explicit simulated_calls(simulated_disk& d) : disk_(d) {}
  int open(const char* path, int flags, mode_t mode) override;
  int close(int fd) override;
  ssize_t read(int fd, void* into, std::size_t bytes) override;
  ssize_t write(int fd, const void* from, std::size_t bytes) override;
  ssize_t pwrite(int fd, const void* from, std::size_t bytes, off_t offset) override;
  int fsync(int fd) override;
  int fdatasync(int fd) override { return fsync(fd); }
  int rename(const char* from, const char* to) override;
  int unlink(const char* path) override;
  int mkdir(const char* path, mode_t mode) override;

 private:
  struct opened {
    std::string path;
    simulated_disk::file_ref file;  // none: a folder
  };
  [[nodiscard]] opened of(int fd);
  simulated_disk& disk_;
  std::mutex mutex_;
  std::map<int, opened> open_;
};

/// RocksDB's side; in a file of its own, the only one here that knows RocksDB.
class simulated_environment {
 public:
  explicit simulated_environment(simulated_disk& d);
  ~simulated_environment();
  simulated_environment(const simulated_environment&) = delete;

 private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

/// While it lives, every log of this process lies on that disk. Logs are opened and closed within.
class on_disk {
 public:
  explicit on_disk(simulated_disk& d) : calls_(d), environment_(d) { persistence::use_calls(&calls_); }
  ~on_disk() { persistence::use_calls(nullptr); }
  on_disk(const on_disk&) = delete;

 private:
  simulated_calls calls_;
  simulated_environment environment_;
};

}  // namespace tomnext::tests
