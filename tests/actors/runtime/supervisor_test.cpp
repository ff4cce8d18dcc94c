#include "actors/runtime/supervisor.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {
constexpr auto shut_down = exit_reason::user_shutdown;
void kill(stage& s, const std::string& name) {
  exit_now(pointer_of(s.workers.at(name)), exit_reason::kill);
  s.settle();
}
}  // namespace

TEST_CASE("supervisor: children start in order and are shown below it", "[runtime]") {
  stage s;
  const auto root = s.run(s.supervisor("root"), s.children("root", {"a", "b", "c"}));
  CHECK(s.news() == lines{"+a", "+b", "+c"});
  const auto figures = s.figures->figures();
  REQUIRE(figures.size() == 4);
  CHECK(figures[0].name == "root");
  CHECK(figures[0].kind == "supervisor");
  CHECK(figures[0].state == "running");
  for (std::size_t i = 1; i < 4; ++i) CHECK((figures[i].parent == "root" && figures[i].name == std::string(1, static_cast<char>('a' + i - 1))));
  CHECK(running_actors(s.system) == s.base + 4);
}

TEST_CASE("supervisor: one-for-one restarts the dead one only, after its back-off", "[runtime]") {
  stage s;
  s.run(s.supervisor("root"), s.children("root", {"a", "b", "c"}));
  s.news();
  s.send("b", crash_v);
  CHECK(s.news() == lines{"-b"});  // not at once
  s.pass(6ms);
  CHECK(s.news().empty());
  s.pass(4ms);
  CHECK(s.news() == lines{"+b"});
  CHECK(s.restarted == lines{"b 1: an exception escaped: boom"});
  s.send("b", work_v, 5);
  CHECK(s.news() == lines{"b:5"});
  s.send("b", fail_v);
  s.pass(20ms);
  CHECK(s.restarted.back() == "b 2: it failed");
  const auto f = s.of("b");
  CHECK(f.restarts == 2);
  CHECK(f.errors == 1);  // the exception; an end by decision is the supervisor's business
  CHECK(f.last_error == "it failed");
  CHECK(f.state == "running");
  CHECK(s.of("a").restarts == 0);
  CHECK(s.of("c").restarts == 0);
  CHECK(s.ended.empty());
}

TEST_CASE("supervisor: rest-for-one stops the younger ones youngest first, and starts none before all are down", "[runtime]") {
  stage s;
  s.run(s.supervisor("root", strategy_kind::rest_for_one), s.children("root", {"a", "b", "c", "d"}));
  s.news();
  s.send("b", crash_v);
  CHECK(s.news() == lines{"-b", "-d", "-c"});
  s.pass(10ms);
  CHECK(s.news() == lines{"+b", "+c", "+d"});
  CHECK(s.restarted == lines{"b 1: an exception escaped: boom", "c 1: restarted with b", "d 1: restarted with b"});
  CHECK(s.of("a").restarts == 0);
  CHECK(s.of("d").restarts == 1);

  SECTION("an elder that fails while they wait takes all that are younger along") {
    s.send("c", crash_v);
    CHECK(s.news() == lines{"-c", "-d"});
    kill(s, "a");
    CHECK(s.news() == lines{"-a", "-b"});
    s.pass(30ms);
    CHECK(s.news() == lines{"+a", "+b", "+c", "+d"});
  }
  SECTION("what waits behind a sibling's order to stop is void") {
    for (int n = 0; n < 5; ++n) tell_from_outside(s.workers.at("d"), work_v, n);
    tell_from_outside(s.workers.at("b"), crash_v);
    s.scheduler.prioritize(s.workers.at("b"));
    s.scheduler.run_once();       // b is down before d has looked at its queue
    s.scheduler.run_once_lifo();  // the supervisor hears of it
    s.settle();
    CHECK(s.news() == lines{"-b", "-d", "-c"});
  }
}

TEST_CASE("supervisor: one-for-all restarts all, and a sibling that does not stop is killed first", "[runtime]") {
  stage s;
  auto children = s.children("root", {"a", "b"});
  children.push_back(s.child("c", "root", restart_kind::permanent, true));
  children[2].stop_deadline = 100ms;
  s.run(s.supervisor("root", strategy_kind::one_for_all), std::move(children));
  s.news();
  s.send("b", crash_v);
  CHECK(s.news() == lines{"-b", "c:no"});
  s.pass(99ms);
  CHECK(s.news().empty());  // a waits for c, and b for both
  s.pass(1ms);
  CHECK(s.news() == lines{"-c", "-a"});
  s.pass(10ms);
  CHECK(s.news() == lines{"+a", "+b", "+c"});
  CHECK(s.ended.empty());
}

TEST_CASE("supervisor: a sibling that dies by itself meanwhile does not begin the restart before all are down", "[runtime]") {
  stage s;
  auto children = s.children("root", {"a", "b"});
  children.push_back(s.child("c", "root", restart_kind::permanent, true));
  children[2].stop_deadline = 100ms;
  s.run(s.supervisor("root", strategy_kind::one_for_all), std::move(children));
  s.news();
  s.send("b", crash_v);
  s.send("a", crash_v);
  CHECK(s.news() == lines{"-b", "c:no", "-a"});
  s.pass(99ms);
  CHECK(s.news().empty());
  s.pass(11ms);
  CHECK(s.news() == lines{"-c", "+a", "+b", "+c"});
  CHECK(s.restarted.size() == 3);  // one round for all of it
}

TEST_CASE("supervisor: a restart that was due waits for those that an elder's failure stops meanwhile", "[runtime]") {
  stage s;
  auto children = s.children("root", {"a", "b"});
  children.push_back(s.child("c", "root", restart_kind::permanent, true));
  children[2].stop_deadline = 100ms;
  children.push_back(s.child("d", "root"));
  s.run(s.supervisor("root", strategy_kind::rest_for_one), std::move(children));
  s.news();
  s.send("d", crash_v);  // due in 10 ms at most
  s.send("b", crash_v);
  CHECK(s.news() == lines{"-d", "-b", "c:no"});
  s.pass(99ms);
  CHECK(s.news().empty());
  s.pass(11ms);
  CHECK(s.news() == lines{"-c", "+b", "+c", "+d"});
}

TEST_CASE("supervisor: more failures than the window allows end it with an error, its children first", "[runtime]") {
  stage s;
  auto settings = s.supervisor("root");
  settings.restarts_max = 3;
  settings.window = 1000ms;
  s.run(settings, s.children("root", {"a", "b", "c"}));
  s.news();
  SECTION("at once") {
    for (int n = 0; n < 3; ++n) {
      s.send("b", crash_v);
      s.pass(50ms);
    }
    CHECK(s.news() == lines{"-b", "+b", "-b", "+b", "-b", "+b"});
    s.send("a", crash_v);  // the window is the supervisor's, not the child's
    const std::string why = "supervisor root gives up: child a failed more than 3 times within 1000 ms, lastly: an exception escaped: boom";
    CHECK(s.news() == lines{"-a", "-c", "-b", "down: " + why});
    CHECK(s.ended == lines{"a: " + why});
    CHECK(s.of("root").state == "failed");
    CHECK(s.of("root").last_error == why);
    CHECK(running_actors(s.system) == s.base);
  }
  SECTION("failures that are older do not count") {
    for (int n = 0; n < 20; ++n) {
      s.send("b", crash_v);
      s.pass(400ms);
    }
    CHECK(s.restarted.size() == 20);
    CHECK(s.of("root").state == "running");
  }
}

TEST_CASE("supervisor: the back-off grows with each failure and is capped", "[runtime]") {
  stage s;
  auto settings = s.supervisor("root");
  settings.restarts_max = 100;
  settings.window = 60'000ms;
  settings.backoff_max = 200ms;
  s.run(settings, s.children("root", {"a"}));
  auto nominal = 10ms;
  for (int n = 1; n <= 8; ++n) {
    s.send("a", crash_v);
    auto waited = 0ms;
    for (; s.restarted.size() < static_cast<std::size_t>(n) && waited < 1000ms; waited += 1ms) s.pass(1ms);
    CHECK(waited <= nominal);
    CHECK(waited >= nominal - nominal / 4);
    nominal = std::min(2 * nominal, std::chrono::milliseconds(200));
  }
}

TEST_CASE("supervisor: an orderly stop lets each child finish its work, youngest first, one at a time", "[runtime]") {
  stage s;
  const auto root = s.run(s.supervisor("root"), s.children("root", {"a", "b", "c"}));
  s.news();
  for (const auto* name : {"a", "b", "c"})
    for (int n = 0; n < 2; ++n) tell_from_outside(s.workers.at(name), work_v, n);
  exit_now(root, shut_down);
  s.scheduler.prioritize(root);  // it stops c before any of them has begun
  s.scheduler.run_once();
  s.settle();
  auto news = s.news();
  CHECK(news.back() == "down: shut down");
  for (const auto* name : {"a", "b", "c"}) {
    const auto at = [&](const std::string& what) { return std::find(news.begin(), news.end(), what); };
    CHECK(at(std::string(name) + ":1") < at("-" + std::string(name)));
  }
  lines ends;
  for (const auto& n : news)
    if (n.front() == '-') ends.push_back(n);
  CHECK(ends == lines{"-c", "-b", "-a"});
  CHECK(s.of("root").state == "stopped");
  CHECK(s.of("a").state == "stopped");
  CHECK(s.ended.empty());
  CHECK(s.restarted.empty());
  CHECK(running_actors(s.system) == s.base);
  s.pass(3000ms);  // the deadlines of those who made them in time
  CHECK(s.news().empty());
}

TEST_CASE("supervisor: a child that ignores its order to stop is killed when its deadline passes", "[runtime]") {
  stage s;
  auto children = s.children("root", {"a"});
  children.push_back(s.child("b", "root", restart_kind::permanent, true));
  children.push_back(s.child("c", "root"));
  children[1].stop_deadline = 300ms;
  const auto root = s.run(s.supervisor("root"), std::move(children));
  s.news();
  exit_now(root, to_caf({errc::cancelled, "enough"}));
  s.settle();
  CHECK(s.news() == lines{"-c", "b:no"});
  CHECK(s.of("root").state == "stopping");
  s.pass(299ms);
  CHECK(s.news().empty());
  s.pass(1ms);
  CHECK(s.news() == lines{"-b", "-a", "down: enough"});  // with the reason that it was given
}

TEST_CASE("supervisor: stopping overtakes restarts, and nothing starts any more", "[runtime]") {
  const auto strategy = GENERATE(strategy_kind::one_for_one, strategy_kind::rest_for_one, strategy_kind::one_for_all);
  stage s;
  const auto root = s.run(s.supervisor("root", strategy), s.children("root", {"a", "b", "c"}));
  s.send("b", crash_v);
  s.news();
  exit_now(root, shut_down);
  s.settle();
  CHECK(s.news().back() == "down: shut down");
  s.pass(2000ms);
  CHECK(s.news().empty());
  CHECK(s.restarted.empty());
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("supervisor: told to exit before it began, it starts nobody", "[runtime]") {
  stage s;
  auto root = spawn_supervisor(s.system, s.figures, s.supervisor("root"), s.children("root", {"a"}));
  exit_now(root, shut_down);
  s.settle();
  CHECK(s.news().empty());
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("supervisor: killed, it takes its children along", "[runtime]") {
  stage s;
  const auto root = s.run(s.supervisor("root"), s.children("root", {"a", "b"}));
  s.news();
  exit_now(root, exit_reason::kill);
  s.settle();
  CHECK(s.news() == lines{"down: killed", "-a", "-b"});
  CHECK(s.of("root").state == "failed");
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("supervisor: an exception in a callback ends it, and its children with it", "[runtime]") {
  stage s;
  auto settings = s.supervisor("root");
  settings.on_restart = [](const std::string&, std::uint64_t, const std::string&) { throw std::runtime_error("callback"); };
  s.run(settings, s.children("root", {"a", "b"}));
  s.send("a", crash_v);
  s.pass(20ms);
  CHECK(s.news() == lines{"+a", "+b", "-a", "down: an exception escaped: callback", "-b"});
  CHECK(s.of("root").last_error == "an exception escaped: callback");
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("supervisor: which ends lead to a restart depends on the kind of the child", "[runtime]") {
  stage s;
  auto settings = s.supervisor("root");
  settings.restarts_max = 100;
  s.run(settings, {s.child("permanent", "root"), s.child("transient", "root", restart_kind::transient), s.child("temporary", "root", restart_kind::temporary)});
  s.news();
  SECTION("an end without an error") {
    for (const auto* name : {"permanent", "transient", "temporary"}) s.send(name, leave_v);
    s.pass(50ms);
    CHECK(s.news() == lines{"-permanent", "-transient", "-temporary", "+permanent"});
    CHECK(s.ended == lines{"transient: ended", "temporary: ended"});
    CHECK(s.restarted == lines{"permanent 1: ended"});
  }
  SECTION("a failure") {
    for (const auto* name : {"permanent", "transient", "temporary"}) s.send(name, fail_v);
    s.pass(50ms);
    auto news = s.news();
    std::sort(news.begin() + 3, news.end());  // which comes back first is a matter of jitter
    CHECK(news == lines{"-permanent", "-transient", "-temporary", "+permanent", "+transient"});
    CHECK(s.ended == lines{"temporary: it failed"});
  }
  SECTION("an order to exit from elsewhere") {
    for (const auto* name : {"permanent", "transient", "temporary"}) exit_now(pointer_of(s.workers.at(name)), shut_down);
    s.settle();
    s.pass(50ms);
    CHECK(s.restarted == lines{"permanent 1: shut down"});
  }
  CHECK(s.figures->find("temporary") == nullptr);  // forgotten
  CHECK(s.figures->find("transient") != nullptr);
}

TEST_CASE("supervisor: a collective restart leaves out what ended for good, and temporary ones", "[runtime]") {
  stage s;
  s.run(s.supervisor("root", strategy_kind::one_for_all), {s.child("a", "root"), s.child("t", "root", restart_kind::transient),
                                                           s.child("x", "root", restart_kind::temporary), s.child("b", "root", restart_kind::transient)});
  s.send("t", leave_v);
  s.news();
  s.send("a", crash_v);
  s.pass(10ms);
  CHECK(s.news() == lines{"-a", "-b", "-x", "+a", "+b"});  // b was transient too, but it did not end on its own
  CHECK(s.ended == lines{"t: ended", "x: shut down"});
}

TEST_CASE("supervisor: a start that fails is a failure like another", "[runtime]") {
  stage s;
  int attempts = 0;
  const int good_from = GENERATE(1, 3, 100);
  auto flaky = s.child("b", "root");
  flaky.start = [&, start = flaky.start](parent_actor& by) -> actor_ptr {
    if (++attempts >= good_from) return start(by);
    if (attempts == 1) throw std::runtime_error("no file");
    return nullptr;
  };
  const auto strategy = GENERATE(strategy_kind::one_for_one, strategy_kind::rest_for_one, strategy_kind::one_for_all);
  s.run(s.supervisor("root", strategy), {s.child("a", "root"), flaky, s.child("c", "root")});
  if (good_from == 3) {
    CHECK(s.of("b").state == "failed");
    CHECK(s.of("b").parent == "root");
    CHECK(s.of("b").last_error == "an exception escaped: no file");
  }
  s.pass(5000ms);
  CAPTURE(good_from, static_cast<int>(strategy));
  if (good_from == 100) {
    CHECK(attempts == 6);
    CHECK(s.news().back() == "down: supervisor root gives up: child b failed more than 5 times within 10000 ms, lastly: start returned no actor");
    CHECK(running_actors(s.system) == s.base);
  } else {
    CHECK(attempts == good_from);
    CHECK(running_actors(s.system) == s.base + 4);
    CHECK(s.of("b").restarts == static_cast<std::uint64_t>(good_from - 1));
    CHECK(s.of("c").restarts == 0);  // c starts for the first time once b is up, or never stopped
  }
}

TEST_CASE("supervisor: one that gives up is a failure to its own parent", "[runtime]") {
  stage s;
  auto inner = s.supervisor("inner", strategy_kind::one_for_one, "root");
  inner.restarts_max = 1;
  child_spec nested{"inner", [&s, inner](parent_actor& by) { return spawn_supervisor(by, s.figures, inner, s.children("inner", {"b", "c"})); }};
  const auto root = s.run(s.supervisor("root", strategy_kind::rest_for_one), {s.child("a", "root"), nested, s.child("d", "root")});
  CHECK(s.news() == lines{"+a", "+d", "+b", "+c"});  // a start returns at once; the grandchildren follow
  s.send("b", crash_v);
  s.pass(10ms);
  CHECK(s.news() == lines{"-b", "+b"});
  s.send("b", crash_v);
  CHECK(s.news() == lines{"-b", "-c", "-d"});
  s.pass(10ms);
  CHECK(s.news() == lines{"+d", "+b", "+c"});
  CHECK(s.of("inner").restarts == 1);
  CHECK(s.of("inner").state == "running");
  CHECK(s.of("b").restarts == 1);  // the figures of b go on over the lives of its supervisor
  CHECK(s.of("b").errors == 2);
  lines tree;
  for (const auto& f : s.figures->figures()) tree.push_back(f.name);
  CHECK(tree == lines{"root", "a", "inner", "b", "c", "d"});
  exit_after_queue(root, shut_down);
  s.settle();
  CHECK(s.news() == lines{"-d", "-c", "-b", "-a", "down: shut down"});
  CHECK(running_actors(s.system) == s.base);
}

TEST_CASE("supervisor: settings that make no sense end it at birth and say why", "[runtime]") {
  stage s;
  auto settings = s.supervisor("root");
  auto children = s.children("root", {"a", "b"});
  std::string why;
  SECTION("no name") { settings.name = "", why = "supervisor : the name is empty"; }
  SECTION("no window") { settings.window = 0ms, why = "supervisor root: window must be longer than 0 ms"; }
  SECTION("back-off") { settings.backoff_max = 5ms, why = "supervisor root: allowed is 0 ms < backoff_min <= backoff_max"; }
  SECTION("grace") { settings.kill_grace = -1ms, why = "supervisor root: kill_grace is negative"; }
  SECTION("twins") { children[1].name = "a", why = "supervisor root: two children are named a"; }
  SECTION("nameless child") { children[1].name = "", why = "supervisor root: a child's name is empty"; }
  SECTION("no start") { children[1].start = nullptr, why = "supervisor root: child b has no start function"; }
  SECTION("deadline") { children[1].stop_deadline = -1ms, why = "supervisor root: stop_deadline of child b is negative"; }
  s.run(settings, children);
  CHECK(s.news() == lines{"down: " + why});
  CHECK(running_actors(s.system) == s.base);
}
