// A checkpoint: a consistent copy of a log on the same file system, made of hard links where that is safe. Quick, and no backup: the same blocks of the same
// disk hold both.
#pragma once
#include <string>

#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

struct checkpoint_report {
  log_head head;
  std::uint64_t files_linked{}, files_copied{}, bytes_copied{};
};

/// Takes the writer's lock, flushes the log, and makes a log of its own in `target`, which must not exist or be empty. Tables, contents and snapshots never
/// change once written and are linked; what changes is copied; projections are left out. The copy is read again from end to end, with a new anchor and seal, before it has its name.
/// The log itself is sealed again where it was. errc::log_locked: a node writes it · errc::invalid_argument: the target · as opening it for writing
result<checkpoint_report> checkpoint_log(const std::string& directory, const std::string& target, const keep_going& go_on);

}  // namespace tomnext::persistence
