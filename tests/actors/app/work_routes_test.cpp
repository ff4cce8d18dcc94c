// What HTTP shows and takes of work apart, and the call that every request begins.
#include <map>
#include <nlohmann/json.hpp>

#include "actors/app/node_routes.hpp"
#include "actors/runtime/worker_pool.hpp"
#include "tests/actors/small_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

// A coordinator that notes the calls it gets, and answers nothing.
struct noting_coordinator_state {
  coordinator_protocol::pointer self;
  std::shared_ptr<std::vector<call_ref>> calls;
  std::vector<promise_guard<std::string>> held;
  noting_coordinator_state(coordinator_protocol::pointer self_, std::shared_ptr<std::vector<call_ref>> calls_) : self(self_), calls(std::move(calls_)) {}
  coordinator_protocol::behavior_type behavior() {
    const auto note = [this](const call_ref& c) -> answer<std::string> {
      calls->push_back(c);
      auto promise = promise_answer<std::string>(self);
      held.emplace_back(promise);
      return promise;
    };
    return {[note](status_atom, const call_ref& c) { return note(c); },
            [note](query_atom, const call_ref& c, const std::string&, const std::string&) { return note(c); },
            [note](command_atom, const call_ref& c, const std::string&) { return note(c); }, [](tick_atom) {}};
  }
};

struct scene {
  stage s;
  std::shared_ptr<directory> where = std::make_shared<directory>();
  app::log_boards boards{std::make_shared<scrub_board>(0), std::make_shared<disk_board>(0, false), std::make_shared<work_board>()};
  std::shared_ptr<std::vector<call_ref>> calls = std::make_shared<std::vector<call_ref>>();
  pool_protocol pool;
  api::http_handler handler;

  scene() {
    worker_pool_settings w;
    w.name = app::work_pool_name;
    w.workers = 1;
    w.board = boards.work;
    w.figures = s.figures;
    pool = spawn_actor<pool_protocol, worker_pool_state>(s.system, s.figures, {w.name, "pool", ""}, w);
    where->put(app::work_pool_name, pointer_of(pool));
    where->put("risk_management/coordinator", pointer_of(spawn_actor<coordinator_protocol, noting_coordinator_state>(
                                                  s.system, s.figures, {"risk_management/coordinator", "coordinator", ""}, calls)));
    handler = app::routes_of(s.system, {where, s.figures, boards, {"risk_management"}});
    s.settle();
  }
  ~scene() {
    for (const char* name : {app::work_pool_name, "risk_management/coordinator"}) exit_now(where->find(name), exit_reason::kill);
    s.settle();
    where->clear();
  }
  std::shared_ptr<std::optional<api::http_response>> request(const std::string& method, const std::string& path) {
    auto box = std::make_shared<std::optional<api::http_response>>();
    handler({method, path, "", "", "http-42"}, [box](api::http_response r) { *box = std::move(r); });
    return box;
  }
};

}  // namespace

TEST_CASE("routes: jobs are listed, and cancelled by their number while they wait or run") {
  scene x;
  std::shared_ptr<std::optional<api::http_response>> listed, cancelled, unknown;
  const auto running = std::make_shared<const job>(
      job{"first", "risk", work_priority::normal, 1ms, begin_call("c", x.s.system.clock().now() + 1h), [&](job_control&) -> result<job_result> {
            listed = x.request("GET", "/api/v1/work");
            const auto id = nlohmann::json::parse((*listed)->body)["jobs"][1]["id"].get<work_id>();
            cancelled = x.request("POST", "/api/v1/work/" + std::to_string(id) + "/cancel");
            unknown = x.request("POST", "/api/v1/work/12345/cancel");
            return job_result{};
          }});
  const auto waiting = std::make_shared<const job>(
      job{"second", "risk", work_priority::normal, 1ms, running->call, [](job_control&) -> result<job_result> { throw std::logic_error("it ran"); }});
  auto first = ask_from_outside<job_result_ref>(x.s.system, x.pool, submit_v, job_ref(running));
  auto second = ask_from_outside<job_result_ref>(x.s.system, x.pool, submit_v, job_ref(waiting));
  x.s.settle();
  REQUIRE(first->value);
  const auto seen = nlohmann::json::parse((*listed)->body);
  CHECK(seen["running"] == 1);
  CHECK(seen["waiting"] == 1);
  CHECK(seen["jobs"][0]["name"] == "first");
  CHECK((*cancelled)->status == 200);
  CHECK((*unknown)->status == 404);
  REQUIRE(second->failure);
  CHECK(second->failure->message == "by an operator, request http-42");
}

TEST_CASE("routes: what is wrong with a cancel is said") {
  scene x;
  const auto status = [&](const std::string& method, const std::string& path) {
    const auto answer = x.request(method, path);
    x.s.settle();
    return answer->has_value() ? (*answer)->status : 0;
  };
  CHECK(status("GET", "/api/v1/work") == 200);
  CHECK(status("POST", "/api/v1/work") == 405);
  CHECK(status("GET", "/api/v1/work/1/cancel") == 405);
  CHECK(status("POST", "/api/v1/work/1x/cancel") == 400);
  CHECK(status("POST", "/api/v1/work/-1/cancel") == 400);
  CHECK(status("POST", "/api/v1/work/99999999999999999999/cancel") == 400);
  CHECK(status("POST", "/api/v1/work/1/cancel") == 404);
  CHECK(status("POST", "/api/v1/work//cancel") == 404);
  CHECK(has_text((*x.request("GET", "/metrics"))->body, "tomnext_work_workers 1"));
}

TEST_CASE("routes: a request begins a call under its own name, and is answered at its deadline") {
  scene x;
  const auto answer = x.request("GET", "/api/v1/risk_management");
  const auto began = x.s.system.clock().now();
  x.s.settle();
  REQUIRE(x.calls->size() == 1);
  CHECK(x.calls->front()->correlation == "http-42");
  CHECK(x.calls->front()->remaining(began) == 1'500ms);
  x.s.pass(1'499ms);
  CHECK_FALSE(answer->has_value());
  x.s.pass(1ms);
  REQUIRE(answer->has_value());
  CHECK((*answer)->status == 504);
  CHECK(has_text((*answer)->body, "http-42"));
}
