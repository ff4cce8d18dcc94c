#include "actors/runtime/job_events.hpp"

#include "actors/replay/kernel.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;

// As long as the market waits for an answer: whoever gives up earlier offers the same twice for nothing. A log that is full says so at once.
constexpr auto recording_deadline = 300s;
constexpr auto reading_deadline = 30s;  // is asked for again, and costs nothing
constexpr std::uint16_t job_event_types[] = {job_defined::type_number,      job_run_started::type_number, job_run_ended::type_number,
                                             job_runs_skipped::type_number, job_paused::type_number,      job_resumed::type_number};

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

job_log jobs_in_log(std::function<time_protocol()> time_authority, std::function<journal_protocol()> journal, std::function<feed_protocol()> feed) {
  using step_done = std::function<void(result<void>)>;
  // Answered when all of it, and all that was offered before it, is durable.
  const auto offer = [=](calendar_protocol::pointer self, inputs_ref inputs, std::chrono::seconds deadline, const char* what, const step_done& done) {
    const auto failed = [done, what](const actor_error& e) { done(from_caf(e).within(what)); };
    ask(self, time_authority(), deadline, urgent_v, std::move(inputs))
        .then([=](std::uint64_t head) { ask(self, journal(), deadline, await_v, head).then([done](std::uint64_t, std::uint64_t) { done({}); }, failed); },
              failed);
  };
  job_log log;
  log.record = [=](calendar_protocol::pointer self, const std::vector<calendar::job_change>& changes, const step_done& done) {
    auto inputs = std::make_shared<std::vector<offered_input>>();
    for (const auto& c : changes) inputs->push_back({event_of(c)});
    offer(self, std::move(inputs), recording_deadline, "recording what jobs do", done);
  };
  log.join = [=](calendar_protocol::pointer self, const step_done& done) {
    auto wish = std::make_shared<feed_wish>();
    wish->name = job_feed_reader;
    wish->who = pointer_of(self);
    for (const auto type : job_event_types) wish->wanted.types[type] = true;
    ask(self, feed(), reading_deadline, subscribe_v, wish_ref(std::move(wish)))
        .then([done](std::uint64_t) { done({}); }, [done](const actor_error& e) { done(from_caf(e).within("joining the durable feed")); });
  };
  log.recall = [=](calendar_protocol::pointer self, const step_done& done) {
    offer(self, std::make_shared<const std::vector<offered_input>>(), reading_deadline, "waiting for what was recorded of jobs",
          [=](const result<void>& durable) {
            if (!durable) return done(durable);
            ask(self, feed(), reading_deadline, settled_v, std::string(job_feed_reader))
                .then([done](std::uint64_t) { done({}); }, [done](const actor_error& e) { done(from_caf(e).within("reading what was recorded of jobs")); });
          });
  };
  return log;
}

}  // namespace tomnext::actors
