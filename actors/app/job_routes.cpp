#include "actors/app/job_routes.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "actors/app/node_tree.hpp"
#include "actors/runtime/calendar_scheduler.hpp"
#include "actors/runtime/job_command.hpp"
#include "actors/runtime/view_support.hpp"

namespace tomnext::app {
namespace {

using namespace actors;

std::optional<job_verb> verb_of(std::string_view word) {
  if (word == "pause") return job_verb::pause;
  if (word == "resume") return job_verb::resume;
  if (word == "run") return job_verb::run;
  return std::nullopt;
}

/// One command on its way: into the log, and when it is durable, to the scheduler.
struct job_order {
  errand from;
  call_ref call;
  std::shared_ptr<directory> where;
  std::string job;
  job_verb verb;
  offered_input input;
  requests_in_flight flight = requests_in_flight(8);

  [[nodiscard]] auto failed() const {
    return [e = from](const actor_error& why) { e.fail(why); };
  }
  [[nodiscard]] auto carried_out(std::uint64_t seq) const {
    return [e = from, seq](const std::string& json) { e.answer(json_bytes({{"seq", seq}, {"status", nlohmann::json::parse(json, nullptr, false)}})); };
  }
};

void carry_out(plain_actor* self, const std::shared_ptr<job_order>& o, std::uint64_t seq) {
  const auto scheduler = o->where->at<calendar_protocol>(name_of::calendar);
  const auto& c = o->input.what.as<operator_commanded>();
  const std::string who(c.who.view()), why(c.why.view());
  switch (o->verb) {
    case job_verb::pause: return ask_within(self, o->flight, *o->call, scheduler, pause_job_v, o->job, who, why, seq).then(o->carried_out(seq), o->failed());
    case job_verb::resume: return ask_within(self, o->flight, *o->call, scheduler, resume_job_v, o->job, who, why, seq).then(o->carried_out(seq), o->failed());
    case job_verb::run: return ask_within(self, o->flight, *o->call, scheduler, run_job_v, o->job, seq).then(o->carried_out(seq), o->failed());
  }
}

void begin(plain_actor* self, const std::shared_ptr<job_order>& o) {
  const auto durable = [self, o](std::uint64_t seq) {
    ask_within(self, o->flight, *o->call, o->where->at<journal_protocol>(name_of::journal), await_v, seq)
        .then([self, o, seq](std::uint64_t, std::uint64_t) { carry_out(self, o, seq); }, o->failed());
  };
  ask_within(self, o->flight, *o->call, o->where->at<time_protocol>(name_of::time), urgent_v,
             inputs_ref(std::make_shared<const std::vector<offered_input>>(1, o->input)))
      .then(durable, o->failed());
}

}  // namespace

void answer_of_jobs(actor_system& system, const std::shared_ptr<directory>& where, const std::shared_ptr<job_board>& board, const api::http_request& q,
                    const errand& e) {
  if (q.path.size() <= jobs_path.size() + 1) return get(q, e, [&] { e.answer(json_bytes(board->as_json())); });
  const auto rest = q.path.substr(jobs_path.size() + 1);
  const auto slash = rest.find('/');
  const auto job = rest.substr(0, slash);
  const auto known = board->as_json(job);
  if (known.is_null()) return e.respond(api::problem(404, "not_found", "there is no job '" + job + "'; see " + std::string(jobs_path), e.correlation_id));
  if (slash == std::string::npos) return get(q, e, [&] { e.answer(json_bytes(known)); });
  const auto verb = verb_of(std::string_view(rest).substr(slash + 1));
  if (!verb)
    return e.respond(api::problem(404, "not_found", "a job can be told to pause, resume or run, not '" + rest.substr(slash + 1) + "'", e.correlation_id));
  post(q, e, [&] {
    auto input = job_command_of(*verb, job, q.body);
    if (!input) return e.respond(api::problem(input.error(), e.correlation_id));
    const auto order = std::make_shared<job_order>(job_order{e, call_of(system, e, urgency::urgent), where, job, *verb, std::move(*input)});
    spawn_errand(system, [order](plain_actor* self) { begin(self, order); });
  });
}

}  // namespace tomnext::app
