// The ingress: the log's first events, then the market's quotes at the configured pace, then the end of the source.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>

#include "actors/protocols.hpp"
#include "actors/runtime/deadline_watch.hpp"
#include "config/deployment.hpp"

namespace tomnext::actors {

struct ingress_settings {
  config::pace_setting pace;
  std::vector<event> preamble;  ///< configuration ingress's events with their positions, which the log takes once
  bool ended_already = false;   ///< the log holds the end of the source: nothing is left to offer
  /// The position of the end of the source, once it was offered; 0 before. The same for all lives of this actor: a later one learns from it that the journal
  /// has the end already, which lies behind every quote.
  std::shared_ptr<std::uint64_t> end_position = std::make_shared<std::uint64_t>(0);
  journal_protocol journal;
  std::function<time_protocol()> time_authority;  ///< whoever is it now
  std::function<source_protocol()> source;
  std::function<readiness_protocol()> readiness;
  std::function<void()> on_end;                                ///< the source has ended, and everything that followed from it is durable
  std::function<void(const std::vector<offered_input>&)> tap;  ///< sees inputs when they are offered, in the ingress's context; for measurements; may be empty
  std::function<void(const error&)> on_failure;                ///< the source cannot be read: the node stops
};

/// Waits until all hosts have recovered. What the log has already is not offered again: the journal tells the position that it recorded.
class ingress_state {
 public:
  ingress_state(ingress_protocol::pointer self, ingress_settings settings);
  ingress_protocol::behavior_type behavior();

 private:
  void offer_preamble();
  void find_position();
  void fetch();
  void step();
  void offer(std::vector<offered_input> inputs, void (ingress_state::*then)());
  void end_source();
  void finish();
  void failed(const actor_error& e, const char* doing);
  [[nodiscard]] timestamp market_time() const;
  [[nodiscard]] std::chrono::nanoseconds until_next() const;
  [[nodiscard]] bool due(const event& e) const;

  ingress_protocol::pointer self_;
  ingress_settings settings_;
  std::deque<event> quotes_;    // read, not yet offered
  std::uint64_t position_ = 0;  // of the last quote read
  std::uint64_t accepted_ = 0, rejected_ = 0;
  std::uint32_t failures_ = 0;  // in a row
  deadline_watch offer_;        // the offer under way
  bool again_ = false;          // the next tick begins anew from what the log holds
  timestamp last_time_{};
  // The market's clock: an instant of the market and when it was here.
  bool clock_set_ = false;
  timestamp clock_market_{};
  monotonic_time clock_here_{};
};

}  // namespace tomnext::actors
