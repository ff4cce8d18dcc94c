// Bar by bar equals the textbook formula over the whole history, and a state stored anywhere goes on to the same bits.
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/base/archive.hpp"
#include "domain/indicators/adx.hpp"
#include "domain/indicators/atr.hpp"
#include "domain/indicators/bollinger.hpp"
#include "domain/indicators/channel.hpp"
#include "domain/indicators/ema.hpp"
#include "domain/indicators/returns.hpp"
#include "domain/indicators/rsi.hpp"
#include "domain/indicators/sma.hpp"
#include "domain/indicators/volatility.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::indicators;

namespace {

struct ohlc {
  double high, low, close;
};

// A walk of prices around 1.3, in whole pips; flat stretches included.
std::vector<ohlc> any_bars(std::size_t least) {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-40, 41));
  std::vector<ohlc> bars;
  int close = 13'000;
  for (std::size_t i = 0; i < std::max(least, steps.size()); ++i) {
    const int step = i < steps.size() ? steps[i] : static_cast<int>(i * 7919 % 23) - 11;
    const int open = close;
    close = std::max(1'000, close + step);
    const double high = (std::max(open, close) + std::abs(step) % 5) * 1e-4, low = (std::min(open, close) - std::abs(step) % 3) * 1e-4;
    bars.push_back({high, low, close * 1e-4});
  }
  return bars;
}
bool near(double a, double b) { return std::fabs(a - b) <= 1e-11 * std::max({1.0, std::fabs(a), std::fabs(b)}); }

double sum_of(const std::vector<double>& x, std::size_t first, std::size_t end) {
  double s = 0;
  for (std::size_t i = first; i < end; ++i) s += x[i];
  return s;
}
// Σ over the history: a seed, then α x with (1 − α)^age.
double exponential(const std::vector<double>& x, double seed, std::size_t seeded_by, double alpha) {
  double value = seed * std::pow(1 - alpha, static_cast<double>(x.size() - seeded_by));
  for (std::size_t i = seeded_by; i < x.size(); ++i) value += alpha * x[i] * std::pow(1 - alpha, static_cast<double>(x.size() - 1 - i));
  return value;
}
std::vector<double> closes(const std::vector<ohlc>& bars) {
  std::vector<double> x;
  for (const auto& b : bars) x.push_back(b.close);
  return x;
}
std::vector<double> true_ranges(const std::vector<ohlc>& bars) {
  std::vector<double> r;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& b = bars[i];
    r.push_back(i == 0 ? b.high - b.low : std::max({b.high - b.low, std::fabs(b.high - bars[i - 1].close), std::fabs(b.low - bars[i - 1].close)}));
  }
  return r;
}
// Wilder's smoothed sum at each bar from n on: the sum of the first n, then S − S / n + x.
std::vector<double> wilder_sums(const std::vector<double>& x, std::size_t n) {
  std::vector<double> s{sum_of(x, 0, n)};
  for (std::size_t i = n; i < x.size(); ++i) s.push_back(s.back() - s.back() / static_cast<double>(n) + x[i]);
  return s;
}
double adx_of(const std::vector<ohlc>& bars, std::size_t n) {
  std::vector<double> plus, minus, range = true_ranges(bars);
  range.erase(range.begin());
  for (std::size_t i = 1; i < bars.size(); ++i) {
    const double up = bars[i].high - bars[i - 1].high, down = bars[i - 1].low - bars[i].low;
    plus.push_back(up > down && up > 0 ? up : 0);
    minus.push_back(down > up && down > 0 ? down : 0);
  }
  const auto p = wilder_sums(plus, n), m = wilder_sums(minus, n), r = wilder_sums(range, n);
  std::vector<double> dx;
  for (std::size_t i = 0; i < r.size(); ++i) {
    const double pdi = r[i] > 0 ? 100 * p[i] / r[i] : 0, mdi = r[i] > 0 ? 100 * m[i] / r[i] : 0;
    dx.push_back(pdi + mdi > 0 ? 100 * std::fabs(pdi - mdi) / (pdi + mdi) : 0);
  }
  return exponential(dx, sum_of(dx, 0, n) / static_cast<double>(n), n, 1 / static_cast<double>(n));
}

price price_of(double x) { return {std::llround(x * 1e9)}; }
// Channels have two values: their width stands for both.
template <class I> double value_of(const I& x) {
  if constexpr (requires { x.value(); }) return x.value();
  else return x.highest().to_double() - x.lowest().to_double();
}

template <class I> void feed(I& x, const ohlc& b) {
  if constexpr (requires { x.update(b.high, b.low, b.close); }) x.update(b.high, b.low, b.close);
  else if constexpr (requires { x.update(price{}, price{}); }) x.update(price_of(b.high), price_of(b.low));
  else if constexpr (requires { x.update(price{}); }) x.update(price_of(b.close));
  else x.update(b.close);
}

}  // namespace

TEST_CASE("indicators: bar by bar equals the formula over the whole history", "[indicators]") {
  CHECK(rc::check("ema, sma seed", [] {
    const auto n = *rc::gen::inRange(1u, 30u);
    const auto x = closes(any_bars(n));
    ema e(n);
    for (const double v : x) e.update(v);
    RC_ASSERT(near(e.value(), exponential(x, sum_of(x, 0, n) / n, n, 2.0 / (n + 1))));
  }));
  CHECK(rc::check("ema, first seed", [] {
    const auto n = *rc::gen::inRange(1u, 30u);
    const auto x = closes(any_bars(n));
    ema e(n, ema_seed::first_close);
    for (const double v : x) e.update(v);
    RC_ASSERT(near(e.value(), exponential(x, x[0], 1, 2.0 / (n + 1))));
  }));
  CHECK(rc::check("atr", [] {
    const auto n = *rc::gen::inRange(1u, 30u);
    const auto bars = any_bars(n);
    const auto r = true_ranges(bars);
    atr a(n);
    for (const auto& b : bars) feed(a, b);
    RC_ASSERT(near(a.value(), exponential(r, sum_of(r, 0, n) / n, n, 1.0 / n)));
  }));
  CHECK(rc::check("adx", [] {
    const auto n = *rc::gen::inRange(2u, 20u);
    const auto bars = any_bars(2 * n);
    adx a(n);
    for (const auto& b : bars) feed(a, b);
    RC_ASSERT(std::fabs(a.value() - adx_of(bars, n)) < 1e-6);  // where both movements nearly vanish, their ratio keeps fewer digits
  }));
  CHECK(rc::check("sma and its exact comparison", [] {
    const auto n = *rc::gen::inRange(1u, 30u), m = *rc::gen::inRange(1u, 30u);
    const auto bars = any_bars(std::max(n, m));
    sma a(n), b(m);
    for (const auto& x : bars) {
      feed(a, x);
      feed(b, x);
    }
    // Whole pips: sums are whole numbers.
    const auto pips = [&](std::size_t count) {
      std::int64_t sum = 0;
      for (std::size_t i = bars.size() - count; i < bars.size(); ++i) sum += std::llround(bars[i].close * 1e4);
      return sum;
    };
    RC_ASSERT(near(a.value(), static_cast<double>(pips(n)) / n * 1e-4));
    const std::int64_t apart = pips(n) * m - pips(m) * n;
    RC_ASSERT(a.compare(b) == (apart > 0) - (apart < 0));
    RC_ASSERT(b.compare(a) == -a.compare(b));
  }));
  CHECK(rc::check("rsi", [] {
    const auto n = *rc::gen::inRange(1u, 30u);
    const auto x = closes(any_bars(n + 1));
    rsi r(n);
    for (const double c : x) r.update(c);
    std::vector<double> gains, losses;
    for (std::size_t i = 1; i < x.size(); ++i) {
      gains.push_back(std::max(x[i] - x[i - 1], 0.0));
      losses.push_back(std::max(x[i - 1] - x[i], 0.0));
    }
    const double g = exponential(gains, sum_of(gains, 0, n) / n, n, 1.0 / n), l = exponential(losses, sum_of(losses, 0, n) / n, n, 1.0 / n);
    RC_ASSERT(std::fabs(r.value() - (l > 0 ? 100 * g / (g + l) : 100)) < 1e-7);
  }));
  CHECK(rc::check("channel", [] {
    const auto n = *rc::gen::inRange<std::size_t>(1, 30);
    const auto bars = any_bars(n);
    channel c(static_cast<std::uint32_t>(n));
    for (const auto& b : bars) feed(c, b);
    double high = 0, low = 1e9;
    for (std::size_t i = bars.size() - n; i < bars.size(); ++i) {
      high = std::max(high, bars[i].high);
      low = std::min(low, bars[i].low);
    }
    RC_ASSERT(c.highest() == price_of(high));
    RC_ASSERT(c.lowest() == price_of(low));
  }));
  CHECK(rc::check("bollinger", [] {
    const auto n = *rc::gen::inRange<std::size_t>(1, 30);
    const auto x = closes(any_bars(n));
    bollinger b(static_cast<std::uint32_t>(n), 2);
    for (const double c : x) b.update(c);
    const double mean = sum_of(x, x.size() - n, x.size()) / static_cast<double>(n);
    double squares = 0;
    for (std::size_t i = x.size() - n; i < x.size(); ++i) squares += (x[i] - mean) * (x[i] - mean);
    const double apart = 2 * std::sqrt(squares / static_cast<double>(n));
    RC_ASSERT(near(b.value(), mean));
    RC_ASSERT(near(b.upper(), mean + apart));
    RC_ASSERT(near(b.lower(), mean - apart));
  }));
  CHECK(rc::check("log return and volatility", [] {
    const auto n = *rc::gen::inRange(2u, 30u);
    const auto x = closes(any_bars(n + 1));
    log_return r(n);
    volatility v(n);
    for (const double c : x) {
      r.update(c);
      v.update(c);
    }
    RC_ASSERT(near(r.value(), std::log(x.back() / x[x.size() - 1 - n])));
    std::vector<double> steps;
    for (std::size_t i = x.size() - n; i < x.size(); ++i) steps.push_back(std::log(x[i] / x[i - 1]));
    const double mean = sum_of(steps, 0, n) / n;
    double squares = 0;
    for (const double s : steps) squares += (s - mean) * (s - mean);
    RC_ASSERT(near(v.value(), std::sqrt(squares / (n - 1))));
  }));
}

namespace {

// Ready after exactly that many bars; a state stored after any bar goes on to the same bits; reset begins anew.
template <class I> void check_life(I fresh, std::size_t ready_after) {
  CHECK(rc::check("ready, stored, reset", [&] {
    const auto bars = any_bars(ready_after + 3);
    const auto cut = *rc::gen::inRange<std::size_t>(0, bars.size());
    I whole = fresh, resumed = fresh, reset = fresh;
    for (const auto& b : bars) feed(reset, b);
    reset.reset();
    for (std::size_t i = 0; i < bars.size(); ++i) {
      if (i == cut) {
        state_writer w;
        w(resumed);
        resumed = fresh;
        state_reader r(w.bytes());
        r(resumed);
        RC_ASSERT((!r.failed() && r.at_end()));
      }
      for (I* x : {&whole, &resumed, &reset}) feed(*x, bars[i]);
      RC_ASSERT(whole.ready() == (i + 1 >= ready_after));
      RC_ASSERT(resumed.ready() == whole.ready());
      RC_ASSERT(value_of(resumed) == value_of(whole));
      RC_ASSERT(value_of(reset) == value_of(whole));
    }
  }));
}

}  // namespace

TEST_CASE("indicators: ready on time, stored and reset without a trace", "[indicators]") {
  check_life(ema(5), 5);
  check_life(ema(5, ema_seed::first_close), 5);
  check_life(wilder_average(5), 5);
  check_life(atr(5), 5);
  check_life(adx(5), 10);
  check_life(log_return(5), 6);
  check_life(volatility(5), 6);
  check_life(sma(5), 5);
  check_life(rsi(5), 6);
  check_life(channel(5), 5);
  check_life(bollinger(5, 2), 5);
}

TEST_CASE("indicators: a market that does not move", "[indicators]") {
  adx a(3);
  atr r(3);
  volatility v(3);
  ema e(3);
  for (int i = 0; i < 20; ++i) {
    a.update(1.3, 1.3, 1.3);
    r.update(1.3, 1.3, 1.3);
    v.update(1.3);
    e.update(1.3);
  }
  CHECK(a.value() == 0);
  CHECK(r.value() == 0);
  CHECK(v.value() == 0);
  CHECK(std::fabs(e.value() - 1.3) < 1e-15);
}

TEST_CASE("indicators: a price that is not positive has no logarithm, and makes none", "[indicators]") {
  log_return r(1);
  for (const double x : {1.0, 0.0, 1.0, -1.0, 2.0}) {
    r.update(x);
    CHECK(r.value() == 0);
  }
  r.update(4);
  CHECK(std::fabs(r.value() - std::log(2.0)) < 1e-16);
}
