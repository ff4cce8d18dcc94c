#include "domain/statistics/report.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <string>

#include "domain/statistics/relative.hpp"
#include "domain/statistics/selection.hpp"
#include "domain/statistics/sums.hpp"
#include "domain/statistics/tail_risk.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::statistics;

namespace {

constexpr std::int32_t monday = 19'723;  // 2024-01-01
struct calendar_days {
  std::vector<timestamp> ends;
  calendar_days() {
    for (int i = 0; i < 800; ++i) ends.push_back({(monday + i) * day_ns + 22 * hour_ns});
  }
};
const calendar_days year;
timestamp after(std::int64_t hours) { return {(monday - 1) * day_ns + (22 + hours) * hour_ns}; }
history of(const std::vector<equity_point>& points, const std::vector<trade>& trades) { return {points, trades, {{monday}, year.ends}}; }

// Visits every number of a result, however deep, and counts those that are none.
struct visit_numbers {
  std::size_t numbers = 0;
  std::string name, broken;  // the fields that are no number
  template <class Number, class T> void operator()(Number, const char* field, const T& value) {
    name = field;
    visit(value);
  }
  void visit(double x) {
    ++numbers;
    if (!finite_or_none(x)) broken += name + " ";
  }
  template <class T> void visit(const std::optional<T>& x) {
    if (x) visit(*x);
  }
  template <class T> void visit(const std::vector<T>& all) {
    for (const auto& x : all) visit(x);
  }
  template <class T, std::size_t N> void visit(const std::array<T, N>& all) {
    for (const auto& x : all) visit(x);
  }
  template <class T> void visit(const T& x) {
    if constexpr (requires { T::describe(*this, x); }) T::describe(*this, x);
    else ++numbers;
  }
};

std::vector<equity_point> curve_of(const std::vector<double>& daily_returns) {
  std::vector<equity_point> points{{after(1), 1'000, 0}};
  for (std::size_t i = 0; i < daily_returns.size(); ++i)
    points.push_back({after(static_cast<std::int64_t>(24 * (7 * (i / 5) + i % 5) + 20)), points.back().equity * (1 + daily_returns[i]), 0});
  return points;
}

}  // namespace

TEST_CASE("statistics: a report says what its measures say of the daily returns", "[statistics]") {
  std::vector<double> r;
  for (int i = 0; i < 300; ++i) r.push_back((i * 7 % 13 - 5.5) / 1'000);
  const auto points = curve_of(r);
  trade t;
  t.entered = points.front().at;
  t.exited = points[100].at;
  t.profit = 17;
  t.strategy = {1};
  t.instrument = {3};
  const auto said = statistics_of(of(points, {t}));
  REQUIRE(said);
  const auto& p = said->total;
  CHECK(p.days == 300);
  std::vector<double> returns;
  for (const auto& d : said->days) returns.push_back(d.return_fraction);
  REQUIRE(returns.size() == r.size());
  for (std::size_t i = 0; i < r.size(); ++i) REQUIRE(std::fabs(returns[i] - r[i]) < 1e-15);
  CHECK(p.sharpe == sharpe(returns));
  CHECK(p.sortino == sortino(returns));
  CHECK(p.calmar == calmar(returns));
  CHECK(p.cagr == cagr(returns));
  CHECK(p.volatility == volatility(returns));
  CHECK(p.tail_ratio == tail_ratio(returns));
  CHECK(p.value_at_risk_99 == historical_value_at_risk(returns, 0.99));
  CHECK(p.probabilistic_sharpe == probabilistic_sharpe(*sharpe_record_of(returns)));
  CHECK(std::fabs(*p.total_return - (points.back().equity / 1'000 - 1)) < 1e-12);
  CHECK(p.max_drawdown == max_drawdown(growth_of(returns)).depth);
  CHECK(std::fabs(p.max_drawdown_of_points - p.max_drawdown) < 1e-12);
  REQUIRE(!said->drawdowns.empty());
  CHECK(said->drawdowns.size() <= drawdowns_reported);
  CHECK(said->drawdowns[0].depth == p.max_drawdown);
  CHECK(said->weeks.size() == 60);
  CHECK(said->monthly_table.size() == 2);
  CHECK(said->trades.net_profit == 17);
  CHECK(said->trades_by_instrument.size() == 1);
  CHECK(said->trades_by_day.size() == 1);
  CHECK(*p.exposure > 0.3);
  std::size_t counted = 0;
  for (const auto n : said->daily_returns.counts) counted += n;
  CHECK(counted == 300);
  CHECK(said->trade_profits.counts == std::vector<std::size_t>{1});
}

TEST_CASE("statistics: under twenty days only the return is said", "[statistics]") {
  const auto said = statistics_of(of(curve_of(std::vector<double>{0.01, -0.02, 0.03}), {}));
  REQUIRE(said);
  CHECK(said->total.days == 3);
  CHECK(std::fabs(*said->total.total_return - (1.01 * 0.98 * 1.03 - 1)) < 1e-15);
  CHECK(std::fabs(said->total.max_drawdown - 0.02) < 1e-15);
  CHECK(said->total.max_drawdown_duration_days == 1);
  CHECK(!said->total.cagr);
  CHECK(!said->total.sharpe);
  CHECK(!said->total.calmar);
  CHECK(!said->total.tail_ratio);
  CHECK(!said->total.value_at_risk_95);
  CHECK(!said->trades.win_rate);
  const auto none = statistics_of({});
  REQUIRE(none);
  CHECK(none->total.days == 0);
  CHECK(none->days.empty());
}

TEST_CASE("statistics: falls within a day are seen, and draw-downs have their dates", "[statistics]") {
  const auto said = statistics_of(of({{after(1), 100}, {after(5), 60}, {after(20), 100}, {after(30), 90}, {after(50), 80}, {after(80), 110}}, {}));
  REQUIRE(said);
  CHECK(std::fabs(said->total.max_drawdown_of_points - 0.4) < 1e-15);
  CHECK(std::fabs(said->total.max_drawdown - 0.2) < 1e-15);
  CHECK(said->total.max_drawdown_duration_ns == 60 * hour_ns);
  REQUIRE(said->drawdowns.size() == 1);
  CHECK(said->drawdowns[0].first_day_under.days == monday + 1);
  CHECK(said->drawdowns[0].trough.days == monday + 2);
  CHECK(said->drawdowns[0].recovery == date{monday + 3});
  CHECK(said->drawdowns[0].duration_days == 2);
}

TEST_CASE("statistics: histories that are none are refused, with which", "[statistics]") {
  trade t;
  t.entered = after(5);
  t.exited = after(4);
  CHECK(statistics_of(of({{after(1), 100}}, {t})).error().message.find("trade 1") != std::string::npos);
  t.exited = after(6);
  t.profit = std::numeric_limits<double>::infinity();
  CHECK(!statistics_of(of({{after(1), 100}}, {t})));
  t.profit = 0;
  CHECK(statistics_of(of({{after(1), 100}}, {t})));
  t.exited = after(24 * 900);
  CHECK(!statistics_of(of({{after(1), 100}}, {t})));
}

TEST_CASE("statistics: no result is NaN or infinite, and the same history says the same", "[statistics][property]") {
  CHECK(rc::check("hostile histories", [] {
    const auto money = [] { return *rc::gen::element(0.0, 1.0, 100.0, 100.0, 101.0, 99.0, -50.0, 1e-300, 1e300, 1e15, 0.1); };
    std::vector<equity_point> points;
    std::vector<trade> trades;
    std::int64_t hours = 1;
    const auto n = *rc::gen::inRange(0, 80);
    for (int i = 0; i < n; ++i) {
      points.push_back({after(hours), money(), *rc::gen::inRange(0, 10) == 0 ? money() : 0});
      hours += *rc::gen::inRange(0, 60);
    }
    const auto m = *rc::gen::inRange(0, 40);
    for (int i = 0; i < m; ++i) {
      trade t;
      t.entered = after(*rc::gen::inRange(0, 3'000));
      t.exited = t.entered + *rc::gen::inRange<std::int64_t>(0, 500) * hour_ns;
      t.profit = money() * *rc::gen::element(1, -1);
      t.direction = *rc::gen::element(side::buy, side::sell);
      if (*rc::gen::arbitrary<bool>()) t.adverse_excursion = -std::fabs(money());
      if (*rc::gen::arbitrary<bool>()) t.favourable_excursion = std::fabs(money());
      trades.push_back(t);
    }
    const auto said = statistics_of(of(points, trades));
    if (!said) return;
    visit_numbers v, again;
    report::describe(v, *said);
    RC_ASSERT(v.broken == "");
    RC_ASSERT(v.numbers >= 20);
    const auto repeated = statistics_of(of(points, trades));
    report::describe(again, *repeated);
    RC_ASSERT(again.numbers == v.numbers);
    RC_ASSERT(said->total.sharpe == repeated->total.sharpe);
  }));
}

TEST_CASE("statistics: histograms hold every value once", "[statistics][property]") {
  CHECK(rc::check("counts and edges", [] {
    const auto whole = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-1'000, 1'000));
    const std::vector<double> values(whole.begin(), whole.end());
    const auto bins = *rc::gen::inRange<std::size_t>(0, 30);
    const auto h = histogram_of(values, bins);
    std::size_t counted = 0;
    for (std::size_t i = 0; i < h.counts.size(); ++i) {
      counted += h.counts[i];
      std::size_t within = 0;
      for (const double v : values) {
        const double from = h.low + static_cast<double>(i) * h.width, to = from + h.width;
        within += (v > from + 1e-9 && v < to - 1e-9);
      }
      RC_ASSERT(h.counts[i] >= within);
    }
    RC_ASSERT(counted == values.size());
    RC_ASSERT(h.counts.size() <= bins_max);
    if (bins > 0 && h.width > 0) RC_ASSERT(h.counts.size() == bins);
  }));
  CHECK(histogram_of({}).counts.empty());
  CHECK(histogram_of(std::vector<double>{3, 3}).counts == std::vector<std::size_t>{2});
  CHECK(histogram_of(std::vector<double>{0, 1, 2, 4}, 4).counts == std::vector<std::size_t>{1, 1, 1, 1});
  CHECK(histogram_of(std::vector<double>{0, 0, 0, 0, 0, 0, 0, 1e9}).counts.size() == 1);  // no spread in the middle
}

TEST_CASE("statistics: moments and quantiles hold together", "[statistics][property]") {
  CHECK(rc::check("shift, scale, order", [] {
    auto whole = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-1'000, 1'000));
    whole.push_back(1);
    const std::vector<double> v(whole.begin(), whole.end());
    std::vector<double> moved;
    for (const double x : v) moved.push_back(x + 1e9);
    RC_ASSERT(std::fabs(deviation(moved) - deviation(v)) <= 1e-9);  // a naïve sum of squares would have lost it all
    RC_ASSERT(std::fabs(mean(moved) - 1e9 - mean(v)) <= 1e-6);
    if (const auto k = excess_kurtosis(v)) {
      const auto s = *skewness(v);
      RC_ASSERT(*k + 3 >= s * s + 1 - 1e-9);  // K. Pearson's bound
      if (v.size() > 3) RC_ASSERT(sample_skewness(v) && sample_excess_kurtosis(v));
    }
    double last = *quantile(v, 0);
    RC_ASSERT(last == *std::min_element(v.begin(), v.end()));
    for (int i = 1; i <= 20; ++i) {
      const double q = *quantile(v, i / 20.0);
      RC_ASSERT(q >= last);
      last = q;
    }
    RC_ASSERT(last == *std::max_element(v.begin(), v.end()));
  }));
  CHECK(!quantile({}, 0.5));
  CHECK(!quantile(std::vector<double>{1}, 1.5));
  CHECK(!skewness(std::vector<double>{2, 2, 2}));
}

TEST_CASE("statistics: draw-down episodes lie apart, and each depth is found in the series", "[statistics][property]") {
  CHECK(rc::check("episodes", [] {
    const auto whole = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 50));
    const std::vector<double> equity(whole.begin(), whole.end());
    const auto all = drawdown_episodes(equity);
    std::size_t under = 0;
    double worst = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto& e = all[i];
      RC_ASSERT(e.peak < e.trough);
      RC_ASSERT(e.depth == (equity[e.peak] - equity[e.trough]) / equity[e.peak]);
      if (e.recovery) RC_ASSERT(equity[*e.recovery] >= equity[e.peak] && *e.recovery - e.peak - 1 == e.duration_steps);
      else RC_ASSERT(i + 1 == all.size());
      if (i > 0) RC_ASSERT(*all[i - 1].recovery <= e.peak);
      under += e.duration_steps;
      worst = std::max(worst, e.depth);
    }
    std::size_t below = 0;
    double deepest_depth = 0;
    for (const double d : depths_of(equity)) {
      below += d > 0;
      deepest_depth = std::max(deepest_depth, d);
    }
    RC_ASSERT(under == below);
    RC_ASSERT(worst == deepest_depth);
    RC_ASSERT(ulcer_index(equity) >= pain_index(equity) - 1e-15);
    RC_ASSERT(ulcer_index(equity) <= worst + 1e-15);
  }));
}

TEST_CASE("statistics: parts of a portfolio's risk are its slopes", "[statistics][property]") {
  CHECK(rc::check("against finite differences, and they sum to the total", [] {
    const auto rows = *rc::gen::inRange<std::size_t>(30, 60);
    std::vector<std::vector<double>> columns(3);
    for (auto& c : columns)
      for (std::size_t i = 0; i < rows; ++i) c.push_back(*rc::gen::inRange(-300, 301) / 10'000.0);
    const std::vector<double> weights{0.5, 0.3, 0.2};
    for (const auto method : {risk_method::gaussian, risk_method::modified}) {
      for (const bool shortfall : {false, true}) {
        const auto risk = [&](const std::vector<double>& w) {
          return shortfall ? component_expected_shortfall(columns, w, 0.95, method) : component_value_at_risk(columns, w, 0.95, method);
        };
        const auto r = risk(weights);
        if (!r) continue;
        double sum = 0;
        for (std::size_t k = 0; k < 3; ++k) {
          sum += r->parts[k];
          auto up = weights, down = weights;
          up[k] += 1e-6;
          down[k] -= 1e-6;
          RC_ASSERT(std::fabs((risk(up)->total - risk(down)->total) / 2e-6 * weights[k] - r->parts[k]) < 1e-7);
        }
        RC_ASSERT(std::fabs(sum - r->total) < 1e-12);
      }
    }
  }));
  CHECK(!component_value_at_risk({}, {}, 0.95, risk_method::gaussian));
  const std::vector<std::vector<double>> uneven{{1, 2}, {1}};
  CHECK(!component_value_at_risk(uneven, std::vector<double>{0.5, 0.5}, 0.95, risk_method::gaussian));
}

TEST_CASE("statistics: weighted volatility forgets", "[statistics]") {
  // The mean of squares where all are alike; each older one counts λ times the next.
  CHECK(std::fabs(*weighted_volatility(std::vector<double>(50, -0.01)) - 0.01) < 1e-15);
  CHECK(std::fabs(*weighted_volatility(std::vector<double>{2, 1}, 0.5) - std::sqrt((1 + 0.5 * 4) / 1.5)) < 1e-15);
  CHECK(!weighted_volatility({}));
  CHECK(!weighted_volatility(std::vector<double>{1}, 1));
  CHECK(!historical_value_at_risk({}, 0.95));
  CHECK(!historical_value_at_risk(std::vector<double>{1}, 0.5));
  CHECK(!shape_of(std::vector<double>{1, 1, 1}));
  CHECK(!gaussian_value_at_risk({0, 0, 0, 0}, 0.95));
}
