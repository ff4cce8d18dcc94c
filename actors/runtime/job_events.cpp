#include "actors/runtime/job_events.hpp"

#include "actors/replay/kernel.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;

// As long as the market waits for an answer: whoever gives up earlier offers the same twice for nothing. A log that is full says so at once.
constexpr auto admission_deadline = 300s;
constexpr auto durable_deadline = 300s;

std::string text_of(const auto& bounded) { return std::string(bounded.view()); }

struct to_event {
  header head;
  // What follows from a command names it as its cause, and belongs to its workflow.
  [[nodiscard]] header by(std::uint64_t command) const {
    auto h = head;
    h.cause = h.correlation = command;
    return h;
  }
  event operator()(const calendar::schedule_given& c) const { return {head, job_defined{text(c.job), long_text(c.expression), text(c.zone), c.at}}; }
  event operator()(const calendar::run_began& c) const {
    return {by(c.command), job_run_started{text(c.run.job), c.run.number, c.run.scheduled, c.at, c.run.by_hand}};
  }
  event operator()(const calendar::run_ended& c) const { return {head, job_run_ended{text(c.job), c.number, c.at, c.outcome, long_text(c.error)}}; }
  event operator()(const calendar::skipped_runs& c) const { return {head, job_runs_skipped{text(c.job), c.through, c.count, c.reason}}; }
  event operator()(const calendar::pause_began& c) const { return {by(c.command), job_paused{text(c.job), c.at, text(c.who), text(c.why)}}; }
  event operator()(const calendar::pause_ended& c) const { return {by(c.command), job_resumed{text(c.job), c.at, text(c.who), text(c.why)}}; }
};

calendar::job_change from(const job_defined& e, std::uint64_t) {
  return calendar::schedule_given{text_of(e.job), text_of(e.expression), text_of(e.zone), e.since};
}
calendar::job_change from(const job_run_started& e, std::uint64_t command) {
  return calendar::run_began{{text_of(e.job), e.run, e.scheduled, e.by_hand}, e.started, command};
}
calendar::job_change from(const job_run_ended& e, std::uint64_t) { return calendar::run_ended{text_of(e.job), e.run, e.ended, e.outcome, text_of(e.reason)}; }
calendar::job_change from(const job_runs_skipped& e, std::uint64_t) { return calendar::skipped_runs{text_of(e.job), e.through, e.count, e.why}; }
calendar::job_change from(const job_paused& e, std::uint64_t command) {
  return calendar::pause_began{text_of(e.job), e.since, text_of(e.who), text_of(e.why), command};
}
calendar::job_change from(const job_resumed& e, std::uint64_t command) {
  return calendar::pause_ended{text_of(e.job), e.since, text_of(e.who), text_of(e.why), command};
}

}  // namespace

event event_of(const calendar::job_change& c) {
  to_event made;
  made.head.host = replay::supervision_ingress;
  return std::visit(made, c);
}

std::optional<calendar::job_change> change_of(const event& e) {
  std::optional<calendar::job_change> found;
  const auto look = [&]<class E>() {
    if (const auto* payload = e.get_if<E>()) found = from(*payload, e.head.cause);
  };
  look.template operator()<job_defined>();
  look.template operator()<job_run_started>();
  look.template operator()<job_run_ended>();
  look.template operator()<job_runs_skipped>();
  look.template operator()<job_paused>();
  look.template operator()<job_resumed>();
  return found;
}

job_recorder record_in_log(std::function<time_protocol()> time_authority, std::function<journal_protocol()> journal) {
  return [=](calendar_protocol::pointer self, const std::vector<calendar::job_change>& changes, const std::function<void(result<void>)>& done) {
    auto inputs = std::make_shared<std::vector<offered_input>>();
    for (const auto& c : changes) inputs->push_back({event_of(c)});
    const auto failed = [done](const actor_error& e) { done(from_caf(e).within("recording what jobs do")); };
    ask(self, time_authority(), admission_deadline, urgent_v, inputs_ref(std::move(inputs)))
        .then(
            [=](std::uint64_t head) { ask(self, journal(), durable_deadline, await_v, head).then([done](std::uint64_t, std::uint64_t) { done({}); }, failed); },
            failed);
  };
}

}  // namespace tomnext::actors
