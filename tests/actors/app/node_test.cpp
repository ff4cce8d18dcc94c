// A whole node inside this process: against the back-test, and started and stopped again and again.
#include "actors/app/event_difference.hpp"
#include "actors/app/node.hpp"

#include <dirent.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>

#include "actors/replay/backtest.hpp"
#include "actors/replay/prepare.hpp"
#include "config/loader.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// The demo's strategy on so many minutes of its market, as ticks by bars of five minutes or as the text says.
config::deployment short_demo(const market_folder& folder, std::size_t minutes, const std::string& as = "ticks", const std::string& bars = "5m-mid",
                              const std::string& more = "") {
  const auto pair = made_pair(folder, "GBP", "USD", 5, 1, 1, minutes);
  auto d = config::load_text("data: [{format: fxcm-m1, bid: " + pair.bid_file + ", ask: " + pair.ask_file + ", instrument: GBP/USD, stamp: close, as: " + as +
                                 "}]\n" + more +
                                 "account: {currency: GBP, balance: 1000000, positions: hedging}\nquality: {flagged_quotes_trade: true}\n"
                                 "strategies: [{kind: ema_cross, name: cross, instrument: GBP/USD, bars: " +
                                 bars + ", fast: 3, slow: 6, size: 100000}]\n",
                             "short.yaml", "", {});
  if (!d) FAIL(d.error().message);
  if (auto ready = replay::prepare(*d); !ready) FAIL(ready.error().message);
  return *d;
}

std::unique_ptr<app::node> started(const config::deployment& d, std::shared_ptr<persistence::event_log> log, app::node_options o = {}) {
  auto parts = replay::load_models(d, "");
  if (!parts) FAIL(parts.error().message);
  o.log = std::move(log);
  auto n = app::node::start(d, std::move(*parts), std::move(o));
  if (!n) FAIL(n.error().message);
  return std::move(*n);
}

std::vector<event> compared_events(const persistence::event_log& log) {
  auto scan = log.scan(1);
  if (!scan) FAIL(scan.error().message);
  std::vector<event> all;
  for (;;) {
    auto g = (*scan)->next();
    if (!g) FAIL(g.error().message);
    if (!*g) return all;
    for (const auto& e : (*g)->events)
      if (!is_runtime_event(e.head.type) && !e.is<log_declared>()) all.push_back(e);
  }
}

void check_same(const std::vector<event>& wanted, const std::vector<event>& got) {
  REQUIRE(wanted.size() == got.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (app::same_payload(wanted[i], got[i]) && wanted[i].head.at == got[i].head.at && wanted[i].head.ordinal == got[i].head.ordinal) continue;
    FAIL("event " << i << ": " << event_name(wanted[i].head.type) << " and " << event_name(got[i].head.type));
  }
}

std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  if (auto* d = opendir(folder)) {
    while (readdir(d) != nullptr) ++count;
    closedir(d);
  }
  return count;
}

/// What this process has in memory now.
std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::size_t kib = 0; word == "VmRSS:" && status >> kib) return kib;
  return 0;
}

}  // namespace

TEST_CASE("a node on a log in memory writes what the back-test writes, payload by payload, with one worker thread and with four") {
  market_folder folder("node");
  auto d = short_demo(folder, 3'000);
  auto report = replay::run_backtest(d, {folder.file("backtest"), {}});
  if (!report) FAIL(report.error().message);
  CHECK(report->orders > 50);
  auto backtest = persistence::open_log_for_reading(folder.file("backtest"));
  REQUIRE(backtest);
  const auto wanted = compared_events(**backtest);
  for (const std::uint32_t threads : {1u, 2u, 4u}) {
    INFO(threads << " threads");
    d.node.threads = threads;
    const auto log = std::make_shared<persistence::memory_log>();
    const auto n = started(d, log);
    const auto outcome = n->wait();
    CHECK(outcome.code == app::exit_code::ok);
    CHECK(outcome.message.empty());
    CHECK(n->stop());
    check_same(wanted, compared_events(*log));
    for (const auto& f : n->figures()->figures()) {
      INFO(f.name);
      CHECK(f.restarts == 0);
      CHECK(f.state == "stopped");
    }
  }
}

TEST_CASE("financing is decided by a node as by the back-test: at rolls of both cities, and the comparison's, with bars as the feed") {
  market_folder folder("node-financing");
  config::deployment d;
  SECTION("New York") { d = short_demo(folder, 4'500, "ticks", "5m-mid", "instruments: {GBP/USD: {swap: [-1.5, 0.5]}}\n"); }
  SECTION("Auckland, and nothing published") { d = short_demo(folder, 4'500, "ticks", "5m-mid", "instruments: {GBP/USD: {roll: auckland}}\n"); }
  const std::string compat = "portfolio: {financing: compat, interest_rates: " + shipped_data("rates/short-term-interest-2011-2012.csv") + "}\n";
  SECTION("the comparison, weekend bars too") { d = short_demo(folder, 4'500, "ticks", "5m-mid", compat + "bars: {without_updates: true}\n"); }
  SECTION("the comparison, bars as the feed") { d = short_demo(folder, 4'500, "bars_as_feed", "1m-bid", compat); }
  auto report = replay::run_backtest(d, {folder.file("backtest"), {}});
  if (!report) FAIL(report.error().message);
  CHECK(report->financing_bookings + report->financing_deferred >= 2);
  auto backtest = persistence::open_log_for_reading(folder.file("backtest"));
  REQUIRE(backtest);
  const auto log = std::make_shared<persistence::memory_log>();
  const auto n = started(d, log);
  CHECK(n->wait().code == app::exit_code::ok);
  CHECK(n->stop());
  check_same(compared_events(**backtest), compared_events(*log));
}

TEST_CASE("at a multiple of the recorded pace the same quotes enter, and the same bars come out") {
  market_folder folder("node-paced");
  auto d = short_demo(folder, 600);
  auto report = replay::run_backtest(d, {folder.file("backtest"), {}});
  if (!report) FAIL(report.error().message);
  auto backtest = persistence::open_log_for_reading(folder.file("backtest"));
  REQUIRE(backtest);
  d.node.pace.lockstep = false;
  d.node.pace.times = 30'000;
  const auto log = std::make_shared<persistence::memory_log>();
  const auto n = started(d, log);
  CHECK(n->wait().code == app::exit_code::ok);
  CHECK(n->stop());
  const auto only = []<class E>(std::type_identity<E>, const std::vector<event>& all) {
    std::vector<E> some;
    for (const auto& e : all)
      if (const auto* payload = e.get_if<E>()) some.push_back(*payload);
    return some;
  };
  const auto wanted = compared_events(**backtest), got = compared_events(*log);
  CHECK(only(std::type_identity<quote_accepted>{}, got) == only(std::type_identity<quote_accepted>{}, wanted));
  CHECK(only(std::type_identity<bar_closed>{}, got) == only(std::type_identity<bar_closed>{}, wanted));
}

TEST_CASE("started and stopped twenty times in the middle: no thread, descriptor or actor is left, and the last run ends as the back-test") {
  market_folder folder("node-again");
  const auto d = short_demo(folder, 3'000);
  auto report = replay::run_backtest(d, {folder.file("backtest"), {}});
  if (!report) FAIL(report.error().message);
  const auto log = std::make_shared<persistence::memory_log>();
  const std::size_t threads = entries_of("/proc/self/task");
  std::size_t descriptors = 0;
  std::weak_ptr<actors::introspection> figures;
  for (int i = 0; i < 20; ++i) {
    INFO("run " << i);
    const auto before = log->head().seq;
    app::node_options o;
    o.port = 0;
    auto n = started(d, log, o);
    figures = n->figures();
    REQUIRE(eventually([&] { return n->outcome() || log->head().seq > before + 500; }));
    CHECK(n->stop());
    CHECK((n->wait().code == app::exit_code::cancelled || n->wait().code == app::exit_code::ok));
    n.reset();
    CHECK(figures.expired());                               // every actor's record holds it: none is left
    if (i == 0) descriptors = entries_of("/proc/self/fd");  // the first run opens what this process keeps
    // A thread that has said that it is done may not have left the kernel's list yet.
    CHECK(eventually([&] { return entries_of("/proc/self/task") == threads; }, std::chrono::seconds(5)));
    CHECK(entries_of("/proc/self/fd") == descriptors);
  }
  const auto n = started(d, log);
  CHECK(n->wait().code == app::exit_code::ok);
  CHECK(n->stop());
  auto backtest = persistence::open_log_for_reading(folder.file("backtest"));
  REQUIRE(backtest);
  check_same(compared_events(**backtest), compared_events(*log));
}

TEST_CASE("two hundred whole nodes in one process, from start to end: actors, threads, descriptors and memory come back") {
  market_folder folder("node-leaks");
  const auto d = short_demo(folder, 60);
  const std::size_t threads = entries_of("/proc/self/task");
  std::size_t descriptors = 0, resident = 0, most = 0;
  for (int i = 0; i < 200; ++i) {
    INFO("run " << i);
    app::node_options o;
    o.port = 0;
    auto n = started(d, std::make_shared<persistence::memory_log>(), o);
    const std::weak_ptr<actors::introspection> figures = n->figures();
    REQUIRE(n->wait().code == app::exit_code::ok);
    REQUIRE(n->stop());
    n.reset();
    REQUIRE(figures.expired());
    if (i == 0) descriptors = entries_of("/proc/self/fd");
    REQUIRE(eventually([&] { return entries_of("/proc/self/task") == threads; }, std::chrono::seconds(5)));
    REQUIRE(entries_of("/proc/self/fd") == descriptors);
    if (i == 50) resident = resident_kib();  // by then the allocator has what it keeps
    most = std::max(most, resident_kib());
  }
  const auto after = resident_kib();
  WARN("resident after 51 nodes " << resident << " KiB, after 200 " << after << " KiB, at most " << most << " KiB");
  // A node's hosts, records and log take some 3 MiB: a leak of a hundredth of it would show.
  CHECK(after < resident + 6 * 1024);
}

TEST_CASE("a market file that is broken in the middle ends the node with what is wrong with it; what came before is in the log") {
  market_folder folder("node-broken");
  const auto pair = made_pair(folder, "GBP", "USD", 5, 1, 1, 50);
  std::ofstream(pair.bid_file, std::ios::app) << "2012-02-01 09:00:00+00:00,1.5,x,1.5,1.5\n";
  std::ofstream(pair.ask_file, std::ios::app) << "2012-02-01 09:00:00+00:00,1.5,1.5,1.5,1.5\n";
  auto d = config::load_text("data: [{format: fxcm-m1, bid: " + pair.bid_file + ", ask: " + pair.ask_file +
                                 ", instrument: GBP/USD}]\n"
                                 "account: {currency: GBP, balance: 1000000}\n",
                             "broken.yaml", "", {});
  REQUIRE(d);
  // Looking at the data beforehand may find it; a file that breaks afterwards is for the ingress.
  if (!replay::prepare(*d)) d->begins = timestamp{1};
  const auto log = std::make_shared<persistence::memory_log>();
  const auto n = started(*d, log);
  const auto outcome = n->wait();
  CHECK(outcome.code == app::exit_code::input_data);
  CHECK(outcome.message.find("GBPUSD-bid.csv") != std::string::npos);
  CHECK(n->stop());
}

TEST_CASE("a node whose root supervisor dies ends, and says so") {
  market_folder folder("node-root");
  const auto d = short_demo(folder, 100);
  app::node_options o;
  o.stay = true;
  const auto n = started(d, std::make_shared<persistence::memory_log>(), o);
  CHECK(n->kill("node"));
  const auto outcome = n->wait();
  CHECK(outcome.code == app::exit_code::service_failed);
  CHECK(outcome.message == "the node's supervisor ended: killed");
}

TEST_CASE("a host answers through the node; who is not there is said to be") {
  market_folder folder("node-view");
  const auto d = short_demo(folder, 100);
  app::node_options o;
  o.stay = true;
  const auto n = started(d, std::make_shared<persistence::memory_log>(), o);
  REQUIRE(eventually([&] {
    const auto seen = n->view("risk_management/book", "status");
    return seen && nlohmann::json::parse(*seen)["ready"] == true;
  }));
  const auto nobody = n->view("risk_management/library", "status");
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == errc::not_ready);
  CHECK_FALSE(n->kill("risk_management/library"));
  CHECK(n->stop());
  CHECK(n->wait().code == app::exit_code::cancelled);
}
