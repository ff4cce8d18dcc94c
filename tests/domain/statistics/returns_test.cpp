#include "domain/statistics/returns.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "domain/statistics/tail_risk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext::statistics;
namespace tests = tomnext::tests;

namespace {

std::vector<double> column(const std::string& name) {
  const auto t = tests::read_table(tests::shipped_data("statistics/fx-daily-returns.csv"));
  std::vector<double> r;
  for (std::size_t i = 0; i < t.size(); ++i) r.push_back(t.number(i, name));
  return r;
}
// Equity that begins at 1 and earns these returns.
std::vector<double> equity_of(const std::vector<double>& returns) {
  std::vector<double> e{1};
  for (const double r : returns) e.push_back(e.back() * (1 + r));
  return e;
}
bool near(double a, double b, double relative = 1e-11) { return std::fabs(a - b) <= relative * std::fabs(b); }

}  // namespace

// R's PerformanceAnalytics 2.1.0 (mean, sd, maxDrawdown; its length counts one period more than the days under water) and empyrical-reloaded (annualised figures), on 1,316 days.
TEST_CASE("statistics: what PerformanceAnalytics and empyrical say of the same returns", "[statistics]") {
  struct expected {
    const char* series;
    double sd, volatility, sharpe, sortino, drawdown;
    std::size_t duration;
  };
  for (const auto& x : {expected{"GBPUSD", 0.00577127416344106, 0.09161613710662375, -0.32068635561035713, -0.4193508264814714, 0.29838136412897831, 907},
                        expected{"USDJPY", 0.0062971068034138513, 0.09996347148627514, 0.6617655674559437, 0.951325873993893, 0.20465875607231043, 667}}) {
    INFO(x.series);
    const auto r = column(x.series);
    REQUIRE(r.size() == 1'316);
    CHECK(near(deviation(r), x.sd));
    CHECK(near(*volatility(r), x.volatility));
    CHECK(near(*sharpe(r), x.sharpe));
    CHECK(near(*sortino(r), x.sortino));
    const auto d = max_drawdown(equity_of(r));
    CHECK(near(d.depth, x.drawdown));
    CHECK(d.duration == x.duration);
    const auto back = returns_of(equity_of(r));
    REQUIRE(back.size() == r.size());
    for (std::size_t i = 0; i < r.size(); ++i) REQUIRE(std::fabs(back[i] - r[i]) < 1e-15);
  }
  CHECK(near(mean(column("GBPUSD")), -0.00011658748065008709));
}

// The same sources, of GBPUSD.
TEST_CASE("statistics: growth, tails and shape of the same returns", "[statistics]") {
  const auto r = column("GBPUSD");
  CHECK(near(*total_return(r), -0.16100100000618534));
  CHECK(near(*cagr(r), -0.0330564352281999));
  CHECK(near(*calmar(r), -0.11078585730277835));
  CHECK(near(*tail_ratio(r), 0.9734643786167478));
  CHECK(near(*omega(r), 0.9428774051707329));
  CHECK(near(*stability(r), 0.6871195499965358));
  CHECK(near(*sharpe(r, {.risk_free = 0.0001}), -0.5957470686665296));
  CHECK(near(*historical_value_at_risk(r, 0.99), 0.01391104633270281));
  CHECK(near(*historical_expected_shortfall(r, 0.99), 0.022200011429299105));
  CHECK(near(*gaussian_value_at_risk(*shape_of(r), 0.95), 0.0096058813096937031));
  CHECK(near(*gaussian_expected_shortfall(*shape_of(r), 0.95), 0.012016544774507799));
  CHECK(near(*modified_value_at_risk(*shape_of(r), 0.95), 0.0087835953056691236));
  CHECK(near(*modified_expected_shortfall(*shape_of(r), 0.95), 0.013571275324317806));
  CHECK(near(ulcer_index(growth_of(r)), 0.15745805703434584));
  CHECK(near(pain_index(growth_of(r)), 0.12594494232959036));
}

TEST_CASE("statistics: too little to say something is nothing", "[statistics]") {
  std::vector<double> r;
  for (std::size_t i = 0; i < returns_min - 1; ++i) r.push_back(i % 2 == 0 ? 0.01 : -0.005);
  CHECK(!sharpe(r));
  CHECK(!sortino(r));
  CHECK(!volatility(r));
  r.push_back(0.01);
  CHECK(sharpe(r));
  CHECK(sortino(r));
  CHECK(volatility(r));
  CHECK(mean({}) == 0);
  CHECK(deviation({}) == 0);
  CHECK(deviation(std::vector<double>{3}) == 0);
  CHECK(near(deviation(std::vector<double>{1, 2, 3, 4}), std::sqrt(5.0 / 3)));
}

TEST_CASE("statistics: returns that never differ have no Sharpe ratio, however their mean is rounded", "[statistics]") {
  for (const double same : {0.0, 0.01, 0.1, -0.003, 1e-9}) {
    for (const std::size_t n : {20u, 25u, 33u, 250u}) {
      const std::vector<double> r(n, same);
      CHECK(deviation(r) == 0);
      CHECK(!sharpe(r));
      CHECK(*volatility(r) == 0);
      CHECK(sortino(r).has_value() == (same < 0));
    }
  }
}

TEST_CASE("statistics: draw-downs by hand", "[statistics]") {
  const auto of = [](std::vector<double> equity) { return max_drawdown(equity); };
  CHECK(of({}).depth == 0);
  CHECK(of({5}).depth == 0);
  CHECK(of({1, 2, 3}).depth == 0);
  CHECK(of({1, 2, 3}).duration == 0);
  CHECK(of({4, 3, 4, 2, 3, 5, 4.9}).depth == 0.5);
  CHECK(of({4, 3, 4, 2, 3, 5, 4.9}).duration == 2);
  CHECK(of({4, 3, 3, 3}).duration == 3);  // still under water at the end
  CHECK(of({2, -1}).depth == 1.5);        // below zero
  CHECK(of({0, -5, -6}).depth == 0);      // no fraction of nothing
  CHECK(of({0, -5, -6}).duration == 2);
  CHECK(of({-5, -10, 4, 2}).depth == 0.5);
}

TEST_CASE("statistics: returns end where equity is used up", "[statistics]") {
  CHECK(returns_of(std::vector<double>{100, 110, 99}).size() == 2);
  CHECK(near(returns_of(std::vector<double>{100, 110, 99})[1], -0.1));
  CHECK(returns_of(std::vector<double>{100, 0, 50}) == std::vector<double>{-1});
  CHECK(returns_of(std::vector<double>{0, 50}).empty());
  CHECK(returns_of({}).empty());
}
