// From an opinion and where the strategy stands to what is to be done about it.
#pragma once
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {

/// Where a strategy stands when its bar closes. Sizes are signed: + long, − short.
struct standing {
  quantity net;  ///< of the instrument, over all strategies of the account
  quantity own;  ///< what it opened itself
};

struct plan {
  bool close{};  ///< all that is its own
  bool enter{};
  bool operator==(const plan&) const = default;
};

/// Enters unless the instrument's net lies that way already; an opposite position of its own is closed first, unless the entry wants to find nothing held.
/// Leaves what the opinion wants to leave. An entry that would only wait does not close anything by itself.
constexpr plan plan_of(const opinion& o, const standing& s) {
  const auto lies = [](quantity q, side d) { return d == side::buy ? q.value > 0 : d == side::sell && q.value < 0; };
  plan p;
  p.close = lies(s.own, o.leave);
  if (o.direction == side::none || lies(s.net, o.direction)) return p;
  if (o.entry.only_if_flat) {
    p.enter = !s.net && !s.own;
  } else {
    p.enter = true;
    if (o.entry.kind == order_kind::market && lies(s.own, opposite(o.direction))) p.close = true;
  }
  return p;
}

}  // namespace tomnext::strategy_execution
