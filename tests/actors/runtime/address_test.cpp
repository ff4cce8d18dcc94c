#include "actors/runtime/address.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

TOMNEXT_ATOM(question, "tQuestion");
using echo_actor = typed<answer<int>(question_atom, int)>;
struct echo_actor_state {
  explicit echo_actor_state(echo_actor::pointer) {}
  echo_actor::behavior_type behavior() {
    return {[](question_atom, int n) { return n + 1; }};
  }
};

/// What became of a question: the number, or the code of the error.
struct reply {
  int number = 0;
  std::optional<errc> code;
};
std::shared_ptr<reply> question_to(stage& s, const actor_ptr& to, int n) {
  auto box = std::make_shared<reply>();
  spawn_errand(s.system, [=](plain_actor* self) {
    ask(self, handle_of<echo_actor>(to), 10s, question_v, n)
        .then([box](int v) { box->number = v; }, [box](const actor_error& e) { box->code = from_caf(e).code; });
  });
  return box;
}

child_spec addressed(stage& s, const actor_ptr& where, const std::string& name) {
  auto spec = s.child(name, "root");
  spec.address = [where](actor_system&) { return where; };
  return spec;
}

}  // namespace

TEST_CASE("address: messages reach the present life, and wait in order for the next one", "[runtime]") {
  stage s;
  const auto where = make_address(s.system, "a", 3);
  s.run(s.supervisor("root"), {addressed(s, where, "a")});
  const auto a = handle_of<worker>(where);
  tell_from_outside(a, work_v, 1);
  s.settle();
  CHECK(s.news() == lines{"+a", "a:1"});
  tell_from_outside(a, crash_v);
  s.settle();
  CHECK(s.news() == lines{"-a"});
  for (int n = 2; n < 7; ++n) tell_from_outside(a, work_v, n);  // three have room
  s.settle();
  CHECK(s.news().empty());
  CHECK(as_address(where)->waiting() == 3);
  CHECK(as_address(where)->refused() == 2);
  s.pass(10ms);
  tell_from_outside(a, work_v, 9);
  s.settle();
  CHECK(s.news() == lines{"+a", "a:2", "a:3", "a:4", "a:9"});
  CHECK(as_address(where)->waiting() == 0);
  as_address(where)->close();
}

TEST_CASE("address: a full backlog refuses requests at once and says why; orders to end do not wait for the next life", "[runtime]") {
  stage s;
  const auto where = make_address(s.system, "a", 1);
  const auto first = question_to(s, where, 1), second = question_to(s, where, 2);
  exit_now(where, exit_reason::kill);
  s.settle();
  CHECK_FALSE(first->code);
  CHECK(second->code == errc::overloaded);
  as_address(where)->bind(pointer_of(spawn_actor<echo_actor, echo_actor_state>(s.system, s.figures, {"echo_actor", "test", ""})));
  s.settle();
  CHECK(first->number == 2);
  const auto third = question_to(s, where, 3);
  s.settle();
  CHECK(third->number == 4);  // the order was not for this life
  exit_now(where, exit_reason::kill);
  s.settle();
  as_address(where)->close();
}

TEST_CASE("address: where the life has ended for good, what waits and what comes is refused; a later life opens it again", "[runtime]") {
  stage s;
  const auto where = make_address(s.system, "a", 8);
  const auto waiting = question_to(s, where, 1);
  s.settle();
  as_address(where)->retire();
  const auto late = question_to(s, where, 2);
  s.settle();
  CHECK(waiting->code == errc::actor_down);
  CHECK(late->code == errc::actor_down);
  const auto life = pointer_of(spawn_actor<echo_actor, echo_actor_state>(s.system, s.figures, {"echo_actor", "test", ""}));
  as_address(where)->bind(life);
  const auto again = question_to(s, where, 3);
  s.settle();
  CHECK(again->number == 4);
  as_address(where)->unbind(actor_ptr{});  // of another life: nothing
  CHECK(question_to(s, where, 4));
  s.settle();
  CHECK(as_address(where)->waiting() == 0);
  exit_now(life, exit_reason::kill);
  s.settle();
  as_address(where)->close();
  as_address(where)->bind(life);
  const auto never = question_to(s, where, 5);
  s.settle();
  CHECK(never->code == errc::actor_down);
}

TEST_CASE("address: a temporary child's end retires it", "[runtime]") {
  stage s;
  const auto where = make_address(s.system, "a", 8);
  auto spec = addressed(s, where, "a");
  spec.restart = restart_kind::temporary;
  s.run(s.supervisor("root"), {spec});
  tell_from_outside(handle_of<worker>(where), leave_v);
  s.settle();
  const auto q = question_to(s, where, 1);
  s.settle();
  CHECK(q->code == errc::actor_down);
  as_address(where)->close();
}

TEST_CASE("address: senders on several threads keep their order across restarts, and nothing that waited is lost", "[runtime]") {
  struct settings : system_config {
    settings() { configure(*this, 2); }
  } config;
  actor_system system{config};
  const auto figures = std::make_shared<introspection>();
  const auto where = make_address(system, "a", 1'000'000);
  constexpr int senders = 3, each = 20'000;
  struct log_of {
    std::vector<std::vector<int>> seen{senders};
  };
  // One life at a time handles messages, so that what they write needs no lock.
  const auto seen = std::make_shared<log_of>();
  const auto spawn_life = [&] {
    return pointer_of(system.spawn([seen](worker::pointer) -> worker::behavior_type {
      return {[seen](work_atom, int n) { seen->seen[static_cast<std::size_t>(n / 1'000'000)].push_back(n % 1'000'000); }, [](crash_atom) {}, [](fail_atom) {},
              [](leave_atom) {}};
    }));
  };
  auto life = spawn_life();
  as_address(where)->bind(life);
  std::vector<std::thread> threads;
  for (int t = 0; t < senders; ++t)
    threads.emplace_back([where, t] {
      for (int n = 0; n < each; ++n) tell_from_outside(handle_of<worker>(where), work_v, t * 1'000'000 + n);
    });
  for (int round = 0; round < 50; ++round) {
    as_address(where)->unbind(life);
    // It finishes what it has before the next begins: nothing is lost, and nothing handled twice.
    outside_actor self{system};
    exit_after_queue(life, exit_reason::user_shutdown);
    self->wait_for(life);
    life = spawn_life();
    as_address(where)->bind(life);
  }
  for (auto& t : threads) t.join();
  outside_actor self{system};
  exit_after_queue(life, exit_reason::user_shutdown);
  self->wait_for(life);
  as_address(where)->close();
  for (int t = 0; t < senders; ++t) {
    const auto& of = seen->seen[static_cast<std::size_t>(t)];
    // What a sender took the old life's handle for just before its end is lost, as documented: at most once, and in order.
    CHECK(std::is_sorted(of.begin(), of.end()));
    CHECK(std::adjacent_find(of.begin(), of.end()) == of.end());
    CHECK(of.size() >= each - 50);
  }
}
