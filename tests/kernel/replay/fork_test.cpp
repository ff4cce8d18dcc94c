// A log gone on with from a past moment, and run once more under other settings: against the log itself, and against back-tests of those settings.
#include "actors/replay/fork.hpp"

#include <algorithm>

#include "actors/replay/backtest.hpp"
#include "actors/replay/decision_replay.hpp"
#include "actors/replay/log_deployment.hpp"
#include "config/loader.hpp"
#include "persistence/content_store.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/wire.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/sim/model/random.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using settings = std::vector<config::override_setting>;

namespace {

config::deployment demo(const settings& changed = {}) {
  auto d = config::load(tests::shipped_data("demo.yaml"), changed);
  if (!d) FAIL(d.error().message);
  return std::move(*d);
}

struct recorded {
  tests::market_folder folder{"fork"};
  replay::backtest_report report;
  std::unique_ptr<persistence::event_log> log;

  recorded() {
    auto r = replay::run_backtest(demo(), {folder.file("log"), {}});
    if (!r) FAIL(r.error().message);
    report = *r;
    auto opened = persistence::open_log_for_reading(folder.file("log"));
    if (!opened) FAIL(opened.error().message);
    log = std::move(*opened);
  }
};
recorded& run_once() {
  static recorded r;
  return r;
}

std::vector<event> events_of(const persistence::event_log& log) {
  std::vector<event> all;
  auto scan = log.scan(1);
  REQUIRE(scan);
  for (;;) {
    auto g = (*scan)->next();
    REQUIRE(g);
    if (!*g) return all;
    all.insert(all.end(), (*g)->events.begin(), (*g)->events.end());
  }
}

replay::log_deployment deployment(const persistence::event_log& log, const std::string& directory, const settings& changed, std::uint64_t at = UINT64_MAX) {
  auto d = replay::deployment_of_log(log, directory, changed, at);
  if (!d) FAIL(d.error().message);
  return std::move(*d);
}

result<replay::rerun_report> try_fork(const persistence::event_log& log, const std::string& directory, std::uint64_t at, const settings& changed,
                                      const std::string& into) {
  const auto was = deployment(log, directory, {}, at == 0 ? UINT64_MAX : at);
  const auto now = deployment(log, directory, changed, at == 0 ? UINT64_MAX : at);
  replay::rerun_options o;
  o.directory = directory;
  o.at_seq = at;
  o.into = into;
  return replay::rerun(log, was.deployment, now.deployment, now.parts, o);
}
replay::rerun_report fork(std::uint64_t at, const settings& changed, const std::string& into = "") {
  auto& r = run_once();
  auto report = try_fork(*r.log, r.folder.file("log"), at, changed, into);
  if (!report) FAIL(report.error().message);
  return std::move(*report);
}

std::uint64_t quiet_near(std::uint64_t seq) {
  auto at = replay::fork_seq(*run_once().log, seq);
  if (!at) FAIL(at.error().message);
  return *at;
}

replay::decision_report verify(const persistence::event_log& log, const replay::log_deployment& by, const replay::decision_options& o) {
  auto hosts = replay::compose_hosts(by.deployment, by.parts);
  if (!hosts) FAIL(hosts.error().message);
  auto v = replay::replay_decisions(log, std::move(*hosts), o);
  if (!v) FAIL(v.error().message);
  return *v;
}

bool same_event(const event& a, const event& b) { return a.head == b.head && persistence::encode_to_string(a) == persistence::encode_to_string(b); }

}  // namespace

TEST_CASE("fork: an unchanged one decides as the original did, event by event", "[fork]") {
  auto& r = run_once();
  const auto at = quiet_near(r.report.events / 3);
  const auto into = r.folder.file("unchanged");
  const auto f = fork(at, {}, into);
  CHECK_FALSE(f.settings_changed);
  CHECK(f.decisions.only_recorded + f.decisions.only_other == 0);
  CHECK(f.decisions.same > 100);
  CHECK(f.other.balance == r.report.final_balance);
  auto log = persistence::open_log_for_reading(into);
  REQUIRE(log);
  const auto original = events_of(*r.log), forked = events_of(**log);
  REQUIRE(forked.size() == original.size());
  for (std::size_t i = 1; i < original.size(); ++i)
    if (!same_event(original[i], forked[i])) FAIL("event " << i + 1);
  REQUIRE(forked[0].is<log_declared>());
  const auto& d = forked[0].as<log_declared>();
  CHECK(d.purpose == log_purpose::fork);
  CHECK_THAT(std::string(d.description.view()),
             tests::has_part("fork at " + std::to_string(at) + " of " + std::to_string(r.report.events) + " " + r.report.head_hash));
  const auto v = verify(**log, deployment(**log, into, {}), {});
  CHECK(v.identical());
  CHECK(v.state_hash == r.report.state_hash);
}

TEST_CASE("fork: with settings changed before anything is decided it is the back-test of those settings", "[fork]") {
  auto& r = run_once();
  const settings changed{{"strategies.cross.fast", "12"}, {"venue.commission_rate", "0.00003"}};
  auto other = replay::run_backtest(demo(changed), {});
  REQUIRE(other);
  REQUIRE(other->final_balance != r.report.final_balance);
  auto bounds = replay::fork_bounds_of(*r.log);
  REQUIRE(bounds);
  for (const auto at : {std::uint64_t{0}, bounds->first}) {
    CAPTURE(at);
    const auto f = fork(at, changed);
    CHECK(f.settings_changed);
    CHECK(f.other.balance == other->final_balance);
    CHECK(f.other.fills == other->fills);
    CHECK(f.other.commission == other->commission);
    CHECK(f.recorded.balance == r.report.final_balance);
    CHECK(f.recorded.fills == r.report.fills);
    CHECK(f.decisions.only_other > 100);
    CHECK(f.inputs > 100'000);
  }
}

TEST_CASE("fork: under the recorded settings a run from the first quote on decides the same", "[fork]") {
  const auto f = fork(0, {});
  CHECK(f.decisions.only_recorded + f.decisions.only_other == 0);
  CHECK(f.decisions.same > 1'000);
  CHECK(f.other.balance == f.recorded.balance);
}

TEST_CASE("fork: a changed one is a log of its own, whose two stretches are decided under their configurations", "[fork]") {
  auto& r = run_once();
  const auto at = quiet_near(r.report.events / 2);
  const auto into = r.folder.file("changed");
  const auto f = fork(at, {{"strategies.cross.fast", "12"}, {"risk", "{position_max: 1500000}"}}, into);
  CHECK(f.settings_changed);
  CHECK(f.decisions.only_other > 50);
  auto log = persistence::open_log_for_reading(into);
  REQUIRE(log);
  const auto original = events_of(*r.log), forked = events_of(**log);
  for (std::size_t i = 1; i < at; ++i)
    if (!same_event(original[i], forked[i])) FAIL("event " << i + 1);
  CHECK(forked[at].is<configuration_set>());
  CHECK(std::count_if(forked.begin() + static_cast<std::ptrdiff_t>(at), forked.end(), [](const event& e) { return e.is<limits_set>(); }) == 1);
  auto all = replay::configurations_of(**log);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[1].from_seq == at + 1);

  const auto before = deployment(**log, into, {}, at), after = deployment(**log, into, {});
  CHECK(before.deployment.strategies[0].parameters != after.deployment.strategies[0].parameters);
  const auto first = verify(**log, before, {.to_seq = at, .configuration_hash = before.configuration_hash});
  CHECK(first.identical());
  CHECK(first.skipped.empty());
  CHECK(first.compared > 10'000);
  const auto second = verify(**log, after, {.configuration_hash = after.configuration_hash});
  CHECK(second.identical());
  CHECK(second.compared > 10'000);
  CHECK(second.skipped.size() > 5);
  // Under the other's configuration neither is.
  CHECK_FALSE(verify(**log, after, {.to_seq = at}).identical());
  const auto wrong = deployment(**log, into, {{"strategies.cross.fast", "13"}});
  CHECK_FALSE(verify(**log, wrong, {.configuration_hash = wrong.configuration_hash}).identical());

  // A fork of the fork, before and after its change.
  const auto again = r.folder.file("again");
  auto later = replay::fork_seq(**log, at + 20'000);
  REQUIRE(later);
  auto nested = try_fork(**log, into, *later, {{"strategies.cross.fast", "9"}}, again);
  if (!nested) FAIL(nested.error().message);
  auto third = persistence::open_log_for_reading(again);
  REQUIRE(third);
  auto three = replay::configurations_of(**third);
  REQUIRE(three);
  CHECK(three->size() == 3);
  const auto last = deployment(**third, again, {});
  CHECK(verify(**third, last, {.configuration_hash = last.configuration_hash}).identical());
  auto earlier = try_fork(**log, into, quiet_near(at / 2), {}, "");
  if (!earlier) FAIL(earlier.error().message);
  CHECK(earlier->other.balance == r.report.final_balance);
}

TEST_CASE("fork: the seq is the latest at which everything is answered", "[fork]") {
  auto& r = run_once();
  const auto events = events_of(*r.log);
  std::vector<std::uint64_t> earliest(events.size() + 2, UINT64_MAX);  // cause of the hosts' events from there on
  for (std::size_t i = events.size(); i > 0; --i) {
    const auto& e = events[i - 1];
    const bool answers = e.head.host.value >= replay::first_composed_host && !actors::is_host_mark(e.head.type);
    earliest[i] = std::min(earliest[i + 1], answers ? e.head.cause : UINT64_MAX);
  }
  auto bounds = replay::fork_bounds_of(*r.log);
  REQUIRE(bounds);
  CHECK(events[bounds->first].is<quote_accepted>());
  sim::random_source random(5);
  std::uint64_t moved = 0;
  const auto check = [&](std::uint64_t seq) {
    auto expected = seq;
    while (earliest[expected + 1] <= expected) --expected;
    auto at = replay::fork_seq(*r.log, seq);
    REQUIRE(at);
    CHECK(*at == expected);
    moved += *at != seq ? 1 : 0;
  };
  for (int i = 0; i < 12; ++i) check(bounds->first + random.below(bounds->last - bounds->first));
  for (const auto& e : events)
    if (e.is<order_filled>() && moved < 5) check(e.head.seq - 1);
  CHECK(moved >= 5);
  for (const auto seq : {std::uint64_t{0}, bounds->first - 1, bounds->last + 1, UINT64_MAX}) {
    auto refused = replay::fork_seq(*r.log, seq);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, tests::has_part("from event " + std::to_string(bounds->first)) && tests::has_part(std::to_string(bounds->last)));
  }
  persistence::memory_log empty;
  CHECK_FALSE(replay::fork_seq(empty, 1));
}

TEST_CASE("fork: what the past depends on cannot be changed in the middle of it, and nothing is left behind", "[fork]") {
  auto& r = run_once();
  const auto at = quiet_near(r.report.events / 3);
  const auto into = r.folder.file("refused");
  for (const auto& [path, value, why] :
       std::vector<std::array<std::string, 3>>{{"account.balance", "5", "account cannot change"},
                                               {"strategies.cross.bars", "10m-mid", "strategies"},
                                               {"strategies.cross.name", "other", "strategies"},
                                               {"strategies", "[]", "strategies"},
                                               {"bars.without_updates", "false", "bars cannot change"},
                                               {"quality.spike_window", "32", "quality"},
                                               {"research.features", "[{name: ema_9, kind: ema, period: 9}]", "features cannot change"},
                                               {"instruments.GBP/USD.price_precision", "4", "instruments cannot change"}}) {
    CAPTURE(path);
    auto report = try_fork(*r.log, r.folder.file("log"), at, {{path, value}}, into);
    REQUIRE_FALSE(report);
    CHECK(report.error().code == errc::configuration_value);
    CHECK_THAT(report.error().message, tests::has_part(why));
    CHECK_FALSE(std::filesystem::exists(into));
  }
  auto exists = try_fork(*r.log, r.folder.file("log"), at, {}, r.folder.file("log"));
  REQUIRE_FALSE(exists);
  CHECK_THAT(exists.error().message, tests::has_part("there is a log already"));
  replay::rerun_options o;
  o.directory = r.folder.file("log");
  o.at_seq = at;
  o.into = into;
  o.on_progress = [](std::uint64_t) { return false; };
  const auto d = deployment(*r.log, o.directory, {});
  auto cancelled = replay::rerun(*r.log, d.deployment, d.deployment, d.parts, o);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);
  for (const auto& e : std::filesystem::directory_iterator(r.folder.path)) CHECK(e.path().string().find("refused") == std::string::npos);
}

TEST_CASE("fork: a log whose orders went to another venue is not forked, and the refusal says what there is instead", "[fork]") {
  auto& r = run_once();
  // The same log as if its venue had been somebody else's: reports come from outside.
  persistence::memory_log other;
  std::shared_ptr<persistence::group> made;
  const auto flush = [&] {
    const persistence::group_ref ref = std::exchange(made, nullptr);
    if (ref) REQUIRE(other.append({&ref, 1}));
  };
  std::uint64_t reports = 0, open_at = 0;
  for (auto e : events_of(*r.log)) {
    if (e.is<venue_order_reported>()) {
      e.head.host = replay::operator_ingress;
      e.head.cause = 0;
      ++reports;
    }
    if (e.is<send_started>() && reports > 100 && open_at == 0) open_at = e.head.seq;
    if (!made) made = std::make_shared<persistence::group>(persistence::group{1, {}});
    made->events.push_back(e);
    if (made->events.size() == 512) flush();
  }
  flush();
  const auto directory = r.folder.file("log");
  auto early = replay::fork_seq(other, open_at - 100);
  REQUIRE(early);
  for (const auto at : {*early, open_at}) {
    auto refused = try_fork(other, directory, at, {}, "");
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, tests::has_part("not the simulated one") && tests::has_part("--with"));
  }
}
