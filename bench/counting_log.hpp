// A log that counts what it was given, so that the peer can be given the same.
#pragma once
#include "persistence/event_log.hpp"

namespace tomnext::bench {

/// Passes everything on to `to`, which outlives it.
class counting_log final : public persistence::event_log {
 public:
  explicit counting_log(persistence::event_log& to) : to_(to) {}
  result<persistence::log_head> append(std::span<const persistence::group_ref> groups) override {
    ++commits_;
    return to_.append(groups);
  }
  [[nodiscard]] persistence::log_head head() const override { return to_.head(); }
  result<void> sync() override { return to_.sync(); }
  [[nodiscard]] result<std::unique_ptr<persistence::log_scan>> scan(std::uint64_t from_seq, persistence::direction where_to) const override {
    return to_.scan(from_seq, where_to);
  }
  [[nodiscard]] result<bool> holds(const persistence::log_head& h) const override { return to_.holds(h); }
  result<std::unique_ptr<persistence::subscription>> subscribe_from(std::uint64_t from_seq,
                                                                    std::function<void(const persistence::group_ref&)> deliver) override {
    return to_.subscribe_from(from_seq, std::move(deliver));
  }
  /// Syncs, where each commit is one. Read it when nobody appends any more.
  [[nodiscard]] std::uint64_t commits() const { return commits_; }

 private:
  persistence::event_log& to_;
  std::uint64_t commits_ = 0;
};

}  // namespace tomnext::bench
