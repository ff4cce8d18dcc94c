#include "actors/runtime/introspection.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "actors/runtime/watchdog.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext::actors;

namespace {
std::string names(const introspection& i) {
  std::string all;
  for (const auto& f : i.figures()) all += f.name + " ";
  return all;
}
/// A message that has a reading of the clock of its own.
void ended(actor_record& r, std::uint64_t from, std::uint64_t what, std::uint64_t took_ns, std::uint64_t now_ns) {
  r.end_message(from, what);
  r.took({1, took_ns, took_ns < turn_timer::short_ns ? 0 : took_ns}, now_ns);
}
void worked(actor_record& r, std::uint64_t from, std::uint64_t what, std::uint64_t took_ns, std::uint64_t now_ns) {
  r.look_at_queue();
  r.begin_message(what, 1);
  ended(r, from, what, took_ns, now_ns);
}
}  // namespace

TEST_CASE("introspection: parents before children, children in the order of their first start", "[runtime]") {
  introspection i;
  i.add(9, "z", "host", "services");  // before its parent, as when a child registers first
  i.add(1, "root", "supervisor", "");
  i.add(2, "services", "supervisor", "root");
  i.add(3, "journal", "journal", "root");
  i.add(4, "a", "host", "services");
  CHECK(names(i) == "root services z a journal ");
  SECTION("a restart keeps the place") {
    i.add(10, "z", "host", "services");
    CHECK(names(i) == "root services z a journal ");
    CHECK(i.figures()[2].id == 10);
  }
  SECTION("children of one that was removed are roots; who was removed begins anew") {
    i.restarted("z", "why");
    i.removed("services");
    CHECK(names(i) == "z root journal a ");
    i.removed("z");
    i.removed("never there");
    i.add(11, "z", "host", "root");
    CHECK(names(i) == "root journal z a ");
    CHECK(i.find("z")->figures().restarts == 0);
  }
  SECTION("circles are listed, each once") {
    i.add(20, "self", "x", "self");
    i.add(21, "p", "x", "q");
    i.add(22, "q", "x", "p");
    CHECK(names(i) == "root services z a journal self p q ");
  }
}

TEST_CASE("introspection: a restarted actor continues its counts, its service times and its last error", "[runtime]") {
  introspection i;
  const auto first = i.add(1, "a", "host", "s");
  for (int n = 0; n < 5; ++n) first->count_enqueued();
  worked(*first, 0, 1, 8'000, 1);
  first->set_error("division");
  CHECK(i.find("a")->figures().queue_depth == 4);
  CHECK(i.find("a")->figures().queue_depth_max == 5);
  first->end("failed");
  CHECK(i.find("a")->figures().queue_depth == 0);  // what waited died with it
  CHECK(i.find("a")->figures().up_s == 0);
  i.restarted("a", "an exception escaped: division");
  i.restarted("unknown", "x");
  CHECK(i.find("unknown") == nullptr);
  const auto second = i.add(2, "a", "host", "s");
  first->count_enqueued();  // a late sender to the dead one
  second->count_enqueued();
  worked(*second, 0, 1, 8'000, 1);
  const auto f = i.find("a")->figures();
  CHECK(f.id == 2);
  CHECK(f.state == "starting");
  CHECK(f.processed == 2);
  CHECK(f.errors == 1);
  CHECK(f.restarts == 1);
  CHECK(f.last_error == "an exception escaped: division");
  CHECK(f.queue_depth == 0);
  CHECK(f.queue_depth_max == 5);
  CHECK(std::abs(f.p50_us - 8.0) <= 8.0 * 0.0626);
}

TEST_CASE("introspection: figures are read while actors come, work and go", "[runtime]") {
  introspection i;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int life = 0; life < 2'000; ++life) {
      const auto r = i.add(static_cast<std::uint64_t>(life), life % 2 == 0 ? "even" : "odd", "host", "root");
      r->count_enqueued();
      worked(*r, 0, 1, 100, 1);
      r->set_error("error number " + std::to_string(life));
      r->end("failed");
      i.restarted(r->name(), "restart " + std::to_string(life));
      if (life % 100 == 99) i.removed("odd");
    }
    done = true;
  });
  bool sane = true;
  while (!done)
    for (const auto& f : i.figures()) sane = sane && f.processed <= 1'000 && f.queue_depth <= 1 && f.queue_depth_max <= 1;
  writer.join();
  CHECK(sane);
  CHECK(i.find("even")->figures().processed == 1'000);
  CHECK(i.find("even")->figures().restarts == 1'000);
}

TEST_CASE("introspection: restarts are told with their reasons, the latest eight", "[runtime]") {
  introspection i("node-7");
  i.add(1, "a", "host", "s");
  for (int n = 1; n <= 10; ++n) {
    i.restarted("a", "reason " + std::to_string(n));
    i.add(static_cast<std::uint64_t>(n) + 1, "a", "host", "s");
  }
  const auto f = i.figures().front();
  CHECK(f.node == "node-7");
  CHECK(f.restarts == 10);
  REQUIRE(f.restart_notes.size() == 8);
  CHECK(f.restart_notes.front().reason == "reason 3");
  CHECK(f.restart_notes.back().reason == "reason 10");
  CHECK(f.restart_notes.back().at.size() == 24);
  CHECK(f.restart_notes.back().at.back() == 'Z');
}

TEST_CASE("introspection: what a supervisor has declared is told, and outlives the actor's lives", "[runtime]") {
  introspection i;
  i.add(1, "risk", "supervisor", "node");
  i.declare("risk", "permanent, 5 s to stop");
  i.declare_strategy("risk", "one_for_one");
  i.declare("nobody", "x");
  i.add(2, "risk", "supervisor", "node");
  CHECK(i.figures().front().policy == "permanent, 5 s to stop; one_for_one");
  CHECK(i.figures().size() == 1);
}

TEST_CASE("introspection: who sends what to whom is counted under names, over all lives", "[runtime]") {
  introspection i;
  i.add(1, "journal", "journal", "");
  const auto to = i.add(2, "host", "host", "");
  const auto handled = [](actor_record& r, std::uint64_t from, std::uint64_t what) {
    r.count_enqueued();
    worked(r, from, what, 10, 11);
  };
  const auto deliver = message_number("deliver"), query = message_number("query");
  for (int n = 0; n < 5; ++n) handled(*to, 1, deliver);
  handled(*to, 0, query);
  handled(*to, 77, query);
  const auto next = i.add(3, "host", "host", "");
  handled(*next, 1, deliver);
  const auto again = i.add(4, "journal", "journal", "");
  handled(*next, 4, deliver);
  handled(*again, 3, query);
  const std::vector<message_flow> expected{
      {"journal", "host", "deliver", 7}, {"", "host", "query", 1}, {"#77", "host", "query", 1}, {"host", "journal", "query", 1}};
  CHECK(i.flow() == expected);
}

TEST_CASE("introspection: the sum of all flows is what was processed, also when there are more senders than places", "[runtime]") {
  introspection i;
  const auto r = i.add(1, "a", "host", "");
  for (std::uint64_t n = 0; n < 5'000; ++n) {
    r->count_enqueued();
    worked(*r, 1'000 + n % 300, n % 7, 10, 11);
  }
  std::uint64_t sum = 0;
  for (const auto& f : i.flow()) sum += f.count;
  CHECK(sum == 5'000);
}

TEST_CASE("introspection: latency is measured from the sender's hand", "[runtime]") {
  introspection i;
  const auto r = i.add(1, "a", "host", "");
  const auto now = [] { return static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count()); };
  // Forty messages wait while a millisecond passes, for certain: each is followed whose number is a multiple of sixteen, one at a time.
  for (int n = 0; n < 40; ++n) r->count_enqueued();
  const auto begun = now();
  while (now() - begun < 1'000'000) {}
  for (int n = 0; n < 40; ++n) { worked(*r, 0, 1, 10, now()); }
  const auto f = i.find("a")->figures();
  CHECK(f.latency_p50_us >= 1'000 * 0.93);
  CHECK(f.p50_us < 1);
}

TEST_CASE("introspection: a message that is in its handler is told, with its name and since when", "[runtime]") {
  introspection i;
  const auto r = i.add(1, "a", "host", "");
  CHECK(r->figures().message.empty());
  r->count_enqueued();
  const auto now = static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
  r->begin_message(message_number("deliver"), now - 60'000'000);
  CHECK(r->figures().message == "deliver");
  CHECK(r->figures().busy_ms >= 60);
  slow_watch watch;
  using time = std::chrono::steady_clock::time_point;
  const std::vector<std::shared_ptr<const actor_record>> records{r};
  const auto at = [](int seconds) { return time(std::chrono::seconds(seconds)); };
  const auto told = watch.look(records, at(0));
  REQUIRE(told.size() == 1);
  CHECK(told[0].actor == "a");
  CHECK(told[0].message == "deliver");
  CHECK(told[0].time >= std::chrono::milliseconds(60));
  CHECK(watch.look(records, at(60)).empty());  // the same message is told once
  ended(*r, 0, 1, 60'000'000, now);
  CHECK(r->figures().slow == 1);
  CHECK(watch.look(records, at(61)).empty());
  r->count_enqueued();
  r->begin_message(1, now - 60'000'000);
  CHECK(watch.look(records, at(61)).size() == 1);  // another message, a minute later
  for (int n = 0; n < 3; ++n) {
    ended(*r, 0, 1, 60'000'000, now);
    r->begin_message(1, now - 60'000'000);
    CHECK(watch.look(records, at(62)).empty());  // too soon after the last one: counted
  }
  ended(*r, 0, 1, 60'000'000, now);
  r->begin_message(1, now - 60'000'000);
  const auto later = watch.look(records, at(71));
  REQUIRE(later.size() == 1);
  CHECK(later[0].untold == 3);
  r->set_apart();
  ended(*r, 0, 1, 10, now);
  r->begin_message(1, now - 60'000'000);
  CHECK(watch.look(records, at(600)).empty());  // it may take its time
}

TEST_CASE("introspection: short messages are timed together, and a long one among them is one long message", "[runtime]") {
  introspection i;
  const auto r = i.add(1, "a", "host", "");
  for (int n = 0; n < 1'000; ++n) r->end_message(0, 1);
  r->took({992, 992 * 400, 0}, 1);
  r->took({8, 70'000'000, 70'000'000}, 1);
  auto f = r->figures();
  CHECK(f.processed == 1'000);
  CHECK(f.slow == 1);
  CHECK(std::abs(f.p50_us - 0.4) < 0.03);
  CHECK(std::abs(f.p99_us - 0.4) < 0.03);
  CHECK(f.p999_us < 1);
  CHECK(std::abs(f.service_s - 0.0703968) < 1e-9);
  // The same at the end of a turn: told at once, and put to the others when the next turn begins.
  r->leave_rest({3, 90'000'000, 90'000'000});
  CHECK(r->figures().slow == 2);
  CHECK(std::abs(r->figures().service_s - 0.1603968) < 1e-9);
  CHECK_FALSE(r->take_rest());  // the next turn reads the clock after each message
  CHECK(r->take_rest());
  f = r->figures();
  CHECK(f.slow == 2);
  CHECK(std::abs(f.service_s - 0.1603968) < 1e-9);
}

TEST_CASE("introspection: a life that hangs and goes on disturbs nothing of the next one", "[runtime]") {
  introspection i;
  const auto stuck = i.add(1, "a", "host", "");
  worked(*stuck, 0, 1, 100, 1);
  const auto next = i.add(2, "a", "host", "");
  worked(*stuck, 0, 1, 100, 1);
  worked(*next, 0, 1, 100, 1);
  CHECK(i.find("a")->figures().processed == 2);
  REQUIRE(i.flow().size() == 1);
  CHECK(i.flow()[0].count == 2);
}
