#include <vector>

#include <rapidcheck.h>

#include "domain/strategy_execution/strategy.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::strategy_execution;

namespace {

bar_closed moving(double close) {
  bar_closed b;
  b.open = b.high = b.low = b.close = price{static_cast<std::int64_t>(close * 1e9)};
  b.high.value += 10'000;
  return b;
}
bar_closed flat(double close) {
  auto b = moving(close);
  b.high = b.close;
  return b;
}
std::unique_ptr<strategy> make(std::map<std::string, std::string> p) {
  auto s = make_strategy("ema_cross", std::move(p));
  REQUIRE(s);
  return std::move(*s);
}

}  // namespace

TEST_CASE("ema_cross is ready after as many bars as its slow average needs, flat ones included") {
  for (const char* seed : {"sma", "first_close"}) {
    auto s = make({{"fast", "2"}, {"slow", "4"}, {"ema_seed", seed}});
    for (int i = 1; i <= 4; ++i) {
      CHECK_FALSE(s->ready());
      s->update(i % 2 == 0 ? flat(1.5) : moving(1.5));
    }
    CHECK(s->ready());
  }
  auto standard = make({});
  for (int i = 1; i <= 19; ++i) standard->update(moving(1.5));
  CHECK_FALSE(standard->ready());
  standard->update(moving(1.5));
  CHECK(standard->ready());
}

TEST_CASE("both seeds, worked out by hand: alpha 2/3 and 1/2 for two and three bars") {
  auto first = make({{"fast", "2"}, {"slow", "3"}, {"ema_seed", "first_close"}}), mean = make({{"fast", "2"}, {"slow", "3"}});
  for (double close : {1.0, 4.0, 7.0, 4.0}) {
    first->update(moving(close));
    mean->update(moving(close));
  }
  // first close: fast 1, 3, 17/3, 41/9; slow 1, 2.5, 4.75, 4.375
  auto o = first->decide(moving(4.0));
  REQUIRE(o);
  CHECK(o->fast == Approx(41.0 / 9));
  CHECK(o->slow == Approx(4.375));
  // mean of the first n: fast 2.5, then 5.5, 4.5; slow 4, then 4
  o = mean->decide(moving(4.0));
  REQUIRE(o);
  CHECK(o->fast == Approx(4.5));
  CHECK(o->slow == Approx(4.0));
}

TEST_CASE("fast at or above slow is long, below is short") {
  auto s = make({{"fast", "1"}, {"slow", "2"}, {"ema_seed", "first_close"}});
  s->update(moving(1.5));
  s->update(moving(1.5));
  auto equal = s->decide(moving(1.5));
  REQUIRE(equal);
  CHECK(equal->fast == equal->slow);
  CHECK(equal->direction == side::buy);
  CHECK(equal->score == 1.0);
  s->update(moving(1.4));
  auto below = s->decide(moving(1.4));
  CHECK(below->direction == side::sell);
  CHECK(below->score == -1.0);
  s->update(moving(1.6));
  CHECK(s->decide(moving(1.6))->direction == side::buy);
}

TEST_CASE("a bar without movement updates the averages and says nothing") {
  auto s = make({{"fast", "1"}, {"slow", "2"}, {"ema_seed", "first_close"}});
  s->update(moving(1.5));
  s->update(moving(1.6));
  s->update(flat(1.2));
  CHECK_FALSE(s->decide(flat(1.2)));
  CHECK(s->decide(moving(1.2))->direction == side::sell);  // the flat bar moved them
}

TEST_CASE("parameters that make no sense are refused by name") {
  auto message = [](std::map<std::string, std::string> p) {
    auto s = make_strategy("ema_cross", std::move(p));
    REQUIRE_FALSE(s);
    return s.error().message;
  };
  CHECK(message({{"fast", "20"}, {"slow", "20"}}) == "fast: 20 must be less than slow (20)");
  CHECK(message({{"fast", "30"}}) == "fast: 30 must be less than slow (20)");
  CHECK(message({{"slow", "x"}}) == "slow: 'x' is not a whole number from 1 to 10000");
  CHECK(message({{"ema_seed", "zero"}}) == "ema_seed: 'zero' is none of: sma, first_close");
  CHECK(message({{"length", "5"}}) == "unknown key 'length'; allowed: fast, slow, ema_seed");
}

TEST_CASE("its state comes back: the same opinions from any bar on, bit for bit") {
  CHECK(rc::check("saved and loaded anywhere", [] {
    const std::map<std::string, std::string> p{{"fast", "3"}, {"slow", "5"}, {"ema_seed", *rc::gen::element<std::string>("sma", "first_close")}};
    auto s = *make_strategy("ema_cross", p), other = *make_strategy("ema_cross", p);
    const auto at = *rc::gen::inRange(0, 20);
    for (int i = 0; i < 20; ++i) {
      if (i == at) {
        state_writer w;
        s->save(w);
        state_reader r(w.bytes());
        other->load(r);
        RC_ASSERT(!r.failed() && r.at_end());
      }
      const auto bar = moving(1.0 + *rc::gen::inRange(0, 1000) / 1000.0);
      s->update(bar);
      if (i < at) continue;
      other->update(bar);
      const auto a = s->decide(bar), b = other->decide(bar);
      RC_ASSERT(s->ready() == other->ready());
      RC_ASSERT(a->fast == b->fast && a->slow == b->slow && a->direction == b->direction);
      state_hasher x, y;
      s->hash(x);
      other->hash(y);
      RC_ASSERT(x.digest() == y.digest());
    }
  }));
}
