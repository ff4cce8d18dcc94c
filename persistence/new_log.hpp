// A log's folder that is made beside its place, and appears there whole in one step, or not at all.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "persistence/files.hpp"
#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

/// A temporary folder beside the target, locked, and removed again unless it becomes the target.
class new_log {
 public:
  /// The target must not exist or be an empty folder (errc::invalid_argument). Removes what a process that died has left of an earlier attempt.
  static result<std::unique_ptr<new_log>> begin(const std::string& target);
  new_log(const new_log&) = delete;
  new_log& operator=(const new_log&) = delete;
  ~new_log();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// When the rows are there: anchors them, reads them all again, and seals the folder.
  result<void> complete(const log_head& head, const keep_going& go_on, const log_completion& add = {});
  /// Gives it its name; durable when it returns. A folder that is not empty by now stays as it is.
  result<void> publish();

 private:
  explicit new_log(const std::string& target);
  std::string target_, path_;
  std::optional<folder_lock> lock_;
  bool published_ = false;
};

}  // namespace tomnext::persistence
