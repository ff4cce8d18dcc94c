// What ends a node, or a part of it, changes nothing that it does: kill -9 at random moments, every actor killed on purpose, an ordered stop in the middle.
#include <set>

#include "persistence/checksum.hpp"
#include "tests/e2e/acknowledged.hpp"
#include "tests/e2e/random_moments.hpp"
#include "tests/sim/model/random.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

void check_holds(const std::string& directory, const persistence::log_head& h) {
  auto log = persistence::open_log_for_reading(directory);
  if (!log) FAIL(log.error().message);
  const auto holds = (*log)->holds(h);
  if (!holds) FAIL(holds.error().message);
  INFO("acknowledged up to " << h.seq << " in epoch " << h.epoch << ", the log ends at " << (*log)->head().seq);
  CHECK(*holds);
}

void check_no_order_sent_twice(const std::string& log, std::size_t wanted) {
  std::set<std::uint64_t> orders;
  for (const auto& s : events_of<send_started>(log)) {
    INFO("client order id " << s.order.value);
    CHECK(orders.insert(s.order.value).second);
  }
  CHECK(orders.size() == wanted);
}

const std::set<std::string> the_journal{"journal/journal", "journal/writer"};

std::vector<std::string> actors_of(live_node& n, bool supervisors) {
  std::vector<std::string> names;
  for (const auto& a : n.ask("/api/v1/actors"))
    if ((a["kind"] == "supervisor") == supervisors && a["name"] != "node" && !the_journal.contains(a["name"])) names.push_back(a["name"]);
  return names;
}

void kill_actor(live_node& n, const std::string& name) {
  std::string encoded;
  for (const char c : name) encoded += c == ' ' ? std::string("%20") : std::string(1, c);
  const auto killed = n.post("/api/v1/actors/kill?name=" + encoded, "");
  INFO(name);
  REQUIRE(killed);
  CHECK(killed->status == 200);
}

void end_in_order(live_node& n) {
  n.process().send(SIGTERM);
  const auto p = n.process().wait();
  INFO(p.err << p.out);
  CHECK(p.exit_code == 130);
}

bool source_ended(live_node& n) { return n.actor("data_pipeline/ingress")["state"] == "stopped"; }

}  // namespace

TEST_CASE("kill -9 at 20 random moments: the node recovers, nothing acknowledged is missing, no order is sent twice, the end is the same") {
  scratch_folder f;
  const std::vector<std::string> often{"--set", "node.snapshot_every=20000"};
  const auto wanted = backtest_into(demo_file(), f / "backtest", often);
  const auto seed = seed_of_this_run();
  WARN("kill -9 moments drawn with TOMNEXT_SEED=" << seed);
  INFO("TOMNEXT_SEED=" << seed);
  sim::random_source random(seed);
  constexpr int kills = 20;
  constexpr std::uint64_t bytes_in_all = 7'000'000;
  std::vector<persistence::log_head> acknowledged;
  int killed = 0;
  for (; killed < kills; ++killed) {
    // Some die while they start or recover, most while they run.
    const auto growth = random.chance(25) ? random.below(2'000) : random.below(2 * bytes_in_all / (kills + 2));
    const auto before = bytes_in(persistence::rows_folder(f / "live"));
    live_node n(demo_file(), f / "live", {"--port", "0", often[0], often[1]});
    std::optional<persistence::log_head> last;
    REQUIRE(eventually([&] {
      if (n.process().ended()) return true;
      if (growth >= 2'000 && !n.url().empty())
        if (const auto h = acknowledged_by(n)) last = h;
      return bytes_in(persistence::rows_folder(f / "live")) >= before + growth;
    }));
    n.process().send(SIGKILL);
    const auto p = n.process().wait();
    INFO("kill " << killed << " at " << growth << " bytes: " << p.err);
    REQUIRE((p.exit_code == 128 + SIGKILL || p.exit_code == 0));  // 0: it was done before the last kills came
    if (!std::filesystem::exists(f / "live")) continue;
    if (persistence::log_exists(f / "live")) verify(f / "live");
    if (!last || last->seq == 0) continue;
    check_holds(f / "live", *last);
    acknowledged.push_back(*last);
  }
  const auto end = run_to_end(demo_file(), f / "live", often);
  CHECK(end["final_balance"] == wanted["final_balance"]);
  CHECK(end["host_restarts"].get<std::uint64_t>() >= 10 * 10);
  CHECK(acknowledged.size() >= 8);
  for (const auto& h : acknowledged) check_holds(f / "live", h);
  check_identical(f / "backtest", f / "live", 165'000);
  check_no_order_sent_twice(f / "live", wanted["orders"]);
  verify(f / "live");
}

TEST_CASE("every actor but the journal is killed once: it alone is restarted, and nothing changes") {
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest");
  live_node n(demo_file(), f / "live", {"--port", "0", "--stay", "--test-hooks"});
  REQUIRE(eventually([&] { return n.durable() > 2'000; }));
  const auto names = actors_of(n, false);
  REQUIRE(names.size() > 25);
  std::uint64_t kills = 0;
  for (const auto& name : names) {
    INFO(name);
    // Spread over the run.
    REQUIRE(eventually([&] { return n.durable() > 2'000 + kills * 4'000; }));
    ++kills;
    REQUIRE_FALSE(source_ended(n));
    kill_actor(n, name);
    REQUIRE(eventually([&] {
      const auto a = n.actor(name);
      return a.is_object() && a["restarts"] == 1 && a["state"] == "running";
    }));
  }
  REQUIRE(eventually([&] { return source_ended(n); }));
  const std::set<std::string> killed(names.begin(), names.end());
  for (const auto& a : n.ask("/api/v1/actors")) {
    INFO(a.dump());
    CHECK(a["restarts"] == (killed.contains(a["name"]) ? 1 : 0));
  }
  end_in_order(n);
  check_identical(f / "backtest", f / "live", 165'000);
  check_no_order_sent_twice(f / "live", 570);
  CHECK(events_of<actor_restarted>(f / "live").size() == names.size());
  CHECK(events_of<alert_changed>(f / "live").size() == events_of<alert_changed>(f / "backtest").size());
}

TEST_CASE("each supervisor below the node is killed once, and its children with it: nothing changes") {
  // In two lots: more than five restarts within ten seconds, and the root gives up.
  const std::size_t lot = GENERATE(0, 1);
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest");
  live_node n(demo_file(), f / "live", {"--port", "0", "--stay", "--test-hooks"});
  REQUIRE(eventually([&] { return n.durable() > 2'000; }));
  const auto names = actors_of(n, true);
  REQUIRE(names.size() == 10);  // the nine services', and that of the log's upkeep
  std::uint64_t kills = 0;
  for (std::size_t i = lot; i < names.size(); i += 2) {
    INFO(names[i]);
    REQUIRE(eventually([&] { return n.durable() > 2'000 + kills * 20'000; }));
    ++kills;
    REQUIRE_FALSE(source_ended(n));
    kill_actor(n, names[i]);
    REQUIRE(eventually([&] { return n.process().ended() || (n.actor(names[i])["restarts"] == 1 && n.ready()); }));
    REQUIRE_FALSE(n.process().ended());
  }
  REQUIRE(eventually([&] { return source_ended(n); }));
  end_in_order(n);
  check_identical(f / "backtest", f / "live", 165'000);
}

TEST_CASE("the death of the journal or of its writer ends the node with exit code 7, and the next run goes on") {
  const std::string name = GENERATE("journal/journal", "journal/writer");
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest");
  live_node n(demo_file(), f / "live", {"--port", "0", "--test-hooks"});
  REQUIRE(eventually([&] { return n.durable() > 20'000; }));
  (void)n.post("/api/v1/actors/kill?name=" + name, "");  // it may be gone before it has answered
  const auto p = n.process().wait();
  INFO(p.err);
  CHECK(p.exit_code == 7);
  CHECK(has_text(p.err, "tomnext: " + name + " ended"));
  CHECK(json::parse(p.out)["error"]["exit_code"] == 7);
  verify(f / "live");
  CHECK(run_to_end(demo_file(), f / "live")["final_balance"] == "962062.51");
  check_identical(f / "backtest", f / "live", 165'000);
}

TEST_CASE("SIGTERM in the middle: marks with snapshots, a sealed log, and a next run that begins from them") {
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest");
  std::uint64_t stopped_at = 0;
  {
    live_node n(demo_file(), f / "live", {"--port", "0"});
    REQUIRE(eventually([&] { return n.durable() > 50'000; }));
    n.process().send(SIGTERM);
    const auto p = n.process().wait();
    INFO(p.err << p.out);
    REQUIRE(p.exit_code == 130);
    const auto summary = json::parse(p.out);
    CHECK(summary["source_ended"] == false);
    stopped_at = summary["events"];
  }
  CHECK(verify(f / "live")["sealed"] == true);
  std::set<std::uint32_t> hosts, marked;
  each_event(f / "live", [&](const event& e) {
    if (e.is<host_activated>()) hosts.insert(e.head.host.value);
    const auto* mark = e.get_if<host_progressed>();
    if (mark != nullptr && mark->snapshot && mark->consumed > 0) marked.insert(e.head.host.value);
  });
  CHECK(hosts.size() >= 10);
  CHECK(marked.size() >= hosts.size() - 1);  // alerts have heard of nothing yet, perhaps

  CHECK(run_to_end(demo_file(), f / "live")["final_balance"] == "962062.51");
  std::uint64_t recovered = 0;
  for (const auto& r : events_of<host_recovered>(f / "live")) {
    INFO(r.name.view());
    ++recovered;
    if (std::string(r.name.view()) != "monitoring_alerting/alerts") CHECK(r.snapshot_position > 0);
    CHECK(r.snapshot_position <= stopped_at);
  }
  CHECK(recovered == hosts.size());
  check_identical(f / "backtest", f / "live", 165'000);
}

TEST_CASE("SIGTERM again and again: each run stops in order, and the end is the same") {
  scratch_folder f;
  backtest_into(demo_file(), f / "backtest");
  std::uint64_t durable = 0;
  for (int stop = 0; stop < 5; ++stop) {
    live_node n(demo_file(), f / "live", {"--port", "0"});
    REQUIRE(eventually([&] { return n.process().ended() || n.durable() > durable + 20'000; }));
    durable = std::max(durable, n.durable());
    n.process().send(stop % 2 == 0 ? SIGTERM : SIGINT);
    const auto p = n.process().wait();
    INFO(p.err << p.out);
    REQUIRE(p.exit_code == 130);
    CHECK(verify(f / "live")["sealed"] == true);
  }
  CHECK(run_to_end(demo_file(), f / "live")["final_balance"] == "962062.51");
  check_identical(f / "backtest", f / "live", 165'000);
}
