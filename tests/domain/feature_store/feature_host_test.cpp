#include "domain/feature_store/feature_host.hpp"

#include <rapidcheck.h>

#include <bit>
#include <cmath>

#include "domain/base/archive.hpp"
#include "domain/base/math.hpp"
#include "domain/feature_store/batch.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::feature_store;
using driver = tests::host_driver<feature_host>;

namespace {

constexpr host_id self{16};
constexpr instrument_id gbpusd{1};
constexpr timestamp monday{15'005 * day_ns};  // 2011-01-31
constexpr std::int64_t step = 300 * second_ns;

feature_configuration configured() {
  feature_configuration c;
  c.instrument = gbpusd;
  c.step_s = 300;
  c.from = price_side::mid;
  c.features = {{"ema_5", 1, feature_kind::ema, 5},
                {"return_1", 1, feature_kind::log_return, 1},
                {"return_4", 1, feature_kind::log_return, 4},
                {"atr_3", 1, feature_kind::atr, 3},
                {"spread", 1, feature_kind::spread, 0},
                {"session", 1, feature_kind::session, 0},
                {"volatility_6", 1, feature_kind::volatility, 6},
                {"minute", 1, feature_kind::minute_of_day, 0},
                {"weekday", 1, feature_kind::weekday, 0}};
  c.sessions = {{{timestamp{}, 540}}, {{timestamp{}, 0}}, {{timestamp{}, -300}}};
  return c;
}
driver make(feature_configuration c = configured()) { return driver(feature_host(self, std::move(c)), self); }

bar_closed bar(int n, std::int64_t open, std::int64_t high, std::int64_t low, std::int64_t close) {
  return {gbpusd, 300, price_side::mid, monday + n * step, monday + (n + 1) * step, {open}, {high}, {low}, {close}, 4};
}
quote_accepted quote(std::int64_t bid, std::int64_t ask, std::uint32_t flags = 0) {
  quote_accepted q;
  q.instrument = gbpusd;
  q.bid = {bid};
  q.ask = {ask};
  q.flags = flags;
  return q;
}
// Prices in nine decimals that wander around 1.5.
std::vector<bar_closed> some_bars(int count) {
  std::vector<bar_closed> bars;
  std::int64_t close = 1'500'000'000;
  for (int n = 0; n < count; ++n) {
    const std::int64_t open = close;
    close += ((n * 7'919) % 41 - 20) * 10'000;
    bars.push_back(bar(n, open, std::max(open, close) + (n % 5) * 10'000, std::min(open, close) - (n % 3) * 10'000, close));
  }
  return bars;
}
std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

}  // namespace

TEST_CASE("definitions are put out once, in the order of the vector", "[feature_host]") {
  auto d = make();
  instrument_defined i;
  i.instrument = gbpusd;
  const auto defined = tests::only<feature_defined>(d.input(i, monday));
  REQUIRE(defined.size() == 9);
  CHECK(defined[3] == feature_defined{gbpusd, 3, "atr_3", 1, feature_kind::atr, 3, 300, price_side::mid});
  CHECK(d.input(i, monday).empty());
}

TEST_CASE("one vector for each bar of the specification, known at its close", "[feature_host]") {
  auto d = make();
  const auto v = tests::only<feature_vector_updated>(d.input(bar(0, 100, 100, 100, 100), monday + step));
  REQUIRE(v.size() == 1);
  CHECK(v[0].known_at == monday + step);
  CHECK(v[0].schema == schema_hash(configured()));
  CHECK(v[0].values.size() == 9);
  auto other = bar(1, 100, 100, 100, 100);
  other.step_s = 60;
  CHECK(d.input(other, monday + 2 * step).empty());
  other = bar(1, 100, 100, 100, 100);
  other.from = price_side::bid;
  CHECK(d.input(other, monday + 2 * step).empty());
}

TEST_CASE("values follow their definitions", "[feature_host]") {
  auto d = make();
  d.input(quote(1'500'000'000, 1'500'020'000), monday);
  d.input(quote(1'500'030'000, 1'500'000'000, quote_flag::crossed), monday);  // flagged: no spread to rely on
  const auto bars = some_bars(20);
  std::vector<feature_vector_updated> v;
  for (const auto& b : bars) v.push_back(d.input(b, b.closed_at)[0].as<feature_vector_updated>());
  const auto close = [&](std::size_t i) { return bars[i].close.to_double(); };
  const auto& last = v[19].values;

  // EMA(5) by its definition: the mean of the first five closes, then alpha = 2/6.
  double ema = (close(0) + close(1) + close(2) + close(3) + close(4)) / 5;
  for (std::size_t i = 5; i < 20; ++i) ema += (close(i) - ema) / 3;
  CHECK(std::abs(last[0] - ema) < 1e-12);
  CHECK(std::abs(last[1] - std::log(close(19) / close(18))) < 1e-15);
  CHECK(std::abs(last[2] - std::log(close(19) / close(15))) < 1e-15);
  CHECK(last[4] == 0.00002);

  double mean = 0, squares = 0;
  for (std::size_t i = 14; i < 20; ++i) mean += std::log(close(i) / close(i - 1)) / 6;
  for (std::size_t i = 14; i < 20; ++i) squares += std::pow(std::log(close(i) / close(i - 1)) - mean, 2);
  CHECK(std::abs(last[6] - std::sqrt(squares / 5)) < 1e-12);

  CHECK(v[0].values[5] == 1.0);  // Monday 00:05 UTC is 09:05 in Tokyo
  CHECK(last[7] == 100.0);
  CHECK(last[8] == 1.0);
  // Warming up is NaN, always with the same bits.
  for (const std::size_t f : {0u, 1u, 2u, 3u, 6u}) CHECK(bits(v[0].values[f]) == 0x7FF8'0000'0000'0000u);
  CHECK(!std::isnan(v[1].values[1]));
  CHECK(std::isnan(v[3].values[2]));
  CHECK(!std::isnan(v[4].values[2]));
  CHECK(std::isnan(v[3].values[0]));
  CHECK(!std::isnan(v[4].values[0]));
}

TEST_CASE("online vectors equal batch vectors to the last bit, also when recovered in the middle", "[feature_host][property]") {
  CHECK(rc::check("online == batch", [] {
    auto d = make();
    std::vector<bar_closed> bars;
    std::vector<double> spreads;
    double spread = not_known_yet();
    std::int64_t close = 1'500'000'000;
    const auto moves = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(-50, 50));
    const auto recover_at = *rc::gen::inRange<std::size_t>(0, moves.size() + 1);
    for (std::size_t n = 0; n < moves.size(); ++n) {
      if (n % 3 == 1) {
        const auto wide = *rc::gen::inRange<std::int64_t>(1, 40) * 10'000;
        d.input(quote(close, close + wide), monday);
        spread = price{wide}.to_double();
      }
      const auto open = close;
      close += moves[n] * 10'000;
      bars.push_back(bar(static_cast<int>(n), open, std::max(open, close), std::min(open, close), close));
      spreads.push_back(spread);
      d.input(bars.back(), bars.back().closed_at);
      if (n != recover_at) continue;
      state_writer w;
      w(d.host());
      feature_host again(self, configured());
      state_reader r(w.bytes());
      r(again);
      RC_ASSERT(!r.failed());
      RC_ASSERT(r.at_end());
      d.replace(again);
    }
    const auto online = d.all_of<feature_vector_updated>();
    const auto batch = batch_vectors(configured(), bars, spreads);
    RC_ASSERT(online.size() == batch.size());
    for (std::size_t i = 0; i < online.size(); ++i) {
      RC_ASSERT(online[i].vector_hash == batch[i].vector_hash);
      RC_ASSERT(online[i].known_at == batch[i].known_at);
      RC_ASSERT(online[i].values.size() == batch[i].values.size());
      for (std::size_t f = 0; f < online[i].values.size(); ++f) RC_ASSERT(bits(online[i].values[f]) == bits(batch[i].values[f]));
    }
  }));
}

TEST_CASE("the hash changes with any value and any definition", "[feature_host]") {
  const auto c = configured();
  const std::vector<double> values{1, 2, 3};
  CHECK(vector_hash(1, values) == vector_hash(1, values));
  CHECK(vector_hash(1, values) != vector_hash(2, values));
  CHECK(vector_hash(1, values) != vector_hash(1, std::vector<double>{1, 2, std::nextafter(3.0, 4.0)}));
  CHECK(vector_hash(1, std::vector<double>{0.0}) != vector_hash(1, std::vector<double>{-0.0}));

  auto changed = [&](auto change) {
    auto other = c;
    change(other);
    return schema_hash(other) != schema_hash(c);
  };
  CHECK(changed([](auto& o) { o.features[0].period = 6; }));
  CHECK(changed([](auto& o) { o.features[0].version = 2; }));
  CHECK(changed([](auto& o) { o.features[0].name = "ema"; }));
  CHECK(changed([](auto& o) { o.features[0].kind = feature_kind::atr; }));
  CHECK(changed([](auto& o) { std::swap(o.features[0], o.features[1]); }));
  CHECK(changed([](auto& o) { o.features.pop_back(); }));
  CHECK(changed([](auto& o) { o.step_s = 60; }));
  CHECK(changed([](auto& o) { o.from = price_side::bid; }));
  CHECK(changed([](auto& o) { o.seed = ema_seed::first_close; }));
  CHECK(!changed([](auto& o) { o.instrument = instrument_id{2}; }));
}

TEST_CASE("as of an instant is what was known then, within a bounded history", "[feature_host]") {
  auto c = configured();
  c.history = 5;
  auto d = make(c);
  CHECK(d.host().newest() == nullptr);
  CHECK(d.host().as_of(monday) == nullptr);
  CHECK(d.host().stale(monday));
  for (const auto& b : some_bars(8)) d.input(b, b.closed_at);
  const auto& h = d.host();
  CHECK(h.newest()->known_at == monday + 8 * step);
  CHECK(h.as_of(monday + 8 * step)->known_at == monday + 8 * step);      // known at its own instant
  CHECK(h.as_of(monday + 8 * step - 1)->known_at == monday + 7 * step);  // not a nanosecond before
  CHECK(h.as_of(monday + 4 * step)->known_at == monday + 4 * step);
  CHECK(h.as_of(monday + 4 * step - 1) == nullptr);  // the third is no longer kept
  CHECK(h.as_of(monday + 100 * step)->hash == h.newest()->hash);
  CHECK(!h.stale(monday + 10 * step));  // two bars
  CHECK(h.stale(monday + 10 * step + 1));
}

TEST_CASE("definitions that make no sense are refused with their name", "[feature_host]") {
  CHECK(validate(configured()));
  const auto refused = [](auto change) {
    auto c = configured();
    change(c);
    const auto r = validate(c);
    return r ? std::string() : r.error().message;
  };
  CHECK(refused([](auto& c) { c.features[1].name = "ema_5"; }) == "features: ema_5 is defined twice");
  CHECK(refused([](auto& c) { c.features[0].period = 0; }) == "features: ema_5 needs a period of 1 to 10000");
  CHECK(refused([](auto& c) { c.features[6].period = 1; }).find("at least 2") != std::string::npos);
  CHECK(refused([](auto& c) { c.features[4].period = 1; }).find("has no period") != std::string::npos);
  CHECK(refused([](auto& c) { c.features[4].kind = static_cast<feature_kind>(77); }).find("unknown kind") != std::string::npos);
  CHECK(refused([](auto& c) { c.step_s = 0; }).find("no step") != std::string::npos);
  CHECK(refused([](auto& c) { c.history = 0; }).find("history") != std::string::npos);
  CHECK(refused([](auto& c) { c.features.assign(25, {}); }) == "features: at most 24");
}
