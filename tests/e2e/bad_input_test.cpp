// Bad input: a clear message with place and remedy, an exit code that says what kind of trouble, and nothing half-written.
#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;

namespace {

const std::string header = "timestamp,open,high,low,close\n";

// Three good minutes; `edit` replaces the line of that number (from 1, the header).
std::string bars(double price, int line = 0, const std::string& edit = "") {
  std::vector<std::string> lines{header};
  for (int minute = 0; minute < 3; ++minute)
    lines.push_back("2012-02-01 00:0" + std::to_string(minute) + ":00+00:00," + std::to_string(price) + "," + std::to_string(price + 0.0002) + "," +
                    std::to_string(price - 0.0002) + "," + std::to_string(price) + "\n");
  if (line > 0) lines[static_cast<std::size_t>(line - 1)] = edit;
  std::string text;
  for (const auto& l : lines) text += l;
  return text;
}

std::string configuration(const std::string& bid, const std::string& ask, const std::string& more = "") {
  return "data: [{format: fxcm-m1, bid: " + bid + ", ask: " + ask + ", instrument: GBP/USD, stamp: close}]\naccount: {currency: USD, balance: 100000}\n" +
         "strategies: [{kind: ema_cross, instrument: GBP/USD, bars: 1m-mid, fast: 1, slow: 2, size: 1000}]\n" + more;
}

// Every message appears once, on stderr, after the program's name; stdout stays empty; the folder holds what it held.
void check_refused(const scratch_folder& folder, const std::vector<std::string>& arguments, int exit_code, const std::vector<std::string>& said) {
  const auto before = folder.names();
  const auto p = tomnext_tool(arguments);
  INFO("stderr: " << p.err);
  CHECK(p.exit_code == exit_code);
  CHECK(p.err.rfind("tomnext: ", 0) == 0);
  CHECK(std::count(p.err.begin(), p.err.end(), '\n') == 1);
  CHECK(p.out.empty());
  for (const auto& part : said) {
    INFO("wanted: " << part);
    CHECK(has_text(p.err, part));
  }
  CHECK(folder.names() == before);
}

// The same trouble through both doors, with and without a log to leave behind.
void check_market_file_refused(const scratch_folder& f, const std::string& bid, const std::string& ask, const std::vector<std::string>& said) {
  f.write("run.yaml", configuration(bid, ask));
  check_refused(f, {"import", f / bid, f / ask, "--format", "fxcm-m1", "--instrument", "GBP/USD", "--log", f / "log"}, 4, said);
  check_refused(f, {"backtest", f / "run.yaml", "--log", f / "log"}, 4, said);
  check_refused(f, {"backtest", f / "run.yaml"}, 4, said);
}

}  // namespace

TEST_CASE("the good files that the bad ones are made from are taken") {
  scratch_folder f;
  f.write("bid.csv", bars(1.5));
  f.write("ask.csv", bars(1.5001));
  f.write("run.yaml", configuration("bid.csv", "ask.csv"));
  const auto imported = tomnext_tool({"import", f / "bid.csv", f / "ask.csv", "--format", "fxcm-m1", "--instrument", "GBP/USD", "--log", f / "log", "--json"});
  INFO(imported.err);
  REQUIRE(imported.exit_code == 0);
  CHECK(imported.err.empty());
  const auto report = nlohmann::json::parse(imported.out);
  CHECK(report["rows"] == 12);
  CHECK(report["accepted"] == 12);
  CHECK(tomnext_tool({"backtest", f / "run.yaml"}).exit_code == 0);
}

TEST_CASE("a truncated gz") {
  scratch_folder f;
  const auto whole = file_text(shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz"));
  REQUIRE(whole.size() > 100'000);
  std::filesystem::copy(shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz"), f / "ask.csv.gz");
  f.write("bid.csv.gz", whole.substr(0, whole.size() / 2));
  check_market_file_refused(f, "bid.csv.gz", "ask.csv.gz", {f / "bid.csv.gz", "ends early", "copy it again"});
  f.write("bid.csv.gz", whole.substr(0, whole.size() - 1));
  check_market_file_refused(f, "bid.csv.gz", "ask.csv.gz", {f / "bid.csv.gz", "ends early"});
}

TEST_CASE("a CSV with a missing column") {
  scratch_folder f;
  f.write("bid.csv", bars(1.5));
  f.write("ask.csv", "timestamp,open,high,close\n2012-02-01 00:00:00+00:00,1.5,1.5,1.5\n");
  check_market_file_refused(f, "bid.csv", "ask.csv", {(f / "ask.csv") + ":1", "no column 'low'", "the header must name timestamp, open, high, low, close"});
  f.write("ask.csv", bars(1.5001, 3, "2012-02-01 00:01:00+00:00,1.5,1.5,1.5\n"));
  check_market_file_refused(f, "bid.csv", "ask.csv", {(f / "ask.csv") + ":3", "4 columns", "the header has 5"});
}

TEST_CASE("a price that is no number, or not positive") {
  scratch_folder f;
  f.write("ask.csv", bars(1.5001));
  f.write("bid.csv", bars(1.5, 3, "2012-02-01 00:01:00+00:00,1.5,NaN,1.4998,1.5\n"));
  check_market_file_refused(f, "bid.csv", "ask.csv", {(f / "bid.csv") + ":3", "NaN", "is allowed"});
  f.write("bid.csv", bars(1.5, 4, "2012-02-01 00:02:00+00:00,1.5,1.5002,-1.4998,1.5\n"));
  check_market_file_refused(f, "bid.csv", "ask.csv", {(f / "bid.csv") + ":4", "-1.4998"});
}

TEST_CASE("rejecting malformed lines records them with file and line, and goes on") {
  scratch_folder f;
  f.write("ask.csv", bars(1.5001));
  f.write("bid.csv", bars(1.5, 3, "2012-02-01 00:01:00+00:00,1.5,NaN,1.4998,1.5\n"));
  const auto p = tomnext_tool(
      {"import", f / "bid.csv", f / "ask.csv", "--format", "fxcm-m1", "--instrument", "GBP/USD", "--log", f / "log", "--malformed-lines", "reject"});
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  CHECK(has_text(p.out, (f / "bid.csv") + ":3"));
  const auto events = tomnext_tool({"log", "cat", f / "log", "--type", "quote_rejected"});
  CHECK(has_text(events.out, "quote_rejected"));
}

TEST_CASE("a market file that is not there") {
  scratch_folder f;
  f.write("ask.csv", bars(1.5));
  check_market_file_refused(f, "none.csv", "ask.csv", {f / "none.csv", "No such file"});
}

TEST_CASE("a YAML with a wrong type, and an instrument that nobody knows") {
  scratch_folder f;
  f.write("bid.csv", bars(1.5));
  f.write("ask.csv", bars(1.5001));
  f.write("type.yaml", configuration("bid.csv", "ask.csv", "node: {threads: many}\n"));
  check_refused(f, {"backtest", f / "type.yaml", "--log", f / "log"}, 3,
                {(f / "type.yaml") + ":4: node.threads", "'many' is not a whole number from 1 to 256"});
  f.write("pair.yaml", configuration("bid.csv", "ask.csv") + "models: [{name: m, file: m.json, instrument: GPB/USD}]\n");
  check_refused(f, {"backtest", f / "pair.yaml", "--log", f / "log"}, 3,
                {(f / "pair.yaml") + ":4: models[0].instrument", "unknown instrument 'GPB/USD'; there are: GBP/USD"});
  check_refused(f, {"import", f / "bid.csv", f / "ask.csv", "--format", "fxcm-m1", "--instrument", "GPB/USD", "--log", f / "log"}, 3,
                {"'GPB/USD' is no spot pair", "such as GBP/USD"});
  check_refused(f, {"backtest", f / "none.yaml", "--log", f / "log"}, 3, {f / "none.yaml", "cannot be read"});
  check_refused(f, {"backtest", f / "pair.yaml", "--set", "strategies.7.fast=1"}, 3, {"--set strategies.7.fast", "no place in 'strategies'"});
}

TEST_CASE("a missing conversion rate stops the run, and leaves no log") {
  scratch_folder f;
  f.write("bid.csv", bars(1.5));
  f.write("ask.csv", bars(1.5001));
  f.write("yen.yaml", configuration("bid.csv", "ask.csv"));
  check_refused(f, {"backtest", f / "yen.yaml", "--set", "account.currency=JPY", "--log", f / "log"}, 4, {"JPY"});
}

TEST_CASE("a log that is there already is left as it is") {
  scratch_folder f;
  f.write("bid.csv", bars(1.5));
  f.write("ask.csv", bars(1.5001));
  const std::vector<std::string> import{"import", f / "bid.csv", f / "ask.csv", "--format", "fxcm-m1", "--instrument", "GBP/USD", "--log", f / "log"};
  REQUIRE(tomnext_tool(import).exit_code == 0);
  const auto head = nlohmann::json::parse(tomnext_tool({"log", "stats", f / "log", "--json"}).out)["head"];
  check_refused(f, import, 2, {f / "log", "name a new directory"});
  CHECK(nlohmann::json::parse(tomnext_tool({"log", "stats", f / "log", "--json"}).out)["head"] == head);
}

TEST_CASE("with --json an error is an object on stdout too") {
  scratch_folder f;
  const auto p = tomnext_tool({"backtest", f / "none.yaml", "--json"});
  CHECK(p.exit_code == 3);
  const auto j = nlohmann::json::parse(p.out);
  CHECK(has_text(j["error"]["message"], "none.yaml"));
  CHECK(j["error"]["code"] == 300);
  CHECK(j["error"]["exit_code"] == 3);
  CHECK(has_text(p.err, "tomnext: "));
}

TEST_CASE("commands on what is no log say so") {
  scratch_folder f;
  std::filesystem::create_directories(f / "empty");
  for (const std::vector<std::string>& c :
       {std::vector<std::string>{"log", "stats"}, {"log", "cat"}, {"why", "--last", "order_filled"}, {"replay", "--verify"}}) {
    auto arguments = c;
    arguments.push_back(f / "empty");
    const auto p = tomnext_tool(arguments);
    INFO(p.err);
    CHECK(p.exit_code != 0);
    CHECK(has_text(p.err, "no log"));
    CHECK(std::filesystem::is_empty(f / "empty"));
  }
}
