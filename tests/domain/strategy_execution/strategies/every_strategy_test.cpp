// What holds for each strategy that is compiled in, whatever it trades on.
#include <rapidcheck.h>

#include "tests/domain/strategy_execution/strategies/bars.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using strategy_execution::opinion;

namespace {

// Short periods, so that random bars make it speak.
const std::map<std::string, std::map<std::string, std::string>> small{
    {"ema_cross", {{"fast", "2"}, {"slow", "4"}}},
    {"sma_cross", {{"fast", "2"}, {"slow", "4"}}},
    {"rsi_reversal", {{"period", "2"}, {"stop_loss", "0.01"}, {"take_profit", "0.02"}}},
    {"stop_entry", {{"period", "3"}, {"atr_period", "2"}, {"stop_loss_atr", "2"}, {"take_profit_atr", "3"}}},
    {"donchian_breakout", {{"period", "3"}, {"exit_period", "2"}}},
    {"bollinger_reversion", {{"period", "3"}, {"deviations", "1"}, {"stop_loss", "0.01"}}}};

bar_closed any_bar() {
  const auto point = [] { return price{1'500'000'000 + *rc::gen::inRange(-300, 301) * 100'000}; };
  bar_closed b;
  b.open = point();
  b.close = point();
  b.high = std::max({b.open, b.close, point()});
  b.low = std::min({b.open, b.close, point()});
  return b;
}
bool alike(const std::optional<opinion>& a, const std::optional<opinion>& b) {
  if (!a || !b) return !a && !b;
  return a->direction == b->direction && a->score == b->score && a->fast == b->fast && a->slow == b->slow && a->leave == b->leave &&
         a->entry.at == b->entry.at && a->entry.stop_loss == b->entry.stop_loss && a->entry.take_profit == b->entry.take_profit;
}

}  // namespace

TEST_CASE("each strategy's state comes back from any bar on, and its opinions make sense") {
  for (const auto& [kind, description] : strategy_execution::strategy_kinds()) {
    INFO(kind);
    REQUIRE(small.contains(kind));
    int spoken = 0;
    CHECK(rc::check(kind, [&, kind = kind] {
      auto s = *strategy_execution::make_strategy(kind, small.at(kind)), other = *strategy_execution::make_strategy(kind, small.at(kind));
      const auto cut = *rc::gen::inRange(0, 30);
      for (int i = 0; i < 30; ++i) {
        if (i == cut) {
          state_writer w;
          s->save(w);
          state_reader r(w.bytes());
          other->load(r);
          RC_ASSERT((!r.failed() && r.at_end()));
        }
        const auto b = any_bar();
        s->update(b);
        if (i >= cut) {
          other->update(b);
          state_hasher x, y;
          s->hash(x);
          other->hash(y);
          RC_ASSERT(x.digest() == y.digest());
          RC_ASSERT(s->ready() == other->ready());
        }
        if (!s->ready()) continue;
        const auto o = s->decide(b);
        if (i >= cut) RC_ASSERT(alike(o, other->decide(b)));
        if (!o) continue;
        ++spoken;
        RC_ASSERT(o->score * static_cast<double>(sign(o->direction)) >= 0);
        RC_ASSERT((o->direction == side::none || std::abs(o->score) > 0.5));
        if (o->direction == side::none) continue;
        // Protection lies on its side of the entry.
        const price entry = o->entry.kind == order_kind::market ? b.close : o->entry.at;
        RC_ASSERT(entry.value > 0);
        if (o->entry.stop_loss) RC_ASSERT((entry.value - o->entry.stop_loss.value) * sign(o->direction) > 0);
        if (o->entry.take_profit) RC_ASSERT((o->entry.take_profit.value - entry.value) * sign(o->direction) > 0);
      }
    }));
    CHECK(spoken > 50);
  }
}
