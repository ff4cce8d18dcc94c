// The state of hosts as of any moment: against a fold that stops there, a snapshot, and decision replay at the end.
#include "actors/replay/as_of.hpp"

#include <algorithm>
#include <utility>

#include "actors/replay/backtest.hpp"
#include "actors/replay/decision_replay.hpp"
#include "actors/replay/log_deployment.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/sim/model/random.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;

namespace {

struct recorded {
  tests::market_folder folder{"as_of"};
  std::unique_ptr<persistence::event_log> log;

  recorded() {
    auto d = config::load(tests::shipped_data("demo.yaml"), {});
    if (!d) std::abort();
    if (!replay::run_backtest(*d, {folder.file("log"), {}})) std::abort();
    auto opened = persistence::open_log_for_reading(folder.file("log"));
    if (!opened) std::abort();
    log = std::move(*opened);
  }
  [[nodiscard]] std::vector<replay::composed_host> hosts() const {
    auto made = replay::deployment_of_log(*log, folder.file("log"), {});
    if (!made) FAIL(made.error().message);
    auto all = replay::compose_hosts(made->deployment, made->parts);
    if (!all) FAIL(all.error().message);
    return std::move(*all);
  }
};
recorded& run_once() {
  static recorded r;
  return r;
}

std::vector<replay::host_as_of> as_of(const recorded& r, const replay::as_of_options& o) {
  auto states = replay::states_as_of(*r.log, r.hosts(), o);
  if (!states) FAIL(states.error().message);
  return std::move(*states);
}

}  // namespace

TEST_CASE("as of: at the end of a log the hosts are where decision replay leaves them") {
  auto& r = run_once();
  auto replayed = replay::replay_decisions(*r.log, r.hosts(), {});
  REQUIRE(replayed);
  REQUIRE(replayed->pending == 0);
  state_hasher all;
  for (const auto& s : as_of(r, {})) s.host.service->hash_into(all);
  CHECK(all.digest() == replayed->state_hash);
}

TEST_CASE("as of: a state is what a fold of the inputs up to there, and of the outputs up to there, makes of it") {
  auto& r = run_once();
  sim::random_source random(11);
  const auto head = r.log->head().seq;
  for (int n = 0; n < 6; ++n) {
    const auto seq = 1 + random.below(head);
    // Law 8, word by word, without any order between the two but the log's causes.
    auto oracle = r.hosts();
    std::vector<std::pair<std::uint64_t, event>> steps;  // (input's seq, event): an input before what answers it
    auto scan = r.log->scan(1);
    REQUIRE(scan);
    std::vector<event> events;
    for (;;) {
      auto g = (*scan)->next();
      REQUIRE(g);
      if (!*g) break;
      for (const auto& e : (*g)->events)
        if (e.head.seq <= seq) events.push_back(e);
    }
    std::uint64_t hash = 0;
    const auto states = as_of(r, {.seq = seq});
    for (std::size_t h = 0; h < oracle.size(); ++h) {
      steps.clear();
      for (const auto& e : events) {
        if (e.head.host == oracle[h].definition.id) {
          if (!actors::is_host_mark(e.head.type)) steps.emplace_back(e.head.position, e);
        } else if (oracle[h].definition.wants(e)) {
          steps.emplace_back(e.head.seq, e);
        }
      }
      std::stable_sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& [at, e] : steps) {
        if (e.head.host == oracle[h].definition.id) oracle[h].service->apply_output(e);
        else oracle[h].service->apply_input(e);
      }
      CAPTURE(seq, oracle[h].definition.name);
      CHECK(states[h].host.service->state_hash() == oracle[h].service->state_hash());
      CHECK(states[h].seq == seq);
      CHECK(states[h].at == events.back().head.at);
      hash ^= states[h].host.service->state_hash();
    }
    CHECK(hash != 0);
  }
}

TEST_CASE("as of: a snapshot that is early enough is begun with, and changes nothing but the work") {
  auto& r = run_once();
  const auto head = r.log->head();
  // A snapshot is taken when everything up to there is answered: in a back-test, before the next quote.
  std::uint64_t quiet = 0;
  auto scan = r.log->scan(head.seq / 2);
  REQUIRE(scan);
  while (quiet == 0) {
    auto g = (*scan)->next();
    REQUIRE((g && *g));
    for (const auto& e : (*g)->events)
      if (quiet == 0 && e.is<quote_accepted>()) quiet = e.head.seq - 1;
  }
  const auto middle = as_of(r, {.seq = quiet});
  const persistence::snapshot_store store(r.folder.file("log"));
  for (const auto& s : middle) {
    const auto& d = s.host.definition;
    persistence::snapshot snap{{d.name, d.version, d.state_version, 7}, s.seq, s.seq, head, s.host.service->save()};
    REQUIRE(store.put(snap));
  }
  const auto from_first = as_of(r, {.seq = head.seq - 100});
  const auto from_snapshot = as_of(r, {.seq = head.seq - 100, .snapshots = &store, .configuration_hash = 7});
  const auto before_it = as_of(r, {.seq = quiet - 1, .snapshots = &store, .configuration_hash = 7});
  const auto other_configuration = as_of(r, {.seq = head.seq - 100, .snapshots = &store, .configuration_hash = 8});
  for (std::size_t h = 0; h < from_first.size(); ++h) {
    CHECK(from_snapshot[h].host.service->state_hash() == from_first[h].host.service->state_hash());
    CHECK(from_snapshot[h].from == quiet);
    CHECK(from_snapshot[h].inputs <= from_first[h].inputs);
    CHECK(before_it[h].from == 0);
    CHECK(other_configuration[h].from == 0);
  }
}

TEST_CASE("as of: it can be cancelled") {
  auto& r = run_once();
  auto cancelled = replay::states_as_of(*r.log, r.hosts(), {.on_progress = [](std::uint64_t) { return false; }});
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);
}
