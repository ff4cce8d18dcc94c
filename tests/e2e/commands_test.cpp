// The commands on the log of the demo's back-test.
#include <algorithm>
#include <iterator>

#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;
using nlohmann::json;

namespace {

json json_of(const finished_process& p) {
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out);
}

std::vector<json> lines_of(const finished_process& p) {
  REQUIRE(p.exit_code == 0);
  std::vector<json> all;
  std::istringstream in(p.out);
  for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
  return all;
}

}  // namespace

TEST_CASE("the demo, and every command on its log") {
  scratch_folder f;
  const auto demo = shipped_data("demo.yaml");
  const auto log = f / "log";

  const auto report = json_of(tomnext_tool({"backtest", demo, "--log", log, "--json"}));
  CHECK(report["ticks"] == 120'468);
  CHECK(report["bars"] == 8'353);
  CHECK(report["orders"] == 570);
  CHECK(report["positions"] == 285);
  CHECK(report["final_balance"] == "962062.51");
  for (const char* key :
       {"ticks", "bars", "orders", "fills", "positions", "commission", "financing", "final_balance", "events", "head_hash", "state_hash", "elapsed_ms"}) {
    INFO(key);
    CHECK(report.contains(key));
  }

  SECTION("the table says the same, and stderr stays empty where it is no terminal") {
    const auto p = tomnext_tool({"backtest", demo});
    CHECK(p.exit_code == 0);
    CHECK(p.err.empty());
    CHECK(has_text(p.out, "962,062.51"));
    CHECK(has_text(p.out, report["head_hash"].get<std::string>()));
  }

  SECTION("cat backwards, by time, by host and by workflow: the same events as picked from the whole") {
    const auto cat = [&](std::vector<std::string> more) {
      std::vector<std::string> words{"log", "cat", log, "--json"};
      words.insert(words.end(), more.begin(), more.end());
      return lines_of(tomnext_tool(words));
    };
    const auto fills = cat({"--type", "order_filled"});
    REQUIRE(fills.size() == 570);
    auto backwards = cat({"--type", "order_filled", "--reverse"});
    std::reverse(backwards.begin(), backwards.end());
    CHECK(backwards == fills);
    CHECK(cat({"--type", "order_filled", "--reverse", "--limit", "3"}) == std::vector<json>{fills[569], fills[568], fills[567]});

    const auto picked = [&](auto&& wants) {
      std::vector<json> some;
      std::copy_if(fills.begin(), fills.end(), std::back_inserter(some), wants);
      return some;
    };
    const std::string from = fills[100]["at"], until = fills[200]["at"];
    const auto within = picked([&](const json& e) { return e["at"].get<std::string>() >= from && e["at"].get<std::string>() < until; });
    CHECK_FALSE(within.empty());
    CHECK(cat({"--type", "order_filled", "--from-time", from, "--until-time", until}) == within);
    CHECK(cat({"--type", "order_filled", "--host", std::to_string(fills[0]["host"].get<std::uint64_t>())}) ==
          picked([&](const json& e) { return e["host"] == fills[0]["host"]; }));
    const auto workflow = fills[50]["correlation"].get<std::uint64_t>();
    const auto of_workflow = cat({"--correlation", std::to_string(workflow)});
    CHECK(of_workflow.size() > 1);
    for (const auto& e : of_workflow) CHECK(e["correlation"] == workflow);
    CHECK(std::find(of_workflow.begin(), of_workflow.end(), fills[50]) != of_workflow.end());

    for (const char* number : {"-1", "010", "0", "1e3", "18446744073709551616"}) {
      INFO(number);
      for (const auto& words : std::vector<std::vector<std::string>>{{"cat", log, "--from", number}, {"cat", log, "--limit", number}, {"dump", log, number}}) {
        auto all = words;
        all.insert(all.begin(), "log");
        const auto p = tomnext_tool(all);
        CHECK(p.exit_code == 2);
        CHECK(p.out.empty());
        CHECK_FALSE(p.err.empty());
      }
    }
    const auto refused = tomnext_tool({"log", "cat", log, "--from-time", "yesterday"});
    CHECK(refused.exit_code == 2);
    CHECK(has_text(refused.err, "--from-time"));
  }

  SECTION("stats") {
    const auto stats = json_of(tomnext_tool({"log", "stats", log, "--json"}));
    CHECK(stats["head"]["seq"] == report["events"]);
    CHECK(stats["head"]["hash"] == report["head_hash"]);
    CHECK(stats["types"]["quote_accepted"] == 120'468);
    CHECK(stats["types"]["order_filled"] == 570);
    std::uint64_t by_type = 0, by_host = 0;
    for (const auto& t : stats["types"]) by_type += t.get<std::uint64_t>();
    for (const auto& h : stats["hosts"]) by_host += h["events"].get<std::uint64_t>();
    CHECK(by_type == report["events"]);
    CHECK(by_host == report["events"]);
    CHECK(has_text(tomnext_tool({"log", "stats", log}).out, "strategy_execution/cross"));
  }

  SECTION("cat") {
    const auto fills = lines_of(tomnext_tool({"log", "cat", log, "--type", "order_filled", "--json"}));
    REQUIRE(fills.size() == 570);
    CHECK(fills[0]["payload"]["at_price"] == "1.57577");
    const auto few = lines_of(tomnext_tool({"log", "cat", log, "--from", "100", "--to", "109", "--json"}));
    REQUIRE(few.size() == 10);
    CHECK(few.front()["seq"] == 100);
    CHECK(few.back()["seq"] == 109);
    CHECK(tomnext_tool({"log", "cat", log, "--from", "10", "--to", "9"}).exit_code == 2);
    const auto unknown = tomnext_tool({"log", "cat", log, "--type", "order_fill"});
    CHECK(unknown.exit_code == 2);
    CHECK(has_text(unknown.err, "order_filled"));
  }

  SECTION("why leads to the ticks") {
    const auto tree = tomnext_tool({"why", log, "--last", "order_filled"});
    REQUIRE(tree.exit_code == 0);
    for (const char* step : {"order_filled", "venue_order_reported", "send_started", "order_approved", "order_intended", "quote_accepted"})
      CHECK(has_text(tree.out, step));
    const auto first = lines_of(tomnext_tool({"log", "cat", log, "--type", "order_filled", "--json"})).front()["seq"].get<std::uint64_t>();
    const auto same = json_of(tomnext_tool({"why", log, std::to_string(first), "--json"}));
    CHECK(same["event"]["seq"] == first);
    CHECK(has_text(same.dump(), "bar_closed"));
    CHECK(tomnext_tool({"why", log, "99999999"}).exit_code == 2);
    CHECK(tomnext_tool({"why", log}).exit_code == 2);
    CHECK(tomnext_tool({"why", log, "5", "--last", "order_filled"}).exit_code == 2);
  }

  SECTION("replay: identical, and with another parameter the first difference") {
    const auto same = json_of(tomnext_tool({"replay", log, "--verify", "--json"}));
    CHECK(same["identical"] == true);
    CHECK(same["events"] == report["events"]);
    CHECK(same["compared"].get<std::uint64_t>() > 40'000);
    CHECK(same["state_hash"] == report["state_hash"]);
    CHECK(tomnext_tool({"replay", log, demo, "--verify"}).exit_code == 0);

    const auto other = tomnext_tool({"replay", log, "--verify", "--set", "strategies.0.fast=11", "--json"});
    CHECK(other.exit_code == 6);
    const auto d = json::parse(other.out)["difference"];
    CHECK(d["host"] == "strategy_execution/cross");
    REQUIRE(d["fields"].size() == 1);
    CHECK(d["fields"][0]["field"] == "fast");
    CHECK(d["fields"][0]["recorded"] != d["fields"][0]["decided"]);
    CHECK(d["recorded"]["seq"] == d["seq"]);
    CHECK(has_text(d["causes"].dump(), "quote_accepted"));

    const auto text = tomnext_tool({"replay", log, "--verify", "--set", "strategies.0.slow=21"});
    CHECK(text.exit_code == 6);
    for (const char* part : {"strategy_execution/cross decides otherwise", "recorded", "decided", "what led there", "bar_closed"})
      CHECK(has_text(text.out, part));
    CHECK(tomnext_tool({"replay", log}).exit_code == 2);
  }

  SECTION("compare") {
    const auto again = f / "again", other = f / "other";
    REQUIRE(tomnext_tool({"backtest", demo, "--log", again}).exit_code == 0);
    const auto same = json_of(tomnext_tool({"log", "compare", log, again, "--json"}));
    CHECK(same["identical"] == true);
    // All but the activations and the log's declaration.
    CHECK(same["compared"].get<std::uint64_t>() > report["events"].get<std::uint64_t>() - 20);
    REQUIRE(tomnext_tool({"backtest", demo, "--set", "strategies.0.size=500000", "--log", other}).exit_code == 0);
    const auto differ = tomnext_tool({"log", "compare", log, other, "--json"});
    CHECK(differ.exit_code == 6);
    CHECK(json::parse(differ.out)["difference"]["fields"][0]["field"] == "content_hash");
    CHECK(has_text(tomnext_tool({"log", "compare", log, other}).out, "the logs differ after"));
  }
}

TEST_CASE("the schema is a .proto of all events") {
  const auto p = tomnext_tool({"log", "schema"});
  CHECK(p.exit_code == 0);
  CHECK(has_text(p.out, "syntax = \"proto3\""));
  CHECK(has_text(p.out, "message quote_accepted {"));
  CHECK(json_of(tomnext_tool({"log", "schema", "--json"}))["proto"] == p.out);
}

TEST_CASE("imported quotes give the same back-test as the files") {
  scratch_folder f;
  const auto imported = json_of(tomnext_tool({"import", shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz"), shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz"),
                                              "--format", "fxcm-m1", "--instrument", "GBP/USD", "--stamp", "close", "--log", f / "quotes", "--json"}));
  CHECK(imported["accepted"] == 120'468);
  const auto report = json_of(tomnext_tool({"backtest", shipped_data("demo.yaml"), "--set", "data=[{log: " + (f / "quotes") + "}]", "--json"}));
  CHECK(report["final_balance"] == "962062.51");
  CHECK(report["ticks"] == 120'468);
}
