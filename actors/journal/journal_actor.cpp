#include "actors/journal/journal_actor.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/view_support.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::actors {

journal_state::journal_state(journal_protocol::pointer self, journal_settings settings, std::shared_ptr<sequencer> restored, std::vector<host_definition> hosts,
                             writer_protocol writer, persistence::log_head durable)
    : self_(self), record_(record_of(self)), settings_(std::move(settings)), sequencer_(std::move(restored)), writer_(std::move(writer)), durable_(durable) {
  for (const auto& h : hosts) dispatcher_.define(h);
}

journal_protocol::behavior_type journal_state::behavior() {
  return {
      [this](enroll_atom, std::uint32_t host, const actor_ptr& who) -> answer<enrolment_ref> {
        auto promise = promise_answer<enrolment_ref>(self_);
        enrolments_.push_back({enroll(host_id{host}, who), dispatcher_.waits_for_durability(host_id{host}), promise_guard<enrolment_ref>(promise)});
        settle_promises();
        return promise;
      },
      [this](answers_atom, const answers_ref& batch) { take(batch); },
      [this](admit_atom, const inputs_ref& inputs) -> answer<std::uint64_t> {
        const auto known = may_admit(*inputs);
        if (!known) return to_caf(known.error());
        auto promise = promise_answer<std::uint64_t>(self_);
        admit(*inputs, *known, promise_guard<std::uint64_t>(promise));
        return promise;
      },
      [this](timers_atom, const actor_ptr& authority) -> answer<timers_ref> {
        // Not before what an earlier authority let in is answered: an answer may arm the timer that comes before the next input.
        auto promise = promise_answer<timers_ref>(self_);
        authorities_.emplace_back(handle_of<time_protocol>(authority), promise_guard<timers_ref>(promise));
        if (!full_.empty()) tell(self_, authorities_.back().first, full_v, full_);
        settle_promises();
        return promise;
      },
      [this](position_atom, std::uint32_t host) -> answer<std::uint64_t, std::int64_t> {
        return {sequencer_->position_of(host_id{host}), sequencer_->now().ns};
      },
      [this](settled_atom) -> answer<std::uint64_t> {
        auto promise = promise_answer<std::uint64_t>(self_);
        settlements_.emplace_back(promise);
        settle_promises();
        return promise;
      },
      [this](await_atom, std::uint64_t seq) -> answer<std::uint64_t, std::uint64_t> {
        auto promise = promise_answer<std::uint64_t, std::uint64_t>(self_);
        outcomes_.push_back({seq, 0, promise_guard<std::uint64_t, std::uint64_t>(promise)});
        settle_promises();
        return promise;
      },
      [this](shown_atom, std::uint32_t host, std::uint64_t seq) -> answer<std::uint64_t> {
        auto promise = promise_answer<std::uint64_t>(self_);
        views_.push_back({host_id{host}, seq, 0, promise_guard<std::uint64_t>(promise)});
        settle_promises();
        return promise;
      },
      [this](durable_atom, const durable_ref& head) {
        if (!full_.empty()) set_full("");
        durable_ = *head;
        for (; !not_yet_durable_.empty() && not_yet_durable_.front()->last_seq() <= durable_.seq; not_yet_durable_.pop_front())
          events_in_memory_ -= not_yet_durable_.front()->events.size();
        record_.set_memory(events_in_memory_ * sizeof(event));
        dispatcher_.made_durable(self_, durable_.seq);
        settle_promises();
      },
      [this](full_atom, const std::string& why) { set_full(why); },
      [this](status_atom) -> answer<std::string> { return status(); },
  };
}

enrolment_ref journal_state::enroll(host_id host, const actor_ptr& who) {
  auto e = std::make_shared<enrolment>();
  e->granted = sequencer_->enroll(host);
  e->not_yet_durable.assign(not_yet_durable_.begin(), not_yet_durable_.end());
  dispatcher_.attach(host, handle_of<host_protocol>(who), e->granted.registered_at);
  return e;
}

// A host that owes nothing has read the whole log, of which it was delivered only what it wants: its mark says so, lest a later version, which may want
// more, decides what lies between.
void journal_state::extend_marks(answer_batch& batch) const {
  if (dispatcher_.owes(batch.host)) return;
  for (auto& r : batch.reactions)
    for (auto& e : r.events)
      if (e.is<host_progressed>()) e.head.position = std::max(e.head.position, sequencer_->head());
}

void journal_state::take(const answers_ref& batch) {
  extend_marks(*batch);
  auto taken = sequencer_->take(batch->host, batch->incarnation, batch->answered_to, std::move(batch->reactions));
  if (!taken) {
    // An append of an earlier life: that life is over, whoever still speaks for it.
    ++refused_;
    exit_now(self_->current_sender(), to_caf(taken.error()));
    return;
  }
  dispatcher_.answered(batch->host, batch->answered_to);
  publish();
  settle_promises();
}

// Hosts are not told: they are never refused, and the window bounds what they still have to say.
void journal_state::set_full(const std::string& why) {
  full_ = why;
  if (time_authority_) tell(self_, time_authority_, full_v, why);
  for (auto& [authority, promise] : authorities_) tell(self_, authority, full_v, why);
}

// What may be refused is alone in its offer, so that nothing is half taken.
result<std::uint64_t> journal_state::may_admit(const std::vector<offered_input>& inputs) const {
  const auto refusable = [](const offered_input& i) {
    const auto* c = i.what.get_if<operator_commanded>();
    return i.expected_version || (c != nullptr && !c->idempotency_key.empty());
  };
  if (std::none_of(inputs.begin(), inputs.end(), refusable)) return std::uint64_t{0};
  if (inputs.size() > 1)
    return error(errc::invalid_argument,
                 "an input with an idempotency key or an expected version is offered alone, not among " + std::to_string(inputs.size()));
  return sequencer_->may_admit(inputs.front().what, inputs.front().expected_version);
}

void journal_state::admit(const std::vector<offered_input>& inputs, std::uint64_t known, promise_guard<std::uint64_t> promise) {
  bool taken = false;
  if (known == 0)
    for (const auto& i : inputs) taken = sequencer_->admit(i.what) || taken;
  const bool command = inputs.size() == 1 && inputs.front().what.is<operator_commanded>();
  if (command && taken) known = sequencer_->version_of(inputs.front().what.head.host, routing_key_of(inputs.front().what));
  admissions_.push_back({known, std::move(promise)});
  publish();
  settle_promises();
}

void journal_state::publish() {
  auto group = sequencer_->drain();
  if (!group) return;
  not_yet_durable_.push_back(group);
  events_in_memory_ += group->events.size();
  record_.set_memory(events_in_memory_ * sizeof(event));
  record_.handles(group->first_seq(), group->last_seq());
  if (settings_.tap) settings_.tap(*group);
  std::vector<timer_armed> armed;
  for (const auto& e : group->events)
    if (const auto* t = e.get_if<timer_armed>()) armed.push_back(*t);
  if (!armed.empty() && time_authority_) tell(self_, time_authority_, armed_v, timers_ref(std::make_shared<const std::vector<timer_armed>>(std::move(armed))));
  dispatcher_.publish(self_, group);
  tell(self_, writer_, write_v, group);
}

bool journal_state::has_credit() const {
  if (!full_.empty()) return false;
  const auto head = sequencer_->head();
  if (head - durable_.seq >= settings_.window_events) return false;
  if (settings_.order == ordering::lockstep) return sequencer_->quiet();
  return head - dispatcher_.answered_below(head) < settings_.window_events;
}

bool journal_state::settled() const { return admissions_.empty() && sequencer_->quiet() && dispatcher_.caught_up() && durable_.seq == sequencer_->head(); }

void journal_state::settle_promises() {
  while (!admissions_.empty() && has_credit()) {
    admissions_.front().promise.deliver(admissions_.front().seq != 0 ? admissions_.front().seq : sequencer_->head());
    admissions_.pop_front();
  }
  while (!authorities_.empty() && has_credit()) {
    time_authority_ = authorities_.front().first;
    authorities_.front().second.deliver(std::make_shared<const std::vector<timer_armed>>(sequencer_->armed_timers()));
    authorities_.pop_front();
  }
  // A host that gets some inputs only when they are durable must not find them earlier in the journal's memory.
  std::erase_if(enrolments_, [this](started& s) {
    if (s.when_durable && durable_.seq < s.granted->granted.registered_at) return false;
    s.promise.deliver(s.granted);
    return true;
  });
  const auto head = sequencer_->head();
  std::erase_if(outcomes_, [&](outcome& o) {
    // First the hosts must have answered; what they said then must be durable.
    if (o.durable_from == 0 && sequencer_->quiet() && dispatcher_.answered_below(head) >= o.seq) o.durable_from = head;
    if (o.durable_from == 0 || durable_.seq < o.durable_from) return false;
    o.promise.deliver(durable_.seq, sequencer_->outcome_of(o.seq));
    return true;
  });
  std::erase_if(views_, [&](view& v) {
    if (v.host.value == 0) v.durable_from = v.seq;
    else if (v.durable_from == 0 && sequencer_->quiet() && dispatcher_.has_answered(v.host, v.seq)) v.durable_from = head;
    if ((v.durable_from == 0 && v.seq != 0) || durable_.seq < v.durable_from) return false;
    v.promise.deliver(durable_.seq);
    return true;
  });
  while (!settlements_.empty() && settled()) {
    settlements_.front().deliver(sequencer_->head());
    settlements_.pop_front();
  }
}

std::string journal_state::status() const {
  const nlohmann::json j{{"head", sequencer_->head()},
                         {"durable", durable_.seq},
                         {"durable_epoch", durable_.epoch},
                         {"durable_hash", persistence::to_hex(durable_.chain_hash)},
                         {"at", to_string(sequencer_->now())},
                         {"not_yet_durable_groups", not_yet_durable_.size()},
                         {"waiting_for", sequencer_->waiting_for().empty() ? dispatcher_.slowest() : sequencer_->waiting_for()},
                         {"refused_appends", refused_},
                         {"log_full", full_},
                         {"armed_timers", sequencer_->armed_timers().size()}};
  return json_bytes(j);
}

}  // namespace tomnext::actors
