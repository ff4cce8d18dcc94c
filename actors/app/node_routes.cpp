#include "actors/app/node_routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/api/actor_table.hpp"
#include "actors/api/metrics.hpp"
#include "actors/protocols.hpp"
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

// Asks `who` from an actor of its own, which ends with the answer.
template <class Protocol, class... Question>
void ask_and_answer(actor_system& system, const Protocol& who, const errand& e, std::chrono::milliseconds deadline, Question... question) {
  if (!who) return e.respond(api::problem(503, "unavailable", "not started yet", e.correlation_id));
  system.spawn([=](caf::event_based_actor* self) {
    self->request(who, deadline, question...).then([e](const std::string& json) { e.answer(json); }, [e](const caf::error& why) { e.fail(why); });
  });
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
        respond({200, "text/plain; version=0.0.4", api::actor_metrics(figures_->figures()) + boards_.scrub->as_metrics() + boards_.disk->as_metrics(), {}});
      });
    if (q.path == "/api/v1/actors") return get(q, e, [&] { e.answer(api::actors_json(figures_->figures())); });
    if (q.path == "/api/v1/actors/flow") return get(q, e, [&] { e.answer(api::flow_json(figures_->flow())); });
    if (q.path == "/api/v1/log") return get(q, e, [&] { log_status(e); });
    if (q.path == "/api/v1/log/readers")
      return get(q, e, [&] { ask_and_answer(system_, directory_->at<feed_protocol>("journal/feed"), e, answer_deadline, status_v); });
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
    system_.spawn([=](caf::event_based_actor* self) {
      self->request(who, answer_deadline, ready_v)
          .then(
              [e](bool all) {
                if (all) e.answer(R"({"status":"ready"})");
                else e.respond(api::problem(503, "not_ready", "hosts are recovering; see /api/v1/actors", e.correlation_id));
              },
              [e](const caf::error& why) { e.fail(why); });
    });
  }

  // The journal's figures, what the scrubber has seen, and the room on the disk; the latter two are in /metrics too, where they need no answer of the journal.
  void log_status(const errand& e) const {
    const auto who = directory_->at<journal_protocol>("journal/journal");
    if (!who) return e.respond(api::problem(503, "unavailable", "not started yet", e.correlation_id));
    system_.spawn([=, boards = boards_](caf::event_based_actor* self) {
      self->request(who, answer_deadline, status_v)
          .then(
              [e, boards](const std::string& json) {
                auto status = nlohmann::json::parse(json, nullptr, false);
                if (status.is_object()) {
                  status["scrub"] = boards.scrub->as_json();
                  status["disk"] = boards.disk->as_json();
                }
                e.answer(json_bytes(status));
              },
              [e](const caf::error& why) { e.fail(why); });
    });
  }

  // SERVICE, SERVICE/commands or SERVICE/QUESTION?argument=…
  void service(const api::http_request& q, const errand& e, const std::string& rest) const {
    const auto slash = rest.find('/');
    const auto name = rest.substr(0, slash);
    if (std::find(services_.begin(), services_.end(), name) == services_.end()) return missing(q, e);
    const auto who = directory_->at<coordinator_protocol>(name + "/coordinator");
    if (slash == std::string::npos) return get(q, e, [&] { ask_and_answer(system_, who, e, answer_deadline, status_v); });
    const auto question = rest.substr(slash + 1);
    if (question == "commands") return post(q, e, [&] { ask_and_answer(system_, who, e, answer_deadline, command_v, q.body); });
    get(q, e, [&] { ask_and_answer(system_, who, e, answer_deadline, query_v, question, api::query_value(q.query, "argument").value_or("")); });
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
