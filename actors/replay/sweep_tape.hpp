// What is the same for every parameter of a sweep: bars and day rolls, made once and played to the hosts that depend on parameters.
#pragma once
#include <string>

#include "actors/replay/composition.hpp"
#include "actors/replay/sweep_market.hpp"

namespace tomnext::replay {

/// Quotes and, between them, what bars and calendars put out when their timers fired.
struct sweep_tape {
  struct firing {
    timestamp due;
    host_id target;               ///< the host whose timer it was: it has its place among timers of the same time
    std::size_t quotes_before{};  ///< quotes that came earlier
    std::size_t marks_end{};      ///< of `marks`, those that are earlier
    std::size_t first{};          ///< of `bars` or `others`
    std::uint32_t count{};
    bool bars{};
  };
  std::vector<firing> firings;
  std::vector<bar_closed> bars;
  std::vector<event> others;  ///< day rolls
  /// Of the quotes between two firings those that leave an order book, an account and a risk check as all of them would: of each instrument the last one
  /// with each set of flags. The last element of a stretch is its last quote.
  std::vector<std::uint32_t> marks;
  std::vector<date> days;  ///< trading days, in order; the last may be short
  timestamp last_day_ended;
  /// Of each mark, which instrument and flags it has; and a bit for each of these kinds.
  std::vector<std::uint8_t> mark_kind;
  std::uint64_t mark_kinds = 0;
  std::string refusal;  ///< why there is no tape, where there is none: every run then takes every quote through every host
};

/// True for the hosts that read data alone: no parameter of a strategy changes what they put out.
bool reads_data_alone(const host_description& h);

/// Plays the market to those hosts, and keeps what they put out.
result<sweep_tape> record_tape(const config::deployment& d, const composition_parts& parts, const sweep_market& market);

}  // namespace tomnext::replay
