// The one line at which inputs enter, and the one authority over time: a timer due at T fires before the first input later than T.
#pragma once
#include <deque>
#include <set>
#include <tuple>

#include "actors/protocols.hpp"
#include "actors/runtime/deadline_watch.hpp"

namespace tomnext::actors {

/// How many events may wait in each line; one offer to an empty line is taken whatever its size. Beyond that offers are refused with errc::overloaded, whole.
/// The urgent line has its own share: a market that floods does not keep the kill switch out.
struct line_limits {
  std::uint64_t market_events_max = 65'536;
  std::uint64_t urgent_events_max = 4'096;
};

/// One admission at a time is under way at the journal, whose answer is the credit for the next. Operators and supervision go before the market.
/// A timer that a host arms late, when an input beyond it has already entered, fires at once.
class time_authority_state {
 public:
  time_authority_state(time_protocol::pointer self, journal_protocol journal, ordering order, line_limits limits = {});
  time_protocol::behavior_type behavior();

 private:
  struct offer {
    inputs_ref inputs;
    std::size_t next = 0;
    promise_guard<std::uint64_t> promise;
  };
  struct line {
    const char* name;
    std::uint64_t events_max;
    std::deque<offer> offers = {};
    std::uint64_t events = 0;  // of all its offers
    [[nodiscard]] bool empty() const { return offers.empty(); }
    offer& front() { return offers.front(); }
    void pop_front() {
      events -= offers.front().inputs->size();
      offers.pop_front();
    }
  };
  using timer_key = std::tuple<timestamp, host_id, timer_id, std::uint32_t>;

  void begin();
  void look_at_watch();
  void take_armed(const std::vector<timer_armed>& timers);
  void step();
  void halt();
  [[nodiscard]] result<void> may_wait(const line& l, const std::vector<offered_input>& inputs) const;
  answer<std::uint64_t> enqueue(line& l, const inputs_ref& inputs);
  void refuse_all(line& l, const error& why);
  void admit(std::vector<offered_input> inputs, line* from);
  void refused(line* from, const error& why);
  void set_full(const std::string& why);
  [[nodiscard]] bool timer_before(const offered_input& i) const;
  std::vector<offered_input> take_from(offer& o);
  offered_input fire();

  time_protocol::pointer self_;
  journal_protocol journal_;
  ordering order_;
  std::set<timer_key> timers_;
  line urgent_, market_;
  timestamp clock_{INT64_MIN};  // what the market's clock has reached without an input
  bool knows_timers_ = false;
  bool admitting_ = false;
  line* admitting_from_ = nullptr;  // whose offer is at the journal; null: a timer, or none
  std::string full_;                // why the log takes nothing; empty: it does
  deadline_watch admission_;
  bool halted_ = false;
};

}  // namespace tomnext::actors
