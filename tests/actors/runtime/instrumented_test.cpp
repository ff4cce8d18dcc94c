#include "actors/runtime/instrumented.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/actors/runtime/blocking_worker.hpp"
#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/texts.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

TOMNEXT_ATOM(get, "tGet");
TOMNEXT_ATOM(later, "tLater");
TOMNEXT_ATOM(wait, "tWait");
/// get: the number it was made with. later: a promise that is kept by nobody. wait: nothing else until another answered.
using number = typed<answer<int>(get_atom), answer<int>(later_atom), answer<void>(wait_atom, worker), answer<void>(crash_atom, int)>;
using silent = typed<answer<int>(get_atom)>;

struct number_state {
  number::pointer self;
  std::unique_ptr<int> value;  // arguments need not be copyable
  std::vector<promise_guard<int>> held;
  number_state(number::pointer self_, std::unique_ptr<int> value_) : self(self_), value(std::move(value_)) {
    if (*value == 13) throw std::invalid_argument("thirteen");
  }
  number::behavior_type behavior() {
    if (*value == 14) throw std::invalid_argument("fourteen");
    if (*value == 15) record_of(self).set_state("recovering");
    return {[this](get_atom) { return *value; },
            [this](later_atom) -> answer<int> {
              auto promise = promise_answer<int>(self);
              held.emplace_back(promise);
              return promise;
            },
            [this](wait_atom, const worker& other) { ask(self, other, 1000ms, work_v, 1).await([] {}, [](const actor_error&) {}); },
            [](crash_atom, int what) { what == 0 ? throw std::runtime_error("boom") : throw what; }};
  }
};


number make_number(stage& s, int value) { return spawn_actor<number, number_state>(s.system, s.figures, {"number", "host", ""}, std::make_unique<int>(value)); }

/// Asks from outside and remembers the answer, or "error: …".
struct asker_state {
  silent::pointer self;
  std::shared_ptr<std::string> said;
  number whom;
  bool promise;
  asker_state(silent::pointer self_, std::shared_ptr<std::string> said_, number whom_, bool promise_)
      : self(self_), said(std::move(said_)), whom(std::move(whom_)), promise(promise_) {}
  silent::behavior_type behavior() {
    const auto hear = [this](int n) { *said = std::to_string(n); };
    const auto fail = [this](const actor_error& e) { *said = "error: " + from_caf(e).message; };
    if (promise) ask(self, whom, 1000ms, later_v).then(hear, fail);
    else ask(self, whom, 1000ms, get_v).then(hear, fail);
    return {[](get_atom) { return 0; }};
  }
};

struct asking {
  std::shared_ptr<std::string> said = std::make_shared<std::string>();
  silent actor;
  asking(stage& s, const number& whom, bool promise = false)
      : actor(spawn_actor<silent, asker_state>(s.system, s.figures, {"asker", "test", ""}, said, whom, promise)) {}
  ~asking() { exit_now(pointer_of(actor), exit_reason::kill); }
  asking(const asking&) = delete;
  asking& operator=(const asking&) = delete;
};

}  // namespace

TEST_CASE("instrumented: depth, high water and processed are counted exactly", "[runtime]") {
  stage s;
  const auto w = spawn_actor<worker, worker_state>(s.system, s.figures, {"w", "worker", "p"}, std::string("w"), s.notes);
  CHECK(s.of("w").state == "starting");
  for (int n = 0; n < 7; ++n) tell_from_outside(w, work_v, n);
  CHECK(s.of("w").queue_depth == 7);
  CHECK(s.of("w").queue_depth_max == 7);
  CHECK(s.of("w").processed == 0);
  s.settle();
  auto f = s.of("w");
  CHECK(f.state == "running");
  CHECK(f.kind == "worker");
  CHECK(f.parent == "p");
  CHECK(f.id == w.id());
  CHECK(f.queue_depth == 0);
  CHECK(f.queue_depth_max == 7);
  CHECK(f.processed == 7);
  CHECK(f.p50_us > 0);
  CHECK(f.p99_us >= f.p50_us);
  CHECK(f.up_s > 0);
  exit_after_queue(pointer_of(w), exit_reason::user_shutdown);
  s.settle();
  tell_from_outside(w, work_v, 8);  // to nobody
  f = s.of("w");
  CHECK(f.state == "stopped");
  CHECK(f.processed == 7);  // the order to end was no work
  CHECK(f.queue_depth == 0);
  CHECK(f.errors == 0);
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("instrumented: a skipped message stays in the queue and counts once", "[runtime]") {
  stage s;
  const auto w = spawn_actor<worker, worker_state>(s.system, s.figures, {"w", "worker", ""}, std::string("w"), s.notes);
  const auto n = make_number(s, 1);
  s.settle();
  tell_from_outside(n, wait_v, w);
  s.scheduler.prioritize(n);
  s.scheduler.run_once();  // n waits for w, which has not run yet
  {
    asking q(s, n);
    s.scheduler.prioritize(q.actor);
    s.scheduler.run_once();
    s.scheduler.prioritize(n);
    s.scheduler.run_once();  // looks at the question, and may not answer yet
    CHECK(s.of("number").queue_depth == 1);
    CHECK(s.of("number").processed == 1);
    s.settle();
    CHECK(*q.said == "1");
    CHECK(s.of("number").queue_depth == 0);
    CHECK(s.of("number").queue_depth_max <= 2);
    CHECK(s.of("number").processed == 3);  // the order to wait, w's answer, the question
  }
  for (const auto& a : {pointer_of(w), pointer_of(n)}) exit_now(a, exit_reason::kill);
  s.settle();
}

TEST_CASE("instrumented: a time-out that comes too late leaves the queue without counting as work", "[runtime]") {
  stage s;
  const auto n = make_number(s, 5);
  {
    asking q(s, n);
    s.settle();
    CHECK(*q.said == "5");
    const auto before = s.of("asker").processed;
    CHECK(before == 1);
    s.pass(1100ms);  // the deadline of the question that was answered
    CHECK(s.of("asker").processed == before);
    CHECK(s.of("asker").queue_depth == 0);
  }
  exit_now(pointer_of(n), exit_reason::kill);
  s.settle();
}

TEST_CASE("instrumented: an exception ends the actor with a reason, and nobody else", "[runtime]") {
  stage s;
  std::optional<error> why;
  const auto watch = [&](const number& n) { when_down(pointer_of(n), [&](const actor_error& e) { why = from_caf(e); }); };
  const auto expect = [&](const std::string& text) {
    s.settle();
    REQUIRE(why);
    CHECK(why->code == errc::actor_down);
    CHECK(why->message == text);
    CHECK(s.of("number").state == "failed");
    CHECK(s.of("number").errors == 1);
    CHECK(s.of("number").last_error == text);
    CHECK(running_actors(s.system) == s.base);
  };
  SECTION("in a handler") {
    const auto n = make_number(s, 1);
    watch(n);
    tell_from_outside(n, crash_v, 0);
    expect("an exception escaped: boom");
    CHECK(s.of("number").processed == 1);  // it was taken from the queue
  }
  SECTION("one that is no std::exception") {
    const auto n = make_number(s, 1);
    watch(n);
    tell_from_outside(n, crash_v, 1);
    expect("an exception escaped that is no std::exception");
  }
  SECTION("while State is made: not in whoever spawned it") {
    std::optional<number> n;
    CHECK_NOTHROW(n = make_number(s, 13));
    watch(*n);
    expect("an exception escaped: thirteen");
  }
  SECTION("in behavior()") {
    const auto n = make_number(s, 14);
    watch(n);
    expect("an exception escaped: fourteen");
  }
}

TEST_CASE("instrumented: State may set its own state, and ends in the actor's context", "[runtime]") {
  stage s;
  const auto n = make_number(s, 15);
  s.settle();
  CHECK(s.of("number").state == "recovering");
  {
    // A promise held by an actor that is told to end is answered, since State goes while the mailbox still works.
    asking q(s, n, true);
    s.settle();
    CHECK(q.said->empty());
    exit_now(pointer_of(n), exit_reason::user_shutdown);
    s.settle();
    CHECK(*q.said == "error: the answer was given up");
  }
  s.settle();
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("instrumented: a detached actor works on a thread of its own, and its queue is seen while it is busy", "[runtime]") {
  stage s;
  const auto entered = std::make_shared<gate>(), leave = std::make_shared<gate>(), gone = std::make_shared<gate>();
  const auto thread = std::make_shared<std::thread::id>();
  {
    const auto w = spawn_detached_actor<worker, blocking_state>(s.system, s.figures, {"w", "journal", ""}, entered, leave, thread);
    when_down(pointer_of(w), [gone](const actor_error&) { gone->open(); });
    tell_from_outside(w, work_v, 1);
    REQUIRE(entered->pass());
    for (int n = 0; n < 3; ++n) tell_from_outside(w, work_v, 2);
    tell_from_outside(w, crash_v);
    CHECK(s.of("w").queue_depth == 5);  // the one in work counts until it is done
    CHECK(s.of("w").queue_depth_max == 5);
    leave->open();
  }
  REQUIRE(gone->pass());
  CHECK(*thread != std::this_thread::get_id());
  CHECK(s.of("w").processed == 5);
  CHECK(s.of("w").state == "failed");
}

TEST_CASE("instrumented: a full mailbox refuses requests with a typed error, and lets in what must get in", "[runtime]") {
  stage s;
  const auto n = spawn_actor<number, number_state>(s.system, s.figures, {"number", "view", "", {2, when_full::refuse}}, std::make_unique<int>(5));
  s.settle();
  std::vector<std::unique_ptr<asking>> questions;
  for (int i = 0; i < 4; ++i) {
    questions.push_back(std::make_unique<asking>(s, n));
    s.scheduler.prioritize(questions.back()->actor);
    s.scheduler.run_once();  // it asks, and n has not run yet
  }
  CHECK(s.of("number").queue_depth == 2);
  CHECK(s.of("number").refused == 2);
  exit_now(pointer_of(n), exit_reason::user_shutdown);  // an order to end gets in
  s.settle();
  CHECK(has_text(*questions[2]->said, "error: number: 2 messages wait already"));
  CHECK(has_text(*questions[3]->said, "error: number: 2 messages wait already"));
  CHECK(s.of("number").state == "stopped");
}

TEST_CASE("instrumented: an urgent request gets into a full mailbox, and overtakes what waits there", "[runtime]") {
  stage s;
  const auto n = spawn_actor<number, number_state>(s.system, s.figures, {"number", "view", "", {2, when_full::refuse}}, std::make_unique<int>(5));
  s.settle();
  std::vector<std::string> order;
  const auto question = [&](const std::string& name, bool urgent) {
    const auto asker = spawn_errand(s.system, [&order, n, name, urgent](plain_actor* self) {
      const auto hear = [&order, name](int) { order.push_back(name); };
      const auto fail = [&order, name](const actor_error&) { order.push_back(name + " refused"); };
      if (urgent) ask_urgently(self, n, 1000ms, get_v).then(hear, fail);
      else ask(self, n, 1000ms, get_v).then(hear, fail);
    });
    s.scheduler.prioritize(asker);
    s.scheduler.run_once();
  };
  question("first", false);
  question("second", false);
  question("third", false);
  question("kill switch", true);
  s.settle();
  REQUIRE(order.size() == 4);
  CHECK(std::find(order.begin(), order.end(), "third refused") != order.end());
  CHECK(std::find(order.begin(), order.end(), "kill switch") < std::find(order.begin(), order.end(), "first"));
  CHECK(s.of("number").refused == 1);
  exit_now(pointer_of(n), exit_reason::kill);
  s.settle();
}

TEST_CASE("instrumented: where the latest wins, what waited too long in a full mailbox is refused instead", "[runtime]") {
  stage s;
  const auto w = spawn_actor<worker, worker_state>(s.system, s.figures, {"w", "view", "", {3, when_full::latest_wins}}, std::string("w"), s.notes);
  s.settle();
  s.news();
  for (int i = 1; i <= 10; ++i) tell_from_outside(w, work_v, i);
  s.settle();
  CHECK(s.news() == lines{"w:8", "w:9", "w:10"});
  CHECK(s.of("w").conflated == 7);
  CHECK(s.of("w").processed == 3);
  CHECK(s.of("w").queue_depth == 0);
  exit_now(pointer_of(w), exit_reason::kill);
  s.settle();
}

TEST_CASE("instrumented: requests of its own that wait for an answer are counted while they do", "[runtime]") {
  stage s;
  const auto n = make_number(s, 1);
  s.settle();
  {
    asking q(s, n, true);  // the promise is kept by nobody
    s.settle();
    // The asker's state is told after each message that it handles; this one it has.
    tell_from_outside(q.actor, get_v);
    s.settle();
    CHECK(s.of("asker").in_flight == 1);
    exit_now(pointer_of(n), exit_reason::kill);
    s.settle();
    CHECK(s.of("asker").in_flight == 0);
    CHECK(has_text(*q.said, "error"));
  }
}
