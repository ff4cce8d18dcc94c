#include "domain/statistics/returns.hpp"

#include <cmath>
#include <string>
#include <vector>

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

TEST_CASE("statistics: the same for all reference series", "[statistics][shared]") {
  const std::string folder = "reference/risk/";
  if (!tests::shared_data(folder + "empyrical/fx-daily-expected.csv")) {
    WARN("SKIPPED: no reference/risk beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto returns = tests::read_table(*tests::shared_data(folder + "performanceanalytics/fx-daily-returns.csv.gz"));
  std::size_t compared = 0;
  const auto text = tests::file_text(*tests::shared_data(folder + "empyrical/fx-daily-expected.csv"));
  for (const auto& line : tests::fields_of(text, '\n')) {
    const auto fields = tests::fields_of(line, ',');  // series, benchmark, function, arguments that may hold commas, value
    if (fields.size() < 5 || fields[0] == "series") continue;
    std::vector<double> r;
    for (std::size_t i = 0; i < returns.size(); ++i) r.push_back(returns.number(i, fields[0]));
    const double value = std::stod(fields.back());
    INFO(line);
    if (fields[2] == "annual_volatility") CHECK(near(*volatility(r), value));
    else if (fields[2] == "sharpe_ratio" && fields[3].find("rf=0.0001") == std::string::npos) CHECK(near(*sharpe(r), value, 1e-10));
    else if (fields[2] == "sortino_ratio") CHECK(near(*sortino(r), value, 1e-10));
    else if (fields[2] == "max_drawdown") CHECK(near(max_drawdown(equity_of(r)).depth, -value));
    else continue;
    ++compared;
  }
  CHECK(compared == 24);  // four figures of six pairs
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
