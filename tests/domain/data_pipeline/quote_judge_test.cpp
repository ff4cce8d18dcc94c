#include "domain/data_pipeline/quote_judge.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using data_pipeline::judge_configuration;
using data_pipeline::quote_judge;

namespace {

constexpr instrument_id gbpusd{1};
constexpr std::int64_t step = 10'000;  // 0.00001
constexpr std::int64_t pip = 10 * step;
constexpr std::int64_t start = 15'000 * day_ns;

judge_configuration configured() {
  judge_configuration c;
  c.price_step[gbpusd.value] = {step};
  return c;
}

// Judges a quote and folds the event that the ingress would make of the verdict.
quote_judge::verdict feed(quote_judge& j, std::int64_t t, std::int64_t bid, std::int64_t ask, instrument_id instrument = gbpusd) {
  const auto v = j.judge(instrument, {t}, {bid}, {ask});
  if (v.accepted) {
    quote_accepted e;
    e.instrument = instrument;
    e.bid = {bid};
    e.ask = {ask};
    e.source_time = {t};
    e.flags = v.flags;
    j.apply(e);
  } else {
    quote_rejected e;
    e.instrument = instrument;
    e.reason = v.reason;
    j.apply(e);
  }
  return v;
}

// A market that moves by at most two pips a quote, in a fixed pattern.
struct market {
  quote_judge judge{configured()};
  std::int64_t t = start;
  std::int64_t bid = 1'500'000'000;
  int n = 0;
  quote_judge::verdict quote(std::int64_t off = 0, std::int64_t spread = 2 * pip) {
    static constexpr std::array<std::int64_t, 8> moves{3, -7, 12, 1, -20, 15, -4, 0};
    bid += moves[static_cast<std::size_t>(n++ % 8)] * step;
    t += second_ns;
    return feed(judge, t, bid + off, bid + off + spread);
  }
  void warm_up() {
    for (int i = 0; i < 100; ++i) REQUIRE(quote() == quote_judge::verdict{true, quote_rejection::none, 0});
  }
};

}  // namespace

TEST_CASE("what is refused, and why", "[quote_judge]") {
  quote_judge j(configured());
  CHECK(feed(j, start, 100 * pip, 101 * pip).accepted);
  CHECK(feed(j, start + 1, 0, 101 * pip).reason == quote_rejection::non_positive);
  CHECK(feed(j, start + 1, 100 * pip, -1).reason == quote_rejection::non_positive);
  CHECK(feed(j, start - 1, 100 * pip, 101 * pip).reason == quote_rejection::time_backwards);
  CHECK(feed(j, start, 100 * pip, 101 * pip).reason == quote_rejection::duplicate);
  CHECK(feed(j, start + 1, 100 * pip, 101 * pip, instrument_id{0}).reason == quote_rejection::malformed);
  CHECK(feed(j, start + 1, 100 * pip, 101 * pip, instrument_id{instruments_max}).reason == quote_rejection::malformed);
  CHECK(j.rejected(quote_rejection::non_positive) == 2);
  CHECK(j.rejected(quote_rejection::time_backwards) == 1);
  CHECK(j.rejected(quote_rejection::duplicate) == 1);
  CHECK(j.rejected(quote_rejection::malformed) == 2);
  CHECK(j.accepted() == 1);
}

TEST_CASE("what looks like a duplicate but is none", "[quote_judge]") {
  quote_judge j(configured());
  feed(j, start, 100 * pip, 101 * pip);
  CHECK(feed(j, start, 100 * pip, 102 * pip).accepted);                        // the same time, another price
  CHECK(feed(j, start, 100 * pip, 101 * pip).accepted);                        // not the previous quote any more
  CHECK(feed(j, start + 1, 100 * pip, 101 * pip).accepted);                    // a later time
  CHECK(feed(j, start - 1, 100 * pip, 101 * pip, instrument_id{2}).accepted);  // each instrument has its own clock
}

TEST_CASE("crossed, locked and wide quotes are accepted with their flag", "[quote_judge]") {
  auto c = configured();
  c.spread_max[gbpusd.value] = {5 * pip};
  quote_judge j(c);
  CHECK(feed(j, start, 101 * pip, 100 * pip) == quote_judge::verdict{true, quote_rejection::none, quote_flag::crossed});
  CHECK(feed(j, start, 100 * pip, 100 * pip) == quote_judge::verdict{true, quote_rejection::none, quote_flag::locked});
  CHECK(feed(j, start, 100 * pip, 105 * pip).flags == 0);
  CHECK(feed(j, start, 100 * pip, 105 * pip + 1).flags == quote_flag::wide_spread);
  CHECK(j.flagged(quote_flag::crossed) == 1);
  CHECK(j.flagged(quote_flag::locked) == 1);
  CHECK(j.flagged(quote_flag::wide_spread) == 1);
}

TEST_CASE("quotes of closed hours are flagged", "[quote_judge]") {
  auto c = configured();
  c.closed = {{{start}, {start + hour_ns}}, {{start + day_ns}, {start + 2 * day_ns}}};
  quote_judge j(c);
  CHECK(feed(j, start - 1, 100 * pip, 101 * pip).flags == 0);
  CHECK(feed(j, start, 100 * pip, 101 * pip).flags == quote_flag::off_hours);
  CHECK(feed(j, start + hour_ns - 1, 100 * pip, 101 * pip).flags == quote_flag::off_hours);
  CHECK(feed(j, start + hour_ns, 100 * pip, 101 * pip).flags == 0);
  CHECK(feed(j, start + day_ns, 100 * pip, 101 * pip).flags == quote_flag::off_hours);
  CHECK(feed(j, start + 2 * day_ns, 100 * pip, 101 * pip).flags == 0);
}

TEST_CASE("an outlier of fifty pips is a spike, and the quote after it is not", "[quote_judge]") {
  for (const std::int64_t off : {50 * pip, -50 * pip}) {
    market m;
    m.warm_up();
    CHECK(m.quote(off).flags == quote_flag::spike);
    CHECK(m.quote().flags == 0);
  }
}

TEST_CASE("nothing spikes before the window is full, or with the check off", "[quote_judge]") {
  market m;
  for (int i = 0; i < 64; ++i) m.quote();  // 63 changes
  CHECK(m.quote(50 * pip).flags == 0);

  market off;
  auto c = configured();
  c.spike_threshold = 0;
  off.judge = quote_judge(c);
  off.warm_up();
  CHECK(off.quote(5'000 * pip).flags == 0);
}

TEST_CASE("a market that jumps for good is believed after two spikes", "[quote_judge]") {
  market m;
  m.warm_up();
  m.bid += 300 * pip;
  CHECK(m.quote().flags == quote_flag::spike);
  CHECK(m.quote().flags == quote_flag::spike);
  for (int i = 0; i < 100; ++i) CHECK(m.quote().flags == 0);
}

TEST_CASE("a market that stood still has a floor: one step is no spike", "[quote_judge]") {
  quote_judge j(configured());
  std::int64_t t = start;
  for (int i = 0; i < 100; ++i) REQUIRE(feed(j, t += second_ns, 15'000 * pip, 15'002 * pip).flags == 0);
  CHECK(feed(j, t += second_ns, 15'000 * pip + step, 15'002 * pip + step).flags == 0);
  CHECK(feed(j, t += second_ns, 15'009 * pip, 15'011 * pip).flags == 0);                  // 8.9 pips: under 20 · 5 steps
  CHECK(feed(j, t += second_ns, 15'020 * pip, 15'022 * pip).flags == quote_flag::spike);  // 11 pips
}

TEST_CASE("crossed quotes do not move what spikes are measured against", "[quote_judge]") {
  market m;
  m.warm_up();
  for (int i = 0; i < 200; ++i) CHECK(m.quote(400 * pip, -pip).flags == quote_flag::crossed);
  CHECK(m.quote().flags == 0);
  CHECK(m.quote(50 * pip).flags == quote_flag::spike);
}

TEST_CASE("prices at the ends of their range are judged without overflow", "[quote_judge]") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  market m;
  m.warm_up();
  for (int i = 0; i < 200; ++i) {
    m.t += 1;
    CHECK(feed(m.judge, m.t, i % 2 == 0 ? most - 1 : 1, i % 2 == 0 ? most : 2).accepted);
  }
}

namespace {

// The definition, by sorting: median and MAD of the changes, lower middle.
bool reference_spike(std::vector<std::int64_t> changes, std::int64_t change, double threshold, double floor) {
  const auto middle = [](std::vector<std::int64_t> v) {
    std::sort(v.begin(), v.end());
    return v[(v.size() - 1) / 2];
  };
  const auto median = middle(changes);
  for (auto& c : changes) c = std::abs(c - median);
  return static_cast<double>(std::abs(change - median)) > threshold * std::max(1.4826 * static_cast<double>(middle(changes)), floor);
}

}  // namespace

namespace {

// A judge and the definition side by side: `moves` in steps, from the last believed mid.
struct judged_twice {
  quote_judge judge;
  std::vector<std::int64_t> changes;
  std::int64_t level = 0, t = start;
  static judge_configuration rules() {
    auto c = configured();
    c.spike_threshold = 4;
    c.spike_window = 16;
    c.spike_floor_steps = 1;
    c.spike_confirmations = 1'000'000;  // never: the definition does not know them
    return c;
  }
  judged_twice() : judge(rules()) {}
  bool agree(std::int64_t move) {
    const std::int64_t mid = (level == 0 ? 1'000'000 * step : level) + move * step;
    const bool expected = changes.size() >= 16 && reference_spike({changes.end() - 16, changes.end()}, mid - level, 4, static_cast<double>(step));
    const auto v = feed(judge, t += second_ns, mid - step, mid + step);
    if (v.flags != (expected ? quote_flag::spike : 0u)) return false;
    if (expected) return true;
    if (level != 0) changes.push_back(mid - level);
    level = mid;
    return true;
  }
};

}  // namespace

TEST_CASE("spikes follow their definition on random markets", "[quote_judge][property]") {
  CHECK(rc::check("median and MAD == by sorting", [] {
    judged_twice j;
    for (const auto move : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100))) RC_ASSERT(j.agree(move < 90 ? move % 7 - 3 : (move - 95) * 10));
  }));
  // The sorted window is made when a market gets lively, kept for a while, and given up when it calms down; a trend moves the median away from 0.
  CHECK(rc::check("the same where calm, lively and trending stretches alternate", [] {
    judged_twice j;
    for (int stretch = 0; stretch < 12; ++stretch) {
      const int kind = *rc::gen::inRange(0, 4), length = *rc::gen::inRange(1, 50);
      for (const auto x : *rc::gen::container<std::vector<int>>(static_cast<std::size_t>(length), rc::gen::inRange(0, 1'000))) {
        const int move = kind == 0 ? x % 3 - 1 : kind == 1 ? x % 13 - 6 : kind == 2 ? 2 + x % 3 : x % 5 - 4;
        RC_ASSERT(j.agree(x >= 980 ? 5 * move : move));
      }
    }
  }));
}

TEST_CASE("a judge recovered in the middle, by its events or its archive, judges alike", "[quote_judge][property]") {
  market whole;
  std::vector<quote_accepted> folded;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t off = i % 37 == 36 ? 60 * pip : 0;
    const auto v = whole.quote(off, i % 11 == 10 ? 0 : 2 * pip);
    REQUIRE(v.accepted);
    quote_accepted e;
    e.instrument = gbpusd;
    e.bid = {whole.bid + off};
    e.ask = {whole.bid + off + (i % 11 == 10 ? 0 : 2 * pip)};
    e.source_time = {whole.t};
    e.flags = v.flags;
    folded.push_back(e);
  }
  quote_judge by_events(configured());
  for (const auto& e : folded) by_events.apply(e);
  quote_judge by_archive(configured());
  state_writer w;
  w(whole.judge);
  state_reader r(w.bytes());
  r(by_archive);
  REQUIRE((!r.failed() && r.at_end()));

  state_hasher a, b, c;
  a(whole.judge);
  b(by_events);
  c(by_archive);
  CHECK(a.digest() == b.digest());
  CHECK(a.digest() == c.digest());
  for (int i = 0; i < 100; ++i) {
    const std::int64_t off = i % 17 == 0 ? -70 * pip : 0;
    const auto expected = whole.judge.judge(gbpusd, {whole.t + i}, {whole.bid + off}, {whole.bid + off + pip});
    CHECK(by_events.judge(gbpusd, {whole.t + i}, {whole.bid + off}, {whole.bid + off + pip}) == expected);
    CHECK(by_archive.judge(gbpusd, {whole.t + i}, {whole.bid + off}, {whole.bid + off + pip}) == expected);
  }
}
