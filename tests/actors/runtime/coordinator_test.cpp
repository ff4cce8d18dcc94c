#include "actors/runtime/coordinator.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "tests/actors/small_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

// A host that answers, or is silent, and notes what it is asked and how much time it is given.
struct scripted {
  bool silent = false;
  std::vector<std::chrono::milliseconds> given;
  std::vector<std::string> correlations;
};
struct scripted_host_state {
  host_protocol::pointer self;
  std::shared_ptr<scripted> script;
  std::vector<promise_guard<std::string>> held;
  scripted_host_state(host_protocol::pointer self_, std::shared_ptr<scripted> script_) : self(self_), script(std::move(script_)) {}
  host_protocol::behavior_type behavior() {
    return {[](deliver_atom, const group_ref&) {}, [](tick_atom) {},
            [this](query_atom, const call_ref& c, const std::string&, const std::string&) -> answer<std::string> {
              script->given.push_back(c->remaining(self->clock().now()));
              script->correlations.push_back(c->correlation);
              auto promise = promise_answer<std::string>(self);
              promise_guard<std::string> guard{promise};
              if (script->silent) held.push_back(guard);
              else guard.deliver(std::string(R"({"fine":true})"));
              return promise;
            }};
  }
};

struct scene {
  stage s;
  std::map<std::string, host_protocol> hosts;
  std::map<std::string, std::shared_ptr<scripted>> scripts;
  coordinator_protocol who;

  scene() {
    for (const char* name : {"a", "b"}) {
      scripts[name] = std::make_shared<scripted>();
      start(name);
    }
    coordinator_settings c;
    c.service = "test";
    c.hosts = {"a", "b"};
    c.host = [this](const std::string& name) { return hosts[name]; };
    c.command = [](const std::string&) { return std::optional(operator_command::halt); };
    c.time_authority = [] { return time_protocol(); };
    who = spawn_actor<coordinator_protocol, coordinator_state>(s.system, s.figures, {"test/coordinator", "coordinator", ""}, std::move(c));
    s.settle();
  }
  ~scene() {
    exit_now(pointer_of(who), exit_reason::kill);
    for (auto& [name, h] : hosts) exit_now(pointer_of(h), exit_reason::kill);
  }
  void start(const std::string& name) {
    hosts[name] = spawn_actor<host_protocol, scripted_host_state>(s.system, s.figures, {name, "host", ""}, scripts[name]);
    s.settle();
  }
  void end(const std::string& name) {
    exit_now(pointer_of(hosts[name]), exit_reason::kill);
    s.settle();
  }
  call_ref within(std::chrono::milliseconds time) { return begin_call("c-7", s.system.clock().now() + time); }
  auto status(const call_ref& c) {
    auto seen = ask_from_outside<std::string>(s.system, who, status_v, c);
    s.settle();
    return seen;
  }
};

nlohmann::json hosts_of(const std::shared_ptr<asked<std::string>>& a) {
  if (!a->value) FAIL("no answer");
  return nlohmann::json::parse(*a->value)["hosts"];
}

}  // namespace

TEST_CASE("coordinator: hosts get the caller's name and time, less what their coordinator needs itself", "[runtime]") {
  scene x;
  CHECK(hosts_of(x.status(x.within(400ms))) == nlohmann::json::parse(R"([{"fine":true},{"fine":true}])"));
  CHECK(x.scripts["a"]->given == std::vector{360ms});
  CHECK(x.scripts["b"]->correlations == lines{"c-7"});
  x.status(x.within(10s));
  CHECK(x.scripts["a"]->given.back() == 1'000ms);
}

TEST_CASE("coordinator: a caller who has given up is not worked for", "[runtime]") {
  scene x;
  const auto seen = x.status(x.within(0ms));
  REQUIRE(seen->failure);
  CHECK(seen->failure->code == errc::timed_out);
  const auto command = ask_from_outside<std::string>(x.s.system, x.who, command_v, x.within(0ms), std::string(R"({"command":"halt","who":"ann"})"));
  x.s.settle();
  REQUIRE(command->failure);
  CHECK(command->failure->code == errc::timed_out);
  CHECK(x.scripts["a"]->given.empty());
}

TEST_CASE("coordinator: a silent host costs its part of the answer, within the caller's deadline", "[runtime]") {
  scene x;
  x.scripts["b"]->silent = true;
  const auto seen = x.status(x.within(200ms));
  x.s.pass(179ms);
  CHECK_FALSE(seen->done());
  x.s.pass(1ms);
  REQUIRE(seen->value);
  const auto hosts = hosts_of(seen);
  CHECK(hosts[0]["fine"] == true);
  CHECK(hosts[1]["error"] == "after 1 attempt (the deadline leaves no time for another): no answer within the deadline");
}

TEST_CASE("coordinator: a host that ends is asked again in its next life", "[runtime]") {
  scene x;
  x.end("b");
  const auto seen = x.status(x.within(1s));
  CHECK_FALSE(seen->done());
  x.start("b");
  x.s.pass(20ms);
  CHECK(hosts_of(seen)[1]["fine"] == true);
  // One that does not come back is asked three times.
  x.end("b");
  const auto never = x.status(x.within(1s));
  x.s.pass(60ms);
  CHECK(hosts_of(never)[1]["error"] == "after 3 attempts: the actor that was asked is gone");
}

TEST_CASE("coordinator: a host that hangs is left alone after five time-outs, and tried again later", "[runtime]") {
  scene x;
  x.scripts["b"]->silent = true;
  for (int i = 0; i < 5; ++i) {
    x.status(x.within(1s));
    x.s.pass(900ms);
  }
  REQUIRE(x.scripts["b"]->given.size() == 5);
  const auto spared = x.status(x.within(1s));
  CHECK(has_text(hosts_of(spared)[1]["error"], "b is not asked for another"));
  CHECK(hosts_of(spared)[0]["fine"] == true);
  CHECK(x.scripts["b"]->given.size() == 5);
  x.scripts["b"]->silent = false;
  x.s.pass(1s);
  for (int i = 0; i < 2; ++i) CHECK(hosts_of(x.status(x.within(1s)))[1]["fine"] == true);
  // A caller in a hurry says nothing about the host.
  x.scripts["b"]->silent = true;
  for (int i = 0; i < 10; ++i) {
    x.status(x.within(100ms));
    x.s.pass(100ms);
  }
  CHECK(x.scripts["b"]->given.size() == 17);
}
