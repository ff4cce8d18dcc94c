// Logs in memory that behave as a test wants: slow, failing, counting.
#pragma once
#include <atomic>

#include "persistence/memory_log.hpp"
#include "tests/actors/runtime/blocking_worker.hpp"

namespace tomnext::tests {

class test_log : public persistence::event_log {
 public:
  result<persistence::log_head> append(std::span<const persistence::group_ref> groups) override {
    ++appends;
    if (hold) {
      entered->open();
      if (!hold->pass()) return error(errc::timed_out, "the test never let go");
    }
    if (full_for > 0) {
      --full_for;
      return error(errc::log_full, "no room; nothing was written");
    }
    if (fail_after == 0) return error(errc::log_io, "the disk is gone");
    if (fail_after > 0) --fail_after;
    return log_.append(groups);
  }
  [[nodiscard]] persistence::log_head head() const override { return log_.head(); }
  using persistence::event_log::scan;
  [[nodiscard]] result<std::unique_ptr<persistence::log_scan>> scan(std::uint64_t from_seq, persistence::direction where_to) const override {
    return log_.scan(from_seq, where_to);
  }
  [[nodiscard]] result<bool> holds(const persistence::log_head& h) const override { return log_.holds(h); }
  result<std::unique_ptr<persistence::subscription>> subscribe_from(std::uint64_t from_seq,
                                                                    std::function<void(const persistence::group_ref&)> deliver) override {
    return log_.subscribe_from(from_seq, std::move(deliver));
  }

  std::atomic<std::uint64_t> appends{0};
  std::atomic<int> full_for{0};                              ///< appends that are refused for want of room
  int fail_after = -1;                                       ///< appends that still succeed; below 0: all
  std::shared_ptr<gate> hold;                                ///< set: an append waits until it opens
  std::shared_ptr<gate> entered = std::make_shared<gate>();  ///< opens with the first append that waits

 private:
  persistence::memory_log log_;
};

}  // namespace tomnext::tests
