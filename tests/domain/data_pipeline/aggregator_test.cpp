#include "domain/data_pipeline/aggregator.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using data_pipeline::aggregator;
using data_pipeline::aggregator_configuration;
using driver = tests::host_driver<aggregator>;

namespace {

constexpr host_id self{16};
constexpr instrument_id gbpusd{1};
constexpr std::int64_t monday = 15'000 * day_ns;  // 2011-01-26, a boundary of every step up to a day

quote_accepted quote(std::int64_t at_ns, std::int64_t bid, std::int64_t ask, std::uint32_t flags = 0) {
  quote_accepted q;
  q.instrument = gbpusd;
  q.bid = {bid};
  q.ask = {ask};
  q.source_time = {at_ns};
  q.flags = flags;
  return q;
}
driver make(std::vector<bar_spec> bars, bool without_updates = false, bool flagged = true) {
  return driver(aggregator(self, {gbpusd, std::move(bars), without_updates, flagged}), self);
}
std::int64_t s(std::int64_t n) { return monday + n * second_ns; }
constexpr bar_spec minute_bid{60, price_side::bid};

}  // namespace

TEST_CASE("a quote on the boundary belongs to the bar that closes there", "[aggregator]") {
  auto d = make({minute_bid});
  d.quote(quote(s(10), 100, 102));
  d.quote(quote(s(60), 110, 112));    // exactly on the boundary: still the first bar
  d.quote(quote(s(60) + 1, 90, 92));  // the next one
  d.fire_through({s(120)});
  const auto bars = d.all_of<bar_closed>();
  REQUIRE(bars.size() == 2);
  CHECK(bars[0].opened_at.ns == s(0));
  CHECK(bars[0].closed_at.ns == s(60));
  CHECK(bars[0].open.value == 100);
  CHECK(bars[0].high.value == 110);
  CHECK(bars[0].low.value == 100);
  CHECK(bars[0].close.value == 110);
  CHECK(bars[0].ticks == 2);
  CHECK(bars[1].open.value == 90);
  CHECK(bars[1].closed_at.ns == s(120));
}

TEST_CASE("in a right-open bar a quote on the boundary opens the next", "[aggregator]") {
  constexpr bar_spec right_open{60, price_side::bid, bar_interval::right_open, bar_stamp::open};
  auto d = make({right_open, minute_bid});
  d.quote(quote(s(0), 100, 102));  // left-open: the bar before
  d.quote(quote(s(60) - 1, 105, 107));
  d.quote(quote(s(60), 110, 112));
  d.quote(quote(s(61), 90, 92));
  d.fire_through({s(200)});
  std::vector<bar_closed> of_right, of_left;
  for (const auto& b : d.all_of<bar_closed>()) (b.spec() == right_open ? of_right : of_left).push_back(b);
  REQUIRE(of_right.size() == 2);
  CHECK(of_right[0].opened_at.ns == s(0));
  CHECK(of_right[0].closed_at.ns == s(60));
  CHECK(of_right[0].stamped().ns == s(0));
  CHECK(of_right[0].open.value == 100);
  CHECK(of_right[0].close.value == 105);
  CHECK(of_right[0].ticks == 2);
  CHECK(of_right[1].open.value == 110);
  CHECK(of_right[1].low.value == 90);
  REQUIRE(of_left.size() == 3);
  CHECK(of_left[1].high.value == 110);
  CHECK(of_left[1].stamped().ns == s(60));
}

TEST_CASE("an offset moves the boundaries", "[aggregator]") {
  constexpr std::uint32_t five_hours = 5 * 3'600;
  auto d = make({{86'400, price_side::bid, bar_interval::left_open, bar_stamp::close, five_hours},
                 {86'400, price_side::bid, bar_interval::right_open, bar_stamp::close, five_hours}});
  for (const auto at : {s(five_hours) - 1, s(five_hours), s(five_hours) + 1, s(five_hours) + day_ns}) d.quote(quote(at, 100, 102));
  d.fire_through({s(0) + 3 * day_ns});
  std::vector<std::pair<std::int64_t, std::uint32_t>> closed;
  for (const auto& b : d.all_of<bar_closed>()) closed.emplace_back((b.closed_at.ns - monday) / 3'600 / second_ns, b.ticks);
  std::sort(closed.begin(), closed.end());
  CHECK(closed == std::vector<std::pair<std::int64_t, std::uint32_t>>{{5, 1}, {5, 2}, {29, 2}, {29, 2}, {53, 1}});
}

TEST_CASE("the first boundary is the first multiple of the step at or after the first quote", "[aggregator]") {
  auto on = make({minute_bid});
  on.quote(quote(s(60), 1, 2));
  on.fire_through({s(60)});
  REQUIRE(on.all_of<bar_closed>().size() == 1);
  CHECK(on.all_of<bar_closed>()[0].closed_at.ns == s(60));

  auto later = make({minute_bid});
  const auto out = later.quote(quote(s(60) + 1, 1, 2));
  REQUIRE(out.size() == 1);
  CHECK(out[0].as<timer_armed>().due.ns == s(120));

  auto before_1970 = make({minute_bid});
  CHECK(before_1970.quote(quote(-1, 1, 2))[0].as<timer_armed>().due.ns == 0);
}

TEST_CASE("empty intervals make no bars and arm no timers, unless asked for", "[aggregator]") {
  auto d = make({minute_bid});
  d.quote(quote(s(1), 100, 102));
  d.quote(quote(s(2), 101, 103));  // within the open bar: nothing to propose
  CHECK(d.all().size() == 1);
  d.fire_through({s(100'000)});
  CHECK(d.timers() == 0);
  d.quote(quote(s(600), 200, 202));
  d.fire_through({s(100'000)});
  const auto bars = d.all_of<bar_closed>();
  REQUIRE(bars.size() == 2);
  CHECK(bars[1].closed_at.ns == s(600));
  CHECK(bars[1].low.value == 200);
}

TEST_CASE("bars without updates repeat the last close, over the weekend too", "[aggregator]") {
  auto d = make({{3'600, price_side::mid}}, true);
  d.quote(quote(s(5), 100, 104));
  d.quote(quote(s(6), 96, 100));
  d.quote(quote(s(5) + 2 * day_ns, 200, 204));
  d.fire_through({s(3'600) + 2 * day_ns});
  const auto bars = d.all_of<bar_closed>();
  REQUIRE(bars.size() == 49);
  CHECK(bars[0].ticks == 2);
  for (std::size_t i = 1; i < 48; ++i) {
    CHECK(bars[i].ticks == 0);
    CHECK(bars[i].opened_at == bars[i - 1].closed_at);
    for (const price p : {bars[i].open, bars[i].high, bars[i].low, bars[i].close}) CHECK(p.value == 98);
  }
  CHECK(bars[48].open.value == 202);
  CHECK(bars[48].high.value == 202);
  CHECK(bars[48].low.value == 202);
  CHECK(d.timers() == 1);
}

TEST_CASE("specifications close at one instant in configuration order, each from its own side", "[aggregator]") {
  auto d = make({{300, price_side::mid}, {60, price_side::ask}, {60, price_side::bid}});
  d.quote(quote(s(299), 1'000'000'001, 1'000'000'004));
  d.fire_through({s(300)});
  const auto bars = d.all_of<bar_closed>();
  REQUIRE(bars.size() == 3);
  CHECK(bars[0].spec() == bar_spec{300, price_side::mid});
  CHECK(bars[0].close.value == 1'000'000'002);
  CHECK(bars[1].close.value == 1'000'000'004);
  CHECK(bars[2].close.value == 1'000'000'001);
}

TEST_CASE("flagged quotes form bars where configured", "[aggregator]") {
  for (const bool flagged : {true, false}) {
    auto d = make({minute_bid}, false, flagged);
    d.quote(quote(s(1), 100, 102));
    d.quote(quote(s(2), 500, 400, quote_flag::crossed));
    d.fire_through({s(60)});
    CHECK(d.all_of<bar_closed>()[0].high.value == (flagged ? 500 : 100));
  }
}

TEST_CASE("a quote later than its bar changes nothing and is counted", "[aggregator]") {
  auto d = make({minute_bid});
  d.quote(quote(s(1), 100, 102));
  d.fire_through({s(60)});
  CHECK(d.input(quote(s(59), 1, 2), {s(61)}).empty());
  CHECK(d.host().late_quotes() == 1);
  d.quote(quote(s(70), 50, 52));
  CHECK(d.input(quote(s(60), 1, 2), {s(71)}).empty());  // before the open bar
  CHECK(d.host().late_quotes() == 2);
  CHECK(d.input(quote(std::numeric_limits<std::int64_t>::max(), 1, 2), {s(72)}).empty());  // a hostile time
  CHECK(d.input(quote(std::numeric_limits<std::int64_t>::min(), 1, 2), {s(72)}).empty());
  d.fire_through({s(120)});
  CHECK(d.all_of<bar_closed>()[1].low.value == 50);
  CHECK(d.all_of<bar_closed>()[1].high.value == 50);
}

TEST_CASE("a quote that overtakes its timer closes the bar, and the timer is then stale", "[aggregator]") {
  auto d = make({minute_bid}, true);
  d.quote(quote(s(1), 100, 102));
  const auto out = d.input(quote(s(190), 70, 72), {s(190)});  // no timer was allowed to fire
  const auto bars = tests::only<bar_closed>(out);
  REQUIRE(bars.size() == 3);
  CHECK(bars[0].closed_at.ns == s(60));
  CHECK(bars[0].ticks == 1);
  CHECK(bars[2].closed_at.ns == s(180));
  CHECK(bars[2].close.value == 100);
  CHECK(d.fire_through({s(239)}).empty());
  const auto last = tests::only<bar_closed>(d.fire_through({s(240)}));
  REQUIRE(last.size() == 1);
  CHECK(last[0].open.value == 70);

  CHECK(d.input(quote(s(60 * 10'000), 70, 72), {s(60 * 10'000)}).empty());
  REQUIRE(d.failure());
  CHECK(d.failure()->message.find("timers must fire before later quotes") != std::string::npos);
}

TEST_CASE("a stale or foreign timer does nothing", "[aggregator]") {
  auto d = make({minute_bid});
  d.quote(quote(s(1), 100, 102));
  CHECK(d.input(timer_fired{self, timer_id{1}, 9, {s(60)}}, {s(60)}).empty());
  CHECK(d.input(timer_fired{self, timer_id{0}, 1, {s(60)}}, {s(60)}).empty());
  CHECK(d.input(timer_fired{self, timer_id{2}, 1, {s(60)}}, {s(60)}).empty());
  CHECK(d.fire_through({s(60)}).size() == 1);
}

TEST_CASE("a configuration that makes no sense is refused", "[aggregator]") {
  CHECK(validate(aggregator_configuration{gbpusd, {minute_bid, {60, price_side::ask}}, false, true}));
  CHECK(!validate(aggregator_configuration{gbpusd, {{0, price_side::bid}}, false, true}));
  CHECK(!validate(aggregator_configuration{gbpusd, {minute_bid, minute_bid}, false, true}));
  CHECK(!validate(aggregator_configuration{gbpusd, std::vector<bar_spec>(65, minute_bid), false, true}));
}

namespace {

// The batch reference: sort every quote into the interval that holds it, then fold the intervals.
std::map<std::int64_t, bar_closed> reference(const std::vector<quote_accepted>& quotes, bar_spec spec, bool without_updates) {
  std::map<std::int64_t, bar_closed> bars;
  const std::int64_t step = spec.step_s * second_ns;
  for (const auto& q : quotes) {
    const std::int64_t p = spec.from == price_side::bid ? q.bid.value : spec.from == price_side::ask ? q.ask.value : (q.bid.value + q.ask.value) / 2;
    const std::int64_t offset = spec.offset_s * second_ns, from = q.source_time.ns - offset;
    const std::int64_t closes = (spec.interval == bar_interval::right_open ? from / step * step + step : (from + step - 1) / step * step) + offset;
    auto [at, fresh] = bars.try_emplace(closes);
    auto& b = at->second;
    if (fresh) b = {gbpusd, spec.step_s, spec.from, {closes - step}, {closes}, {p}, {p}, {p}, {p}, 0, spec.interval, spec.stamp, spec.offset_s};
    b.high = std::max(b.high, price{p});
    b.low = std::min(b.low, price{p});
    b.close = {p};
    ++b.ticks;
  }
  if (without_updates && !bars.empty())
    for (auto closes = bars.begin()->first; closes < bars.rbegin()->first; closes += step) {
      const auto& now = bars.at(closes);
      bars.try_emplace(closes + step, bar_closed{gbpusd,
                                                 spec.step_s,
                                                 spec.from,
                                                 {closes},
                                                 {closes + step},
                                                 now.close,
                                                 now.close,
                                                 now.close,
                                                 now.close,
                                                 0,
                                                 spec.interval,
                                                 spec.stamp,
                                                 spec.offset_s});
    }
  return bars;
}

}  // namespace

TEST_CASE("bars equal a batch computation over random quotes, also when the host is recovered in the middle", "[aggregator][property]") {
  const std::vector<bar_spec> specs{{1, price_side::bid},
                                    {7, price_side::ask},
                                    {60, price_side::mid},
                                    {60, price_side::bid},
                                    {60, price_side::bid, bar_interval::right_open, bar_stamp::open},
                                    {60, price_side::bid, bar_interval::left_open, bar_stamp::close, 7},
                                    {30, price_side::ask, bar_interval::right_open, bar_stamp::close, 13}};
  CHECK(rc::check("aggregator == batch", [&](bool without_updates) {
    std::vector<quote_accepted> quotes;
    std::int64_t t = monday;
    for (const auto gap : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 400))) {
      // In quarters of a second, so that quotes often lie on boundaries and share instants; sometimes a long pause.
      t += gap < 300 ? gap / 20 * (second_ns / 4) : (gap - 300) * second_ns;
      const auto bid = *rc::gen::inRange<std::int64_t>(1'000, 2'000) * 2;
      quotes.push_back(quote(t, bid, bid + *rc::gen::inRange<std::int64_t>(-2, 20) * 2));
    }
    const auto recover_at = *rc::gen::inRange<std::size_t>(0, quotes.size() + 1);
    auto d = make(specs, without_updates);
    for (std::size_t i = 0; i < quotes.size(); ++i) {
      d.quote(quotes[i]);
      if (i + 1 != recover_at) continue;
      state_writer w;
      w(d.host());
      aggregator again(self, {gbpusd, specs, without_updates, true});
      const auto bytes = w.bytes();
      state_reader r(bytes);
      r(again);
      d.replace(again);
    }
    if (quotes.empty()) return;
    d.fire_through({t + 60 * second_ns});  // all open bars; perhaps some empty ones behind them
    for (const auto spec : specs) {
      auto expected = reference(quotes, spec, without_updates);
      std::size_t seen = 0;
      for (const auto& b : d.all_of<bar_closed>()) {
        if (b.spec() != spec) continue;
        const auto at = expected.find(b.closed_at.ns);
        if (at == expected.end()) {
          RC_ASSERT(without_updates);
          RC_ASSERT(b.ticks == 0u);
          continue;
        }
        RC_ASSERT(b == at->second);
        ++seen;
      }
      RC_ASSERT(seen == expected.size());
    }
  }));
}
