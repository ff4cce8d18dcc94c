// Bars against the files that others made of the same ticks, or of smaller bars: to the last digit.
#include "actors/replay/bars.hpp"

#include <map>
#include <tuple>

#include "config/loader.hpp"
#include "persistence/market_files/fields.hpp"
#include "persistence/market_files/line_reader.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using tests::market_folder;

namespace {

using prices = std::array<std::int64_t, 4>;
using series = std::map<std::int64_t, prices>;  // by what the bar goes by, in ns

config::deployment loaded_bars(const std::string& text) {
  auto d = config::load_text(text, "bars.yaml", "", {});
  if (!d) FAIL(d.error().message);
  return *d;
}

/// What is built, by specification.
std::map<bar_spec, series> built(const std::string& text, const std::vector<const char*>& specs, replay::open_bars at_end = replay::open_bars::told) {
  std::vector<bar_spec> wanted;
  for (const char* s : specs) wanted.push_back(*parse_bar_spec(s));
  std::map<bar_spec, series> all;
  const auto take = [&](const bar_closed& b) -> result<void> {
    all[b.spec()][b.stamped().ns] = {b.open.value, b.high.value, b.low.value, b.close.value};
    return {};
  };
  const auto r = replay::build_bars(loaded_bars(text), wanted, at_end, take, {});
  if (!r) FAIL(r.error().message);
  return all;
}

std::int64_t price_of(std::string_view text) {
  auto p = price::parse(text);
  if (!p) FAIL(std::string(text));
  return p->value;
}
prices prices_at(const persistence::fields& f, std::size_t first) {
  return {price_of(f.at[first]), price_of(f.at[first + 1]), price_of(f.at[first + 2]), price_of(f.at[first + 3])};
}
template <class Take> void each_line(const std::string& zip, Take take) {
  auto bytes = persistence::open_zip(zip);
  if (!bytes) FAIL(bytes.error().message);
  persistence::line_reader lines(std::move(*bytes), zip);
  std::string_view line;
  while (*lines.next(line)) take(persistence::fields(line));
}

constexpr std::int64_t five_hours = 5 * 3'600 * second_ns;  // these files' clock is behind UTC
/// A day's file of seconds or minutes: milliseconds since its midnight, then bids and asks.
void read_day(const std::string& zip, const std::string& day, series& bids, series& asks) {
  const auto midnight =
      start_of(date_of({std::stoi(day.substr(0, 4)), static_cast<unsigned>(std::stoi(day.substr(4, 2))), static_cast<unsigned>(std::stoi(day.substr(6)))}));
  each_line(zip, [&](const persistence::fields& f) {
    const std::int64_t at = midnight.ns + std::stoll(std::string(f.at[0])) * 1'000'000 + five_hours;
    bids[at] = prices_at(f, 1);
    asks[at] = prices_at(f, 6);
  });
}
/// "20140505 13:00", then bids and asks.
std::pair<series, series> read_hours(const std::string& zip) {
  std::pair<series, series> all;
  each_line(zip, [&](const persistence::fields& f) {
    const auto& t = f.at[0];
    const std::string iso =
        std::string(t.substr(0, 4)) + "-" + std::string(t.substr(4, 2)) + "-" + std::string(t.substr(6, 2)) + "T" + std::string(t.substr(9)) + ":00Z";
    const auto at = parse_timestamp(iso);
    REQUIRE(at);
    all.first[at->ns + five_hours] = prices_at(f, 1);
    all.second[at->ns + five_hours] = prices_at(f, 6);
  });
  return all;
}

/// How many of `wanted` are as built; the first that is not fails the test.
std::size_t alike(const series& wanted, const series& made) {
  std::size_t n = 0;
  for (const auto& [at, p] : wanted) {
    const auto found = made.find(at);
    INFO(to_string(timestamp{at}));
    REQUIRE(found != made.end());
    REQUIRE(found->second == p);
    ++n;
  }
  return n;
}

constexpr const char* lean = "market/lean/forex/fxcm/";
std::string folder_of(const std::string& kind, const std::string& pair) { return std::string(lean) + kind + "/" + pair + "/"; }

}  // namespace

TEST_CASE("ticks become the seconds, minutes and hours that their publisher made of them", "[bars]") {
  if (!tests::shared_data(lean)) {
    WARN("SKIPPED: no " << lean << " beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const std::vector<std::string> days{"20140501", "20140502", "20140504", "20140505", "20140506", "20140507", "20140508", "20140509"};
  std::size_t seconds = 0, minutes = 0, hours = 0;
  for (const std::string pair : {"eurusd", "nzdusd"}) {
    std::string files;
    series second_bids, second_asks, minute_bids, minute_asks;
    for (const auto& day : days) {
      files += (files.empty() ? "" : ", ") + *tests::shared_data(folder_of("tick", pair) + day + "_quote.zip");
      read_day(*tests::shared_data(folder_of("second", pair) + day + "_quote.zip"), day, second_bids, second_asks);
      read_day(*tests::shared_data(folder_of("minute", pair) + day + "_quote.zip"), day, minute_bids, minute_asks);
    }
    const std::string symbol = pair == "eurusd" ? "EUR/USD" : "NZD/USD";
    const auto made = built("data: [{format: lean-tick, files: [" + files + "], instrument: " + symbol + "}]\naccount: {currency: USD, balance: 1000000}\n",
                            {"1s-bid-right_open-stamp_open", "1s-ask-right_open-stamp_open", "1m-bid-right_open-stamp_open", "1m-ask-right_open-stamp_open",
                             "1h-bid-right_open-stamp_open", "1h-ask-right_open-stamp_open"});
    const auto of = [&](const char* spec) -> const series& { return made.at(*parse_bar_spec(spec)); };
    seconds += alike(second_bids, of("1s-bid-right_open-stamp_open")) + alike(second_asks, of("1s-ask-right_open-stamp_open"));
    minutes += alike(minute_bids, of("1m-bid-right_open-stamp_open")) + alike(minute_asks, of("1m-ask-right_open-stamp_open"));
    // And none that they did not make.
    CHECK(of("1s-bid-right_open-stamp_open").size() == second_bids.size());
    CHECK(of("1m-bid-right_open-stamp_open").size() == minute_bids.size());
    if (pair != "eurusd") continue;
    const auto published = read_hours(*tests::shared_data(std::string(lean) + "hour/eurusd.zip"));
    for (const auto& [at, p] : of("1h-bid-right_open-stamp_open")) hours += published.first.count(at) != 0 && published.first.at(at) == p;
    CHECK(hours == of("1h-bid-right_open-stamp_open").size());
  }
  CHECK(seconds > 400'000);
  CHECK(minutes > 30'000);
  CHECK(hours >= 24);
}

TEST_CASE("hours become days of a clock five hours behind UTC", "[bars]") {
  const auto hour = tests::shared_data(std::string(lean) + "hour/eurusd.zip"), daily = tests::shared_data(std::string(lean) + "daily/eurusd.zip");
  if (!hour || !daily) {
    WARN("SKIPPED: no " << lean << " beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto hours = read_hours(*hour), days = read_hours(*daily);
  market_folder folder("hours");
  for (const bool bid : {true, false}) {
    const auto& of_side = bid ? hours.first : hours.second;
    const auto file = folder.file(bid ? "bid.csv" : "ask.csv");
    {
      std::ofstream out(file);
      out << "time,open,high,low,close\n";
      for (const auto& [at, p] : of_side) {
        out << to_string(timestamp{at});
        for (const auto v : p) out << ',' << price{v}.to_string(5);
        out << '\n';
      }
    }
    const auto made = built("data: [{format: bars-csv, file: " + file + ", step: 1h, instrument: EUR/USD}]\naccount: {currency: USD, balance: 1000000}\n",
                            {"1d-bid-stamp_open-offset_5h"});
    const auto& wanted = bid ? days.first : days.second;
    CHECK(alike(wanted, made.begin()->second) == wanted.size());
    CHECK(made.begin()->second.size() == wanted.size());
    CHECK(wanted.size() == 3'487);
  }
}

TEST_CASE("hours of a broker become its four hours and its days, whole points and all", "[bars]") {
  const std::string at = "market/ejtrader/";
  if (!tests::shared_data(at)) {
    WARN("SKIPPED: no " << at << " beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto source = [&](const std::string& pair, const std::string& step, const std::string& symbol) {
    const std::string points = pair.ends_with("JPY") ? "1000" : "100000";
    return "data: [{format: bars-csv, file: " + *tests::shared_data(at + pair + step + "-to2017.csv.gz") + ", step: " +
           (step == "d1"   ? "1d"
            : step == "h4" ? "4h"
                           : "1h") +
           ", points: " + points + ", instrument: " + symbol + "}]\naccount: {currency: USD, balance: 1000000}\n";
  };
  std::size_t four_hours = 0, days = 0;
  for (const auto& [pair, symbol, from] : {std::tuple{"EURGBP", "EUR/GBP", "h1"},
                                           {"EURJPY", "EUR/JPY", "h1"},
                                           {"GBPJPY", "GBP/JPY", "h1"},
                                           {"GBPUSD", "GBP/USD", "h1"},
                                           {"USDJPY", "USD/JPY", "h1"},
                                           {"EURUSD", "EUR/USD", "h4"}}) {
    INFO(pair);
    const auto made = built(source(pair, from, symbol), {"4h-bid-stamp_open", "1d-bid-stamp_open"});
    for (const auto& [step, spec, count] : {std::tuple{"h4", "4h-bid-stamp_open", &four_hours}, {"d1", "1d-bid-stamp_open", &days}}) {
      INFO(step);
      auto wanted = built(source(pair, step, symbol), {spec}).begin()->second;
      const auto& from_smaller = made.at(*parse_bar_spec(spec));
      // Files begin where they were cut: what lies before the first whole day of both is left out.
      const auto first = std::max(wanted.begin()->first, from_smaller.begin()->first);
      wanted.erase(wanted.begin(), wanted.upper_bound(first));
      *count += alike(wanted, from_smaller);
    }
  }
  CHECK(four_hours > 30'000);
  CHECK(days > 6'000);
}

TEST_CASE("bars that are open when the data end are told where asked for, and no empty ones behind them", "[bars]") {
  market_folder folder("open");
  const auto file = folder.file("m1.csv");
  std::ofstream(file) << "time,open,high,low,close\n2012-02-01T00:00:00Z,1.5,1.7,1.4,1.6\n";
  const std::string text = "data: [{format: bars-csv, file: " + file +
                           ", step: 1m, instrument: GBP/USD}]\nbars: {without_updates: true}\naccount: {currency: USD, balance: 1000000}\n";
  CHECK(built(text, {"1m-bid", "1h-bid"}, replay::open_bars::left_out).size() == 1);  // the minute has closed
  const auto told = built(text, {"1m-bid", "1h-bid"});
  REQUIRE(told.size() == 2);
  CHECK(told.at(*parse_bar_spec("1h-bid")).size() == 1);
  CHECK(told.at(*parse_bar_spec("1h-bid")).begin()->second == prices{1'500'000'000, 1'700'000'000, 1'400'000'000, 1'600'000'000});
}

TEST_CASE("a bar as a line", "[bars]") {
  const auto d = loaded_bars("data: [{format: bars-csv, file: nowhere.csv, step: 1m, instrument: GBP/USD}]\naccount: {currency: USD, balance: 1000000}\n");
  bar_closed b{instrument_id{1}, 60, price_side::mid, {0}, {minute_ns}, {1'500'005'000}, {1'600'000'000}, {1'400'000'000}, {1'500'000'000}, 7};
  CHECK(replay::bars_csv_header() == "instrument,bars,time,opened,closed,open,high,low,close,ticks\n");
  CHECK(replay::to_csv_line(b, d) ==
        "GBP/USD,1m-mid,1970-01-01T00:01:00.000000000Z,1970-01-01T00:00:00.000000000Z,1970-01-01T00:01:00.000000000Z,1.500005,1.600000,1.400000,1.500000,7\n");
  b.stamp = bar_stamp::open;
  CHECK_THAT(replay::to_json_line(b, d), tests::has_part(R"("time":"1970-01-01T00:00:00.000000000Z")"));
}
