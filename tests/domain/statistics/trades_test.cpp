// Trade statistics: QuantConnect LEAN's cases, pyfolio's round trips, and properties.
#include "domain/statistics/trades.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "domain/statistics/round_trips.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext;
using namespace tomnext::statistics;

namespace {

// "time" or "time.AddMinutes(20)"
timestamp minutes_of(const std::string& text) {
  const auto at = text.find('(');
  return {at == std::string::npos ? 0 : std::stoll(text.substr(at + 1)) * minute_ns};
}
trade closed(double profit, std::int64_t from = 0, std::int64_t to = 0) {
  trade t;
  t.profit = profit;
  t.entered = {from * second_ns};
  t.exited = {to * second_ns};
  return t;
}
std::vector<trade> trades_with(const std::vector<double>& profits) {
  std::vector<trade> trades;
  for (const double p : profits) trades.push_back(closed(p));
  return trades;
}

}  // namespace

TEST_CASE("statistics: LEAN's trade statistics", "[statistics][shared]") {
  const auto file = tests::shared_data("reference/risk/lean/trade-statistics-cases.json");
  if (!file) {
    WARN("SKIPPED: no reference/risk beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  std::size_t compared = 0;
  for (const auto& c : nlohmann::json::parse(tests::file_text(*file))) {
    std::vector<trade> trades;
    for (const auto& t : c["trades"]) {
      const auto number = [&](const char* name) { return std::stod(t[name].get<std::string>()); };
      trade r;
      r.direction = t["Direction"] == "Long" ? side::buy : side::sell;
      r.entered = minutes_of(t["EntryTime"]);
      r.exited = minutes_of(t["ExitTime"]);
      r.entry_price = number("EntryPrice");
      r.exit_price = number("ExitPrice");
      r.quantity = number("Quantity");
      r.profit = number("ProfitLoss");
      r.commission = number("TotalFees");
      r.adverse_excursion = number("MAE");
      r.favourable_excursion = number("MFE");
      trades.push_back(r);
    }
    const auto s = trade_statistics_of(trades);
    // LEAN says 0 where ours is absent.
    const auto check = [&](const char* name, std::optional<double> ours) {
      INFO(c["case"] << ": " << name);
      REQUIRE(c["expected"].contains(name));
      CHECK(std::fabs(ours.value_or(0) - std::stod(c["expected"][name].get<std::string>())) < 1e-12);
      ++compared;
    };
    const auto negative = [](std::optional<double> x) { return x ? std::optional<double>(-*x) : x; };
    check("TotalNumberOfTrades", static_cast<double>(s.trades));
    check("NumberOfWinningTrades", static_cast<double>(s.wins));
    check("NumberOfLosingTrades", static_cast<double>(s.losses));
    check("TotalProfitLoss", s.net_profit);
    check("TotalProfit", s.gross_profit);
    check("TotalLoss", -s.gross_loss);
    check("LargestProfit", s.largest_win);
    check("LargestLoss", negative(s.largest_loss));
    check("AverageProfitLoss", s.expectancy);
    check("AverageProfit", s.average_win);
    check("AverageLoss", negative(s.average_loss));
    check("AverageTradeDuration", s.average_duration_s);
    check("AverageWinningTradeDuration", s.average_win_duration_s);
    check("AverageLosingTradeDuration", s.average_loss_duration_s);
    check("MaxConsecutiveWinningTrades", static_cast<double>(s.wins_in_a_row_max));
    check("MaxConsecutiveLosingTrades", static_cast<double>(s.losses_in_a_row_max));
    check("ProfitLossRatio", s.payoff_ratio);
    check("WinRate", s.win_rate);
    check("AverageMAE", s.average_adverse_excursion);
    check("AverageMFE", s.average_favourable_excursion);
    check("LargestMAE", s.largest_adverse_excursion);
    check("LargestMFE", s.largest_favourable_excursion);
    check("MaximumClosedTradeDrawdown", -s.max_closed_drawdown);
    check("MaximumIntraTradeDrawdown", negative(s.max_intra_drawdown));
    check("ProfitLossStandardDeviation", s.profit_deviation);
    check("ProfitLossDownsideDeviation", s.loss_deviation);
    check("ProfitFactor", s.profit_factor);
    check("ProfitToMaxDrawdownRatio", s.profit_to_max_drawdown);
    check("AverageEndTradeDrawdown", negative(s.average_given_back));
    check("TotalFees", s.commission);
    // Its Sharpe ratio is per trade: the system quality number without √n.
    check("SharpeRatio", s.system_quality_number ? std::optional<double>(*s.system_quality_number / std::sqrt(static_cast<double>(s.trades))) : std::nullopt);
  }
  CHECK(compared == 3 * 31);
}

TEST_CASE("statistics: pyfolio's round trips", "[statistics][shared]") {
  const auto file = tests::shared_data("reference/risk/pyfolio/round-trips.json");
  if (!file) {
    WARN("SKIPPED: no reference/risk beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  std::size_t compared = 0;
  const auto document = nlohmann::json::parse(tests::file_text(*file));
  for (const auto& c : document["cases"]) {
    std::vector<fill> fills;
    for (const auto& f : c["fills"]) fills.push_back({timestamp{f["day"].get<std::int64_t>() * day_ns}, f["qty"], f["price"]});
    const auto trips = round_trips_of(fills);
    REQUIRE(trips.size() == c["round_trips"].size());
    for (std::size_t i = 0; i < trips.size(); ++i) {
      const auto& x = c["round_trips"][i];
      CHECK(trips[i].opened.ns == x["open"].get<std::int64_t>() * day_ns);
      CHECK(trips[i].closed.ns == x["close"].get<std::int64_t>() * day_ns);
      CHECK(trips[i].profit == x["pnl"].get<double>());
      CHECK(std::fabs(trips[i].return_on_invested - x["rt_return"].get<double>()) < 1e-15);
      CHECK((trips[i].direction == side::buy) == x["long"].get<bool>());
      ++compared;
    }
  }
  CHECK(compared == 5);
}

TEST_CASE("statistics: round trips close what was opened, and their profit is the cash that came in", "[statistics][property]") {
  CHECK(rc::check("all closed by a last fill", [] {
    std::vector<fill> fills;
    std::int64_t net = 0;
    double cash = 0;
    const auto n = *rc::gen::inRange(1, 30);
    for (int i = 0; i < n; ++i) {
      const std::int64_t size = *rc::gen::inRange(-50, 51);
      const double price = *rc::gen::inRange(50, 150);
      if (size == 0) continue;
      fills.push_back({timestamp{i}, size, price});
      net += size;
      cash -= static_cast<double>(size) * price;
    }
    if (net != 0) {
      fills.push_back({timestamp{n}, -net, 100});
      cash += static_cast<double>(net) * 100;
    }
    double profit = 0;
    for (const auto& t : round_trips_of(fills)) {
      RC_ASSERT(t.size > 0);
      RC_ASSERT(t.opened <= t.closed);
      profit += t.profit;
    }
    RC_ASSERT(profit == cash);
  }));
}

TEST_CASE("statistics: trade figures by hand", "[statistics]") {
  const auto s = trade_statistics_of(trades_with({100, -50, 200, 0, -50, -100}));
  CHECK(s.trades == 6);
  CHECK(s.wins == 2);
  CHECK(s.losses == 3);
  CHECK(s.net_profit == 100);
  CHECK(*s.profit_factor == 1.5);
  CHECK(*s.win_rate == 2.0 / 6);
  CHECK(*s.payoff_ratio == 150 / (200.0 / 3));
  CHECK(std::fabs(*s.kelly_fraction - (1.0 / 3 - 2.0 / 3 / 2.25)) < 1e-15);
  CHECK(s.losses_in_a_row_max == 2);  // a trade of 0 is neither, and ends both
  CHECK(s.max_closed_drawdown == 150);
  CHECK(!s.max_intra_drawdown);
  const auto lossless = trade_statistics_of(trades_with({1, 2}));
  CHECK(!lossless.profit_factor);
  CHECK(!lossless.kelly_fraction);
  CHECK(!lossless.profit_to_max_drawdown);
  CHECK(!trade_statistics_of(trades_with({5})).system_quality_number);
  CHECK(!trade_statistics_of(trades_with({5, 5})).system_quality_number);  // no deviation
  CHECK(!trade_statistics_of({}).win_rate);
}

TEST_CASE("statistics: large profits that cancel leave the small ones", "[statistics]") {
  const auto s = trade_statistics_of(trades_with({1e16, 1, 1, 1, -1e16, 1}));
  CHECK(s.net_profit == 4);
  CHECK(*s.expectancy == 4.0 / 6);
}

TEST_CASE("statistics: trade figures hold together", "[statistics][property]") {
  CHECK(rc::check("sums, rates, streaks and scale", [] {
    const auto whole = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-1'000, 1'001));
    std::vector<double> profits(whole.begin(), whole.end()), doubled;
    for (const double p : profits) doubled.push_back(2 * p);
    const auto s = trade_statistics_of(trades_with(profits)), d = trade_statistics_of(trades_with(doubled));
    RC_ASSERT(s.gross_profit - s.gross_loss == s.net_profit);
    RC_ASSERT(s.wins + s.losses <= s.trades);
    RC_ASSERT(s.wins_in_a_row_max <= s.wins);
    RC_ASSERT(s.losses_in_a_row_max <= s.losses);
    RC_ASSERT(s.max_closed_drawdown >= 0 && s.max_closed_drawdown <= s.gross_loss);
    RC_ASSERT(s.max_closed_drawdown >= -s.net_profit);
    if (s.kelly_fraction)
      RC_ASSERT((*s.kelly_fraction > 1e-12) == (*s.win_rate * *s.average_win > (1 - *s.win_rate) * *s.average_loss + 1e-9) ||
                std::fabs(*s.kelly_fraction) < 1e-6);
    RC_ASSERT(d.profit_factor == s.profit_factor);
    RC_ASSERT(d.kelly_fraction == s.kelly_fraction);
    RC_ASSERT(d.system_quality_number == s.system_quality_number);
    RC_ASSERT(d.max_closed_drawdown == 2 * s.max_closed_drawdown);
  }));
}

TEST_CASE("statistics: exposure counts overlapping trades once", "[statistics]") {
  const auto share = [](std::vector<trade> trades) { return *exposure(trades, {0}, {100 * second_ns}); };
  CHECK(share({}) == 0);
  CHECK(share({closed(0, 10, 30)}) == 0.2);
  CHECK(share({closed(0, 20, 40), closed(0, 10, 30), closed(0, 22, 24)}) == 0.3);
  CHECK(share({closed(0, -50, 10), closed(0, 90, 500)}) == 0.2);
  CHECK(share({closed(0, 0, 100), closed(0, 5, 6)}) == 1);
  CHECK(share({closed(0, 200, 300)}) == 0);
  CHECK(!exposure({}, {5}, {5}));
}
