// The facts of empyrical-reloaded's own test table: short series, each with an expected value to the decimals that it compares.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "domain/statistics/relative.hpp"
#include "domain/statistics/returns.hpp"
#include "domain/statistics/tail_risk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext::statistics;
namespace tests = tomnext::tests;
using nlohmann::json;

namespace {

// empyrical fills a missing return with 0 where it compounds, and leaves it out where it averages.
struct two_readings {
  std::vector<double> filled, present;
};
two_readings read(const json& values) {
  two_readings r;
  for (const auto& v : values) {
    const auto text = v.get<std::string>();
    r.filled.push_back(text == "NaN" ? 0 : std::stod(text));
    if (text != "NaN") r.present.push_back(std::stod(text));
  }
  return r;
}
double periods_of(const json& args) {
  const std::map<std::string, double> lengths{{"daily", 252}, {"weekly", 52}, {"monthly", 12}, {"yearly", 1}};
  return args.contains("period") ? lengths.at(args["period"]) : 252;
}
double number(const json& x) { return x.is_string() ? std::stod(x.get<std::string>()) : x.get<double>(); }

}  // namespace

TEST_CASE("statistics: empyrical's own cases", "[statistics][shared]") {
  const auto cases = tests::shared_data("reference/risk/empyrical/cases.json"), series_file = tests::shared_data("reference/risk/empyrical/series.json");
  if (!cases || !series_file) {
    WARN("SKIPPED: no reference/risk beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto table = json::parse(tests::file_text(*cases)), series = json::parse(tests::file_text(*series_file));
  std::map<std::string, std::size_t> compared;
  for (const auto& c : table) {
    const auto test = c["test"].get<std::string>();
    const auto& args = c["args"];
    // Scalars only, and arguments that are numbers: its data frames and series of risk-free rates are other functions here.
    if (c["expected"].is_array() || !args.contains("returns") || !series.contains(args["returns"]) ||
        !series[args["returns"].get<std::string>()].contains("values"))
      continue;
    const auto r = read(series[args["returns"].get<std::string>()]["values"]);
    basis by{periods_of(args), 0, 0, 1};
    const char* target = test == "sharpe_ratio" || test == "omega" ? "risk_free" : "required_return";
    if (args.contains(target)) {
      if (args[target].is_string() && series.contains(args[target])) continue;
      (test == "sharpe_ratio" ? by.risk_free : by.target) = number(args[target]);
    }
    std::optional<double> ours;
    if (test == "cum_returns_final") ours = r.filled.empty() ? std::nullopt : total_return(r.filled);
    else if (test == "max_drawdown") ours = r.filled.empty() ? std::nullopt : std::optional(-max_drawdown(growth_of(r.filled)).depth);
    else if (test == "annual_ret" || test == "cagr") ours = cagr(r.filled, by);
    else if (test == "annual_volatility") ours = r.present.size() < 2 ? std::nullopt : volatility(r.present, by);
    else if (test == "calmar") ours = calmar(r.filled, by);
    else if (test == "sharpe_ratio") ours = sharpe(r.present, by);
    else if (test == "sortino") ours = sortino(r.present, by);
    else if (test == "downside_risk")
      ours = r.present.empty() ? std::nullopt : std::optional(downside_deviation(r.present, by.target) * std::sqrt(by.periods_per_year));
    else if (test == "omega") {
      if (args["required_return"].get<double>() != 0) by.target = std::pow(1 + args["required_return"].get<double>(), 1 / 252.0) - 1;
      ours = omega(r.present, by);
    } else if (test == "stability_of_timeseries") ours = stability(r.present);
    else if (test == "tail_ratio") ours = tail_ratio(r.present, by);
    else if (test == "capture_ratio" || test == "up_capture" || test == "down_capture") {
      const auto other = args.contains("factor_returns") ? args["factor_returns"] : args["benchmark"];
      const auto b = read(series[other.get<std::string>()]["values"]);
      ours = capture(r.filled, b.filled, test == "up_capture" ? market::up : test == "down_capture" ? market::down : market::all, by);
    } else continue;
    INFO(c.dump());
    ++compared[test];
    if (c["expected"] == "NaN") {
      CHECK(!ours);
      continue;
    }
    REQUIRE(ours);
    double expected = c["expected"].get<double>();
    // A total that begins with money is that money.
    if (test == "cum_returns_final" && args["starting_value"].get<double>() != 0) *ours = (*ours + 1) * args["starting_value"].get<double>();
    CHECK(std::fabs(*ours - expected) < 1.5 * std::pow(10.0, -c["decimals"].get<int>()));
  }
  std::size_t sum = 0;
  for (const auto& [test, n] : compared) {
    UNSCOPED_INFO(test << " " << n);
    sum += n;
  }
  CHECK(sum == 42);
}

TEST_CASE("statistics: LEAN's rolling Sharpe ratio", "[statistics][shared]") {
  const auto file = tests::shared_data("reference/risk/lean/spy_sr.txt");
  if (!file) {
    WARN("SKIPPED: no reference/risk beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto t = tests::read_table(*file);
  std::vector<double> closes;
  std::size_t compared = 0;
  // The last row's ratio is of another close than the one beside it: a bar that was not finished.
  for (std::size_t i = 0; i + 1 < t.size(); ++i) {
    closes.push_back(t.number(i, "close"));
    if (i < 10) continue;
    const auto r = returns_of(std::span(closes).subspan(i - 10));
    // LEAN divides by the population deviation; ours is the sample's.
    const auto ours = sharpe(r, {1, 0, 0, 2});
    REQUIRE(ours);
    INFO("row " << i);
    CHECK(std::fabs(*ours * std::sqrt(10 / 9.0) - t.number(i, "SR_10")) < 1e-13);
    CHECK(std::fabs(mean(r) / population_deviation(r) - t.number(i, "SR_10")) < 1e-13);
    ++compared;
  }
  CHECK(compared == 66);
}
