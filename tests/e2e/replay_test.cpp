// tomnext replay and state from outside: other settings, forks, other processors, and the state of any moment.
#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;
using nlohmann::json;

namespace {

struct demo_log {
  scratch_folder f;
  std::string log = f / "log";
  json report;
  demo_log() {
    const auto p = tomnext_tool({"backtest", shipped_data("demo.yaml"), "--log", log, "--json"});
    INFO(p.err << p.out);
    REQUIRE(p.exit_code == 0);
    report = json::parse(p.out);
  }
};
demo_log& demo() {
  static demo_log d;
  return d;
}

json answer(const std::vector<std::string>& words, int expected = 0) {
  auto all = words;
  all.emplace_back("--json");
  const auto p = tomnext_tool(all);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == expected);
  return json::parse(p.out);
}

std::vector<json> events(const std::string& log, std::vector<std::string> further) {
  std::vector<std::string> words{"log", "cat", log, "--json"};
  words.insert(words.end(), further.begin(), further.end());
  const auto p = tomnext_tool(words);
  REQUIRE(p.exit_code == 0);
  std::vector<json> all;
  std::istringstream lines(p.out);
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  return all;
}

}  // namespace

TEST_CASE("replay: a processor without AVX2 and FMA leaves the same states", "[replay_e2e]") {
  auto& d = demo();
  const auto masked = [&](const std::string& tunables, std::vector<std::string> words) {
    words.insert(words.begin(), {"GLIBC_TUNABLES=" + tunables, std::string(TOMNEXT_BINARY_DIR) + "/tomnext"});
    words.emplace_back("--json");
    const auto p = run_process("/usr/bin/env", words);
    INFO(p.err << p.out);
    REQUIRE(p.exit_code == 0);
    return json::parse(p.out);
  };
  const std::string without = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4,-FMA4_Usable,-AVX,-AVX_Usable,-AVX512F,-AVX512F_Usable";
  const auto verified = masked(without, {"replay", d.log, "--verify"});
  CHECK(verified["identical"] == true);
  CHECK(verified["state_hash"] == d.report["state_hash"]);
  CHECK(masked(without, {"state", d.log})["state_hash"] == d.report["state_hash"]);
  CHECK(masked(without, {"backtest", shipped_data("demo.yaml")})["state_hash"] == d.report["state_hash"]);
}

TEST_CASE("replay: a stretch of the log is verified by itself", "[replay_e2e]") {
  auto& d = demo();
  const auto whole = answer({"replay", d.log, "--verify"});
  // Before a quote everything is answered, so that no reaction is cut in two.
  const auto quote = events(d.log, {"--type", "quote_accepted", "--from", "100000", "--to", "100100"}).at(0)["seq"].get<std::uint64_t>();
  const auto late = answer({"replay", d.log, "--verify", "--from", std::to_string(quote)});
  const auto early = answer({"replay", d.log, "--verify", "--to", std::to_string(quote - 1)});
  CHECK(late["state_hash"] == whole["state_hash"]);
  CHECK(early["events"] == quote - 1);
  CHECK(early["pending"] == 0);
  CHECK(late["compared"].get<std::uint64_t>() + early["compared"].get<std::uint64_t>() == whole["compared"].get<std::uint64_t>());
  // A difference before the stretch is none of it.
  const auto other = answer({"replay", d.log, "--verify", "--set", "strategies.cross.fast=11"}, 6);
  const auto first = other["difference"]["seq"].get<std::uint64_t>();
  CHECK(answer({"replay", d.log, "--verify", "--set", "strategies.cross.fast=11", "--to", std::to_string(first - 1)})["identical"] == true);
  const auto next = answer({"replay", d.log, "--verify", "--set", "strategies.cross.fast=11", "--from", std::to_string(first + 1)}, 6);
  CHECK(next["difference"]["seq"].get<std::uint64_t>() > first);
  for (const char* bad : {"0", "-1", "010", "ten"}) CHECK(tomnext_tool({"replay", d.log, "--verify", "--from", bad}).exit_code == 2);
  for (const auto& bad : std::vector<std::vector<std::string>>{{"--from", "999999999"}, {"--from", "10", "--to", "9"}}) {
    std::vector<std::string> words{"replay", d.log, "--verify"};
    words.insert(words.end(), bad.begin(), bad.end());
    const auto p = tomnext_tool(words);
    CHECK(p.exit_code == 2);
    CHECK(has_text(p.err, "the log has the events 1 to "));
  }
}

TEST_CASE("replay --with: what other settings would have decided, and what it would have come to", "[replay_e2e]") {
  auto& d = demo();
  const auto file = d.f.write("other.yaml", [] {
    auto text = file_text(shipped_data("demo.yaml"));
    const auto data = std::filesystem::path(shipped_data("demo.yaml")).parent_path().string();
    for (std::size_t at = 0; (at = text.find("fxcm/", at)) != std::string::npos; at += data.size() + 6) text.insert(at, data + "/");
    const auto fast = text.find("fast: 10");
    REQUIRE(fast != std::string::npos);
    return text.replace(fast, 8, "fast: 12");
  }());
  const auto oracle = answer({"backtest", file});
  REQUIRE(oracle["final_balance"] != d.report["final_balance"]);
  for (const auto& words : std::vector<std::vector<std::string>>{{"replay", d.log, "--with", file}, {"replay", d.log, "--set", "strategies.cross.fast=12"}}) {
    const auto j = answer(words);
    CHECK(j["recorded"]["final_balance"] == d.report["final_balance"]);
    CHECK(j["other"]["final_balance"] == oracle["final_balance"]);
    CHECK(j["other"]["fills"] == oracle["fills"]);
    CHECK(j["decisions"]["only_other"].get<std::uint64_t>() > 100);
    CHECK(j["differences"].size() > 100);
    CHECK(j["differences"][0]["host"] == "strategy_execution/cross");
  }
  const auto text = tomnext_tool({"replay", d.log, "--with", file, "--show", "3"});
  REQUIRE(text.exit_code == 0);
  for (const char* part : {"962,062.51", "recorded", "balance", "only recorded", "GBP/USD", "more (--show N"}) CHECK(has_text(text.out, part));
  const auto none = answer({"replay", d.log, "--with", shipped_data("demo.yaml")});
  CHECK(none["differences"].empty());
  CHECK(none["balance_difference"] == "0.00");
}

TEST_CASE("replay --fork-at: goes on from a past moment in a log of its own", "[replay_e2e]") {
  auto& d = demo();
  const auto fork = d.f / "fork", same = d.f / "same";
  const auto j = answer({"replay", d.log, "--fork-at", "100000", "--set", "strategies.cross.fast=12", "--into", fork});
  CHECK(j["parent"]["hash"] == d.report["head_hash"]);
  CHECK(j["recorded"]["final_balance"] == "962062.51");
  CHECK(j["other"]["final_balance"] != "962062.51");
  CHECK(j["log"]["directory"] == fork);
  CHECK(tomnext_tool({"log", "verify", fork}).exit_code == 0);
  const auto verified = answer({"replay", fork, "--verify"});
  CHECK(verified["identical"] == true);
  CHECK(verified["skipped"].empty());
  CHECK(verified["events"] == j["log"]["seq"]);
  REQUIRE(verified["stretches"].size() == 2);
  CHECK(verified["stretches"][0]["to_seq"] == j["fork_at"]);
  // All decisions but the fork's own marks: as many as in a log that was never forked, give or take what the settings changed.
  CHECK(verified["compared"].get<std::uint64_t>() > 40'000);
  CHECK(answer({"replay", fork, "--verify", "--set", "strategies.cross.fast=13"}, 6)["difference"]["seq"].get<std::uint64_t>() >
        j["fork_at"].get<std::uint64_t>());
  const auto stats = answer({"log", "stats", fork});
  CHECK(stats["purpose"] == "fork");
  CHECK(has_text(stats["description"].get<std::string>(), d.report["head_hash"].get<std::string>()));
  CHECK(answer({"state", fork})["accounts"][0]["balance"] == j["other"]["final_balance"]);
  CHECK(answer({"state", fork, "--at", "90000"})["state_hash"] == answer({"state", d.log, "--at", "90000"})["state_hash"]);

  const auto unchanged = answer({"replay", d.log, "--fork-at", "100000", "--into", same});
  CHECK(unchanged["differences"].empty());
  CHECK(unchanged["settings_changed"] == false);
  CHECK(answer({"log", "compare", d.log, same})["identical"] == true);
  CHECK(answer({"state", same})["state_hash"] == d.report["state_hash"]);

  // Within a reaction: the last moment before it, and it is said.
  const auto fills = events(d.log, {"--type", "order_filled"});
  const auto within = fills[10]["seq"].get<std::uint64_t>();
  const auto text = tomnext_tool({"replay", d.log, "--fork-at", std::to_string(within), "--set", "strategies.cross.fast=12"});
  CHECK(text.exit_code == 0);
  CHECK(has_text(text.out, "event " + std::to_string(within) + " lies within a reaction"));
  CHECK(answer({"replay", d.log, "--fork-at", std::to_string(within), "--set", "strategies.cross.fast=12"})["fork_at"].get<std::uint64_t>() < within);

  for (const auto& [further, code, why] : std::vector<std::tuple<std::vector<std::string>, int, std::string>>{
           {{"--fork-at", "1", "--set", "strategies.cross.fast=12"}, 2, "can be forked from event "},
           {{"--fork-at", "99999999", "--set", "strategies.cross.fast=12"}, 2, "can be forked from event "},
           {{"--fork-at", "100000", "--set", "strategies.cross.quick=12"}, 3, "quick"},
           {{"--fork-at", "100000", "--set", "strategies.nobody.fast=12"}, 3, "there are the names cross"},
           {{"--fork-at", "100000", "--set", "account.balance=1"}, 3, "account cannot change"},
           {{"--fork-at", "100000", "--into", d.log}, 2, "there is a log already"},
           {{"--fork-at", "100000", "--with", shipped_data("demo.yaml")}, 2, "--with"},
           {{"--fork-at", "100000", "--verify"}, 2, "--verify"}}) {
    std::vector<std::string> words{"replay", d.log};
    words.insert(words.end(), further.begin(), further.end());
    const auto p = tomnext_tool(words);
    INFO(p.err << p.out);
    CHECK(p.exit_code == code);
    CHECK(has_text(p.err + p.out, why));
  }
  for (const auto& name : d.f.names()) CHECK_FALSE(has_text(name, "unfinished"));
}

TEST_CASE("state: account, positions, open orders and features of a moment are the sum of what was booked by then", "[replay_e2e]") {
  auto& d = demo();
  // Behind the fill that opens the fifth position (change 0: opened).
  const auto booked = events(d.log, {"--type", "position_changed"});
  std::uint64_t at = 0, opened = 0;
  for (const auto& e : booked)
    if (e["payload"]["change"] == 0 && ++opened == 5) at = e["seq"].get<std::uint64_t>();
  REQUIRE(at != 0);
  const auto to = std::to_string(at);
  const auto s = answer({"state", d.log, "--at", to});
  CHECK(s["as_of_seq"] == at);
  const auto& account = s["accounts"][0];
  const auto until = events(d.log, {"--type", "position_changed", "--to", to});
  CHECK(until.back()["payload"]["net"] == account["positions"][0]["net"]);
  REQUIRE(account["positions"].size() == 1);
  CHECK(account["positions"][0]["instrument"] == "GBP/USD");
  CHECK(account["positions"][0]["strategy"] == "cross");
  // Money as it was booked, in minor units in the log.
  const auto units = until.back()["payload"]["balance"];
  std::string digits = units.is_string() ? units.get<std::string>() : std::to_string(units.get<std::int64_t>());
  digits.insert(digits.size() - 2, ".");
  CHECK(account["balance"] == digits);
  CHECK(account["equity"].is_string());
  CHECK(account["equity"] != account["balance"]);
  CHECK(s["orders"].empty());
  // Features: the last vector that is recorded by then.
  const auto vectors = events(d.log, {"--type", "feature_vector_updated", "--to", to});
  REQUIRE_FALSE(vectors.empty());
  REQUIRE(s["features"].size() == 1);
  CHECK(s["features"][0]["instrument"] == "GBP/USD");
  CHECK(s["features"][0]["vector_hash"].dump().find(vectors.back()["payload"]["vector_hash"].is_string()
                                                        ? vectors.back()["payload"]["vector_hash"].get<std::string>()
                                                        : vectors.back()["payload"]["vector_hash"].dump()) != std::string::npos);
  CHECK(s["features"][0]["values"].contains("ema_20"));

  // An order is open between its submission and its fill.
  const auto sent = events(d.log, {"--type", "order_submitted"})[3];
  const auto open = answer({"state", d.log, "--at", std::to_string(sent["seq"].get<std::uint64_t>())});
  REQUIRE(open["orders"].size() == 1);
  CHECK(open["orders"][0]["order"] == sent["payload"]["order"]);
  CHECK(open["orders"][0]["instrument"] == "GBP/USD");

  const auto text = tomnext_tool({"state", d.log, "--at", to});
  REQUIRE(text.exit_code == 0);
  for (const char* part : {"as of event", "balance", "equity", "positions (1)", "no open orders", "features of GBP/USD", "ema_20", "state hash"})
    CHECK(has_text(text.out, part));
  CHECK(has_text(tomnext_tool({"state", d.log, "--at", std::to_string(sent["seq"].get<std::uint64_t>())}).out, "open orders (1)"));
  const auto by_time = answer({"state", d.log, "--summary", "--at", s["at"].get<std::string>()});
  CHECK(by_time["at"] == s["at"]);
  CHECK(by_time["as_of_seq"].get<std::uint64_t>() >= at);
  CHECK(answer({"state", d.log})["accounts"][0]["balance"] == "962062.51");
  CHECK(answer({"state", d.log})["state_hash"] == d.report["state_hash"]);
  CHECK(answer({"state", d.log, "--all"}).size() > 5);
  CHECK(tomnext_tool({"state", d.log, "risk_management/book", "--summary"}).exit_code == 2);
}
