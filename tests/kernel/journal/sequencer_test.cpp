#include "actors/journal/sequencer.hpp"

#include <map>

#include "tests/kernel/runtime/log_comparison.hpp"
#include "tests/kernel/runtime/random_node.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using actors::ordering;

namespace {

constexpr std::uint64_t schedules = 400;

// The log decided again from zero, host by host: each reaction whole, in order, and exactly what its host decides on that input.
std::string decisions_differ(const std::vector<event>& log, const std::vector<std::uint64_t>& live_hashes) {
  std::size_t rank = 0;
  for (auto& h : small_hosts()) {
    std::map<std::uint64_t, std::vector<event>> recorded;
    std::uint64_t last = 0;
    for (const auto& e : log) {
      if (e.head.host != h.definition.id || actors::is_host_mark(e.head.type)) continue;
      if (e.head.position < last) return h.definition.name + ": its reactions are not in the order of their causes";
      last = e.head.position;
      recorded[last].push_back(e);
    }
    for (const auto& e : log) {
      if (!h.definition.wants(e)) continue;
      h.service->apply_input(e);
      std::vector<event> decided;
      outbox out(decided, e.head, h.definition.id, 0);
      h.service->decide(e, out);
      const auto& answer = recorded[e.head.seq];
      const std::string place = h.definition.name + " at input " + std::to_string(e.head.seq);
      if (answer.size() != decided.size())
        return place + ": " + std::to_string(decided.size()) + " outputs decided, " + std::to_string(answer.size()) + " recorded";
      for (std::size_t i = 0; i < decided.size(); ++i) {
        if (!same_payload(decided[i], answer[i]) || answer[i].head.ordinal != i) return place + ": another output is recorded";
        if (answer[i].head.seq != answer[0].head.seq + i) return place + ": its reaction is not in one piece";
        h.service->apply_output(decided[i]);
      }
      recorded.erase(e.head.seq);
    }
    for (const auto& [position, events] : recorded)
      if (!events.empty()) return h.definition.name + ": an output answers event " + std::to_string(position) + ", which is no input of its";
    if (h.service->state_hash() != live_hashes[rank++]) return h.definition.name + ": its live state is not the fold of the log";
  }
  return {};
}

// Gapless, stamped forwards, every quote once and in the order of its source.
std::string order_broken(const std::vector<event>& log, const std::vector<quote_accepted>& quotes) {
  std::uint64_t seq = 0, source_position = 0;
  timestamp at{};
  for (const auto& e : log) {
    if (e.head.seq != ++seq) return "a gap before event " + std::to_string(e.head.seq);
    if (e.head.at < at) return "the time goes back at event " + std::to_string(seq);
    at = e.head.at;
    if (e.head.cause >= seq) return "event " + std::to_string(seq) + " comes before its cause";
    const auto* q = e.get_if<quote_accepted>();
    if (q != nullptr && q->source_position != ++source_position) return "quote " + std::to_string(source_position) + " is lost, or there twice";
  }
  return source_position == quotes.size() ? "" : "quotes are missing at the end";
}

struct trial {
  std::vector<quote_accepted> quotes;
  std::vector<event> log;
  std::vector<std::uint64_t> hashes;
};
trial try_out(std::uint64_t seed, ordering order, troubles most, happenings& seen) {
  sim::random_source random(seed);
  trial t;
  t.quotes = some_quotes(random, 10 + random.below(40));
  random_node node(random.next(), order, t.quotes, most, seen);
  const auto failure = node.run();
  INFO("seed " << seed << ": " << failure);
  REQUIRE(failure.empty());
  t.log = node.log();
  t.hashes = node.state_hashes();
  return t;
}

void expect_kernel_log(std::uint64_t seed, const trial& t) {
  const auto kernel = run_in_kernel(t.quotes);
  const auto difference = first_difference(without_marks(kernel.log), without_marks(t.log));
  INFO("seed " << seed << ": " << difference);
  REQUIRE(difference.empty());
  REQUIRE(kernel.state_hashes == t.hashes);
  REQUIRE(kernel.log.size() > t.quotes.size());
}

}  // namespace

TEST_CASE("lockstep: any schedule writes the kernel's log") {
  happenings seen;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) expect_kernel_log(seed, try_out(seed, ordering::lockstep, {}, seen));
  CHECK(seen.timers > schedules);
  CHECK(seen.repeated_inputs_refused > schedules);
}

TEST_CASE("lockstep: hosts that die change nothing") {
  happenings seen;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) expect_kernel_log(seed, try_out(seed, ordering::lockstep, {0, 6, true}, seen));
  CHECK(seen.refused_appends > schedules / 4);
  CHECK(seen.from_snapshot > schedules / 4);
}

TEST_CASE("lockstep: a node cut at any group goes on to the same log") {
  happenings seen;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    const auto t = try_out(seed, ordering::lockstep, {4, 4, true}, seen);
    expect_kernel_log(seed, t);
    REQUIRE(order_broken(t.log, t.quotes) == "");
  }
  CHECK(seen.lost_events > schedules);
  CHECK(seen.decided_again > schedules / 2);
}

TEST_CASE("arrival order: whatever the schedule and the crashes, the log is what its hosts decide") {
  happenings seen;
  std::uint64_t others = 0;
  for (std::uint64_t seed = 1; seed <= 2 * schedules; ++seed) {
    const auto t = try_out(seed, ordering::arrival, {4, 6, true}, seen);
    INFO("seed " << seed);
    REQUIRE(order_broken(t.log, t.quotes) == "");
    REQUIRE(decisions_differ(t.log, t.hashes) == "");
    if (!first_difference(without_marks(run_in_kernel(t.quotes).log), without_marks(t.log)).empty()) ++others;
  }
  CHECK(seen.refused_appends > schedules);
  CHECK(seen.lost_events > 10 * schedules);
  CHECK(seen.from_snapshot > schedules);
  // It is the lockstep order that makes the kernel's log, not luck.
  CHECK(others > schedules);
}

// ---- one rule each ---------------------------------------------------------------------------------

namespace {

constexpr host_id bars{16}, features{18}, limits{21};

actors::sequencer composed(ordering order) {
  actors::sequencer s(order);
  for (const auto& h : small_hosts()) s.define(h.definition);
  return s;
}
event quote_event(std::uint64_t position, std::int64_t at = 0) {
  header h;
  h.host = replay::market_ingress;
  h.position = position;
  h.at = {at};
  quote_accepted q;
  q.instrument = {1};
  q.source_position = position;
  return {h, q};
}
actors::reaction answer(host_id host, std::uint64_t cause, std::uint64_t says) {
  header h;
  h.host = host;
  h.cause = h.position = cause;
  return {cause, {event(h, saying<feature_vector_updated>(says, {1}))}};
}
actors::reaction progress_mark(host_id host, std::uint64_t consumed) {
  header h;
  h.host = host;
  h.position = consumed;
  return {consumed, {event(h, host_progressed{consumed, true})}};
}
std::vector<std::uint64_t> said(const persistence::group_ref& group) {
  std::vector<std::uint64_t> numbers;
  if (group)
    for (const auto& e : group->events)
      if (const auto* f = e.get_if<feature_vector_updated>()) numbers.push_back(f->schema);
  return numbers;
}

}  // namespace

TEST_CASE("an append of an earlier life is refused, and names both lives") {
  auto s = composed(ordering::arrival);
  const auto first = s.enroll(bars);
  const auto second = s.enroll(bars);
  CHECK(second.incarnation == first.incarnation + 1);
  s.admit(quote_event(1));
  const auto late = s.take(bars, first.incarnation, 1, {answer(bars, 1, 7)});
  REQUIRE(!late);
  CHECK(late.error().code == errc::stale_incarnation);
  CHECK(late.error().message.find("incarnation 1") != std::string::npos);
  CHECK(late.error().message.find("one is 2") != std::string::npos);
  CHECK(s.head() == 1);
  CHECK(s.take(bars, second.incarnation, 1, {answer(bars, 1, 8)}));
  CHECK(said(s.drain()) == std::vector<std::uint64_t>{8});
}

TEST_CASE("a host that nobody declared appends nothing") {
  auto s = composed(ordering::arrival);
  const auto r = s.enroll(host_id{99});
  CHECK(!s.take(host_id{99}, r.incarnation, 0, {answer(host_id{99}, 0, 1)}));
  CHECK(s.head() == 0);
}

TEST_CASE("a reaction that the log has is dropped") {
  auto s = composed(ordering::arrival);
  const auto life = s.enroll(bars).incarnation;
  s.admit(quote_event(1));
  REQUIRE(s.take(bars, life, 1, {answer(bars, 1, 7)}));
  REQUIRE(s.take(bars, life, 1, {answer(bars, 1, 7)}));
  CHECK(said(s.drain()) == std::vector<std::uint64_t>{7});
}

TEST_CASE("an input that the log has is refused") {
  auto s = composed(ordering::arrival);
  CHECK(s.admit(quote_event(1)));
  CHECK(!s.admit(quote_event(1)));
  CHECK(s.admit(quote_event(3)));
  CHECK(!s.admit(quote_event(2)));
  CHECK(s.head() == 2);
  CHECK(s.position_of(replay::market_ingress) == 3);
}

TEST_CASE("time never goes back") {
  auto s = composed(ordering::arrival);
  s.admit(quote_event(1, 50));
  s.admit(quote_event(2, 20));
  const auto group = s.drain();
  REQUIRE(group->events.size() == 2);
  CHECK(group->events[1].head.at == timestamp{50});
  CHECK(s.now() == timestamp{50});
}

TEST_CASE("a timer fires once, and only where it is armed") {
  auto s = composed(ordering::arrival);
  const auto life = s.enroll(bars).incarnation;
  header h;
  h.host = replay::timer_authority;
  const event firing(h, timer_fired{bars, timer_id{1}, 1, timestamp{9}});
  CHECK(!s.admit(firing));
  s.admit(quote_event(1));
  header arming;
  arming.host = bars;
  arming.cause = arming.position = 1;
  REQUIRE(s.take(bars, life, 1, {{1, {event(arming, timer_armed{bars, timer_id{1}, 1, timestamp{9}})}}}));
  CHECK(s.armed_timers().size() == 1);
  CHECK(s.admit(firing));
  CHECK(!s.admit(firing));
  const auto group = s.drain();
  CHECK(group->events.back().head.cause == 2);  // the arming
  CHECK(s.armed_timers().empty());

  // What is armed is told by the log alone.
  auto restored = composed(ordering::arrival);
  for (const auto& e : group->events) restored.restore(e);
  CHECK(restored.armed_timers().empty());
  CHECK(!restored.admit(firing));
}

TEST_CASE("a new host decides nothing of the past, and lockstep does not wait for it there") {
  for (const auto order : {ordering::arrival, ordering::lockstep}) {
    auto before = composed(order);
    before.admit(quote_event(1));
    const auto group = before.drain();
    auto s = composed(order);
    for (const auto& e : group->events) s.restore(e);
    for (const auto& h : small_hosts()) {
      const auto r = s.enroll(h.definition.id);
      CHECK(!r.known);
      CHECK(r.record.decided_to == 1);
      CHECK(r.registered_at == 1);
    }
    // Registered again before its first mark: still the past of its first life.
    CHECK(s.enroll(bars).record.decided_to == 1);
    s.admit(quote_event(2));
    CHECK(s.enroll(bars).record.decided_to == 1);
    s.admit(quote_event(3));
    for (const auto& h : small_hosts()) {
      const auto again = s.enroll(h.definition.id);
      REQUIRE(s.take(h.definition.id, again.incarnation, again.registered_at, {progress_mark(h.definition.id, 1)}));
    }
    if (order == ordering::arrival) CHECK(s.quiet());
    else CHECK(s.waiting_for().empty());
  }
}

TEST_CASE("lockstep waits for the silence of a host, and says for whom it waits") {
  auto s = composed(ordering::lockstep);
  std::map<host_id, std::uint32_t> life;
  for (const auto& h : small_hosts()) life[h.definition.id] = s.enroll(h.definition.id).incarnation;
  s.admit(quote_event(1));
  s.drain();
  CHECK(!s.quiet());
  CHECK(s.waiting_for() == "bars:1");
  // The later in rank is ready first, and waits.
  REQUIRE(s.take(limits, life[limits], 1, {}));
  REQUIRE(s.take(features, life[features], 1, {answer(features, 1, 2)}));
  CHECK(s.drain() == nullptr);
  REQUIRE(s.take(bars, life[bars], 1, {}));
  CHECK(said(s.drain()) == std::vector<std::uint64_t>{2});
}

TEST_CASE("a mark waits for the answers before it, and is no answer itself") {
  auto s = composed(ordering::lockstep);
  std::map<host_id, std::uint32_t> life;
  for (const auto& h : small_hosts()) life[h.definition.id] = s.enroll(h.definition.id).incarnation;
  s.admit(quote_event(1));
  s.drain();
  REQUIRE(s.take(features, life[features], 1, {answer(features, 1, 2), progress_mark(features, 1)}));
  CHECK(s.drain() == nullptr);
  CHECK(s.position_of(features) == 0);
  REQUIRE(s.take(bars, life[bars], 1, {progress_mark(bars, 1)}));
  auto group = s.drain();
  REQUIRE(group != nullptr);
  REQUIRE(group->events.size() == 2);
  CHECK(group->events[0].is<host_progressed>());
  CHECK(group->events[1].is<feature_vector_updated>());
  for (const auto& [host, incarnation] : life) REQUIRE(s.take(host, incarnation, s.head(), {}));
  group = s.drain();
  REQUIRE(group != nullptr);
  CHECK(group->events[0].is<host_progressed>());
  CHECK(s.position_of(features) == 1);
}

TEST_CASE("the mark of a new life goes before its first answer, and neither is lost") {
  auto s = composed(ordering::lockstep);
  std::map<host_id, std::uint32_t> life;
  for (const auto& h : small_hosts()) life[h.definition.id] = s.enroll(h.definition.id).incarnation;
  s.admit(quote_event(1));
  REQUIRE(s.take(features, life[features], 1, {progress_mark(features, 0), answer(features, 1, 2)}));
  REQUIRE(s.take(limits, life[limits], 1, {}));
  REQUIRE(s.take(bars, life[bars], 1, {}));
  const auto group = s.drain();
  REQUIRE(group->events.size() == 3);
  CHECK(group->events[1].is<host_progressed>());
  CHECK(group->events[2].is<feature_vector_updated>());
}

TEST_CASE("a restored log tells the lives of hosts and how far an ingress was") {
  auto s = composed(ordering::arrival);
  for (int i = 0; i < 4; ++i) s.enroll(bars);
  s.admit(quote_event(3));
  s.admit(quote_event(0));  // of the same ingress, with no place in its source
  CHECK(!s.admit(quote_event(2)));
  auto last = answer(bars, 1, 7);
  last.events.front().head.incarnation = 4;
  REQUIRE(s.take(bars, 4, 1, {last}));
  const auto group = s.drain();
  auto restored = composed(ordering::arrival);
  for (const auto& e : group->events) restored.restore(e);
  CHECK(!restored.admit(quote_event(3)));
  const auto again = restored.enroll(bars);
  CHECK(again.incarnation == 5);
  CHECK(again.known);
  CHECK(again.record.decided_to == 1);
  CHECK(again.record.recorded_to == 3);
}

TEST_CASE("what a dead life proposed and was not sequenced is forgotten") {
  auto s = composed(ordering::lockstep);
  std::map<host_id, std::uint32_t> life;
  for (const auto& h : small_hosts()) life[h.definition.id] = s.enroll(h.definition.id).incarnation;
  s.admit(quote_event(1));
  REQUIRE(s.take(features, life[features], 1, {answer(features, 1, 2)}));
  const auto again = s.enroll(features);
  CHECK(again.known);
  CHECK(again.record.decided_to == 0);
  REQUIRE(s.take(bars, life[bars], 1, {}));
  CHECK(said(s.drain()).empty());
  REQUIRE(s.take(features, again.incarnation, 1, {answer(features, 1, 3)}));
  CHECK(said(s.drain()) == std::vector<std::uint64_t>{3});
}
