#include "actors/runtime/ask_within.hpp"

#include <vector>

#include "actors/protocols.hpp"
#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

TOMNEXT_ATOM(question, "tQuestion");
TOMNEXT_ATOM(release, "tRelease");
TOMNEXT_ATOM(ask_now, "tAskNow");
// A callee that holds its answers until it is told, and an asker that passes calls on.
using callee = typed<answer<int>(question_atom, call_ref, int), answer<void>(release_atom)>;
using asker = typed<answer<void>(ask_now_atom, call_ref, int)>;

struct callee_state {
  callee::pointer self;
  diary notes;
  std::vector<std::pair<promise_guard<int>, int>> held;
  callee_state(callee::pointer self_, diary notes_) : self(self_), notes(std::move(notes_)) {}
  callee::behavior_type behavior() {
    return {[this](question_atom, const call_ref& c, int n) -> answer<int> {
              if (auto wanted = still_wanted(self, c); !wanted) {
                notes->push_back("refused " + std::to_string(n));
                return to_caf(wanted.error());
              }
              notes->push_back("works " + std::to_string(n));
              auto promise = promise_answer<int>(self);
              held.emplace_back(promise_guard<int>(promise), n);
              return promise;
            },
            [this](release_atom) {
              for (auto& [p, n] : std::exchange(held, {})) p.deliver(n + 1);
            }};
  }
};
struct asker_state {
  asker::pointer self;
  callee to;
  diary notes;
  requests_in_flight flight;
  asker_state(asker::pointer self_, callee to_, diary notes_, std::size_t max) : self(self_), to(std::move(to_)), notes(std::move(notes_)), flight(max) {}
  asker::behavior_type behavior() {
    return {[this](ask_now_atom, const call_ref& c, int n) {
      ask_within(self, flight, *c, to, question_v, c, n)
          .then([this](int answer) { notes->push_back("answer " + std::to_string(answer) + ", " + std::to_string(flight.now()) + " out"); },
                [this](const actor_error& e) { notes->push_back(from_caf(e).message + ", " + std::to_string(flight.now()) + " out"); });
    }};
  }
};

struct scene {
  stage s;
  callee to = spawn_actor<callee, callee_state>(s.system, s.figures, {"callee", "test", ""}, s.notes);
  asker from;
  explicit scene(std::size_t max = 500) : from(spawn_actor<asker, asker_state>(s.system, s.figures, {"asker", "test", ""}, to, s.notes, max)) { s.settle(); }
  ~scene() {
    exit_now(pointer_of(to), exit_reason::kill);
    exit_now(pointer_of(from), exit_reason::kill);
  }
  call_ref within(std::chrono::milliseconds time, cancellation_token token = {}) { return begin_call("c", s.system.clock().now() + time, token); }
  void ask(const call_ref& c, int n) {
    tell_from_outside(from, ask_now_v, c, n);
    s.settle();
  }
};

}  // namespace

TEST_CASE("ask_within: an answer in time, and its place is free before the handler runs", "[runtime]") {
  scene x;
  x.ask(x.within(100ms), 1);
  x.ask(x.within(100ms), 2);
  CHECK(x.s.news() == lines{"works 1", "works 2"});
  tell_from_outside(x.to, release_v);
  x.s.settle();
  CHECK(x.s.news() == lines{"answer 2, 1 out", "answer 3, 0 out"});
}

TEST_CASE("ask_within: the deadline is the caller's, not one of its own", "[runtime]") {
  scene x;
  x.ask(x.within(5ms), 1);
  x.s.news();
  x.s.pass(4ms);
  CHECK(x.s.news().empty());
  x.s.pass(1ms);
  CHECK(x.s.news() == lines{"no answer within the deadline, 0 out"});
}

TEST_CASE("ask_within: nothing is sent where nothing is left, or the caller has given up", "[runtime]") {
  scene x;
  x.ask(x.within(0ms), 1);
  CHECK(x.s.news() == lines{"the caller's deadline passed 0 ms ago, 0 out"});
  x.ask(begin_call("c", x.s.system.clock().now() + 999us), 2);
  CHECK(x.s.news() == lines{"nothing is left of the caller's deadline, 0 out"});
  const cancellation_source source;
  source.cancel({errc::cancelled, "the client is gone"});
  x.ask(x.within(1s, source.token()), 3);
  CHECK(x.s.news() == lines{"given up by the caller: the client is gone, 0 out"});
}

TEST_CASE("ask_within: a callee refuses what was given up while it waited in its mailbox", "[runtime]") {
  scene x;
  const cancellation_source source;
  const auto late = x.within(5ms), cancelled = x.within(1s, source.token()), wanted = x.within(1s);
  spawn_errand(x.s.system, [=, to = x.to](plain_actor* self) {
    int n = 0;
    for (const auto& c : {late, cancelled, wanted}) ask(self, to, 1s, question_v, c, ++n).then([](int) {}, [](const actor_error&) {});
  });
  x.s.scheduler.run_once();  // all three are in the callee's mailbox, and wanted so far
  source.cancel();
  x.s.scheduler.advance_time(5ms);
  x.s.settle();
  CHECK(x.s.news() == lines{"refused 1", "refused 2", "works 3"});
}

TEST_CASE("ask_within: no more in flight than may be, and answers make room", "[runtime]") {
  scene x(2);
  for (int n = 1; n <= 3; ++n) x.ask(x.within(100ms), n);
  CHECK(x.s.news() == lines{"works 1", "works 2", "2 requests of one actor are unanswered: it asks nothing more for now, 2 out"});
  tell_from_outside(x.to, release_v);
  x.s.settle();
  x.s.news();
  x.ask(x.within(100ms), 4);
  CHECK(x.s.news() == lines{"works 4"});
  x.s.pass(100ms);  // a time-out makes room as well
  CHECK(x.s.news() == lines{"no answer within the deadline, 0 out"});
}

TEST_CASE("ask_within: an actor that is not there yet, and one that is gone", "[runtime]") {
  scene x;
  const auto lost = spawn_actor<asker, asker_state>(x.s.system, x.s.figures, {"lost", "test", ""}, callee(), x.s.notes, std::size_t{5});
  tell_from_outside(lost, ask_now_v, x.within(1s), 1);
  x.s.settle();
  CHECK(x.s.news() == lines{"it has not started yet, 0 out"});
  exit_now(pointer_of(lost), exit_reason::kill);
  exit_now(pointer_of(x.to), exit_reason::kill);
  x.s.settle();
  x.ask(x.within(1s), 1);
  CHECK(x.s.news() == lines{"the actor that was asked is gone, 0 out"});
}
