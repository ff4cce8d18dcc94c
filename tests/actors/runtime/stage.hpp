// An actor system on one thread with virtual time, and workers that do what a test tells them.
#pragma once
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/supervisor.hpp"

namespace tomnext::tests {
using namespace tomnext::actors;
using namespace std::chrono_literals;

TOMNEXT_ATOM(work, "tWork");
TOMNEXT_ATOM(crash, "tCrash");
TOMNEXT_ATOM(fail, "tFail");
TOMNEXT_ATOM(leave, "tLeave");
/// work: note the number. crash: throw. fail: end with an error. leave: end without one.
using worker = typed<answer<void>(work_atom, int), answer<void>(crash_atom), answer<void>(fail_atom), answer<void>(leave_atom)>;

/// What happened, in order: "+a" a started, "a:3" a handled work 3, "-a" a ended, "down" and a reason for who is watched.
using diary = std::shared_ptr<std::vector<std::string>>;

struct worker_state {
  worker::pointer self;
  std::string name;
  diary notes;
  /// A worker that is told to exit and does not: it takes a kill.
  worker_state(worker::pointer self_, std::string name_, diary notes_, bool stubborn = false) : self(self_), name(std::move(name_)), notes(std::move(notes_)) {
    if (stubborn) on_exit_order(self, [this](const actor_error&) { notes->push_back(name + ":no"); });
  }
  worker_state(const worker_state&) = delete;
  worker_state& operator=(const worker_state&) = delete;
  ~worker_state() { notes->push_back("-" + name); }
  worker::behavior_type behavior() {
    notes->push_back("+" + name);
    return {[this](work_atom, int n) { notes->push_back(name + ":" + std::to_string(n)); }, [](crash_atom) { throw std::runtime_error("boom"); },
            [this](fail_atom) {
              self->quit(to_caf({errc::invalid_argument, "it failed"}));
            },
            [this](leave_atom) { self->quit(); }};
  }
};

class stage {
  struct settings : system_config {
    settings() { configure_for_tests(*this); }
  };
  settings settings_;

 public:
  actor_system system{settings_};
  test_scheduler& scheduler = test_scheduler_of(system);
  std::shared_ptr<introspection> figures = std::make_shared<introspection>();
  diary notes = std::make_shared<std::vector<std::string>>();
  std::map<std::string, worker> workers;  ///< the latest life of each
  std::vector<std::string> ended;         ///< "name: message" of on_child_ended
  std::vector<std::string> restarted;     ///< "name restarts: reason" of on_restart
  const std::size_t base = running_actors(system);

  /// Actors are let go before the system: its end waits for none that a test forgot, since this stops the watched ones.
  ~stage() {
    workers.clear();
    for (auto& root : roots_) exit_now(root, exit_reason::kill);
    roots_.clear();
    settle();
  }
  /// Runs what is due now.
  void settle() {
    while (scheduler.run() != 0) {}
  }
  /// Lets time pass in steps of 1 ms, so that nothing happens later than it should.
  void pass(std::chrono::milliseconds time) {
    for (auto t = 0ms; t < time; t += 1ms) {
      scheduler.advance_time(1ms);
      settle();
    }
  }
  child_spec child(const std::string& name, const std::string& parent, restart_kind kind = restart_kind::permanent, bool stubborn = false) {
    auto start = [this, name, parent, stubborn](parent_actor& by) {
      auto w = spawn_actor<worker, worker_state>(by, figures, {name, "worker", parent}, name, notes, stubborn);
      workers[name] = w;
      return pointer_of(w);
    };
    return {name, std::move(start), kind, 2000ms};
  }
  std::vector<child_spec> children(const std::string& parent, const std::vector<std::string>& names) {
    std::vector<child_spec> all;
    for (const auto& n : names) all.push_back(child(n, parent));
    return all;
  }
  supervisor_settings supervisor(const std::string& name, strategy_kind strategy = strategy_kind::one_for_one, const std::string& parent = "") {
    supervisor_settings s;
    s.name = name;
    s.parent = parent;
    s.strategy = strategy;
    s.on_restart = [this](const std::string& c, std::uint64_t n, const std::string& why) { restarted.push_back(c + " " + std::to_string(n) + ": " + why); };
    s.on_child_ended = [this](const std::string& c, const error& e) { ended.push_back(c + ": " + e.message); };
    return s;
  }
  actor_ptr run(supervisor_settings s, std::vector<child_spec> specs) {
    auto root = spawn_supervisor(system, figures, std::move(s), std::move(specs));
    when_down(root, [book = notes](const actor_error& why) { book->push_back("down: " + reason_text(why)); });
    roots_.push_back(root);
    settle();
    return root;
  }
  template <class... M> void send(const std::string& name, const M&... message) {
    tell_from_outside(workers.at(name), message...);
    settle();
  }
  /// What happened since the last call.
  std::vector<std::string> news() { return std::exchange(*notes, {}); }
  actor_figures of(const std::string& name) {
    for (auto& f : figures->figures())
      if (f.name == name) return f;
    throw std::out_of_range("no figures of " + name);
  }

 private:
  std::vector<actor_ptr> roots_;
};

using lines = std::vector<std::string>;

}  // namespace tomnext::tests
