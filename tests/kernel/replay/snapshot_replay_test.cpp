// I3 for the real hosts: a snapshot taken anywhere, with what comes after it, is the state that the whole log gives.
#include "actors/replay/backtest.hpp"
#include "actors/replay/hosts.hpp"
#include "actors/replay/log_deployment.hpp"
#include "actors/replay/prepare.hpp"
#include "actors/runtime/host_core.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/sim/model/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seed.hpp"

using namespace tomnext;

namespace {

/// The demo's back-test: its events, and hosts as the log describes them.
class recorded {
 public:
  recorded() {
    auto d = config::load(tests::shipped_data("demo.yaml"), {});
    if (!d) FAIL(d.error().message);
    auto r = replay::run_backtest(*d, {folder_.file("log"), {}});
    if (!r) FAIL(r.error().message);
    auto opened = persistence::open_log_for_reading(folder_.file("log"));
    if (!opened) FAIL(opened.error().message);
    log_ = std::move(*opened);
    auto scan = log_->scan(1);
    REQUIRE(scan);
    for (;;) {
      auto g = (*scan)->next();
      REQUIRE(g);
      if (!*g) break;
      events.insert(events.end(), (*g)->events.begin(), (*g)->events.end());
    }
  }
  [[nodiscard]] std::vector<replay::composed_host> hosts() const {
    auto made = replay::deployment_of_log(*log_, folder_.file("log"), {});
    if (!made) FAIL(made.error().message);
    auto hosts = replay::compose_hosts(made->deployment, made->parts);
    if (!hosts) FAIL(hosts.error().message);
    return std::move(*hosts);
  }
  std::vector<event> events;

 private:
  tests::market_folder folder_{"snapshots"};
  std::unique_ptr<persistence::event_log> log_;
};

struct snapshot_here {
  actors::recovery_point point;
  std::string state;
};

actors::host_record record_of(host_id host, const std::vector<event>& events) {
  actors::host_record r;
  for (const auto& e : events) {
    if (e.head.host != host) continue;
    r.decided_to = std::max(r.decided_to, e.head.position);
    r.recorded_to = e.head.seq;
  }
  return r;
}

/// Lives through the events up to `cut`, deciding as it did, and saves.
snapshot_here live_until(replay::composed_host host, const std::vector<event>& events, std::size_t cut) {
  actors::host_core core(host.definition, host.service);
  core.begin(1, {}, {});
  for (std::size_t i = 0; i < cut; ++i)
    if (auto taken = core.take(events[i]); !taken) FAIL(taken.error().message);
  snapshot_here s{{core.consumed(), 0}, core.service().save()};
  for (const auto& e : events)
    if (e.head.host == host.definition.id && e.head.position <= s.point.covered) s.point.mark = e.head.seq;
  return s;
}

/// Recovers from there, or from nothing, through the end of the log.
std::uint64_t recover(replay::composed_host host, const std::vector<event>& events, const snapshot_here* from) {
  if (from != nullptr) REQUIRE(host.service->load(from->state));
  actors::host_core core(host.definition, host.service);
  core.begin(2, record_of(host.definition.id, events), from != nullptr ? from->point : actors::recovery_point{});
  for (const auto& e : events)
    if (auto folded = core.fold(e); !folded) FAIL(folded.error().message);
  REQUIRE(core.end_of_log());
  return core.service().state_hash();
}

}  // namespace

TEST_CASE("I3: snapshot and tail are the whole log, for every host of the demo, at random positions", "[replay]") {
  const recorded r;
  const auto seed = tests::seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  sim::random_source random(seed);
  const auto count = r.hosts().size();
  REQUIRE(count >= 10);
  std::size_t with_state = 0, off_by_some = 0;
  for (std::size_t rank = 0; rank < count; ++rank) {
    const auto name = r.hosts()[rank].definition.name;
    const auto whole = recover(r.hosts()[rank], r.events, nullptr);
    CHECK(live_until(r.hosts()[rank], r.events, r.events.size()).state.size() > 0);
    for (int i = 0; i < 3; ++i) {
      const auto cut = static_cast<std::size_t>(random.below(r.events.size() + 1));
      INFO(name << ", cut after event " << cut);
      auto s = live_until(r.hosts()[rank], r.events, cut);
      with_state += s.point.covered > 0;
      CHECK(recover(r.hosts()[rank], r.events, &s) == whole);
    }
    // The check's mutant: a state that claims to cover what it does not.
    auto s = live_until(r.hosts()[rank], r.events, r.events.size() / 3);
    s.point = live_until(r.hosts()[rank], r.events, 2 * r.events.size() / 3).point;
    off_by_some += recover(r.hosts()[rank], r.events, &s) != whole;
  }
  CHECK(with_state > 20);
  CHECK(off_by_some > 5);
}
