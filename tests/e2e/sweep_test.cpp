// tomnext sweep and check-strategy, as a person runs them.
#include <algorithm>
#include <csignal>
#include <sstream>
#include <thread>

#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;
using nlohmann::json;

TEST_CASE("a sweep of the demo: table, files, resumed, equal to the back-test") {
  scratch_folder f;
  const auto demo = shipped_data("demo.yaml"), out = f / "out";
  const std::vector<std::string> sweep{"sweep", demo, "--grid", "fast=5..15:5", "--grid", "slow=20,40", "--walk-forward", "train=8,test=4,purge=1",
                                       "--out", out};
  const auto p = tomnext_tool(sweep);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  CHECK(p.err.empty());
  for (const char* part :
       {"sweep of 6 combinations", "final balance", "962,062.51", "deflated %", "probability of back-test overfitting", "walk forward", "Sharpe ratio by fast"})
    CHECK(has_text(p.out, part));
  for (const char* name : {"sweep.jsonl", "sweep.csv", "summary.json", "heat.svg"}) CHECK(std::filesystem::exists(out + "/" + name));

  std::istringstream rows(file_text(out + "/sweep.jsonl"));
  std::string line;
  std::getline(rows, line);  // what the file belongs to
  std::size_t count = 0;
  while (std::getline(rows, line)) {
    const auto row = json::parse(line);
    const std::string fast = row["parameters"]["fast"], slow = row["parameters"]["slow"];
    const auto b = tomnext_tool({"backtest", demo, "--set", "strategies.0.fast=" + fast, "--set", "strategies.0.slow=" + slow, "--json"});
    REQUIRE(b.exit_code == 0);
    const auto report = json::parse(b.out);
    INFO(fast << " " << slow);
    for (const char* key : {"final_balance", "commission", "orders", "fills", "positions"}) CHECK(row[key] == report[key]);
    CHECK(row["sharpe"] == report["statistics"]["sharpe"]);
    CHECK(row["max_drawdown"] == report["statistics"]["max_drawdown"]);
    ++count;
  }
  CHECK(count == 6);

  auto again = sweep;
  CHECK(tomnext_tool(again).exit_code == 2);  // there is a sweep already
  again.insert(again.end(), {"--resume", "--json"});
  const auto resumed = tomnext_tool(again);
  REQUIRE(resumed.exit_code == 0);
  CHECK(json::parse(resumed.out)["resumed"] == 6);
  again.insert(again.end(), {"--set", "venue.commission_rate=0.00003"});
  const auto other = tomnext_tool(again);
  CHECK(other.exit_code == 2);
  CHECK(has_text(other.err, "another configuration"));
}

TEST_CASE("a sweep's command line is refused before anything is read") {
  scratch_folder f;
  const auto demo = shipped_data("demo.yaml");
  const auto refused = [&](std::vector<std::string> more, const char* part) {
    more.insert(more.begin(), {"sweep", demo});
    more.insert(more.end(), {"--out", f / "out"});
    const auto p = tomnext_tool(more);
    INFO(p.err);
    CHECK(p.exit_code == 2);
    CHECK(has_text(p.err, part));
    CHECK(f.names().empty());
  };
  refused({"--grid", "fats=1..3"}, "fast, slow, ema_seed");
  refused({"--grid", "ema_seed=1,2"}, "sma, first_close");
  refused({"--grid", "fast=3..1"}, "ends before it begins");
  refused({"--grid", "fast=1..3", "--rank", "luck"}, "profit_factor");
  refused({"--grid", "fast=1..3", "--walk-forward", "train=5"}, "test=DAYS");
  refused({"--grid", "fast=1..3", "--random", "5", "--latin", "5"}, "excludes");
  refused({}, "--grid");
}

TEST_CASE("Ctrl-C ends a sweep in order, and what is done is kept") {
  scratch_folder f;
  const auto out = f / "out";
  // More back-tests than are done before the signal comes: when the first row is there.
  const auto p = tomnext_tool({"sweep", shipped_data("demo.yaml"), "--grid", "fast=2..200", "--grid", "slow=201..600", "--out", out}, [&](pid_t child) {
    std::thread([out, child] {
      for (;;) {
        const auto text = file_text(out + "/sweep.jsonl");
        if (std::count(text.begin(), text.end(), '\n') >= 2) break;
        std::this_thread::yield();
      }
      kill(child, SIGINT);
    }).detach();
  });
  INFO(p.err);
  CHECK(p.exit_code == 130);
  CHECK(has_text(p.err, "--resume goes on with them"));
  CHECK(p.out.empty());
  const auto text = file_text(out + "/sweep.jsonl");
  CHECK(text.back() == '\n');
  CHECK_FALSE(std::filesystem::exists(out + "/sweep.csv"));
}

TEST_CASE("check-strategy: the demo's strategy knows nothing of what comes later") {
  const auto p = tomnext_tool({"check-strategy", shipped_data("demo.yaml"), "--cuts", "4", "--json"});
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  const auto j = json::parse(p.out);
  CHECK(j["look_ahead"]["clean"] == true);
  CHECK(j["look_ahead"]["cuts"] == 4);
  CHECK(j["warm_up"]["strategies"][0]["name"] == "cross");
  CHECK(j["warm_up"]["strategies"][0]["enough"] == false);
  CHECK(has_text(tomnext_tool({"check-strategy", shipped_data("demo.yaml"), "--cuts", "2"}).out, "needs"));
}
