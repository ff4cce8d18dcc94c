#include "actors/app/node_routes.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "actors/api/actor_table.hpp"
#include "actors/api/metrics.hpp"
#include "actors/app/errand.hpp"
#include "actors/app/event_trace.hpp"
#include "actors/app/job_routes.hpp"
#include "actors/protocols.hpp"
#include "actors/runtime/view_support.hpp"

namespace tomnext::app {
namespace {

using namespace actors;

class routes {
 public:
  routes(actor_system& system, node_surface surface) : system_(system), node_(std::move(surface)) {}

  void operator()(const api::http_request& q, const api::responder& respond) const {
    const errand e{q.correlation_id, respond};
    if (q.path == "/healthz") return get(q, e, [&] { e.answer(R"({"status":"alive"})"); });
    if (q.path == "/readyz") return get(q, e, [&] { ready(e); });
    if (q.path == "/metrics")
      return get(q, e, [&] {
        const auto work = node_.boards.work ? node_.boards.work->as_metrics() : std::string();
        const auto jobs = node_.boards.jobs ? node_.boards.jobs->as_metrics() : std::string();
        respond({200,
                 "text/plain; version=0.0.4",
                 api::actor_metrics(node_.figures->figures()) + node_.boards.scrub->as_metrics() + node_.boards.disk->as_metrics() + work + jobs,
                 {}});
      });
    if (q.path == "/api/v1/actors") return get(q, e, [&] { e.answer(api::actors_json(node_.figures->figures())); });
    if (q.path == "/api/v1/actors/flow") return get(q, e, [&] { e.answer(api::flow_json(node_.figures->flow())); });
    if (node_.boards.work && q.path == "/api/v1/trace") return get(q, e, [&] { trace(q, e); });
    if (q.path == "/api/v1/log") return get(q, e, [&] { log_status(e); });
    if (q.path == "/api/v1/log/readers")
      return get(q, e, [&] { ask_and_answer(system_, node_.directory->at<feed_protocol>("journal/feed"), e, call_of(system_, e), status_v); });
    if (node_.boards.work && q.path == "/api/v1/work") return get(q, e, [&] { e.answer(json_bytes(node_.boards.work->as_json(system_.clock().now()))); });
    constexpr std::string_view work_prefix = "/api/v1/work/", cancel_suffix = "/cancel";
    if (node_.boards.work && q.path.starts_with(work_prefix) && q.path.ends_with(cancel_suffix) && q.path.size() > work_prefix.size() + cancel_suffix.size())
      return post(q, e, [&] { cancel_work(q.path.substr(work_prefix.size(), q.path.size() - work_prefix.size() - cancel_suffix.size()), e); });
    if (node_.boards.jobs && is_job_path(q.path)) return answer_of_jobs(system_, node_.directory, node_.boards.jobs, q, e);
    if (node_.test_hooks && q.path == "/api/v1/actors/kill") return post(q, e, [&] { kill(q, e); });
    constexpr std::string_view prefix = "/api/v1/";
    if (q.path.starts_with(prefix)) return service(q, e, q.path.substr(prefix.size()));
    missing(q, e);
  }

 private:
  static void missing(const api::http_request& q, const errand& e) {
    e.respond(
        api::problem(404, "not_found", "there is nothing at " + q.path + "; see /api/v1/actors, /api/v1/log, /api/v1/jobs, /api/v1/SERVICE", e.correlation_id));
  }

  void ready(const errand& e) const {
    const auto who = node_.directory->at<readiness_protocol>("runtime/readiness");
    if (!who) return e.respond(api::problem(503, "not_ready", "starting", e.correlation_id));
    const auto on_answer = [e](bool all) {
      if (all) e.answer(R"({"status":"ready"})");
      else e.respond(api::problem(503, "not_ready", "hosts are recovering; see /api/v1/actors", e.correlation_id));
    };
    ask_then(system_, who, e, call_of(system_, e), on_answer, ready_v);
  }

  // The journal's figures, what the scrubber has seen, and the room on the disk; the latter two are in /metrics too, where they need no answer of the journal.
  void log_status(const errand& e) const {
    const auto on_answer = [e, boards = node_.boards](const std::string& json) {
      auto status = nlohmann::json::parse(json, nullptr, false);
      if (status.is_object()) {
        status["scrub"] = boards.scrub->as_json();
        status["disk"] = boards.disk->as_json();
      }
      e.answer(json_bytes(status));
    };
    ask_then(system_, node_.directory->at<journal_protocol>("journal/journal"), e, call_of(system_, e), on_answer, status_v);
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
    ask_then(system_, node_.directory->at<pool_protocol>(work_pool_name), e, call_of(system_, e, urgency::urgent), on_answer, cancel_v, id,
             "by an operator, request " + e.correlation_id);
  }

  // Reading the log takes long: it is work apart.
  void trace(const api::http_request& q, const errand& e) const {
    const auto text = api::query_value(q.query, "correlation").value_or("");
    std::uint64_t correlation = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), correlation);
    if (failed != std::errc() || end != text.data() + text.size() || correlation == 0)
      return e.respond(
          api::problem(400, "bad_request", "correlation must be the seq with which a workflow began, as in /api/v1/trace?correlation=42", e.correlation_id));
    if (!node_.log) return e.respond(api::problem(503, "unavailable", "this node traces nothing", e.correlation_id));
    auto work = std::make_shared<job>();
    work->name = "trace of " + text;
    work->owner = "introspection";
    work->call = call_of(system_, e);
    work->run = [log = node_.log, names = node_.host_names, figures = node_.figures, correlation](job_control& control) -> result<job_result> {
      auto traced = trace_of(*log, correlation, names, figures->records(), [&](std::uint64_t) { return !control.cancelled(); });
      if (!traced) return traced.error();
      return job_result{std::move(*traced)};
    };
    const auto on_answer = [e](const job_result_ref& r) { e.answer(*r->get_if<std::string>()); };
    ask_then(system_, node_.directory->at<pool_protocol>(work_pool_name), e, work->call, on_answer, submit_v, job_ref(work));
  }

  // SERVICE, SERVICE/commands or SERVICE/QUESTION?argument=…
  void service(const api::http_request& q, const errand& e, const std::string& rest) const {
    const auto slash = rest.find('/');
    const auto name = rest.substr(0, slash);
    if (std::find(node_.services.begin(), node_.services.end(), name) == node_.services.end()) return missing(q, e);
    const auto who = node_.directory->at<coordinator_protocol>(name + "/coordinator");
    const auto c = call_of(system_, e);
    if (slash == std::string::npos) return get(q, e, [&] { ask_and_answer(system_, who, e, c, status_v, c); });
    const auto question = rest.substr(slash + 1);
    if (question == "commands") {
      const auto urgent = call_of(system_, e, urgency::urgent);
      return post(q, e, [&] { ask_and_answer(system_, who, e, urgent, command_v, urgent, q.body); });
    }
    get(q, e, [&] { ask_and_answer(system_, who, e, c, query_v, c, question, api::query_value(q.query, "argument").value_or("")); });
  }

  void kill(const api::http_request& q, const errand& e) const {
    const auto name = api::query_value(q.query, "name").value_or("");
    const auto who = node_.directory->find(name);
    if (!who) return e.respond(api::problem(404, "not_found", "there is no actor '" + name + "'", e.correlation_id));
    exit_now(who, exit_reason::kill);
    e.answer(R"({"killed":true})");
  }

  actor_system& system_;
  node_surface node_;
};

}  // namespace

api::http_handler routes_of(actor_system& system, node_surface surface) {
  return [r = std::make_shared<const routes>(system, std::move(surface))](api::http_request q, api::responder respond) { (*r)(q, respond); };
}

}  // namespace tomnext::app
