// Bars for tests of strategies, and what every strategy must keep.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "domain/strategy_execution/strategy.hpp"
#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"

namespace tomnext::tests {

inline bar_closed bar_of(const char* open, const char* high, const char* low, const char* close) {
  bar_closed b;
  b.open = at(open);
  b.high = at(high);
  b.low = at(low);
  b.close = at(close);
  return b;
}
/// All four prices are the close.
inline bar_closed close_of(const char* close) { return bar_of(close, close, close, close); }

inline std::unique_ptr<strategy_execution::strategy> strategy_of(const std::string& kind, std::map<std::string, std::string> p) {
  auto s = strategy_execution::make_strategy(kind, std::move(p));
  REQUIRE(s);
  return std::move(*s);
}
inline std::string refusal_of(const std::string& kind, std::map<std::string, std::string> p) {
  auto s = strategy_execution::make_strategy(kind, std::move(p));
  REQUIRE_FALSE(s);
  return s.error().message;
}
/// The opinion after one more bar.
inline std::optional<strategy_execution::opinion> after(strategy_execution::strategy& s, const bar_closed& b) {
  s.update(b);
  return s.ready() ? s.decide(b) : std::nullopt;
}
/// How many bars it needs before it is ready; 0: more than 200.
inline int warm_up_of(strategy_execution::strategy& s) {
  for (int i = 1; i <= 200; ++i) {
    s.update(close_of("1.5"));
    if (s.ready()) return i;
  }
  return 0;
}

}  // namespace tomnext::tests
