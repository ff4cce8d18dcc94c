// Operators and viewers of a running node: the kill switch, its durable answer, and the views of the services.
#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

constexpr auto risk_commands = "/api/v1/risk_management/commands";

std::string command(const std::string& word, const std::string& who, const std::string& key) {
  json j{{"command", word}, {"why", "test"}, {"idempotency_key", key}};
  if (!who.empty()) j["who"] = who;
  return j.dump();
}

/// Gives a command and returns its answer, which must be a good one.
json give(live_node& n, const std::string& text) {
  const auto answer = n.post(risk_commands, text);
  if (!answer) FAIL(answer.error().message);
  INFO(text << ": " << answer->body);
  REQUIRE(answer->status == 200);
  return json::parse(answer->body);
}

std::string trading_state_in(const json& service) { return service["hosts"][0]["view"]["trading_state"]; }
std::string trading_state_of(live_node& n) { return trading_state_in(n.ask("/api/v1/risk_management")); }
bool source_ended(live_node& n) { return n.actor("data_pipeline/ingress")["state"] == "stopped"; }

/// What the log says of orders while the book was in each state.
struct order_tally {
  std::uint64_t approved = 0, approved_reducing = 0, denied_by_state = 0, denied_otherwise = 0;
};
std::array<order_tally, 3> tally(const std::string& log) {
  std::array<order_tally, 3> by_state;
  std::map<std::uint64_t, bool> reduces;
  auto state = trading_state::active;
  each_event(log, [&](const event& e) {
    auto& t = by_state[static_cast<std::size_t>(state)];
    if (const auto* c = e.get_if<trading_state_changed>()) state = c->state;
    if (const auto* o = e.get_if<order_intended>()) reduces[o->order.value] = o->reduce_only;
    if (const auto* a = e.get_if<order_approved>()) ++(reduces.at(a->order.value) ? t.approved_reducing : t.approved);
    if (const auto* d = e.get_if<order_denied>()) ++(d->limit == limit_kind::trading_state ? t.denied_by_state : t.denied_otherwise);
  });
  return by_state;
}

constexpr auto active = static_cast<std::size_t>(trading_state::active), reducing = static_cast<std::size_t>(trading_state::reducing),
               halted = static_cast<std::size_t>(trading_state::halted);

}  // namespace

TEST_CASE("the kill switch: halted for all orders, once per key, lifted by a named operator only, and remembered after kill -9") {
  scratch_folder f;
  const auto log = f / "log";
  std::uint64_t changes = 0;
  {
    live_node n(demo_file(), log, {"--port", "0", "--stay"});
    REQUIRE(eventually([&] { return n.durable() > 20'000; }));
    CHECK(trading_state_of(n) == "active");
    const auto answer = give(n, command("halt", "ann", "k1"));
    CHECK(answer["durable_seq"].get<std::uint64_t>() > 20'000);
    CHECK(trading_state_in(answer["status"]) == "halted");
    REQUIRE_FALSE(source_ended(n));  // the halt came while the market went on
    CHECK(trading_state_in(give(n, command("halt", "ann", "k1"))["status"]) == "halted");

    const auto nameless = n.post(risk_commands, command("resume", "", "k2"));
    REQUIRE(nameless);
    CHECK(nameless->status == 400);
    CHECK(has_text(nameless->body, "who is missing"));
    CHECK(trading_state_of(n) == "halted");
    REQUIRE(eventually([&] { return source_ended(n); }));
    n.process().send(SIGKILL);
    CHECK(n.process().wait().exit_code == 128 + SIGKILL);
  }
  const auto by_state = tally(log);
  CHECK(by_state[active].approved > 10);
  CHECK(by_state[active].denied_by_state == 0);
  CHECK(by_state[halted].denied_by_state > 100);
  CHECK(by_state[halted].approved == 0);
  CHECK(by_state[halted].approved_reducing == 0);
  CHECK(by_state[halted].denied_otherwise == 0);
  changes = events_of<trading_state_changed>(log).size();
  CHECK(changes == 1);
  {
    live_node n(demo_file(), log, {"--port", "0", "--stay"});
    REQUIRE(eventually([&] { return n.ready(); }));
    CHECK(trading_state_of(n) == "halted");
    give(n, command("halt", "ann", "k1"));  // the same key, in another life
    const auto resumed = give(n, command("resume", "bob", "k2"));
    CHECK(trading_state_in(resumed["status"]) == "active");
    n.process().send(SIGTERM);
    CHECK(n.process().wait().exit_code == 130);
  }
  const auto told = events_of<trading_state_changed>(log);
  REQUIRE(told.size() == 2);
  CHECK(told[0].state == trading_state::halted);
  CHECK(told[1].state == trading_state::active);
  const auto replayed = tomnext_tool({"replay", log, "--verify"});
  INFO(replayed.out);
  CHECK(replayed.exit_code == 0);
}

TEST_CASE("a repeated command has the first one's answer, also after kill -9; another one under its key, or one that comes too late, is refused") {
  scratch_folder f;
  const auto log = f / "log";
  json first;
  {
    live_node n(demo_file(), log, {"--port", "0", "--stay"});
    REQUIRE(eventually([&] { return n.ready(); }));
    first = give(n, command("halt", "ann", "k1"));
    CHECK(first["seq"].get<std::uint64_t>() > 0);
    CHECK(first["durable_seq"] > first["seq"]);
    give(n, command("resume", "bob", "k2"));
    const auto again = give(n, command("halt", "ann", "k1"));
    CHECK(again["seq"] == first["seq"]);
    CHECK(again["durable_seq"] == first["durable_seq"]);
    CHECK(trading_state_in(again["status"]) == "active");  // the first answer; the service is told as it is now
    n.process().send(SIGKILL);
    CHECK(n.process().wait().exit_code == 128 + SIGKILL);
  }
  live_node n(demo_file(), log, {"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return n.ready(); }));
  const auto again = give(n, command("halt", "ann", "k1"));
  CHECK(again["seq"] == first["seq"]);
  CHECK(again["durable_seq"] == first["durable_seq"]);
  const auto other = n.post(risk_commands, command("reduce", "ann", "k1"));
  REQUIRE(other);
  CHECK(other->status == 400);
  CHECK(has_text(other->body, "the idempotency key 'k1' is that of another command (event " + first["seq"].dump()));

  const auto expecting = [](std::uint64_t version) {
    auto j = json::parse(command("halt", "ann", "k3"));
    j["expected_version"] = version;
    return j.dump();
  };
  const auto late = n.post(risk_commands, expecting(first["seq"]));
  REQUIRE(late);
  CHECK(late->status == 409);
  const auto why = json::parse(late->body);
  CHECK(why["code"] == "version_conflict");
  CHECK(why["details"]["expected_version"] == first["seq"]);
  const auto actual = why["details"]["actual_version"].get<std::uint64_t>();
  CHECK(actual > first["seq"]);
  const auto taken = give(n, expecting(actual));
  CHECK(taken["seq"].get<std::uint64_t>() > actual);
  CHECK(give(n, expecting(actual))["seq"] == taken["seq"]);  // a repetition is one, though the version has moved on
  const auto wrong = n.post(risk_commands, R"({"command":"halt","who":"ann","expected_version":"7"})");
  REQUIRE(wrong);
  CHECK(wrong->status == 400);
  CHECK(has_text(wrong->body, "expected_version must be a number"));

  const auto readers = n.ask("/api/v1/log/readers");
  REQUIRE(readers["readers"].size() == 2);
  CHECK(readers["readers"][0]["name"] == "journal/snapshots");
  CHECK(readers["readers"][1]["name"] == "monitoring_alerting/log_channel");
  for (const auto& r : readers["readers"]) CHECK(r["connected"] == true);
  const auto work = n.ask("/api/v1/work");
  CHECK(work["workers"] >= 1);
  CHECK(work["jobs"].empty());
  CHECK(n.post("/api/v1/work/1/cancel", "")->status == 404);  // it reaches the pool, which has none
  CHECK(eventually([&] { return has_text(n.get("/metrics")->body, "tomnext_feed_lag_events{actor=\"journal/snapshots\""); }));
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
  CHECK(events_of<operator_commanded>(log).size() == 3);
}

TEST_CASE("reducing lets only orders pass that reduce") {
  scratch_folder f;
  const auto log = f / "log";
  live_node n(demo_file(), log, {"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return n.durable() > 20'000; }));
  CHECK(trading_state_in(give(n, command("reduce", "ann", "k1"))["status"]) == "reducing");
  REQUIRE_FALSE(source_ended(n));
  REQUIRE(eventually([&] { return source_ended(n); }));
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
  const auto by_state = tally(log);
  CHECK(by_state[reducing].denied_by_state > 100);
  CHECK(by_state[reducing].approved == 0);
  CHECK(by_state[reducing].approved_reducing >= 1);  // what was open at the time is closed
}

TEST_CASE("commands that are none are refused, and nothing of them is in the log") {
  scratch_folder f;
  const auto log = f / "log";
  live_node n(demo_file(), log, {"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return n.ready(); }));
  struct wrong {
    std::string path, body;
    unsigned status;
    std::string says;
  };
  for (const auto& [path, body, status, says] :
       {wrong{risk_commands, "halt", 400, "a command is a JSON object"}, wrong{risk_commands, "", 400, "a command is a JSON object"},
        wrong{risk_commands, R"({"command":"stop","who":"ann"})", 400, "unknown command 'stop'"},
        wrong{risk_commands, R"({"who":"ann"})", 400, "command is missing"}, wrong{risk_commands, R"({"command":"halt","who":7})", 400, "who must be a text"},
        wrong{risk_commands, R"({"command":"halt","who":"ann","force":"yes"})", 400, "unknown key 'force'"},
        wrong{risk_commands, R"({"command":"halt","who":")" + std::string(64, 'a') + "\"}", 400, "longer than 63 bytes"},
        wrong{risk_commands, R"({"command":"halt","who":"ann","target":-1})", 400, "target must be a number"},
        wrong{"/api/v1/feature_store/commands", R"({"command":"halt","who":"ann"})", 400, "takes no commands"},
        wrong{"/api/v1/risk_managment/commands", R"({"command":"halt","who":"ann"})", 404, "there is nothing at"},
        wrong{"/api/v1/actors/kill?name=risk_management/book", "", 404, "there is nothing at"}}) {  // no test hooks here
    INFO(path << " " << body);
    const auto answer = n.post(path, body);
    REQUIRE(answer);
    CHECK(answer->status == status);
    CHECK(has_text(answer->body, says));
  }
  const auto read = n.get(risk_commands);
  REQUIRE(read);
  CHECK(read->status == 405);
  REQUIRE(eventually([&] { return source_ended(n); }));
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
  CHECK(events_of<operator_commanded>(log).empty());
  CHECK(events_of<actor_restarted>(log).empty());
}

TEST_CASE("the views of the nine services answer JSON; what is unknown is explained") {
  scratch_folder f;
  live_node n(demo_file(), f / "log", {"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return n.ready() && source_ended(n); }));
  for (const char* service : {"data_pipeline", "feature_store", "analysis_engine", "strategy_execution", "ml_integration", "portfolio_management",
                              "risk_management", "monitoring_alerting", "trading_gateway"}) {
    INFO(service);
    const auto view = n.ask(std::string("/api/v1/") + service);
    REQUIRE(view.is_object());
    CHECK(view["service"] == service);
    REQUIRE(view["hosts"].is_array());
    for (const auto& h : view["hosts"]) {
      INFO(h.dump());
      CHECK(h["as_of_seq"].get<std::uint64_t>() > 0);
      CHECK(h["ready"] == true);
      CHECK(h.contains("view"));
    }
  }
  const auto balance = n.ask("/api/v1/portfolio_management")["hosts"][0]["view"]["balance_minor_units"];
  CHECK(balance == 96'206'251);
  CHECK(n.ask("/api/v1/portfolio_management/equity_curve")["hosts"][0]["view"].size() >= 20);

  // As of a time in the middle: the newest vector that was known then, and another one than the newest of all.
  const auto newest = n.ask("/api/v1/feature_store/newest")["hosts"][0]["view"];
  const auto then = n.ask("/api/v1/feature_store/as_of?argument=2012-02-29T12:02:30Z")["hosts"][0]["view"];
  REQUIRE(then.is_object());
  CHECK(then["known_at"].get<std::string>() <= "2012-02-29T12:02:30");
  CHECK(then["known_at"].get<std::string>() > "2012-02-29T11:00:00");
  CHECK(then["values"].size() == newest["values"].size());
  CHECK(then["vector_hash"] != newest["vector_hash"]);
  CHECK(n.ask("/api/v1/feature_store/as_of?argument=1999-01-01T00:00:00Z")["hosts"][0]["view"].is_null());

  const auto when = n.ask("/api/v1/feature_store/as_of?argument=yesterday");
  CHECK(has_text(when.dump(), "yesterday"));
  const auto what = n.ask("/api/v1/feature_store/oldest");
  CHECK(has_text(what.dump(), "unknown question 'oldest'; there are: status, newest, as_of"));
  const auto nobody = n.get("/api/v1/fortune_telling");
  REQUIRE(nobody);
  CHECK(nobody->status == 404);
  CHECK(has_text(nobody->body, "there is nothing at /api/v1/fortune_telling"));
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
}
