// The anchor: what the log must at least hold, kept outside RocksDB, in two slots that are overwritten in turn.
#pragma once
#include <optional>
#include <string>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// A file of two preallocated 4 KiB slots {magic, epoch, seq, chain hash, crc}. The newest valid slot counts; a torn write destroys at most the older.
class anchor {
 public:
  static result<anchor> create(const std::string& path);
  /// Refuses a file with no valid slot (errc::log_corrupt).
  static result<anchor> open(const std::string& path);
  anchor(anchor&& o) noexcept;
  anchor& operator=(anchor&&) = delete;
  ~anchor();

  /// Durable when it returns.
  result<void> store(const log_head& head);
  [[nodiscard]] const log_head& newest() const { return newest_; }
  /// The newest valid slot of a file that is not to be written. One slot may be damaged: a writer may be overwriting it at this moment.
  static result<log_head> read(const std::string& path);
  /// The same, where nobody writes: every bit of both slots must be right. Names the offset.
  static result<log_head> verify(const std::string& path);

 private:
  struct slots {
    std::optional<log_head> first, second;
  };
  static result<slots> load(const std::string& path);
  anchor(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
  log_head newest_;
  unsigned next_slot_ = 0;
};

}  // namespace tomnext::persistence
