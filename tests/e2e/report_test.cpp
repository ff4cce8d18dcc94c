// tomnext bars, report and the files of a back-test, as a person asks for them.
#include <sstream>

#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;
using nlohmann::json;

TEST_CASE("a back-test's page and tables, and the same from its log alone") {
  scratch_folder f;
  const auto demo = shipped_data("demo.yaml"), log = f / "log";
  const auto b = tomnext_tool({"backtest", demo, "--log", log, "--report", f / "run.html", "--csv", f / "run", "--trades", f / "trades.csv", "--json"});
  INFO(b.err);
  REQUIRE(b.exit_code == 0);
  const auto told = json::parse(b.out);
  CHECK(told["final_balance"] == "962062.51");
  const auto r = tomnext_tool({"report", log, "--html", f / "log.html", "--csv", f / "log-tables", "--json"});
  INFO(r.err);
  REQUIRE(r.exit_code == 0);
  const auto statistics = json::parse(r.out);
  CHECK(statistics["balance"]["final"] == "962062.51");
  CHECK(statistics["statistics"]["total"]["sharpe"].get<double>() == Approx(told["statistics"]["sharpe"].get<double>()));
  for (const char* table : {"equity.csv", "trades.csv", "daily.csv", "monthly.csv"}) {
    INFO(table);
    CHECK(file_text(f / "run/" + table) == file_text(f / "log-tables/" + table));
  }
  for (const char* page : {"run.html", "log.html"})
    for (const char* part : {"962,062.51", "<svg", "Deepest draw-down", "285"}) CHECK(has_text(file_text(f / page), part));
  std::istringstream trades(file_text(f / "trades.csv"));
  std::size_t lines = 0;
  for (std::string line; std::getline(trades, line);) ++lines;
  CHECK(lines == 286);
}

TEST_CASE("a page that cannot be written hides no result") {
  scratch_folder f;
  const auto b = tomnext_tool({"backtest", shipped_data("demo.yaml"), "--report", f / "nowhere/run.html"});
  CHECK(b.exit_code != 0);
  CHECK(has_text(b.out, "962,062.51"));
  CHECK(has_text(b.err, "nowhere"));
  CHECK(tomnext_tool({"report", f / "nowhere"}).exit_code == 2);
}

TEST_CASE("outputs that cannot be meant are refused, and nothing is replaced") {
  scratch_folder f;
  const auto demo = shipped_data("demo.yaml"), log = f / "log";
  REQUIRE(tomnext_tool({"backtest", demo, "--log", log}).exit_code == 0);
  const auto refused = [&](const std::vector<std::string>& line, const char* part) {
    const auto p = tomnext_tool(line);
    INFO(part << ": " << p.err);
    CHECK(p.exit_code == 2);
    CHECK(has_text(p.err, part));
  };
  std::filesystem::create_directory(f / "folder");
  refused({"report", log, "--html", f / "folder"}, "is no regular file");
  refused({"report", log, "--html", ""}, "is empty");
  refused({"report", log, "--html", log + "/page.html"}, "lies in the log");
  refused({"backtest", demo, "--trades", f / "x", "--report", f / "x"}, "name the same place");
  refused({"sweep", demo, "--grid", "fast=5,6", "--out", ""}, "is empty");
  refused({"sweep", demo, "--grid", "fast=5,6", "--out", f / "out", "--walk-forward", "train=1000,test=5"}, "--walk-forward");
  CHECK_FALSE(std::filesystem::exists(f / "out"));
  const auto failing = tomnext_tool({"sweep", demo, "--grid", "fast=5,6", "--set", "account.currency=CHF"});
  CHECK(failing.exit_code == 4);
  CHECK(has_text(failing.err, "every back-test failed"));
}

TEST_CASE("bars as CSV and as lines of JSON; what is no specification is refused with what is one") {
  const auto demo = shipped_data("demo.yaml");
  const auto csv = tomnext_tool({"bars", demo, "--bars", "1h-bid-right_open-stamp_open", "--bars", "1d-ask"});
  REQUIRE(csv.exit_code == 0);
  CHECK(has_text(csv.out, "instrument,bars,time,opened,closed,open,high,low,close,ticks\n"));
  CHECK(has_text(csv.out, "GBP/USD,1h-bid-right_open-stamp_open,2012-02-01T00:00:00.000000000Z,2012-02-01T00:00:00.000000000Z,"));
  CHECK(has_text(csv.out, "GBP/USD,1d-ask,2012-02-02T00:00:00.000000000Z,"));
  const auto lines = tomnext_tool({"bars", demo, "--bars", "1d-mid", "--json"});
  REQUIRE(lines.exit_code == 0);
  const auto first = json::parse(lines.out.substr(0, lines.out.find('\n')));
  CHECK(first["bars"] == "1d-mid");
  const auto wrong = tomnext_tool({"bars", demo, "--bars", "5x-mid"});
  CHECK(wrong.exit_code == 2);
  CHECK(has_text(wrong.err, "as in 5m-mid"));
}
