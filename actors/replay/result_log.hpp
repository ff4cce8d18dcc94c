// A log that is there whole or not at all: written beside its place, and renamed when it is complete.
#pragma once
#include <memory>
#include <string>
#include <utility>

#include "persistence/event_log.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::replay {

class result_log {
 public:
  /// errc::invalid_argument where `directory` is empty text, holds a log, or holds anything else.
  static result<result_log> begin(const std::string& directory, persistence::encryption encrypt = persistence::encryption::as_it_is);
  result_log(result_log&& o) noexcept : directory_(std::move(o.directory_)), folder_(std::exchange(o.folder_, {})), log_(std::move(o.log_)) {}
  result_log& operator=(result_log&&) = delete;
  /// Removes what was written, unless it was finished.
  ~result_log();

  /// Durable once it was synced, and not before (durability::at_sync).
  persistence::event_log& log() { return *log_; }
  /// Where it lies until it is finished: for the content store.
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Closes it and puts it in its place, durably.
  result<void> finish();

 private:
  result_log(std::string directory, std::string folder, std::unique_ptr<persistence::event_log> log)
      : directory_(std::move(directory)), folder_(std::move(folder)), log_(std::move(log)) {}
  std::string directory_, folder_;
  std::unique_ptr<persistence::event_log> log_;
};

}  // namespace tomnext::replay
