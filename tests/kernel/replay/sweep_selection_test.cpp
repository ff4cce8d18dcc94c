#include "actors/replay/sweep_selection.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "actors/replay/sweep_report.hpp"
#include "domain/statistics/returns.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;

namespace {

/// Daily returns between −1 % and +1 % that look like noise, a little above or below zero on average.
std::vector<double> noise(std::uint64_t seed, std::size_t days, double drift) {
  std::vector<double> r;
  std::uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
  for (std::size_t i = 0; i < days; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    r.push_back((static_cast<double>(x >> 11) / 9007199254740992.0 - 0.5) / 50 + drift);
  }
  return r;
}
replay::sweep_row row_with(replay::sweep_point point, const std::vector<double>& returns) {
  replay::sweep_row r;
  r.point = std::move(point);
  r.daily_equity = {1'000'000};
  for (const double x : returns) r.daily_equity.push_back(r.daily_equity.back() * (1 + x));
  r.sharpe = statistics::sharpe(returns);
  r.total_return = r.daily_equity.back() / r.daily_equity.front() - 1;
  r.final_balance = static_cast<std::int64_t>(r.daily_equity.back() * 100);
  return r;
}
replay::sweep_result result_of(std::vector<replay::sweep_row> rows, std::vector<replay::sweep_axis> axes) {
  replay::sweep_result s;
  s.axes = std::move(axes);
  s.currency = "GBP";
  for (std::size_t i = 1; i < rows.front().daily_equity.size(); ++i) s.days.push_back(date{15'000 + static_cast<std::int32_t>(i)});
  s.rows = std::move(rows);
  return s;
}
std::vector<replay::sweep_row> noisy_rows(std::size_t count, std::size_t days) {
  std::vector<replay::sweep_row> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(row_with({std::to_string(i)}, noise(i + 1, days, 0)));
  return rows;
}

}  // namespace

TEST_CASE("what was ruined has no luck to speak of") {
  auto rows = noisy_rows(4, 40);
  rows[2].daily_equity[30] = -5;
  const auto l = replay::luck_of(rows);
  CHECK(l.deflated_sharpe[1]);
  CHECK_FALSE(l.deflated_sharpe[2]);
  CHECK_FALSE(l.probabilistic_sharpe[2]);
}

TEST_CASE("rows are ranked by a figure, those without one last") {
  std::vector<replay::sweep_row> rows(5);
  rows[0].sharpe = 1;
  rows[1].sharpe = 2;
  rows[3].sharpe = 2;
  rows[4].failure = "broke";
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].max_drawdown = 0.1 * static_cast<double>(i);
  CHECK(replay::ranked(rows, replay::sweep_rank::sharpe) == std::vector<std::size_t>{1, 3, 0, 2});
  CHECK(replay::ranked(rows, replay::sweep_rank::max_drawdown) == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(*replay::parse_rank("drawdown") == replay::sweep_rank::max_drawdown);
  CHECK_THAT(replay::parse_rank("luck").error().message, tests::has_part("sharpe, sortino"));
}

TEST_CASE("a ruined account loses everything once, and all rows are equally long") {
  replay::sweep_row r;
  r.daily_equity = {100, 110, -5, -7, 3};
  const auto returns = replay::daily_returns(r);
  REQUIRE(returns.size() == 4);
  CHECK(returns[0] == Approx(0.1));
  CHECK(returns[1] == -1);
  CHECK(returns[2] == 0);
  CHECK(returns[3] == 0);
}

TEST_CASE("the best of noise is told to be luck, and a real one is not") {
  auto rows = noisy_rows(60, 500);
  const auto luck = replay::luck_of(rows);
  const auto best = replay::ranked(rows, replay::sweep_rank::sharpe).front();
  CHECK(*luck.probabilistic_sharpe[best] > 0.95);  // it looks good, had it been the only one
  CHECK(*luck.deflated_sharpe[best] < 0.9);
  REQUIRE(luck.overfitting);
  CHECK(luck.overfitting->probability_of_overfitting > 0.25);
  CHECK(luck.overfitting_blocks == 16);
  CHECK(luck.independent_trials > 40);

  rows.push_back(row_with({"real"}, noise(99, 500, 0.002)));
  const auto with_real = replay::luck_of(rows);
  CHECK(*with_real.deflated_sharpe.back() > 0.95);
  CHECK(with_real.overfitting->probability_of_overfitting < 0.05);
  // The figures are those of domain/statistics.
  std::vector<std::vector<double>> trials;
  for (const auto& r : rows) trials.push_back(replay::daily_returns(r));
  CHECK(*with_real.deflated_sharpe.back() == Approx(*statistics::selected_trial_of(trials)->deflated_sharpe).epsilon(1e-12));
}

TEST_CASE("too few days say nothing, and say so") {
  const auto luck = replay::luck_of(noisy_rows(3, 5));
  CHECK_FALSE(luck.deflated_sharpe[0]);
  CHECK_FALSE(luck.why_not.empty());
  CHECK(replay::luck_of({}).why_not == "no row has returns of two days that move");
}

TEST_CASE("a walk's plan is read, or refused with what there is") {
  const auto p = replay::parse_walk("train=3m,test=2w,purge=1,embargo=2d,anchored");
  REQUIRE(p);
  CHECK(p->train == 63);
  CHECK(p->test == 10);
  CHECK(p->purge == 1);
  CHECK(p->embargo == 2);
  CHECK(p->anchored);
  for (const char* text :
       {"", "train=60", "test=5", "train=1,test=5", "train=60,test=5,holdout=3", "train=x,test=5", "train=60,test=-5", "train=60,,test=5", "train=6y,test=1"}) {
    INFO(text);
    CHECK_FALSE(replay::parse_walk(text));
  }
}

TEST_CASE("walking forward chooses by training alone, and keeps its distance from the test") {
  // Row a is good in the first half and bad in the second, b the other way round.
  std::vector<double> a = noise(1, 200, 0.004), b = noise(2, 200, -0.004);
  for (std::size_t i = 100; i < 200; ++i) {
    a[i] -= 0.008;
    b[i] += 0.008;
  }
  const auto s = result_of({row_with({"1"}, a), row_with({"2"}, b)}, {{"x", {"1", "2"}}});
  const auto w = replay::walk_forward(s, {40, 20, 3, 2, false});
  REQUIRE(w);
  REQUIRE(w->windows.size() == 8);
  CHECK(w->returns.size() == 155);
  for (const auto& x : w->windows) {
    CHECK(x.test_first.days - x.train_last.days == 6);  // three days of purge, two of embargo
    CHECK(x.train_last.days - x.train_first.days == 39);
  }
  CHECK(w->windows[0].best == 0);
  CHECK(w->windows[7].best == 1);
  // The window whose training lies before the change and whose test lies behind it was fooled.
  CHECK(w->windows[3].best == 0);
  CHECK(w->windows[3].test_return < 0);
  CHECK(w->windows[0].test_return == Approx(*statistics::total_return(std::span(a).subspan(45, 20))).epsilon(1e-9));
  double growth = 1;
  for (const auto& x : w->windows) growth *= 1 + x.test_return;
  CHECK(w->total_return == Approx(growth - 1));
  CHECK_FALSE(replay::walk_forward(s, {400, 20, 0, 0, false}));
}

TEST_CASE("the report: the best first, a line a row in the CSV, a map of two parameters") {
  std::vector<replay::sweep_row> rows;
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 2; ++k) rows.push_back(row_with({std::to_string(i), std::to_string(k)}, noise(7, 60, 0.001 * i - 0.001 * k)));
  replay::sweep_report r;
  r.result = result_of(rows, {{"a", {"0", "1", "2"}}, {"b<", {"0", "1"}}});
  r.result.rows[5].failure = "it \"broke\", early";
  r.luck = replay::luck_of(r.result.rows);
  r.shown = 2;

  const auto j = nlohmann::json::parse(replay::to_json(r));
  REQUIRE(j["best"].size() == 2);
  CHECK(j["best"][0]["parameters"] == nlohmann::json{{"a", "2"}, {"b<", "0"}});
  CHECK(j["best"][0]["deflated_sharpe"].is_number());
  CHECK(j["failed"] == 1);
  CHECK(j["luck"]["probability_of_overfitting"].is_number());

  const auto csv = replay::to_csv(r);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 7);
  CHECK_THAT(csv, tests::has_part("\"it \"\"broke\"\", early\""));
  std::istringstream lines(csv);
  std::string head, first, line;
  std::getline(lines, head);
  std::getline(lines, first);
  CHECK(std::count(head.begin(), head.end(), ',') == std::count(first.begin(), first.end(), ','));

  const auto table = replay::to_table(r);
  CHECK_THAT(table, tests::has_part("… 3 more") && tests::has_part("probability of back-test overfitting") && tests::has_part("it \"broke\""));

  const auto map = replay::heat_map_of(r);
  REQUIRE(map.cells.size() == 6);
  CHECK_FALSE(map.cells[5]);
  CHECK(map.high == *map.cells[4]);
  const auto svg = replay::to_svg(map);
  CHECK_THAT(svg, tests::has_part("b&lt;") && tests::has_part("</svg>"));
  CHECK(svg.find("b<") == std::string::npos);
  CHECK_THAT(replay::to_text(map), tests::has_part("2 |@@"));
}
