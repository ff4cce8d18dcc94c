// log grep, tail and stats, and what they refuse.
#include <csignal>

#include "tests/e2e/live_node.hpp"

using namespace tomnext::tests;

namespace {

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> all;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) break;  // a line that is being written
    all.push_back(json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return all;
}

std::vector<json> tool_lines(std::vector<std::string> words) {
  words.emplace_back("--json");
  const auto p = tomnext_tool(words);
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return lines_of(p.out);
}

template <class Wanted> std::vector<json> picked(const std::vector<json>& all, Wanted wanted) {
  std::vector<json> some;
  for (const auto& e : all)
    if (wanted(e)) some.push_back(e);
  return some;
}

std::size_t count_lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

TEST_CASE("log grep, tail and stats on the log of a back-test") {
  scratch_folder f;
  const auto log = f / "log";
  const auto report = backtest_into(demo_file(), log);
  const auto whole = tool_lines({"log", "cat", log});
  REQUIRE(whole.size() == report["events"].get<std::size_t>());

  SECTION("cat by names: a host's, an ingress's, an instrument's") {
    const auto stats = json::parse(tomnext_tool({"log", "stats", log, "--json"}).out);
    for (const auto& h : stats["hosts"]) {
      INFO(h.dump());
      const auto of_host = tool_lines({"log", "cat", log, "--host", h["name"].get<std::string>()});
      CHECK(of_host.size() == h["events"].get<std::size_t>());
      CHECK(of_host == picked(whole, [&](const json& e) { return e["host"] == h["host"]; }));
    }
    const auto bars = picked(whole, [](const json& e) { return e["type"] == "bar_closed"; });
    REQUIRE_FALSE(bars.empty());
    CHECK(tool_lines({"log", "cat", log, "--instrument", "GBP/USD", "--type", "bar_closed"}) == bars);
    CHECK(tool_lines({"log", "cat", log, "--instrument", "1", "--type", "bar_closed"}) == bars);
    CHECK(tool_lines({"log", "cat", log, "--instrument", "2"}).empty());
    const auto no_host = tomnext_tool({"log", "cat", log, "--host", "nobody"});
    CHECK(no_host.exit_code == 2);
    CHECK(has_text(no_host.err, "strategy_execution/cross"));
    const auto no_symbol = tomnext_tool({"log", "cat", log, "--instrument", "EUR/NOK"});
    CHECK(no_symbol.exit_code == 2);
    CHECK(has_text(no_symbol.err, "GBP/USD"));
  }

  SECTION("grep finds what a search through cat's lines finds") {
    const auto plain = tomnext_tool({"log", "cat", log}).out;
    std::string expected;
    for (std::size_t at = 0; at < plain.size();) {
      const auto end = plain.find('\n', at) + 1;
      const auto line = plain.substr(at, end - at);
      if (has_text(line, "order_filled") && has_text(line, "at_price=1.57")) expected += line;
      at = end;
    }
    REQUIRE(count_lines(expected) > 10);
    CHECK(tomnext_tool({"log", "grep", log, "order_filled .*at_price=1\\.57"}).out == expected);
    CHECK(tomnext_tool({"log", "grep", log, "ORDER_FILLED .*AT_PRICE=1\\.57", "-i"}).out == expected);
    CHECK(tomnext_tool({"log", "grep", log, "at_price=1\\.57", "--type", "order_filled"}).out == expected);
    CHECK(tomnext_tool({"log", "grep", log, "no such thing"}).out.empty());
    CHECK(tomnext_tool({"log", "grep", log, "no such thing"}).exit_code == 0);

    const auto fills = picked(whole, [](const json& e) { return e["type"] == "order_filled"; });
    const auto price = fills[7]["payload"]["at_price"].get<std::string>();
    const auto at_price = picked(fills, [&](const json& e) { return e["payload"]["at_price"] == price; });
    CHECK(tool_lines({"log", "grep", log, "--field", "at_price=" + price, "--type", "order_filled"}) == at_price);
    const auto order = fills[7]["payload"]["order"];
    const auto of_order = picked(whole, [&](const json& e) { return e["payload"].contains("order") && e["payload"]["order"] == order; });
    REQUIRE(of_order.size() > 3);
    CHECK(tool_lines({"log", "grep", log, "--field", "order=" + order.dump()}) == of_order);
    auto backwards = tool_lines({"log", "grep", log, "--field", "order=" + order.dump(), "--reverse"});
    std::reverse(backwards.begin(), backwards.end());
    CHECK(backwards == of_order);
    CHECK(tool_lines({"log", "grep", log, "order_", "--field", "order=" + order.dump(), "--limit", "2"}).size() == 2);
  }

  SECTION("tail is the end of cat") {
    const auto last = [&](std::size_t n, const std::vector<json>& all) { return std::vector<json>(all.end() - static_cast<std::ptrdiff_t>(n), all.end()); };
    CHECK(tool_lines({"log", "tail", log}) == last(10, whole));
    CHECK(tool_lines({"log", "tail", log, "-n", "0"}).empty());
    CHECK(tool_lines({"log", "tail", log, "-n", "1000"}) == last(1000, whole));
    CHECK(tool_lines({"log", "tail", log, "-n", "99999999"}) == whole);
    const auto fills = picked(whole, [](const json& e) { return e["type"] == "order_filled"; });
    CHECK(tool_lines({"log", "tail", log, "-n", "7", "--type", "order_filled"}) == last(7, fills));
  }

  SECTION("stats: bytes by type, groups, span, snapshots; a log that nobody writes does not grow") {
    const auto s = json::parse(tomnext_tool({"log", "stats", log, "--json"}).out);
    std::uint64_t payload_bytes = 0;
    for (const auto& bytes : s["payload_bytes"]) payload_bytes += bytes.get<std::uint64_t>();
    const auto events = s["events"].get<double>(), groups = s["groups"].get<double>();
    CHECK(s["payload_bytes"].size() == s["types"].size());
    const double encoded = s["bytes_per_event"]["encoded"].get<double>() * events;
    // Payloads are counted whole; in the rows most of them are differences.
    CHECK(encoded > 8 * events);
    CHECK(encoded < static_cast<double>(payload_bytes));
    CHECK(std::abs(s["group_bytes"]["mean"].get<double>() * groups - encoded) < 1);
    CHECK(std::abs(s["group_events"]["mean"].get<double>() * groups - events) < 1);
    CHECK(s["group_events"]["min"].get<double>() >= 1);
    CHECK(s["group_events"]["max"].get<double>() >= s["group_events"]["mean"].get<double>());
    CHECK(s["first_seq"] == 1);
    CHECK(s["span_s"].get<double>() > 86'400);
    CHECK(s["disk"]["free_bytes"].get<std::uint64_t>() > 0);
    CHECK(s["forecast"].is_null());
    const auto idle = json::parse(tomnext_tool({"log", "stats", log, "--forecast", "3600", "--json"}).out);  // returns at once
    CHECK(idle["forecast"]["written"] == false);
    CHECK_FALSE(idle["forecast"].contains("full_in_s"));
    CHECK(has_text(tomnext_tool({"log", "stats", log}).out, "--forecast SECONDS"));
  }

  SECTION("hostile arguments are refused as such") {
    const std::vector<std::vector<std::string>> usage{{"grep", log},
                                                      {"grep", log, ""},
                                                      {"grep", log, "(a"},
                                                      {"grep", log, "a**"},
                                                      {"grep", log, "(a)\\1"},
                                                      {"grep", log, "((a{99}){99}){99}"},
                                                      {"grep", log, std::string(100'000, 'a')},
                                                      {"grep", log, "a", "--field", "x"},
                                                      {"grep", log, "a", "--field", "nonsense=1"},
                                                      {"grep", log, "a", "--limit", "0"},
                                                      {"cat", log, "--host", ""},
                                                      {"cat", log, "--host", "4294967296"},
                                                      {"cat", log, "--host", "7x"},
                                                      {"cat", log, "--host", std::string(10'000, 'h')},
                                                      {"cat", log, "--instrument", "0"},
                                                      {"cat", log, "--instrument", "-1"},
                                                      {"cat", log, "--correlation", "0"},
                                                      {"cat", log, "--correlation", "-1"},
                                                      {"cat", log, "--from-time", "2012-02-30T00:00:00Z"},
                                                      {"cat", log, "--until-time", "now"},
                                                      {"cat", log, "--from-time", "2012-02-03T00:00:00"},
                                                      {"cat", log, "--from-time", "2013-01-01T00:00:00Z", "--until-time", "2012-01-01T00:00:00Z"},
                                                      {"cat", log, "--to", "3", "--from", "4"},
                                                      {"tail", log, "-n", "-1"},
                                                      {"tail", log, "-n", "010"},
                                                      {"tail", log, "-n", "0x10"},
                                                      {"tail", log, "-n", "18446744073709551616"},
                                                      {"cat", log, "--from-time", ""},
                                                      {"cat", log, "--from", "-1"},
                                                      {"tail", log, "-n", "many"},
                                                      {"tail", log, "--from", "1"},
                                                      {"stats", log, "--forecast", "0"},
                                                      {"stats", log, "--forecast", "nan"},
                                                      {"stats", log, "--forecast", "-5"}};
    for (auto words : usage) {
      words.insert(words.begin(), "log");
      INFO(words[1] << " " << words.back().substr(0, 60));
      const auto p = tomnext_tool(words);
      CHECK(p.exit_code == 2);
      CHECK(p.out.empty());
      CHECK(p.err.size() > 20);
    }
    for (const char* command : {"cat", "grep", "tail", "stats"}) {
      std::vector<std::string> words{"log", command, f / "nothing"};
      if (std::string(command) == "grep") words.emplace_back("a");
      const auto p = tomnext_tool(words);
      CHECK(p.exit_code == 4);
      CHECK(has_text(p.err, "there is no log here"));
    }
    CHECK(tomnext_tool({"log", "tail", f / "nothing", "--follow"}).exit_code == 4);
    // No time is out of reach, and an end before the beginning is simply empty.
    CHECK(tool_lines({"log", "cat", log, "--until-time", "1678-01-01T00:00:00Z"}).empty());
    CHECK(tool_lines({"log", "cat", log, "--from-time", "2261-12-31T23:59:59Z"}).empty());
    CHECK(tool_lines({"log", "cat", log, "--from", "18446744073709551615"}).empty());
  }
}

TEST_CASE("log tail --follow beside a node: every event once and in order, over a kill, a restart and an orderly end") {
  scratch_folder f;
  const auto log = f / "log";
  std::unique_ptr<live_node> node = std::make_unique<live_node>(demo_file(), log, std::vector<std::string>{"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return node->durable() > 100; }));
  background_process tail(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", {"log", "tail", log, "-n", "5", "--follow", "--json"});
  background_process fills(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", {"log", "tail", log, "-n", "0", "--type", "operator_commanded", "--follow", "--json"});
  REQUIRE(eventually([&] { return count_lines(tail.out()) > 1'000; }));

  node->process().send(SIGKILL);
  CHECK(node->process().wait().exit_code == 128 + SIGKILL);
  node = std::make_unique<live_node>(demo_file(), log, std::vector<std::string>{"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return node->ready() && node->actor("data_pipeline/ingress")["state"] == "stopped"; }));
  const auto answer = node->post("/api/v1/risk_management/commands", R"({"command":"halt","who":"ann","why":"test","idempotency_key":"k1"})");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  REQUIRE(eventually([&] { return count_lines(fills.out()) >= 1; }));
  node->process().send(SIGTERM);
  CHECK(node->process().wait().exit_code == 130);
  node.reset();

  const auto whole = tool_lines({"log", "cat", log});
  REQUIRE(whole.size() > 100'000);
  const auto last = whole.back()["seq"].get<std::uint64_t>();
  const auto reached = [&] {
    const auto text = tail.out();
    const auto end = text.rfind('\n');
    if (end == std::string::npos || end == 0) return false;
    const auto begin = text.rfind('\n', end - 1);
    return json::parse(text.substr(begin + 1, end - begin - 1))["seq"] == last;
  };
  INFO(tail.err());
  REQUIRE(eventually(reached));
  CHECK_FALSE(tail.ended());  // the log is sealed, and followed on
  tail.send(SIGINT);
  const auto ended = tail.wait();
  CHECK(ended.exit_code == 130);
  CHECK(ended.err.empty());
  const auto shown = lines_of(ended.out);
  REQUIRE_FALSE(shown.empty());
  const auto first = shown.front()["seq"].get<std::size_t>();
  CHECK(shown.size() == whole.size() - first + 1);
  CHECK(std::equal(shown.begin(), shown.end(), whole.begin() + static_cast<std::ptrdiff_t>(first - 1), whole.end()));

  fills.send(SIGTERM);
  const auto commands = fills.wait();
  CHECK(commands.exit_code == 130);
  REQUIRE(lines_of(commands.out).size() == 1);
  CHECK(lines_of(commands.out)[0]["payload"]["who"] == "ann");
}

TEST_CASE("log tail --follow ends where nobody reads it, and says so where the log becomes another") {
  scratch_folder f;
  const auto log = f / "log";
  backtest_into(f.write("lean.yaml", lean_configuration()), log);
  SECTION("the reader goes") {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    const auto child = detail::start(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", {"log", "tail", log, "-n", "1", "--follow"}, "", ends[1], 2);
    close(ends[1]);
    char first = 0;
    CHECK(read(ends[0], &first, 1) == 1);
    close(ends[0]);
    int status = 0;
    CHECK(eventually([&] { return waitpid(child, &status, WNOHANG) == child; }));
    CHECK(detail::exit_code_of(status) == 0);
  }
  SECTION("another log comes in its place") {
    background_process tail(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", {"log", "tail", log, "-n", "1", "--follow"});
    REQUIRE(eventually([&] { return count_lines(tail.out()) == 1; }));
    backtest_into(demo_file(), f / "other");
    std::filesystem::rename(log, f / "aside");
    std::filesystem::rename(f / "other", log);
    const auto p = tail.wait();
    CHECK(p.exit_code == 5);
    CHECK(has_text(p.err, "another history"));
    CHECK(count_lines(p.out) == 1);
  }
}

TEST_CASE("log stats --forecast beside a node that writes: a rate, and when the disk is full") {
  scratch_folder f;
  const auto log = f / "log";
  live_node n(demo_file(), log, {"--port", "0", "--stay", "--pace", "x20000"});
  REQUIRE(eventually([&] { return n.durable() > 1'000; }));
  const auto s = json::parse(tomnext_tool({"log", "stats", log, "--forecast", "1", "--free-bytes-min", "1000000000", "--json"}).out);
  REQUIRE(n.actor("data_pipeline/ingress")["state"] != "stopped");  // it wrote all the while
  const auto& forecast = s["forecast"];
  CHECK(forecast["written"] == true);
  CHECK(forecast["events"].get<std::uint64_t>() > 0);
  CHECK(forecast["watched_s"].get<double>() >= 1);
  const auto rate = forecast["bytes_per_s"]["likely"].get<double>();
  CHECK(rate > 0);
  const auto room = forecast["free_bytes"].get<double>() - s["disk"]["free_bytes_min"].get<double>();
  CHECK(s["disk"]["free_bytes_min"] == 1'000'000'000);
  CHECK(std::abs(forecast["full_in_s"]["likely"].get<double>() * rate / room - 1) < 1e-6);
  CHECK(forecast["full_in_s"]["earliest"].get<double>() <= forecast["full_in_s"]["likely"].get<double>());
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
}
