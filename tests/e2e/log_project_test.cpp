// `log project` on the log of the demo: folded, killed with -9, cancelled, beside a node that writes.
#include <csignal>
#include <random>

#include "tests/e2e/live_node.hpp"
#include "tests/e2e/random_moments.hpp"
#include "tests/persistence/projection_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

json statuses(const finished_process& p) {
  INFO(p.err << p.out);
  REQUIRE(p.exit_code == 0);
  return json::parse(p.out)["projections"];
}

std::vector<json> answers(const std::vector<std::string>& words) {
  auto all = std::vector<std::string>{"log", "project", "get"};
  all.insert(all.end(), words.begin(), words.end());
  all.emplace_back("--json");
  const auto p = tomnext_tool(all);
  INFO(p.err);
  REQUIRE(p.exit_code == 0);
  std::vector<json> lines;
  std::istringstream in(p.out);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

/// The rows on disk are those of a fold that was never interrupted.
void check_folded(const std::string& directory) {
  const auto log = must(persistence::open_log_for_reading(directory));
  const auto store = must(persistence::open_projections_for_reading(directory));
  REQUIRE(store);
  for (const auto& p : persistence::projections()) {
    INFO(p->name());
    CHECK(must(persistence::status_of(*p, store.get(), *log)).state == persistence::projection_state::current);
    const auto expected = fold_from_scratch(*p, *log);
    CHECK(expected.size() > 500);
    CHECK(stored_rows(*store, *p) == expected);
  }
}

}  // namespace

TEST_CASE("log project folds a log, and answers what a scan would") {
  scratch_folder f;
  const auto log = f / "log";
  (void)backtest_into(demo_file(), log);
  const auto early = tomnext_tool({"log", "project", "get", log, "event_index", "order_filled"});
  CHECK(early.exit_code != 0);
  CHECK(has_text(early.err, "log project run"));
  for (const auto& s : statuses(tomnext_tool({"log", "project", "status", log, "--json"}))) {
    CHECK(s["state"] == "never_run");
    CHECK(s["lag"] == s["head"]);
  }
  for (const auto& s : statuses(tomnext_tool({"log", "project", "run", log, "--json"}))) {
    CHECK(s["state"] == "current");
    CHECK(s["lag"] == 0);
  }
  check_folded(log);
  CHECK(verify(log)["sealed"] == true);

  std::vector<std::uint64_t> fills, last_of_orders;
  std::map<std::uint64_t, std::uint64_t> last_of_order;
  each_event(log, [&](const event& e) {
    if (const auto* x = e.get_if<order_filled>()) {
      fills.push_back(e.head.seq);
      last_of_order[x->order.value] = e.head.seq;
    }
  });
  const auto found = answers({log, "event_index", "order_filled"});
  REQUIRE(found.size() == fills.size());
  for (std::size_t i = 0; i < fills.size(); ++i) REQUIRE(found[i]["seq"] == fills[i]);
  CHECK(answers({log, "event_index", "order_filled", "--from", std::to_string(fills[100]), "--limit", "7"}).front()["seq"] == fills[100]);
  CHECK(answers({log, "event_index", "order_filled", "--limit", "7"}).size() == 7);
  const auto orders = answers({log, "order_blotter"});
  REQUIRE(orders.size() == last_of_order.size());
  for (const auto& o : orders) {
    REQUIRE(o["state"] == "filled");
    REQUIRE(o["last_seq"] == last_of_order.at(o["order"]));
  }
  const auto one = answers({log, "order_blotter", std::to_string(orders[5]["order"].get<std::uint64_t>())});
  REQUIRE(one.size() == 1);
  CHECK(one[0] == orders[5]);
  CHECK(answers({log, "order_blotter", "venue:" + std::to_string(orders[5]["venue_order"].get<std::uint64_t>())}) == one);
  CHECK(has_text(tomnext_tool({"log", "project", "get", log, "event_index", "day_closed"}).out, " type=day_closed\n"));

  SECTION("what operators decide") {
    CHECK(tomnext_tool({"log", "project", "skip", log, "order_blotter"}).exit_code == 2);
    CHECK(tomnext_tool({"log", "project", "resume", log, "order_blotter"}).exit_code == 2);
    CHECK(statuses(tomnext_tool({"log", "project", "park", log, "order_blotter", "--reason", "maintenance", "--json"}))[0]["reason"] == "maintenance");
    CHECK(tomnext_tool({"log", "project", "park", log, "order_blotter"}).exit_code == 2);
    CHECK(statuses(tomnext_tool({"log", "project", "reset", log, "event_index", "--json"}))[0]["lag"] == 169'771);
    const auto run = statuses(tomnext_tool({"log", "project", "run", log, "--json"}));
    CHECK(run[0]["state"] == "current");
    CHECK(run[1]["state"] == "paused");
    CHECK(statuses(tomnext_tool({"log", "project", "resume", log, "order_blotter", "--json"}))[0]["state"] == "current");
    const auto rebuilt = tomnext_tool({"log", "project", "rebuild", log, "--name", "order_blotter", "--json"});
    CHECK(statuses(rebuilt).size() == 1);
    check_folded(log);
  }
  SECTION("bad input gets what is allowed") {
    const auto name = tomnext_tool({"log", "project", "run", log, "--name", "blotter"});
    CHECK(name.exit_code == 2);
    CHECK(has_text(name.err, "event_index, order_blotter"));
    const auto key = tomnext_tool({"log", "project", "get", log, "event_index", "order_fill"});
    CHECK(key.exit_code == 2);
    CHECK(has_text(key.err, "correlation:SEQ"));
    CHECK(tomnext_tool({"log", "project", "run", log, "--batch", "0"}).exit_code == 2);
    CHECK(tomnext_tool({"log", "project", "run", f / "nothing"}).exit_code != 0);
    CHECK_FALSE(std::filesystem::exists(f / "nothing"));
    CHECK(has_text(tomnext_tool({"log", "project", "list"}).out, "order_blotter"));
  }
  SECTION("a log of another history in its place resets them, and says so") {
    std::filesystem::rename(log, f / "old");
    (void)backtest_into(demo_file(), log, {"--set", "account.balance=500000"});
    std::filesystem::rename(f / "old/projections", log + "/projections");
    for (const auto& s : statuses(tomnext_tool({"log", "project", "status", log, "--json"}))) CHECK(s["state"] == "other_history");
    CHECK(tomnext_tool({"log", "project", "get", log, "event_index"}).exit_code != 0);
    const auto run = tomnext_tool({"log", "project", "run", log, "--json"});
    CHECK(has_text(run.err, "event_index begins anew"));
    CHECK(has_text(run.err, "order_blotter begins anew"));
    check_folded(log);
  }
}

TEST_CASE("kill -9 at random moments while projecting: every event counts once") {
  const auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed << " repeats the moments, to a few milliseconds");
  std::mt19937_64 random(seed);
  scratch_folder f;
  const auto log = f / "log", projections = persistence::projections_folder(log);
  (void)backtest_into(demo_file(), log);
  int kills = 0;
  bool done = false;
  for (int life = 0; life < 40; ++life) {
    // Small batches, so that there are many commits to die in. Once all is done, and now and then before, a life forgets all and begins anew.
    const auto batch = std::to_string(1 + random() % 64);
    const auto* what = done || life % 7 == 6 ? "rebuild" : "run";
    // Some die while they open, most while they fold.
    const auto growth = random() % 4 == 0 ? random() % 2'000 : random() % 3'000'000;
    const auto before = bytes_in(projections);
    background_process running(std::string(TOMNEXT_BINARY_DIR) + "/tomnext", {"log", "project", what, log, "--batch", batch});
    REQUIRE(eventually([&] { return running.ended() || bytes_in(projections) >= before + growth; }));
    running.send(SIGKILL);
    const auto p = running.wait();
    INFO("life " << life << " at " << growth << " bytes: " << p.exit_code << " " << p.err);
    CHECK((p.exit_code == 0 || p.exit_code == 128 + SIGKILL));
    done = p.exit_code == 0;
    kills += done ? 0 : 1;
  }
  REQUIRE(tomnext_tool({"log", "project", "run", log}).exit_code == 0);
  check_folded(log);
  CHECK(kills >= 20);
}

TEST_CASE("a rebuild that is interrupted keeps what is done, and run goes on") {
  scratch_folder f;
  const auto log = f / "log";
  (void)backtest_into(demo_file(), log);
  const auto p = tomnext_tool({"log", "project", "rebuild", log, "--batch", "1"}, [&](pid_t child) {
    // Interrupted once its database is there: with a commit an event it is far from done then.
    (void)eventually([&] { return std::filesystem::exists(log + "/projections/CURRENT"); });
    kill(child, SIGINT);
  });
  INFO(p.err);
  // Before the handler was there the signal ends it at once; both leave a good state.
  CHECK((p.exit_code == 130 || p.exit_code == 128 + SIGINT));
  if (p.exit_code == 130 && has_text(p.err, "after event")) CHECK(has_text(p.err, "what is done stays"));
  REQUIRE(tomnext_tool({"log", "project", "run", log}).exit_code == 0);
  check_folded(log);
}

TEST_CASE("projections are folded beside a node that writes the log") {
  scratch_folder f;
  const auto log = f / "log";
  live_node node(demo_file(), log);
  REQUIRE(eventually([&] { return persistence::log_exists(log) || node.process().ended(); }));
  int beside = 0;
  while (!node.process().ended()) {
    const auto p = tomnext_tool({"log", "project", "run", log, "--json"});
    INFO(p.err << p.out);
    // In its first moments a log has an anchor and no rows, which is no log yet.
    if (p.exit_code != 0 && beside == 0) continue;
    CHECK(p.exit_code == 0);
    CHECK_FALSE(has_text(p.err, "begins anew"));
    ++beside;
  }
  const auto ended = node.process().wait();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(beside > 0);
  REQUIRE(tomnext_tool({"log", "project", "run", log}).exit_code == 0);
  check_folded(log);
  CHECK(verify(log)["sealed"] == true);
}
