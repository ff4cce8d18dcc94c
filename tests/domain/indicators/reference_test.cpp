// Indicators against tables that others computed: R's TTR to 13 digits, QuantConnect LEAN and TA-Lib as printed.
#include <algorithm>
#include <cmath>
#include <string>

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
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext;
using namespace tomnext::indicators;
using tests::table;

namespace {

bool undefined(const std::string& field) { return field.empty() || field == "NaN" || field == "NA"; }

// Row by row: ready exactly where the table has a value, and then within `tolerance` of it. Returns how many values were compared.
template <class Update, class Ready, class Value>
std::size_t compare(const table& t, const std::string& column, double tolerance, Update update, Ready ready, Value value) {
  std::size_t compared = 0;
  double worst = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    update(i);
    INFO(column << " row " << i);
    REQUIRE(ready() == !undefined(t.at(i, column)));
    if (!ready()) continue;
    worst = std::max(worst, std::fabs(value() - t.number(i, column)));
    ++compared;
  }
  INFO(column);
  CHECK(worst <= tolerance);
  return compared;
}
template <class Indicator>
std::size_t compare_closes(const table& t, const std::string& column, double tolerance, Indicator x, const std::string& close = "close", double scale = 1) {
  return compare(
      t, column, tolerance, [&](std::size_t i) { x.update(t.number(i, close)); }, [&] { return x.ready(); }, [&] { return x.value() * scale; });
}
template <class Indicator> std::size_t compare_bars(const table& t, const std::string& column, double tolerance, Indicator x) {
  return compare(
      t, column, tolerance, [&](std::size_t i) { x.update(t.number(i, "High"), t.number(i, "Low"), t.number(i, "Close")); }, [&] { return x.ready(); },
      [&] { return x.value(); });
}

std::size_t check_ttr(const table& t) {
  std::size_t n = compare_closes(t, "EMA20", 1e-14, ema(20));
  n += compare_closes(t, "EMA20wilder", 1e-14, wilder_average(20));
  n += compare_closes(t, "ROC10log", 1e-15, log_return(10));
  // TTR takes the deviation of n − 1 returns, and annualises.
  n += compare_closes(t, "vol10close_N260", 1e-14, volatility(9), "close", std::sqrt(260.0));
  // TTR leaves the first bar out, so its ATR is the Wilder average of the true ranges from the second bar on.
  true_range range;
  wilder_average average(14);
  n += compare(
      t, "ATR14wilder.atr", 1e-16,
      [&](std::size_t i) {
        const double r = range.update(t.number(i, "high"), t.number(i, "low"), t.number(i, "close"));
        if (i > 0) average.update(r);
      },
      [&] { return average.ready(); }, [&] { return average.value(); });
  return n;
}
std::size_t check_ttr_of_strategies(const table& t) {
  std::size_t n = compare_closes(t, "RSI14wilder", 1e-9, rsi(14));
  const auto at = [&](std::size_t i, const char* column) { return price{std::llround(t.number(i, column) * 1e9)}; };
  sma mean(20);
  n += compare(
      t, "SMA20", 1e-12, [&](std::size_t i) { mean.update(at(i, "close")); }, [&] { return mean.ready(); }, [&] { return mean.value(); });
  for (const char* column : {"BBclose20_2pop.dn", "BBclose20_2pop.mavg", "BBclose20_2pop.up"}) {
    bollinger bands(20, 2);
    n += compare(
        t, column, 1e-9, [&](std::size_t i) { bands.update(t.number(i, "close")); }, [&] { return bands.ready(); },
        [&] { return column[16] == 'n'   ? bands.lower()
                     : column[15] == 'u' ? bands.upper()
                                         : bands.value(); });
  }
  for (const bool high : {true, false}) {
    channel c(20);
    n += compare(
        t, high ? "donchian20.high" : "donchian20.low", 1e-9, [&](std::size_t i) { c.update(at(i, "high"), at(i, "low")); }, [&] { return c.ready(); },
        [&] { return (high ? c.highest() : c.lowest()).to_double(); });
  }
  return n;
}
std::size_t check_lean_adx(const table& t) {
  // +DI and −DI are known before ADX is.
  adx of_movement(14);
  double worst = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    of_movement.update(t.number(i, "High"), t.number(i, "Low"), t.number(i, "Close"));
    if (undefined(t.at(i, "+DI14"))) continue;
    worst = std::max({worst, std::fabs(of_movement.plus_di() - t.number(i, "+DI14")), std::fabs(of_movement.minus_di() - t.number(i, "-DI14"))});
  }
  CHECK(worst <= 1e-4);
  return compare_bars(t, "ADX 14", 1e-4, adx(14));
}

}  // namespace

TEST_CASE("indicators: TTR's EMA, Wilder average, log return, volatility and ATR", "[indicators]") {
  CHECK(check_ttr(tests::read_table(tests::shipped_data("indicators/ttr-gbpusd-h4.csv"))) > 650);
}

TEST_CASE("indicators: LEAN's EMA, ATR and ADX", "[indicators]") {
  CHECK(compare_closes(tests::read_table(tests::shipped_data("indicators/lean-spy_ema.csv")), "EMA14", 1e-12, ema(14)) == 87);
  CHECK(compare_bars(tests::read_table(tests::shipped_data("indicators/lean-spy_atr_wilder.csv")), "Average True Range 14", 5.1e-6, atr(14)) == 87);
  CHECK(check_lean_adx(tests::read_table(tests::shipped_data("indicators/lean-spy_with_adx.csv"))) == 73);
}

TEST_CASE("indicators: the whole reference tables", "[indicators][shared]") {
  const std::string folder = "reference/indicators/";
  if (!tests::shared_data(folder + "lean")) {
    WARN("SKIPPED: no reference/indicators beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto whole = [&](const std::string& file) { return tests::read_table(*tests::shared_data(folder + file)); };
  CHECK(check_ttr(whole("ttr-fx/GBPUSD-h4-2017.csv.gz")) > 5'900);
  CHECK(check_ttr_of_strategies(whole("ttr-fx/GBPUSD-h4-2017.csv.gz")) > 8'200);
  CHECK(check_ttr_of_strategies(whole("ttr-fx/USDJPY-d1-2013-2017.csv.gz")) > 8'200);
  CHECK(compare_closes(whole("lean/spy_ema.csv"), "EMA14", 0.006, ema(14)) > 300);
  CHECK(compare_bars(whole("lean/spy_atr_wilder.txt"), "Average True Range 14", 5.1e-6, atr(14)) > 450);
  CHECK(check_lean_adx(whole("lean/spy_with_adx.txt")) > 450);
  CHECK(compare_closes(whole("lean/spy_logr14.txt"), "LOGR14", 5.1e-7, log_return(14), "Close") > 400);
}

TEST_CASE("indicators: TA-Lib's regression values of EMA, with both seeds", "[indicators][shared]") {
  const auto input = tests::shared_data("reference/indicators/talib-regtest/input-252.csv");
  if (!input) {
    WARN("SKIPPED: no reference/indicators beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto t = tests::read_table(*input);
  // TA-Lib itself accepts 0.01. Its Metastock mode begins with the first close, its default with the mean.
  struct expected {
    std::uint32_t period;
    std::size_t bar;
    ema_seed seed;
    double value;
  };
  for (const auto& x : {expected{2, 1, ema_seed::sma, 93.15}, expected{2, 2, ema_seed::sma, 93.96}, expected{2, 251, ema_seed::sma, 108.21},
                        expected{10, 9, ema_seed::sma, 93.22}, expected{10, 10, ema_seed::sma, 93.75}, expected{10, 29, ema_seed::sma, 86.46},
                        expected{10, 251, ema_seed::sma, 108.97}, expected{2, 2, ema_seed::first_close, 94.15}, expected{2, 3, ema_seed::first_close, 94.78},
                        expected{10, 10, ema_seed::first_close, 93.24}, expected{10, 11, ema_seed::first_close, 93.97},
                        expected{10, 30, ema_seed::first_close, 86.23}, expected{10, 31, ema_seed::first_close, 86.39}}) {
    ema e(x.period, x.seed);
    for (std::size_t i = 0; i <= x.bar; ++i) e.update(t.number(i, "close"));
    INFO("period " << x.period << ", bar " << x.bar);
    CHECK(std::fabs(e.value() - x.value) < 0.01);
  }
}
