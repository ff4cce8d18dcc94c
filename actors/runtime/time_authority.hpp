// The one line at which inputs enter, and the one authority over time: a timer due at T fires before the first input later than T.
#pragma once
#include <deque>
#include <set>
#include <tuple>

#include "actors/protocols.hpp"
#include "actors/runtime/deadline_watch.hpp"

namespace tomnext::actors {

/// One admission at a time is under way at the journal, whose answer is the credit for the next. Operators and supervision go before the market.
/// A timer that a host arms late, when an input beyond it has already entered, fires at once.
class time_authority_state {
 public:
  time_authority_state(time_protocol::pointer self, journal_protocol journal, ordering order);
  time_protocol::behavior_type behavior();

 private:
  struct offer {
    inputs_ref inputs;
    std::size_t next = 0;
    promise_guard<std::uint64_t> promise;
  };
  using timer_key = std::tuple<timestamp, host_id, timer_id, std::uint32_t>;

  void begin();
  void look_at_watch();
  void take_armed(const std::vector<timer_armed>& timers);
  void step();
  void halt();
  answer<std::uint64_t> enqueue(std::deque<offer>& line, const inputs_ref& inputs);
  void admit(std::vector<offered_input> inputs, std::deque<offer>* finished);
  [[nodiscard]] bool timer_before(const offered_input& i) const;
  std::vector<offered_input> take_from(offer& o);
  offered_input fire();

  time_protocol::pointer self_;
  journal_protocol journal_;
  ordering order_;
  std::set<timer_key> timers_;
  std::deque<offer> urgent_, market_;
  timestamp clock_{INT64_MIN};  // what the market's clock has reached without an input
  bool knows_timers_ = false;
  bool admitting_ = false;
  deadline_watch admission_;
  bool halted_ = false;
};

}  // namespace tomnext::actors
