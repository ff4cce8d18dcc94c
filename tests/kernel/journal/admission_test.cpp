// What an ingress may expect: versions of its streams, and one answer for each idempotency key, before and after a restart.
#include "actors/journal/sequencer.hpp"
#include "tests/kernel/runtime/small_services.hpp"
#include "tests/sim/model/random.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using actors::host_definition;
using actors::ordering;
using actors::sequencer;

namespace {

constexpr host_id operators{4}, market{2}, book{16};

event command(const std::string& key, operator_command what = operator_command::halt, const char* who = "ann") {
  operator_commanded c;
  c.command = what;
  c.who = who;
  c.idempotency_key = std::string_view(key);
  header h;
  h.host = operators;
  return event(h, c);
}
event quote(std::uint32_t instrument, std::uint64_t position) {
  quote_accepted q;
  q.instrument = {instrument};
  header h;
  h.host = market;
  h.position = position;
  return event(h, q);
}
event answer_to(std::uint64_t cause, std::uint16_t ordinal = 0) {
  header h;
  h.host = book;
  h.cause = h.position = cause;
  h.incarnation = 1;
  h.ordinal = ordinal;
  return event(h, trading_state_changed{});
}
std::unique_ptr<sequencer> with_a_book() {
  auto s = std::make_unique<sequencer>(ordering::arrival);
  host_definition d;
  d.id = book;
  d.name = "book";
  s->define(d);
  s->enroll(book);
  return s;
}
/// What a node that begins on this one's log knows.
std::unique_ptr<sequencer> restarted(const std::vector<event>& log) {
  auto s = std::make_unique<sequencer>(ordering::arrival);
  host_definition d;
  d.id = book;
  d.name = "book";
  s->define(d);
  for (const auto& e : log) s->restore(e);
  return s;
}
void drain_into(std::vector<event>& log, sequencer& s) {
  if (const auto g = s.drain()) log.insert(log.end(), g->events.begin(), g->events.end());
}

}  // namespace

TEST_CASE("admission: a stream is what one ingress said under one key; its version is its last event, whatever others say") {
  auto s = with_a_book();
  std::vector<event> log;
  CHECK(s->version_of(market, 1) == 0);
  s->admit(quote(1, 1));
  s->admit(quote(2, 2));
  s->admit(quote(1, 3));
  s->admit(command("k"));
  REQUIRE(s->take(book, 1, 4, {{4, {answer_to(4)}}}));
  drain_into(log, *s);
  for (const auto& now : {std::move(s), restarted(log)}) {
    CHECK(now->version_of(market, 1) == 3);
    CHECK(now->version_of(market, 2) == 2);
    CHECK(now->version_of(operators, 0) == 4);
    CHECK(now->version_of(operators, 1) == 0);
    CHECK(now->version_of(book, 0) == 0);  // hosts append by incarnation, and have no versions
    CHECK(now->may_admit(command("new"), 4));
    CHECK(now->may_admit(command("new"), std::nullopt));
    for (const std::uint64_t wrong : {0, 3, 5}) {
      const auto refused = now->may_admit(command("new"), wrong);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::version_conflict);
      CHECK(refused.error().message == "the stream of ingress 4, key 0: expected version " + std::to_string(wrong) + ", actual version 4");
    }
    CHECK(now->drain() == nullptr);
  }
}

TEST_CASE("admission: a repeated key has its first answer, also in the next life; with other content it is a conflict that names the first") {
  auto s = with_a_book();
  std::vector<event> log;
  CHECK(*s->may_admit(command("k1"), std::nullopt) == 0);
  REQUIRE(s->admit(command("k1")));
  REQUIRE(s->take(book, 1, 1, {{1, {answer_to(1), answer_to(1, 1)}}}));
  REQUIRE(s->admit(command("k2", operator_command::resume)));
  drain_into(log, *s);
  for (auto& now : {std::move(s), restarted(log)}) {
    CHECK(*now->may_admit(command("k1"), std::nullopt) == 1);
    CHECK(*now->may_admit(command("k1"), 77) == 1);  // its first time met what it expected
    CHECK(now->outcome_of(1) == 3);
    CHECK(*now->may_admit(command("k2", operator_command::resume), std::nullopt) == 4);
    CHECK(now->outcome_of(4) == 0);
    CHECK(now->outcome_of(2) == 0);
    CHECK(now->outcome_of(99) == 0);
    CHECK_FALSE(now->admit(command("k1")));
    CHECK(now->drain() == nullptr);
    for (const auto& other : {command("k1", operator_command::resume), command("k1", operator_command::halt, "bob")}) {
      const auto refused = now->may_admit(other, std::nullopt);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::invalid_argument);
      CHECK(refused.error().message.find("'k1'") != std::string::npos);
      CHECK(refused.error().message.find("event 1)") != std::string::npos);
    }
  }
}

TEST_CASE("admission: commands without a key are each their own; marks are no outcome") {
  auto s = with_a_book();
  REQUIRE(s->admit(command("")));
  REQUIRE(s->admit(command("")));
  header h;
  h.host = book;
  h.cause = h.position = 1;
  REQUIRE(s->take(book, 1, 2, {{2, {answer_to(2)}}, {1, {event(h, input_parked{1, "poison", {}})}}}));
  CHECK(s->outcome_of(1) == 0);
  CHECK(s->outcome_of(2) == 3);
}

TEST_CASE("admission: as many keys are remembered as is documented, the oldest go first, and a node that restarts remembers the same") {
  auto s = std::make_unique<sequencer>(ordering::arrival);
  std::vector<event> log;
  const std::uint64_t given = actors::commands_remembered_max + 100;
  for (std::uint64_t i = 1; i <= given; ++i) {
    REQUIRE(s->admit(command("k" + std::to_string(i))));
    if (i % 1'000 == 0) drain_into(log, *s);
  }
  drain_into(log, *s);
  for (const auto& now : {std::move(s), restarted(log)}) {
    for (std::uint64_t i = 1; i <= given; ++i) {
      const auto known = now->may_admit(command("k" + std::to_string(i)), std::nullopt);
      REQUIRE(known);
      REQUIRE(*known == (i <= 100 ? 0 : i));
    }
  }
}

TEST_CASE("admission: a log that holds a key twice, as one of an earlier build may, answers with the first") {
  auto first = command("k"), second = command("k", operator_command::resume);
  first.head.seq = 1;
  second.head.seq = 2;
  auto answered = answer_to(1);
  answered.head.seq = 3;
  const auto s = restarted({first, second, answered});
  CHECK(*s->may_admit(command("k"), std::nullopt) == 1);
  CHECK(s->outcome_of(1) == 3);
}

TEST_CASE("admission: any order of commands, repetitions, conflicts and restarts writes each key once, with the answer that it got first") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    sim::random_source random(seed);
    auto s = with_a_book();
    std::vector<event> log;
    std::map<std::string, std::pair<std::uint64_t, bool>> first;  // → seq, whether it was a halt
    for (int step = 0; step < 100; ++step) {
      const auto key = "k" + std::to_string(random.below(12));
      const bool halt = random.chance(80);
      const auto e = command(key, halt ? operator_command::halt : operator_command::reduce);
      const auto may = s->may_admit(e, std::nullopt);
      const auto known = first.find(key);
      if (known == first.end()) {
        REQUIRE(may);
        REQUIRE(*may == 0);
        REQUIRE(s->admit(e));
        first[key] = {s->head(), halt};
      } else if (known->second.second == halt) {
        REQUIRE(may);
        REQUIRE(*may == known->second.first);
        REQUIRE_FALSE(s->admit(e));
      } else {
        REQUIRE_FALSE(may);
      }
      if (!random.chance(15)) continue;
      drain_into(log, *s);
      s = restarted(log);
    }
    drain_into(log, *s);
    REQUIRE(log.size() == first.size());
  }
}
