#include "actors/app/node_routes.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "actors/api/actor_table.hpp"
#include "actors/api/metrics.hpp"
#include "actors/protocols.hpp"
#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/view_support.hpp"

namespace tomnext::app {
namespace {

using namespace actors;
using namespace std::chrono_literals;
constexpr auto answer_deadline = 1500ms;

// One request that waits for an actor: the bridge's errand. The responder answers for it, also when the actor never does.
struct errand {
  std::string correlation_id;
  api::responder respond;
  void answer(std::string json) const { respond({200, "application/json", std::move(json), {}}); }
  void fail(const caf::error& e) const { respond(api::problem(from_caf(e), correlation_id)); }
};

// The call of a request from outside. Its server cannot tell when a client goes away: the deadline gives it up.
call_ref call_of(actor_system& system, const errand& e) { return begin_call(e.correlation_id, system.clock().now() + answer_deadline); }

enum class turn { ordinary, urgent };
// Asks `who` from an actor of its own, which ends with the answer.
template <turn When = turn::ordinary, class Protocol, class Answer, class... Question>
void ask_then(actor_system& system, const Protocol& who, const errand& e, const call_ref& c, Answer on_answer, Question... question) {
  if (!who) return e.respond(api::problem(503, "unavailable", "not started yet", e.correlation_id));
  system.spawn([=](caf::event_based_actor* self) {
    requests_in_flight one;
    const auto on_error = [e](const caf::error& why) { e.fail(why); };
    if constexpr (When == turn::urgent) ask_urgently_within(self, one, *c, who, question...).then(on_answer, on_error);
    else ask_within(self, one, *c, who, question...).then(on_answer, on_error);
  });
}
template <turn When = turn::ordinary, class Protocol, class... Question>
void ask_and_answer(actor_system& system, const Protocol& who, const errand& e, const call_ref& c, Question... question) {
  ask_then<When>(
      system, who, e, c, [e](const std::string& json) { e.answer(json); }, question...);
}

class routes {
 public:
  routes(actor_system& system, std::shared_ptr<directory> where, std::shared_ptr<introspection> figures, log_boards boards, std::vector<std::string> services,
         bool hooks)
      : system_(system),
        directory_(std::move(where)),
        figures_(std::move(figures)),
        boards_(std::move(boards)),
        services_(std::move(services)),
        hooks_(hooks) {}

  void operator()(const api::http_request& q, const api::responder& respond) const {
    const errand e{q.correlation_id, respond};
    if (q.path == "/healthz") return get(q, e, [&] { e.answer(R"({"status":"alive"})"); });
    if (q.path == "/readyz") return get(q, e, [&] { ready(e); });
    if (q.path == "/metrics")
      return get(q, e, [&] {
        const auto work = boards_.work ? boards_.work->as_metrics() : std::string();
        respond(
            {200, "text/plain; version=0.0.4", api::actor_metrics(figures_->figures()) + boards_.scrub->as_metrics() + boards_.disk->as_metrics() + work, {}});
      });
    if (q.path == "/api/v1/actors") return get(q, e, [&] { e.answer(api::actors_json(figures_->figures())); });
    if (q.path == "/api/v1/actors/flow") return get(q, e, [&] { e.answer(api::flow_json(figures_->flow())); });
    if (q.path == "/api/v1/log") return get(q, e, [&] { log_status(e); });
    if (q.path == "/api/v1/log/readers")
      return get(q, e, [&] { ask_and_answer(system_, directory_->at<feed_protocol>("journal/feed"), e, call_of(system_, e), status_v); });
    if (boards_.work && q.path == "/api/v1/work") return get(q, e, [&] { e.answer(json_bytes(boards_.work->as_json(system_.clock().now()))); });
    constexpr std::string_view work_prefix = "/api/v1/work/", cancel_suffix = "/cancel";
    if (boards_.work && q.path.starts_with(work_prefix) && q.path.ends_with(cancel_suffix) && q.path.size() > work_prefix.size() + cancel_suffix.size())
      return post(q, e, [&] { cancel_work(q.path.substr(work_prefix.size(), q.path.size() - work_prefix.size() - cancel_suffix.size()), e); });
    if (hooks_ && q.path == "/api/v1/actors/kill") return post(q, e, [&] { kill(q, e); });
    constexpr std::string_view prefix = "/api/v1/";
    if (q.path.starts_with(prefix)) return service(q, e, q.path.substr(prefix.size()));
    missing(q, e);
  }

 private:
  template <class Answer> static void only(const char* method, const api::http_request& q, const errand& e, Answer answer) {
    if (q.method == method || (q.method == "HEAD" && std::string_view(method) == "GET")) return answer();
    auto refusal = api::problem(405, "method_not_allowed", std::string("use ") + method, e.correlation_id);
    refusal.headers.emplace_back("Allow", method);
    e.respond(std::move(refusal));
  }
  template <class Answer> static void get(const api::http_request& q, const errand& e, Answer answer) { only("GET", q, e, answer); }
  template <class Answer> static void post(const api::http_request& q, const errand& e, Answer answer) { only("POST", q, e, answer); }

  static void missing(const api::http_request& q, const errand& e) {
    e.respond(api::problem(404, "not_found", "there is nothing at " + q.path + "; see /api/v1/actors, /api/v1/log, /api/v1/SERVICE", e.correlation_id));
  }

  void ready(const errand& e) const {
    const auto who = directory_->at<readiness_protocol>("runtime/readiness");
    if (!who) return e.respond(api::problem(503, "not_ready", "starting", e.correlation_id));
    const auto on_answer = [e](bool all) {
      if (all) e.answer(R"({"status":"ready"})");
      else e.respond(api::problem(503, "not_ready", "hosts are recovering; see /api/v1/actors", e.correlation_id));
    };
    ask_then(system_, who, e, call_of(system_, e), on_answer, ready_v);
  }

  // The journal's figures, what the scrubber has seen, and the room on the disk; the latter two are in /metrics too, where they need no answer of the journal.
  void log_status(const errand& e) const {
    const auto on_answer = [e, boards = boards_](const std::string& json) {
      auto status = nlohmann::json::parse(json, nullptr, false);
      if (status.is_object()) {
        status["scrub"] = boards.scrub->as_json();
        status["disk"] = boards.disk->as_json();
      }
      e.answer(json_bytes(status));
    };
    ask_then(system_, directory_->at<journal_protocol>("journal/journal"), e, call_of(system_, e), on_answer, status_v);
  }

  void cancel_work(const std::string& text, const errand& e) const {
    work_id id = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (failed != std::errc() || end != text.data() + text.size())
      return e.respond(api::problem(400, "bad_request", "'" + text + "' is no number of a job; see /api/v1/work", e.correlation_id));
    const auto on_answer = [e, id](bool cancelled) {
      if (cancelled) return e.answer(R"({"cancelled":true})");
      e.respond(api::problem(404, "not_found", "no job " + std::to_string(id) + " waits or runs; see /api/v1/work", e.correlation_id));
    };
    ask_then<turn::urgent>(system_, directory_->at<pool_protocol>(work_pool_name), e, call_of(system_, e), on_answer, cancel_v, id,
                           "by an operator, request " + e.correlation_id);
  }

  // SERVICE, SERVICE/commands or SERVICE/QUESTION?argument=…
  void service(const api::http_request& q, const errand& e, const std::string& rest) const {
    const auto slash = rest.find('/');
    const auto name = rest.substr(0, slash);
    if (std::find(services_.begin(), services_.end(), name) == services_.end()) return missing(q, e);
    const auto who = directory_->at<coordinator_protocol>(name + "/coordinator");
    const auto c = call_of(system_, e);
    if (slash == std::string::npos) return get(q, e, [&] { ask_and_answer(system_, who, e, c, status_v, c); });
    const auto question = rest.substr(slash + 1);
    if (question == "commands") return post(q, e, [&] { ask_and_answer<turn::urgent>(system_, who, e, c, command_v, c, q.body); });
    get(q, e, [&] { ask_and_answer(system_, who, e, c, query_v, c, question, api::query_value(q.query, "argument").value_or("")); });
  }

  void kill(const api::http_request& q, const errand& e) const {
    const auto name = api::query_value(q.query, "name").value_or("");
    const auto who = directory_->find(name);
    if (!who) return e.respond(api::problem(404, "not_found", "there is no actor '" + name + "'", e.correlation_id));
    exit_now(who, caf::exit_reason::kill);
    e.answer(R"({"killed":true})");
  }

  actor_system& system_;
  std::shared_ptr<directory> directory_;
  std::shared_ptr<introspection> figures_;
  log_boards boards_;
  std::vector<std::string> services_;
  bool hooks_;
};

}  // namespace

api::http_handler routes_of(actor_system& system, std::shared_ptr<directory> where, std::shared_ptr<introspection> figures, log_boards boards,
                            std::vector<std::string> services, bool test_hooks) {
  return [r = std::make_shared<const routes>(system, std::move(where), std::move(figures), std::move(boards), std::move(services), test_hooks)](
             api::http_request q, api::responder respond) { (*r)(q, respond); };
}

}  // namespace tomnext::app
