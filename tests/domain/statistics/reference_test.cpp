// Every figure of the reference tables whose measure is offered here: R's PerformanceAnalytics 2.1.0 (daily FX returns, monthly funds with risk-free rate 0
// and above, Bacon's book), empyrical-reloaded. What is not offered is listed by name; a name that is on neither list fails.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "domain/statistics/drawdowns.hpp"
#include "domain/statistics/relative.hpp"
#include "domain/statistics/returns.hpp"
#include "domain/statistics/sums.hpp"
#include "domain/statistics/tail_risk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext::statistics;
namespace tests = tomnext::tests;

namespace {

using series = std::map<std::string, std::vector<std::optional<double>>>;

bool near(double a, double b, double relative) { return std::fabs(a - b) <= relative * std::max(std::fabs(b), 1e-3); }

// The columns of a table of returns, with their gaps.
series columns_of(const std::string& path) {
  const auto t = tests::read_table(path);
  series s;
  for (const auto& [name, place] : t.columns) {
    if (place == 0) continue;
    const auto trimmed = name.substr(name.find_first_not_of(' '));
    for (std::size_t i = 0; i < t.size(); ++i) {
      const auto& field = t.rows[i].at(place);
      s[trimmed].push_back(field.empty() || field == "NA" ? std::optional<double>() : t.number(i, name));
    }
  }
  return s;
}
std::vector<double> values_of(const std::vector<std::optional<double>>& with_gaps) {
  std::vector<double> v;
  for (const auto& x : with_gaps)
    if (x) v.push_back(*x);
  return v;
}
// The rows where both have a value.
std::pair<std::vector<double>, std::vector<double>> pairs_of(const std::vector<std::optional<double>>& a, const std::vector<std::optional<double>>& b) {
  std::pair<std::vector<double>, std::vector<double>> both;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i] || !b[i]) continue;
    both.first.push_back(*a[i]);
    both.second.push_back(*b[i]);
  }
  return both;
}
// A quoted line: "a","b, c","d".
std::vector<std::string> quoted_fields(std::string_view line) {
  std::vector<std::string> fields;
  bool quoted = false;
  std::string field;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    else if (c == ',' && !quoted) fields.push_back(std::exchange(field, {}));
    else if (c != '\r') field += c;
  }
  fields.push_back(field);
  return fields;
}
std::optional<double> number_behind(const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  if (at == std::string::npos) return std::nullopt;
  return std::stod(text.substr(at + key.size()));
}
std::optional<double> negative(std::optional<double> x) { return x ? std::optional<double>(-*x) : x; }

const std::set<std::string> not_offered{
    "UpsidePotentialRatio", "SemiDeviation",  "SterlingRatio",  "BurkeRatio",       "MartinRatio",  "CDD",          "DRatio",
    "HurstIndex",           "CAPM.beta.bull", "CAPM.beta.bear", "CAPM.jensenAlpha", "TreynorRatio", "UpDownRatios", "UpsideFrequency",
    "DownsideFrequency"};

// What we say of one line of a table of PerformanceAnalytics. The measures are taken as they come, however few the returns.
std::optional<double> measured(const std::vector<double>& r, const std::string& statistic, const std::string& args, double scale) {
  const double risk_free = number_behind(args, "Rf=").value_or(0);
  const basis by{scale, risk_free, number_behind(args, "MAR=").value_or(0), 2};
  const basis per_period{1, risk_free, by.target, 2};
  const auto has = [&](const char* word) { return args.find(word) != std::string::npos; };
  std::vector<double> excess;
  for (const double x : r) excess.push_back(x - risk_free);
  double sum = 0;
  std::vector<double> straight{1};
  for (const double x : r) {
    sum += x;
    straight.push_back(1 + sum);
  }
  const auto episodes = drawdown_episodes(growth_of(r));
  double depth = 0, length = 0, recovery = 0;
  for (const auto& e : episodes) {
    depth += e.depth / static_cast<double>(episodes.size());
    length += static_cast<double>(e.duration_steps + 1) / static_cast<double>(episodes.size());
    recovery += static_cast<double>(e.duration_steps + 1 - (e.trough - e.peak)) / static_cast<double>(episodes.size());
  }
  if (statistic == "n") return static_cast<double>(r.size());
  if (statistic == "mean") return mean(r);
  if (statistic == "StdDev") return deviation(r);
  if (statistic == "StdDev.annualized") return volatility(r, by);
  if (statistic == "Return.cumulative") return has("geometric") ? total_return(r) : sum;
  if (statistic == "Return.annualized") return has("geometric") ? cagr(r, by) : mean(r) * scale;
  if (statistic == "SharpeRatio.StdDev") return sharpe(r, per_period);
  if (statistic == "SharpeRatio.annualized") return has("arithmetic") ? sharpe(r, by) : ratio(*cagr(excess, by), *volatility(excess, by));
  if (statistic == "DownsideDeviation" && has("subset")) {
    double below = 0;
    for (const double x : r) below += x < by.target;
    return downside_deviation(r, by.target) * std::sqrt(static_cast<double>(r.size()) / below);
  }
  if (statistic == "DownsideDeviation") return downside_deviation(r, by.target);
  if (statistic == "SortinoRatio") return sortino(r, per_period);
  if (statistic == "Omega" || statistic == "BernardoLedoitRatio") return omega(r, per_period);
  if (statistic == "maxDrawdown") return max_drawdown(has("geometric") ? growth_of(r) : straight).depth;
  if (statistic == "CalmarRatio") return calmar(r, by);
  if (statistic == "UlcerIndex") return ulcer_index(growth_of(r));
  if (statistic == "PainIndex") return pain_index(growth_of(r));
  if (statistic == "AverageDrawdown") return depth;
  if (statistic == "AverageLength") return length;
  if (statistic == "AverageRecovery") return recovery;
  if (statistic == "skewness") return has("sample") ? sample_skewness(r) : skewness(r);
  if (statistic == "kurtosis") return has("sample") ? sample_excess_kurtosis(r) : excess_kurtosis(r);
  if (statistic == "KellyRatio") return *kelly_leverage(r, per_period) * (has("half") ? 0.5 : 1);
  if (statistic == "VaR" || statistic == "ES") {
    const double p = *number_behind(args, "p=");
    const bool shortfall = statistic == "ES";
    if (has("historical")) return negative(shortfall ? historical_expected_shortfall(r, p) : historical_value_at_risk(r, p));
    const auto s = *shape_of(r);
    if (has("gaussian")) return negative(shortfall ? gaussian_expected_shortfall(s, p) : gaussian_value_at_risk(s, p));
    return negative(shortfall ? modified_expected_shortfall(s, p) : modified_value_at_risk(s, p));
  }
  return std::nullopt;
}
std::optional<double> measured(const std::vector<double>& r, const std::vector<double>& benchmark, const std::string& statistic, const std::string& args,
                               double scale) {
  const basis by{scale, number_behind(args, "Rf=").value_or(0), 0, 2};
  if (statistic == "CAPM.beta") return beta(r, benchmark);
  if (statistic == "CAPM.alpha") return alpha(r, benchmark, by);
  if (statistic == "TrackingError") return tracking_error(r, benchmark, by);
  if (statistic == "ActivePremium") return *cagr(r, by) - *cagr(benchmark, by);
  if (statistic == "InformationRatio") return information_ratio(r, benchmark, by);
  if (statistic == "correlation") return args == "pearson" ? correlation(r, benchmark) : rank_correlation(r, benchmark);
  return std::nullopt;
}

// Whether the quantile is one of the returns: only where two equal ones lie around it.
bool at_quantile(const std::vector<double>& r, const std::string& args) {
  return std::count(r.begin(), r.end(), -*historical_value_at_risk(r, *number_behind(args, "p="))) > 0;
}

std::size_t check_table(const std::string& expected, const series& columns, double scale) {
  std::size_t compared = 0;
  for (const auto& line : tests::fields_of(tests::file_text(expected), '\n')) {
    const auto f = quoted_fields(line);  // dataset, series, benchmark, statistic, args, value
    if (f.size() != 6 || f[0] == "dataset" || not_offered.count(f[3]) != 0) continue;
    if (f[5] == "NA" || f[5] == "NaN" || f[5] == "Inf") continue;
    INFO(line);
    std::optional<double> ours;
    if (f[2].empty()) {
      ours = measured(values_of(columns.at(f[1])), f[3], f[4], scale);
    } else {
      const auto both = pairs_of(columns.at(f[1]), columns.at(f[2]));
      ours = measured(both.first, both.second, f[3], f[4], scale);
    }
    REQUIRE(ours);
    if (f[3] == "ES" && f[4].rfind("historical", 0) == 0 && at_quantile(values_of(columns.at(f[1])), f[4])) {
      // Ours is the mean of the losses ≥ the value at risk; PerformanceAnalytics leaves out those equal to it.
      CHECK(-*ours < -std::stod(f[5]));
      continue;
    }
    CHECK(near(*ours, std::stod(f[5]), 1e-10));
    ++compared;
  }
  return compared;
}

std::optional<std::string> reference(const std::string& file) {
  auto path = tests::shared_data("reference/risk/" + file);
  if (!path) WARN("SKIPPED: no reference/risk beside this checkout; set TOMNEXT_SHARED_DATA");
  return path;
}

}  // namespace

TEST_CASE("statistics: PerformanceAnalytics' tables, to ten digits", "[statistics][shared]") {
  const auto folder = reference("performanceanalytics");
  if (!folder) return;
  CHECK(check_table(*folder + "/fx-daily-expected.csv", columns_of(*folder + "/fx-daily-returns.csv.gz"), 252) == 281);
  CHECK(check_table(*folder + "/managers-expected.csv", columns_of(*folder + "/managers.csv"), 12) == 397);
  CHECK(check_table(*folder + "/managers-expected-rf.csv", columns_of(*folder + "/managers.csv"), 12) == 397);
  CHECK(check_table(*folder + "/bacon-expected-computed.csv", columns_of(*folder + "/portfolio_bacon.csv"), 12) == 57);
}

// C. Bacon, "Practical Portfolio Performance Measurement and Attribution" (2008), as quoted in PerformanceAnalytics' documentation.
TEST_CASE("statistics: Bacon's book, as it is rounded there", "[statistics][shared]") {
  const auto file = reference("performanceanalytics/portfolio_bacon.csv");
  if (!file) return;
  const auto r = values_of(columns_of(*file).at("portfolio monthly return (%)"));
  REQUIRE(r.size() == 24);
  CHECK(std::fabs(downside_deviation(r, 0.005) - 0.0255) < 5e-5);
  CHECK(std::fabs(*omega(r, {12, 0, 0, 1}) - 1.78) < 5e-3);
  CHECK(std::fabs(pain_index(growth_of(r)) - 0.04) < 5e-3);
  CHECK(std::fabs(*sample_excess_kurtosis(r) + 0.41) < 5e-3);
  CHECK(std::fabs(*omega(r, {12, 0, 0.005, 1}) - 1 - 0.29) < 5e-3);  // its Omega–Sharpe ratio
}

TEST_CASE("statistics: draw-downs with their dates, as PerformanceAnalytics has them", "[statistics][shared]") {
  const auto folder = reference("performanceanalytics");
  if (!folder) return;
  std::size_t compared = 0;
  for (const auto& [returns, expected] :
       {std::pair{"/fx-daily-returns.csv.gz", "/fx-daily-drawdowns.csv"}, std::pair{"/managers.csv", "/managers-drawdowns.csv"}}) {
    const auto columns = columns_of(*folder + returns);
    const auto t = tests::read_table(*folder + returns);
    std::map<std::string, std::size_t> rank;
    for (const auto& line : tests::fields_of(tests::file_text(*folder + expected), '\n')) {
      const auto f = quoted_fields(line);  // From, Trough, To, Depth, Length, To Trough, Recovery, series, dataset
      if (f.size() != 9 || f[0] == "From") continue;
      INFO(line);
      std::vector<std::string> dates{""};
      std::vector<double> r;
      for (std::size_t i = 0; i < t.size(); ++i) {
        const auto& value = columns.at(f[7])[i];
        if (!value) continue;
        dates.push_back(t.rows[i][0]);
        r.push_back(*value);
      }
      const auto all = deepest(drawdown_episodes(growth_of(r)), 5);
      const auto place = rank[f[7]]++;
      REQUIRE(place < all.size());
      const auto& e = all[place];
      CHECK(dates[e.peak + 1] == f[0]);
      CHECK(dates[e.trough] == f[1]);
      CHECK((e.recovery ? dates[*e.recovery] : "NA") == f[2]);
      CHECK(near(-e.depth, std::stod(f[3]), 1e-10));
      CHECK(e.duration_steps + 1 == std::stoul(f[4]));
      CHECK(e.trough - e.peak == std::stoul(f[5]));
      if (e.recovery) CHECK(*e.recovery - e.trough == std::stoul(f[6]));
      ++compared;
    }
  }
  CHECK(compared == 57);
}

TEST_CASE("statistics: correlations of six pairs, as R has them", "[statistics][shared]") {
  const auto folder = reference("performanceanalytics");
  if (!folder) return;
  const auto columns = columns_of(*folder + "/fx-daily-returns.csv.gz");
  std::size_t compared = 0;
  for (const auto& line : tests::fields_of(tests::file_text(*folder + "/fx-daily-correlation.csv"), '\n')) {
    const auto f = quoted_fields(line);
    if (f.size() != 6 || f[0] == "a") continue;
    INFO(line);
    const auto a = values_of(columns.at(f[0])), b = values_of(columns.at(f[1]));
    CHECK(std::fabs(*covariance(a, b) - std::stod(f[2])) < 1e-17);
    CHECK(near(*correlation(a, b), std::stod(f[3]), 1e-11));
    CHECK(near(*rank_correlation(a, b), std::stod(f[4]), 1e-11));
    CHECK(near(*pair_correlation(a, b), std::stod(f[5]), 1e-11));
    ++compared;
  }
  CHECK(compared == 36);
}

TEST_CASE("statistics: a portfolio's risk and its parts, as PerformanceAnalytics has them", "[statistics][shared]") {
  const auto folder = reference("performanceanalytics");
  if (!folder) return;
  const auto columns = columns_of(*folder + "/fx-daily-returns.csv.gz");
  const std::vector<std::string> names{"EURUSD", "GBPUSD", "USDJPY", "EURJPY", "GBPJPY", "EURGBP"};
  std::vector<std::vector<double>> returns;
  for (const auto& name : names) returns.push_back(values_of(columns.at(name)));
  const std::vector<double> weights(6, 1.0 / 6);
  // Its historical figures mix two portfolios: the quantile is of one that is bought and held, the shortfall of one that is rebalanced each day.
  std::vector<double> rebalanced, held, worth = weights;
  for (std::size_t i = 0; i < returns[0].size(); ++i) {
    double mean_return = 0, before = 0, after = 0;
    for (std::size_t k = 0; k < returns.size(); ++k) {
      mean_return += returns[k][i] / 6;
      before += worth[k];
      worth[k] *= 1 + returns[k][i];
      after += worth[k];
    }
    rebalanced.push_back(mean_return);
    held.push_back(after / before - 1);
  }
  std::size_t compared = 0;
  for (const auto& line : tests::fields_of(tests::file_text(*folder + "/fx-portfolio-var-equal-weights.csv"), '\n')) {
    const auto f = quoted_fields(line);  // measure, method, p, part, value
    if (f.size() != 5 || f[0] == "measure") continue;
    INFO(line);
    const double p = std::stod(f[2]), value = std::stod(f[4]);
    ++compared;
    if (f[1] == "historical") {
      const double limit = *historical_value_at_risk(held, p);
      std::vector<double> losses;
      for (const double r : rebalanced)
        if (-r >= limit) losses.push_back(-r);
      CHECK(near(f[0] == "VaR" ? limit : mean(losses), value, 1e-11));
      continue;
    }
    const auto method = f[1] == "gaussian" ? risk_method::gaussian : risk_method::modified;
    const auto risk = f[0] == "VaR" ? component_value_at_risk(returns, weights, p, method) : component_expected_shortfall(returns, weights, p, method);
    REQUIRE(risk);
    double sum = 0;
    for (const double part : risk->parts) sum += part;
    CHECK(near(sum, risk->total, 1e-10));
    if (f[3] == "total") {
      CHECK(near(risk->total, value, 1e-10));
      continue;
    }
    const auto name = f[3].substr(f[3].find(':') + 1);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == name) CHECK(std::fabs(risk->parts[i] - value) < 1e-12);
  }
  CHECK(compared == 60);
}

TEST_CASE("statistics: empyrical's table of daily FX returns", "[statistics][shared]") {
  const auto file = reference("empyrical/fx-daily-expected.csv");
  if (!file) return;
  const auto columns = columns_of(*reference("performanceanalytics/fx-daily-returns.csv.gz"));
  std::size_t compared = 0;
  for (const auto& line : tests::fields_of(tests::file_text(*file), '\n')) {
    const auto f = quoted_fields(line);  // series, benchmark, function, args, value
    if (f.size() != 5 || f[0] == "series" || f[2] == "batting_average") continue;
    INFO(line);
    const auto r = values_of(columns.at(f[0]));
    const auto b = f[1].empty() ? std::vector<double>{} : values_of(columns.at(f[1]));
    const double cutoff = number_behind(f[3], "cutoff ").value_or(0), value = std::stod(f[4]);
    std::optional<double> ours;
    if (f[2] == "cum_returns_final") ours = total_return(r);
    if (f[2] == "annual_return" || f[2] == "cagr") ours = cagr(r);
    if (f[2] == "annual_volatility") ours = volatility(r);
    if (f[2] == "sharpe_ratio") ours = sharpe(r, {.risk_free = f[3].find("rf=0.0001") == std::string::npos ? 0 : 0.0001});
    if (f[2] == "sortino_ratio") ours = sortino(r);
    if (f[2] == "downside_risk") ours = downside_deviation(r) * std::sqrt(trading_days_per_year);
    if (f[2] == "max_drawdown") ours = -max_drawdown(growth_of(r)).depth;
    if (f[2] == "calmar_ratio") ours = calmar(r);
    if (f[2] == "omega_ratio") ours = omega(r);
    if (f[2] == "tail_ratio") ours = tail_ratio(r);
    if (f[2] == "value_at_risk") ours = negative(historical_value_at_risk(r, 1 - cutoff));
    if (f[2] == "conditional_value_at_risk") ours = negative(historical_expected_shortfall(r, 1 - cutoff));
    if (f[2] == "stability_of_timeseries") ours = stability(r);
    if (f[2] == "alpha") ours = annual_alpha(r, b);
    if (f[2] == "beta") ours = beta(r, b);
    if (f[2] == "capture") ours = capture(r, b, market::all);
    if (f[2] == "up_capture") ours = capture(r, b, market::up);
    if (f[2] == "down_capture") ours = capture(r, b, market::down);
    if (f[2] == "excess_sharpe") ours = excess_sharpe(r, b);
    REQUIRE(ours);
    CHECK(near(*ours, value, 1e-9));
    ++compared;
  }
  CHECK(compared == 132);
}
