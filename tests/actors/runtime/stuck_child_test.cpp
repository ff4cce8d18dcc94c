// A child that hangs in a handler, on its own thread or on a worker: neither a shutdown nor a restart of its siblings waits for it for ever.
#include <mutex>
#include <string>
#include <vector>

#include "tests/actors/runtime/blocking_worker.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

enum class where { own_thread, shared_worker };

/// Three children on two real threads, of which b hangs.
struct scene {
  struct settings : system_config {
    settings() { configure(*this, 2); }
  } config;
  actor_system system{config};
  std::shared_ptr<introspection> figures = std::make_shared<introspection>();
  std::shared_ptr<gate> entered = std::make_shared<gate>(), leave = std::make_shared<gate>(), down = std::make_shared<gate>(), gone = std::make_shared<gate>();
  std::mutex mutex;
  std::vector<std::string> reports, ends;
  actor_ptr root;
  worker first, hanging;  // written before b has entered, read after

  scene(strategy_kind strategy, where place) {
    supervisor_settings s;
    s.name = "root";
    s.strategy = strategy;
    s.kill_grace = 20ms;
    s.on_child_ended = [this](const std::string& c, const error& e) { note(reports, c + ": " + e.message); };
    root = spawn_supervisor(system, figures, s, {calm("a"), hung(place), calm("c")});
    when_down(root, [this](const actor_error& why) {
      note(ends, reason_text(why));
      down->open();
    });
    REQUIRE(entered->pass());
  }
  ~scene() { leave->open(); }  // the system waits for all actors
  void note(std::vector<std::string>& list, std::string text) {
    const std::lock_guard lock(mutex);
    list.push_back(std::move(text));
  }
  child_spec calm(const std::string& name) {
    return {name, [this, name](parent_actor& by) {
              const auto free = std::make_shared<gate>();
              free->open();
              const auto thread = std::make_shared<std::thread::id>();
              const auto w = spawn_actor<worker, blocking_state>(by, figures, {name, "worker", "root"}, free, free, thread);
              if (name == "a") first = w;
              return pointer_of(w);
            }};
  }
  child_spec hung(where place) {
    child_spec c{"b", [this, place](parent_actor& by) {
                   const auto thread = std::make_shared<std::thread::id>();
                   hanging = place == where::own_thread
                                 ? spawn_detached_actor<worker, blocking_state>(by, figures, {"b", "worker", "root"}, entered, leave, thread)
                                 : spawn_actor<worker, blocking_state>(by, figures, {"b", "worker", "root"}, entered, leave, thread);
                   when_down(pointer_of(hanging), [g = gone](const actor_error&) { g->open(); });
                   tell_from_outside(hanging, work_v, 1);
                   return pointer_of(hanging);
                 }};
    c.stop_deadline = 30ms;
    return c;
  }
};

}  // namespace

TEST_CASE("supervisor: a child that hangs is reported, and the shutdown goes on", "[runtime]") {
  scene s(strategy_kind::one_for_one, GENERATE(where::own_thread, where::shared_worker));
  exit_now(s.root, exit_reason::user_shutdown);
  REQUIRE(s.down->pass());  // b still hangs
  CHECK(s.ends == lines{"shut down"});
  CHECK(s.reports == lines{"b: child b did not stop within 30 ms, nor within 20 ms of being killed: it is left behind"});
  CHECK(s.figures->find("a")->state() == std::string("stopped"));
  CHECK(s.figures->find("b")->state() == std::string("failed"));
  CHECK(s.figures->find("c")->state() == std::string("stopped"));
  s.leave->open();
  REQUIRE(s.gone->pass());  // the kill still waits in its queue, and takes it in the end
}

TEST_CASE("supervisor: beside a child that hangs no second life starts; it gives up instead", "[runtime]") {
  scene s(strategy_kind::one_for_all, GENERATE(where::own_thread, where::shared_worker));
  tell_from_outside(s.first, crash_v);
  REQUIRE(s.down->pass());
  const std::string what = "child b did not stop within 30 ms, nor within 20 ms of being killed: it is left behind";
  CHECK(s.ends == lines{"supervisor root gives up: " + what});
  CHECK(s.reports == lines{"b: supervisor root gives up: " + what});
  CHECK(s.figures->find("a")->figures().restarts == 0);
  CHECK(s.figures->find("root")->figures().last_error == "supervisor root gives up: " + what);
}
