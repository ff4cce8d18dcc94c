#include "actors/replay/run_report.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "actors/replay/html_text.hpp"
#include "actors/replay/svg_chart.hpp"
#include "config/loader.hpp"
#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/kernel/replay/small_run.hpp"
#include "tests/support/matchers.hpp"
#include "tests/support/well_formed.hpp"

using namespace tomnext;
using tests::has_part;
using tests::market_folder;
using tests::read_page;
using tests::small_run;

namespace {

replay::run_report report_of(const small_run& s, const std::string& configuration = "") {
  auto h = s.events.history();
  if (!h) FAIL(h.error().message);
  auto r = replay::report_of(std::move(*h), configuration);
  if (!r) FAIL(r.error().message);
  return std::move(*r);
}

/// The demo's back-test, reported while it ran.
replay::run_report demo_report(const std::string& log = "", const std::vector<config::override_setting>& overrides = {},
                               const std::string& balance = "962062.51") {
  auto d = config::load(tests::shipped_data("demo.yaml"), overrides);
  if (!d) FAIL(d.error().message);
  replay::report_builder events;
  replay::backtest_options o;
  o.log = log;
  o.on_events = [&](const persistence::group& g) { events.take(g); };
  auto b = replay::run_backtest(*d, o);
  if (!b) FAIL(b.error().message);
  CHECK(tomnext::to_string(b->final_balance, b->minor_units) == balance);
  auto r = events.finish(*d, *b);
  if (!r) FAIL(r.error().message);
  CHECK(persistence::to_hex(r->history.head.chain_hash) == b->head_hash);
  CHECK(r->history.head.seq == b->events);
  // One run has one Sharpe ratio, wherever it is told.
  CHECK(r->statistics.days.size() == b->statistics.days);
  if (b->statistics.sharpe) CHECK(*r->statistics.total.sharpe == Approx(*b->statistics.sharpe).epsilon(1e-12));
  return std::move(*r);
}

std::string file_of(const replay::run_report& r, const std::string& name) {
  for (const auto& f : replay::to_csv_files(r))
    if (f.name == name) return f.text;
  FAIL("no file " << name);
  return "";
}

std::vector<std::vector<std::string>> rows_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream in(csv);
  for (std::string line; std::getline(in, line);) {
    rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

std::int64_t cents(const std::string& s) { return *parse_decimal(s, 2); }

}  // namespace

TEST_CASE("G1's report: the trades' profits are the balance's change to the cent, in history, CSV and JSON") {
  const auto r = demo_report();
  const auto& b = r.history.bridge;
  CHECK(b.opening == amount{1'000'000'00});
  CHECK(b.final_balance == amount{962'062'51});
  CHECK(b.other == amount{});
  CHECK(b.open_positions == amount{});
  CHECK(b.opening.value + b.closed_trades.value == b.final_balance.value);
  CHECK(r.history.trades.size() == 285);

  const auto trades = rows_of(file_of(r, "trades.csv"));
  REQUIRE(trades.size() == 286);
  std::int64_t profit = 0, commission = 0;
  for (std::size_t i = 1; i < trades.size(); ++i) {
    REQUIRE(trades[i].size() == trades[0].size());
    profit += cents(trades[i].at(9));
    commission += cents(trades[i].at(10));
  }
  CHECK(trades[0].at(9) == "profit");
  CHECK(1'000'000'00 + profit == 962'062'51);
  CHECK(commission == b.commission.value);
  const auto equity = rows_of(file_of(r, "equity.csv"));
  CHECK(equity.size() == r.history.equity.size() + 1);
  CHECK(equity.back().at(1) == "962062.51");
  const auto daily = rows_of(file_of(r, "daily.csv")), monthly = rows_of(file_of(r, "monthly.csv"));
  CHECK(daily.size() == r.statistics.days.size() + 1);
  CHECK(daily.back().at(1) == "962062.51");
  double growth = 1;
  for (std::size_t i = 1; i < daily.size(); ++i) growth *= 1 + std::stod(daily[i].at(3));
  CHECK(growth == Approx(0.96206251).epsilon(1e-12));
  REQUIRE(monthly.size() == 3);  // the last quote, at 00:00 of 1 March, is of that day
  CHECK(monthly[1].at(0) == "2012-02");
  const auto j = nlohmann::json::parse(replay::statistics_json(r));
  CHECK(j["balance"]["final"] == "962062.51");
  CHECK(j["statistics"]["trades"]["trades"] == 285);
  CHECK(j["statistics"]["total"]["sharpe"].get<double>() == r.statistics.total.sharpe.value());
  CHECK(j["statistics"]["days"].size() == r.statistics.days.size());
  CHECK(j["head_hash"] == persistence::to_hex(r.history.head.chain_hash));
}

TEST_CASE("financing is in the trades' profits, and the balance still comes out to the cent") {
  const auto r = demo_report(
      "", {{"portfolio.interest_rates", tests::shipped_data("rates/short-term-interest-2011-2012.csv")}, {"portfolio.financing", "compat"}}, "961069.95");
  const auto& b = r.history.bridge;
  CHECK(b.financing.value != 0);
  CHECK(b.other == amount{});
  CHECK(b.final_balance == amount{961'069'95});
  CHECK(b.opening.value + b.closed_trades.value + b.financing_apart.value == b.final_balance.value);
  std::int64_t financing = 0;
  for (const auto& t : r.history.trades) financing += t.financing.value;
  CHECK(financing + b.financing_apart.value == b.financing.value);
  CHECK(r.comparison.size() == 2);
}

TEST_CASE("a report's statistics are those of statistics_of, and say n/a with the reason") {
  small_run s;
  s.whole();
  const auto r = report_of(s);
  std::vector<statistics::trade> trades;
  for (const auto& t : r.history.trades) trades.push_back(t.figures);
  const auto own = statistics::statistics_of({r.history.equity, trades, r.history.boundaries()});
  REQUIRE(own);
  CHECK(r.statistics.total.total_return == own->total.total_return);
  // 100,144/100,000 · 100,090/100,144 · 101,118/101,090: the deposit is no gain.
  CHECK(r.statistics.total.total_return.value() == Approx(100'144.0 / 100'000 * 100'090 / 100'144 * 101'118 / 101'090 - 1));
  CHECK(r.statistics.trades.net_profit == 90);
  CHECK(r.statistics.trades.profit_factor.value() == Approx(144.0 / 54));
  const auto page = read_page(replay::to_html(r));
  CHECK_FALSE(page.wrong);
  CHECK_THAT(page.text, has_part("n/a  3 daily returns, 20 needed"));
  CHECK_THAT(page.text, has_part("101,088.00\u00A0USD"));
  CHECK_THAT(page.text, has_part("One position was still open"));
}

TEST_CASE("the page is well-formed, loads nothing, runs nothing, and has every part") {
  const auto r = demo_report();
  const auto html = replay::to_html(r);
  const auto page = read_page(html);
  CHECK(page.wrong.value_or("") == "");
  CHECK(html.size() < 600'000);
  for (const auto& e : page.elements) CHECK((e != "script" && e != "iframe" && e != "img" && e != "object" && e != "form"));
  for (const auto& ref : page.references) {
    INFO(ref);
    const bool own = !ref.empty() && ref[0] == '#' && page.ids.count(ref.substr(1)) == 1;
    CHECK((own || ref == "data:,"));
  }
  CHECK(html.find("http:") == std::string::npos);
  CHECK(html.find("https:") == std::string::npos);
  CHECK(html.find("url(") == std::string::npos);
  CHECK(html.find("@import") == std::string::npos);
  CHECK_THAT(html, has_part("default-src &#39;none&#39;"));
  for (const auto* id : {"equity", "drawdown", "price-1", "returns", "profits", "exposure"}) CHECK(page.ids.count(std::string(id) + "-t") == 1);
  for (const auto* part : {"962,062.51\u00A0GBP", "285 trades", "A comparison, no forecast", "quality.flagged_quotes_trade", "ema_cross", "Feb"})
    CHECK_THAT(page.text, has_part(part));
  CHECK_THAT(page.text, has_part(persistence::to_hex(r.history.head.chain_hash)));
  // No cell and no coordinate that is no number.
  for (const auto* bad : {">nan", ">-nan", ">inf", ">\u2212inf", "\"nan", "\"inf", " nan", " inf "}) CHECK(html.find(bad) == std::string::npos);
}

TEST_CASE("the same run gives the same bytes; and a log alone gives them too, but for the state hash") {
  market_folder folder("report");
  auto one = demo_report();
  const auto two = demo_report(folder.file("log"));
  CHECK(replay::to_html(one) == replay::to_html(two));
  auto log = persistence::open_log_for_reading(folder.file("log"));
  REQUIRE(log);
  const auto alone = replay::report_of_log(**log, folder.file("log"));
  if (!alone) FAIL(alone.error().message);
  CHECK(alone->comparison == one.comparison);
  one.state_hash.reset();
  CHECK(replay::to_html(*alone) == replay::to_html(one));
  CHECK(replay::statistics_json(*alone) == replay::statistics_json(one));
  std::uint64_t asked = 0;
  const auto cancelled = replay::report_of_log(**log, folder.file("log"), [&](std::uint64_t) { return ++asked > 1; });
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);

  REQUIRE(replay::write_html(one, folder.file("report.html")));
  CHECK(*persistence::read_file(folder.file("report.html"), 1 << 20) == replay::to_html(one));
  REQUIRE(replay::write_csv(one, folder.file("tables")));
  for (const auto& f : replay::to_csv_files(one)) CHECK(*persistence::read_file(folder.file("tables/" + f.name), 1 << 20) == f.text);
}

TEST_CASE("names are hostile: they stay text") {
  small_run s;
  s.strategy_name = "</title><script>alert(1)</script>\"'&\xFF\x01";
  s.symbol = "<b>\"'&x";
  s.whole();
  const auto r = report_of(s, "name: </pre></details><img src=x onerror=alert(1)>\n# \xE2\x80\xAE reversed\n");
  const auto html = replay::to_html(r);
  const auto page = read_page(html);
  CHECK(page.wrong.value_or("") == "");
  for (const auto& e : page.elements) CHECK((e != "script" && e != "img" && e != "b"));
  CHECK_THAT(page.text, has_part("</title><script>alert(1)</script>\"'&\uFFFD\uFFFD"));
  CHECK_THAT(page.text, has_part("<img src=x onerror=alert(1)>"));
  CHECK_THAT(page.text, has_part("\uFFFD reversed"));
  CHECK(html.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(html.find("<script") == std::string::npos);

  small_run formula;
  formula.strategy_name = "=cmd|'/c calc'!A1\",x";
  formula.whole();
  CHECK_THAT(file_of(report_of(formula), "trades.csv"), has_part("101,\"'=cmd|'/c calc'!A1\"\",x\",\"GBP/USD\",long,10000,"));
}

TEST_CASE("text that is no UTF-8 is replaced byte by byte, whatever it tries") {
  using replay::html::escaped;
  const std::string bad = "\uFFFD";
  CHECK(escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(escaped("\u20AC \U0001F600") == "\u20AC \U0001F600");
  CHECK(escaped("\xC0\xBC") == bad + bad);                      // an overlong <
  CHECK(escaped("\xE0\x80\xBC") == bad + bad + bad);            // another
  CHECK(escaped("\xED\xA0\x80") == bad + bad + bad);            // half a surrogate
  CHECK(escaped("\xF4\x90\x80\x80") == bad + bad + bad + bad);  // beyond Unicode
  CHECK(escaped("\xE2\x82") == bad + bad);                      // cut off
  CHECK(escaped("\xE2<") == bad + "&lt;");
  CHECK(escaped(std::string_view("a\0b", 3)) == "a" + bad + "b");
}

TEST_CASE("figures have signs, groups and units") {
  using namespace replay::html;
  CHECK(money(amount{-123456789}, 2) == "\u22121,234,567.89");
  CHECK(money(-0.001, 2) == "0.00");
  CHECK(percent(-0.0379375) == "\u22123.79\u00A0%");
  CHECK(percent(-0.00001) == "0.00\u00A0%");
  CHECK(duration(59) == "59\u00A0s");
  CHECK(duration(5'100) == "1\u00A0h 25\u00A0min");
  CHECK(duration(90'000) == "1\u00A0d 1\u00A0h");
}

TEST_CASE("axes have round values and round moments") {
  using namespace replay::html;
  CHECK(round_values(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(round_values(962'000, 1'001'000, 5).size() == 4);
  CHECK(round_values(1, 1, 5) == std::vector<double>{1});
  for (const auto& [days, first_label] : {std::pair{1, "12:00"}, {5, "2 Feb"}, {28, "6 Feb"}, {200, "Mar 2012"}, {3'000, "2013"}}) {
    const auto from = small_run::at(0, 9, 30);
    const auto all = round_moments(from, from + days * day_ns, 8);
    INFO(days);
    REQUIRE_FALSE(all.empty());
    CHECK(all.size() <= 9);
    CHECK(all.front().label == first_label);
    CHECK(all.front().at >= static_cast<double>(from.ns));
  }
}

TEST_CASE("a run without trades, and one without an ended day, are reported too") {
  small_run s;
  s.begin();
  SECTION("nothing happened") {}
  SECTION("a day of quotes alone") {
    s.quote(small_run::at(0, 9), 150'000, 150'010);
    s.value(small_run::at(0, 22), 0);
  }
  const auto r = report_of(s);
  const auto page = read_page(replay::to_html(r));
  CHECK(page.wrong.value_or("") == "");
  CHECK_THAT(page.text, has_part("No trade was closed."));
  CHECK_THAT(page.text, has_part("n/a  no trades"));
  CHECK(replay::to_csv_files(r).size() == 5);
}

TEST_CASE("a page stays small however many trades there are") {
  small_run s;
  s.begin();
  for (std::uint64_t i = 0; i < 6'000; ++i) {
    const auto t = small_run::at(0, 9) + static_cast<std::int64_t>(i) * 20 * second_ns;
    s.quote(t, 150'000 + static_cast<std::int64_t>(i % 97), 150'010 + static_cast<std::int64_t>(i % 97));
    s.book(t, 1'000 + i, side::buy, 1'000, 150'010, position_change::opened, 1'000, 1.5001, 0, 2);
    s.book(t + second_ns, 1'000 + i, side::sell, 1'000, 150'000, position_change::closed, 0, 0, static_cast<std::int64_t>(i % 41) - 20, 2);
    s.value(t + second_ns, 0);
  }
  const auto html = replay::to_html(report_of(s, std::string(1 << 20, 'x')));
  CHECK(html.size() < 1'500'000);
  const auto page = read_page(html);
  CHECK(page.wrong.value_or("") == "");
  CHECK_THAT(page.text, has_part("the 1,000 largest of 6,000 trades"));
  CHECK_THAT(page.text, has_part("The last 300 of 6,000 trades"));
  CHECK_THAT(page.text, has_part("Cut after 200,000 of 1,048,576 bytes"));
}

TEST_CASE("the reader of pages notices what a browser would forgive") {
  const std::string head = "<!DOCTYPE html>\n";
  CHECK_FALSE(read_page(head + "<p class=\"x\">a &amp; b<br/></p>\n").wrong);
  for (const auto* bad : {"<p>", "<p></q>", "<p>a & b</p>", "<p>a < b</p>", "<p class=x></p>", "<p id=\"a\"><b id=\"a\"></b></p>", "<p id=\"a\" id=\"b\"></p>",
                          "<p onclick=\"x\"></p>", "<p>&nbsp;</p>", "text", "<p a=\"<\"></p>", "<p style=\"x\"></p>"})
    CHECK(read_page(head + bad).wrong);
}
