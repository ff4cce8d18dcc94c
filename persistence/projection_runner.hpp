// Folds a log into projections, each from where it stands, and carries out what an operator decides about them.
//
// A commit holds the rows of some events and the offset after them. Whenever the process ends, the next run goes on behind the last commit. A projection
// whose log has another history than the one that it was folded from begins anew, as does one of another version; both are told through `notice`.
// An event that cannot be applied is tried again, and after `attempts_max` failures the projection is parked before it; the others go on.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "domain/base/words.hpp"
#include "persistence/projection_store.hpp"

namespace tomnext::persistence {

struct projection_options {
  std::uint32_t attempts_max = 3;     ///< failures at one event, across runs, until the projection is parked; at least 1
  std::uint32_t batch_events = 8192;  ///< events a commit; at least 1
};

enum class projection_state : std::uint8_t {
  never_run,
  current,        ///< has folded the log to its head
  behind,         ///< a run goes on
  poisoned,       ///< parked before an event that it cannot apply: skip, resume or reset
  paused,         ///< by an operator: resume
  other_version,  ///< the next run begins anew
  other_history,  ///< the next run begins anew
};
constexpr std::string_view word_of(projection_state s) {
  return words::pick(std::to_array<std::string_view>({"never_run", "current", "behind", "poisoned", "paused", "other_version", "other_history"}), s);
}

struct projection_status {
  std::string name;
  std::uint32_t version{};  ///< that this build would write
  projection_state state = projection_state::never_run;
  projection_mark mark;  ///< as stored; empty where it has never been run
  std::uint64_t head{};  ///< of the log
  std::uint64_t lag{};   ///< events between the offset and the head
};

class projection_runner {
 public:
  using notice_call = std::function<void(const std::string& text)>;
  /// Asked now and then with the last seq that was read; false ends the run with errc::cancelled, and what is done stays.
  using keep_going = std::function<bool(std::uint64_t seq)>;

  projection_runner(projection_store& store, const event_log& log, const projection_options& options, notice_call notice);

  /// To the head that the log has now. An error is of the log or of the store; a parked projection is none, and is in the statuses.
  result<std::vector<projection_status>> run(const projection_list& chosen, const keep_going& go_on);

  /// Not run until resumed. errc::invalid_argument where it is parked already.
  result<void> pause(const projection& p, const std::string& reason);
  /// Ends a pause, or has the event tried again that poisoned it.
  result<void> resume(const projection& p);
  /// Passes over the event that poisoned it, and no other; that is on record until it is reset. Returns its seq.
  result<std::uint64_t> skip(const projection& p);
  /// No rows, offset 0; not parked any more.
  result<void> reset(const projection& p);

 private:
  result<projection_mark> prepare(const projection& p, const log_head& head);
  result<projection_mark> known_mark(const projection& p) const;

  projection_store& store_;
  const event_log& log_;
  projection_options options_;
  notice_call notice_;
};

/// Where a projection stands. `store`: none where nothing has been run in this log's directory.
result<projection_status> status_of(const projection& p, const projection_store* store, const event_log& log);

}  // namespace tomnext::persistence
