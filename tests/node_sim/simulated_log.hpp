// The log under a simulated node: rows in memory, of which only those count that have become durable, and faults when a plan says so.
#pragma once
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "persistence/memory_log.hpp"

namespace tomnext::tests {

/// Commits are answered one by one when the simulation lets them. A crash drops those that wait, or leaves the first of them written and unacknowledged, as a
/// machine does whose disk was faster than its answer. All on one thread.
class simulated_log final : public persistence::event_log {
 public:
  using group_ref = persistence::group_ref;
  using answer_function = std::function<void(result<persistence::log_head>)>;

  std::function<void(const persistence::group&)> on_durable;  ///< each row, before anybody is told of it

  // ---- what the simulation does ----
  /// A new life opens the log: its groups bear a higher epoch than those before.
  void open() {
    ++epoch_;
    closed_ = broken_ = full_ = false;
    fails_next_ = read_fails_ = false;
  }
  [[nodiscard]] bool has_commit() const { return !waiting_.empty(); }
  /// Answers the oldest commit.
  void answer_one();
  /// Nothing is taken from now on, and nobody hears of what waits: `kept` of it was written all the same.
  void crash(std::size_t kept);
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  void set_full(bool full) { full_ = full; }
  [[nodiscard]] bool is_full() const { return full_; }
  /// The next commit fails with an I/O error, and with it the log; `written`: it is there all the same.
  void fail_next(bool written) {
    fails_next_ = true;
    written_all_the_same_ = written;
  }
  /// The next reading of the log fails.
  void fail_read() { read_fails_ = true; }
  /// No fault is left.
  void heal() { full_ = fails_next_ = read_fails_ = false; }

  // ---- event_log ----
  result<persistence::log_head> append(std::span<const group_ref> groups) override;
  [[nodiscard]] persistence::log_head head() const override;
  void commit(std::vector<group_ref> groups, answer_function committed) override;
  using event_log::scan;
  [[nodiscard]] result<std::unique_ptr<persistence::log_scan>> scan(std::uint64_t from_seq, persistence::direction where_to) const override;
  [[nodiscard]] result<bool> holds(const persistence::log_head& h) const override { return rows_.holds(h); }
  result<std::unique_ptr<persistence::subscription>> subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) override {
    return rows_.subscribe_from(from_seq, std::move(deliver));
  }

 private:
  persistence::memory_log rows_;
  std::deque<std::pair<std::vector<group_ref>, answer_function>> waiting_;
  std::uint64_t epoch_ = 0;
  bool closed_ = false, broken_ = false, full_ = false, fails_next_ = false, written_all_the_same_ = false;
  mutable bool read_fails_ = false;
};

}  // namespace tomnext::tests
