#include "actors/runtime/host_actor.hpp"

#include <fmt/format.h>

#include <exception>

#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/instrumented.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;
constexpr auto journal_deadline = 10s;
// A reader serves all hosts of a node that recovers, one after the other.
constexpr auto reader_deadline = 120s;
constexpr std::uint64_t groups_per_read = 256;

}  // namespace

host_state::host_state(host_protocol::pointer self, host_settings settings)
    : self_(self), record_(record_of(self)), settings_(std::move(settings)), core_(settings_.definition, settings_.make()) {
  on_exit_order(self_, [this](const actor_error& reason) { stop(reason); });
}

host_protocol::behavior_type host_state::behavior() {
  recover();
  return {
      [this](deliver_atom, const group_ref& group) {
        if (live_) process(*group);
        else stash_.push_back(group);
      },
      [this](tick_atom) { look_at_interval(); },
      [this](query_atom, const call_ref& call, const std::string& question, const std::string& argument) -> answer<std::string> {
        if (auto wanted = still_wanted(self_, call); !wanted) return to_caf(wanted.error());
        return show(call, question, argument);
      },
  };
}

// An exception ends this life. The next tries the same input again, and the one after the last try passes it over.
template <class Work> auto host_state::surviving(Work work) {
  try {
    return work();
  } catch (...) {
    // What a log holds has been decided before: a service that cannot apply it any more is not helped by passing it over.
    if (core_.deciding() != 0) settings_.poison->died_of(core_.deciding(), detail::error_of(std::current_exception()).message);
    throw;
  }
}

// ---- recovery --------------------------------------------------------------------------------------

void host_state::give_up(const error& why) { self_->quit(to_caf(why.within(core_.definition().name))); }

void host_state::recover() {
  record_.set_state("recovering");
  tell(self_, settings_.readiness(), unready_v, core_.definition().name);
  ask(self_, settings_.journal, journal_deadline, enroll_v, core_.definition().id.value, pointer_of(self_))
      .then(
          [this](const enrolment_ref& e) {
            enrolment_ = e;
            load_snapshot();
          },
          [this](const actor_error& e) { give_up(from_caf(e).within("registering with the journal")); });
}

void host_state::load_snapshot() {
  if (settings_.poison->is_poison() && settings_.poison->policy() == poison_policy::stop) {
    const error why{errc::poisonous_input, "event " + std::to_string(settings_.poison->seq()) + " " + settings_.poison->why()};
    settings_.fatal(core_.definition().name, why);
    return give_up(why);
  }
  ask(self_, settings_.reader(), reader_deadline, snapshot_v, core_.definition().id.value)
      .then([this](const snapshot_ref& s) { load(s); }, [this](const actor_error& e) { give_up(from_caf(e).within("reading its snapshot")); });
}

void host_state::load(const snapshot_ref& s) {
  point_ = {};
  if (s && s->mark <= enrolment_->granted.registered_at) {
    if (core_.service().load(s->state)) point_ = {s->covered, s->mark};
    else core_ = host_core(settings_.definition, settings_.make());  // a state that cannot be read is as good as none
  }
  if (settings_.poison->is_poison()) core_.pass_over(settings_.poison->seq(), settings_.poison->why());
  core_.begin(enrolment_->granted.incarnation, enrolment_->granted.record, point_);
  // The group that holds the first event to fold may begin earlier: what is covered is passed over.
  read_to_ = point_.covered;
  read_from(read_to_ + 1);
}

void host_state::read_from(std::uint64_t seq) {
  if (seq > enrolment_->granted.registered_at) return activate();
  const auto& memory = enrolment_->not_yet_durable;
  if (!memory.empty() && seq >= memory.front()->first_seq()) {
    fold(memory);
    return activate();
  }
  ask(self_, settings_.reader(), reader_deadline, read_v, seq, groups_per_read)
      .then(
          [this, seq](const groups_ref& groups) {
            fold(*groups);
            if (read_to_ < seq)
              return give_up({errc::log_gap, "the log ends at event " + std::to_string(read_to_) + " before the registration at " +
                                                 std::to_string(enrolment_->granted.registered_at)});
            read_from(read_to_ + 1);
          },
          [this](const actor_error& e) { give_up(from_caf(e).within("reading the log")); });
}

void host_state::fold(const std::vector<group_ref>& groups) {
  for (const auto& g : groups)
    for (const auto& e : g->events) {
      if (e.head.seq <= read_to_ || e.head.seq > enrolment_->granted.registered_at) continue;
      if (auto folded = surviving([&] { return core_.fold(e); }); !folded) return failed(folded.error());
      read_to_ = e.head.seq;
    }
}

void host_state::activate() {
  if (auto ended = surviving([&] { return core_.end_of_log(); }); !ended) return failed(ended.error());
  const auto& granted = enrolment_->granted;
  host_activated a;
  a.name = std::string_view(core_.definition().name);
  a.service_version = core_.definition().version;
  a.state_version = core_.definition().state_version;
  a.decides_after = granted.record.decided_to;
  a.configuration_hash = settings_.configuration_hash;
  std::vector<reaction> all{core_.mark(a, granted.record.decided_to)};
  if (granted.known) {
    host_recovered r;
    r.name = a.name;
    r.recovered_position = granted.record.decided_to;
    r.snapshot_position = point_.covered;
    auto second = core_.mark(r, granted.record.decided_to);
    second.events.front().head.ordinal = 1;
    all.front().events.push_back(second.events.front());
  }
  for (auto& x : core_.reactions()) all.push_back(std::move(x));
  answer_to(granted.registered_at, std::move(all));
  live_ = true;
  enrolment_.reset();
  marked_at_ = core_.inputs();
  next_mark_ = marked_at_ + settings_.snapshot_every;
  order_look();
  record_.set_state("running");
  tell(self_, settings_.readiness(), ready_v, core_.definition().name);
  for (const auto& g : std::exchange(stash_, {})) process(*g);
}

// ---- life ------------------------------------------------------------------------------------------

void host_state::answer_to(std::uint64_t seq, std::vector<reaction> reactions) {
  auto batch = std::make_shared<answer_batch>();
  batch->host = core_.definition().id;
  batch->incarnation = core_.incarnation();
  batch->answered_to = seq;
  batch->reactions = std::move(reactions);
  tell_urgently(self_, settings_.journal, answers_v, answers_ref(std::move(batch)));
}

void host_state::process(const persistence::group& group) {
  record_.handles(group.first_seq(), group.last_seq());
  for (const auto& e : group.events)
    if (auto taken = surviving([&] { return core_.take(e); }); !taken) return failed(taken.error());
  answer_to(group.last_seq(), core_.reactions());
  if (core_.inputs() >= next_mark_) mark_progress();
}

// A poisonous input is passed over: recorded as the reaction to it, and recovery begins before it. Anything else stops the node: money is at stake,
// and a log that this service cannot fold is not mended by passing over a part of it.
void host_state::failed(const error& why) {
  if (why.code != errc::poisonous_input) {
    settings_.fatal(core_.definition().name, why);
    return self_->quit(to_caf(why));
  }
  auto reactions = core_.reactions();
  const auto input = core_.deciding();
  reactions.push_back(core_.parked(why.message));
  answer_to(input, std::move(reactions));
  self_->quit(to_caf(why));
}

// Its own look comes each interval. A job that wants a snapshot now says the same, and orders no look in turn.
void host_state::look_at_interval() {
  if (live_ && core_.inputs() > marked_at_) mark_progress();
  if (monotonic_now(self_) >= look_at_) order_look();
}

void host_state::order_look() {
  if (settings_.snapshot_interval.count() == 0) return;
  look_at_ = monotonic_now(self_) + settings_.snapshot_interval;
  tell_later(self_, settings_.snapshot_interval, tick_v);
}

void host_state::mark_progress() {
  marked_at_ = core_.inputs();
  next_mark_ = marked_at_ + settings_.snapshot_every;
  auto s = std::make_shared<persistence::snapshot>();
  s->key = {core_.definition().name, core_.definition().version, core_.definition().state_version, settings_.configuration_hash};
  s->covered = core_.consumed();
  s->state = core_.service().save();
  record_.set_memory(s->state.size());
  // The keeper hears of the snapshot before its mark can become durable.
  tell(self_, settings_.keeper(), snapshot_v, core_.definition().id.value, core_.incarnation(), snapshot_ref(std::move(s)));
  answer_to(core_.consumed(), {core_.mark(host_progressed{core_.consumed(), true}, core_.consumed())});
}

void host_state::stop(const actor_error& reason) {
  // An ordered stop leaves a mark, so that the next life has little to read.
  if (live_ && reason == exit_reason::user_shutdown) mark_progress();
  live_ = false;
  self_->quit(reason);
}

// What it shows leaves the process, so it waits until that is durable: nobody acts on what a crash would undo.
answer<std::string> host_state::show(const call_ref& call, const std::string& question, const std::string& argument) {
  auto seen = settings_.view(core_.service(), question, argument);
  if (!seen) return to_caf(seen.error());
  auto shown = fmt::format(R"({{"host":"{}","as_of_seq":{},"ready":{},"view":{}}})", core_.definition().name, core_.consumed(), live_, *seen);
  if (!live_ && !enrolment_) return shown;  // it has read nothing yet
  auto promise = promise_answer<std::string>(self_);
  promise_guard<std::string> guard(promise);
  // A host that recovers has said nothing yet, and knows nothing from behind its registration.
  const auto host = live_ ? core_.definition().id.value : 0;
  const auto through = live_ ? core_.consumed() : enrolment_->granted.registered_at;
  ask_within(self_, views_in_flight_, *call, settings_.journal, shown_v, host, through)
      .then([guard, shown = std::move(shown)](std::uint64_t) mutable { guard.deliver(std::move(shown)); },
            [guard](const actor_error& why) mutable {
              auto e = from_caf(why);
              if (e.code == errc::timed_out) e.message = "what it would show is not durable yet: see whether the log takes anything (/api/v1/log)";
              guard.deliver(to_caf(e));
            });
  return promise;
}

}  // namespace tomnext::actors
