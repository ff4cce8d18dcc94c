#include "actors/monitoring_alerting/collector.hpp"

#include "actors/monitoring_alerting/alert_channel.hpp"
#include "domain/monitoring_alerting/alert_host.hpp"
#include "tests/actors/small_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

constexpr std::int64_t second = second_ns;

/// A node with the host of the alerts, a collector that looks every 200 ms, and a worker that is restarted when it crashes, all of it noted.
struct watched_node {
  stage s;
  std::shared_ptr<persistence::memory_log> log = std::make_shared<persistence::memory_log>();
  std::shared_ptr<supervision_notes> supervision = std::make_shared<supervision_notes>();
  small_node n{s, log, {host_of<monitoring_alerting::alert_host>(16, "alerts", monitoring_alerting::alert_configuration{})}};
  std::uint64_t position = 0;
  collector_protocol collector;

  watched_node() {
    auto by = s.supervisor("service");
    by.restarts_max = 1'000;
    by.backoff_min = by.backoff_max = 1ms;
    by.on_restart = [this](const std::string& name, std::uint64_t restarts, const std::string& reason) {
      supervision->add({std::string_view(name), static_cast<std::uint32_t>(restarts), std::string_view(reason)});
    };
    s.run(by, s.children("service", {"worker", "neighbour"}));
    start_collector();
  }
  ~watched_node() {
    exit_now(pointer_of(collector), exit_reason::kill);
    s.settle();
  }
  watched_node(const watched_node&) = delete;
  watched_node& operator=(const watched_node&) = delete;

  void start_collector() {
    collector_settings c;
    c.figures = s.figures;
    c.notes = supervision;
    c.time_authority = [this] { return n.time(); };
    c.queue_watch_level = 10;
    collector = spawn_actor<collector_protocol, collector_state>(s.system, s.figures, {"collector", "collector", ""}, c);
    s.settle();
  }
  void crash(const std::string& who) {
    s.send(who, crash_v);
    s.pass(3ms);
  }
  void market_time(std::int64_t at_ns) {
    n.offer({quote_at(at_ns, ++position)});
    s.settle();
  }
  [[nodiscard]] std::vector<alert_changed> alerts() const {
    std::vector<alert_changed> all;
    for (const auto& e : n.only<alert_changed>()) all.push_back(e.as<alert_changed>());
    return all;
  }
};

}  // namespace

TEST_CASE("an actor that is restarted three times within a minute of the market's time: three events, one alert, and its end a minute later") {
  watched_node w;
  w.market_time(1'000 * second);
  w.crash("worker");
  w.crash("neighbour");
  w.crash("worker");
  w.s.pass(250ms);
  CHECK(w.n.only<actor_restarted>().size() == 3);
  CHECK(w.alerts().empty());
  w.market_time(1'059 * second);
  w.crash("worker");
  w.s.pass(250ms);
  const auto told = w.n.only<actor_restarted>();
  REQUIRE(told.size() == 4);
  CHECK(told.back().as<actor_restarted>().actor == text("worker"));
  CHECK(told.back().as<actor_restarted>().restarts == 3);
  CHECK(has_text(std::string(told.back().as<actor_restarted>().reason.view()), "boom"));
  CHECK(told.back().head.at.ns == 1'059 * second);
  REQUIRE(w.alerts().size() == 1);
  CHECK(w.alerts()[0].state == alert_state::firing);
  CHECK(w.alerts()[0].rule == alert_rule::actor_restarts);
  CHECK(w.alerts()[0].subject == text("worker"));

  w.s.pass(500ms);
  CHECK(w.n.only<actor_restarted>().size() == 4);  // each restart is told once
  w.market_time(1'118 * second);
  CHECK(w.alerts().size() == 1);
  w.market_time(1'125 * second);
  REQUIRE(w.alerts().size() == 2);
  CHECK(w.alerts()[1].state == alert_state::resolved);
  CHECK(w.alerts()[1].subject == text("worker"));
}

TEST_CASE("three restarts over more than a minute are no alert") {
  watched_node w;
  for (const std::int64_t at : {1'000, 1'031, 1'062}) {
    w.market_time(at * second);
    w.crash("worker");
    w.s.pass(250ms);
  }
  CHECK(w.n.only<actor_restarted>().size() == 3);
  CHECK(w.alerts().empty());
}

TEST_CASE("restarts that the log could not take are told later, once each") {
  watched_node w;
  w.market_time(second);
  auto halted = ask_from_outside<bool>(w.s.system, w.n.time(), halt_v);  // an authority that takes nothing, until it is started again
  w.s.settle();
  w.crash("worker");
  w.crash("worker");
  w.s.pass(700ms);
  CHECK(w.n.only<actor_restarted>().empty());
  w.n.kill("time");
  w.s.pass(300ms);
  CHECK(w.n.only<actor_restarted>().size() == 2);
  w.s.pass(500ms);
  CHECK(w.n.only<actor_restarted>().size() == 2);
}

TEST_CASE("a mailbox above its watch level is told once, and again when it is below half of it") {
  watched_node w;
  w.market_time(second);
  const auto worker = w.s.workers.at("worker");
  // A look at the mailbox while the messages lie in it: the collector's tick is handled first.
  const auto look = [&](int messages) {
    w.s.scheduler.advance_time(200ms);
    for (int i = 0; i < messages; ++i) tell_from_outside(worker, work_v, i);
    w.s.settle();
  };
  const auto crossings = [&] { return w.n.only<queue_depth_crossed>(); };
  look(8);
  CHECK(crossings().empty());
  look(30);
  REQUIRE(crossings().size() == 1);
  CHECK(crossings()[0].as<queue_depth_crossed>().actor == text("worker"));
  CHECK(crossings()[0].as<queue_depth_crossed>().above);
  CHECK(crossings()[0].as<queue_depth_crossed>().depth > 10);
  look(7);  // between the half and the level: as before
  CHECK(crossings().size() == 1);
  look(0);
  REQUIRE(crossings().size() == 2);
  CHECK_FALSE(crossings()[1].as<queue_depth_crossed>().above);
  const auto told = w.alerts();
  REQUIRE(told.size() == 2);
  CHECK(told[0].state == alert_state::firing);
  CHECK(told[1].state == alert_state::resolved);
}

TEST_CASE("notes: what is told while others come is taken and nothing else, and the oldest go where nobody comes for them") {
  supervision_notes notes;
  const auto note = [](std::uint32_t n) { return actor_restarted{"a", n, "why"}; };
  for (std::uint32_t i = 0; i < supervision_notes::notes_max; ++i) notes.add(note(i));
  const auto seen = notes.waiting();
  CHECK(seen.notes.size() == supervision_notes::notes_max);
  for (std::uint32_t i = 0; i < 3; ++i) notes.add(note(10'000 + i));  // three old ones go
  CHECK(notes.dropped() == 3);
  notes.taken(seen.behind);
  const auto left = notes.waiting();
  REQUIRE(left.notes.size() == 3);
  CHECK(left.notes[0].restarts == 10'000);
  notes.taken(left.behind);
  notes.taken(left.behind);
  CHECK(notes.waiting().notes.empty());
  CHECK(notes.dropped() == 3);
}
