#include "actors/runtime/time_authority.hpp"

#include <algorithm>
#include <optional>

#include "actors/replay/kernel.hpp"
#include "actors/runtime/caf.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;

// A host that is restarted holds up lockstep for as long as its recovery takes.
constexpr auto admission_deadline = 120s;
// Inputs between two timers that may enter together, where order is by arrival.
constexpr std::size_t batch_max = 256;

}  // namespace

time_authority_state::time_authority_state(time_protocol::pointer self, journal_protocol journal, ordering order, line_limits limits)
    : self_(self),
      journal_(std::move(journal)),
      order_(order),
      urgent_{"urgent", limits.urgent_events_max},
      market_{"market", limits.market_events_max},
      admission_(admission_deadline) {}

time_protocol::behavior_type time_authority_state::behavior() {
  begin();
  tell_later(self_, watch_every, watch_v);
  return {
      [this](offer_atom, const inputs_ref& inputs) -> answer<std::uint64_t> { return enqueue(market_, inputs); },
      [this](urgent_atom, const inputs_ref& inputs) -> answer<std::uint64_t> { return enqueue(urgent_, inputs); },
      [this](full_atom, const std::string& why) { set_full(why); },
      [this](armed_atom, const timers_ref& timers) {
        take_armed(*timers);
        step();
      },
      [this](time_is_atom, std::int64_t ns) {
        clock_ = std::max(clock_, timestamp{ns});
        step();
      },
      [this](halt_atom) -> answer<bool> {
        halt();
        return true;
      },
      [this](watch_atom) { look_at_watch(); },
      [this](tick_atom) { step(); },
  };
}

void time_authority_state::look_at_watch() {
  if (!full_.empty() && admitting_) admission_.asked(monotonic_now(self_));  // the journal waits for the disk, and says so
  if (admission_.missed(monotonic_now(self_))) return self_->quit(to_caf({errc::timed_out, "offering inputs to the journal: no answer within the deadline"}));
  tell_later(self_, watch_every, watch_v);
}

// The journal knows what is armed, also when this actor was restarted in the middle.
void time_authority_state::begin() {
  ask(self_, journal_, admission_deadline, timers_v, pointer_of(self_))
      .then(
          [this](const timers_ref& timers) {
            take_armed(*timers);
            knows_timers_ = true;
            step();
          },
          [this](const actor_error& e) { self_->quit(to_caf(from_caf(e).within("asking the journal for its timers"))); });
}

void time_authority_state::take_armed(const std::vector<timer_armed>& timers) {
  for (const auto& t : timers) timers_.emplace(t.due, t.target, t.timer, t.generation);
}

result<void> time_authority_state::may_wait(const line& l, const std::vector<offered_input>& inputs) const {
  if (halted_) return error(errc::cancelled, "the node is stopping: no more inputs");
  if (&l == &urgent_ && !full_.empty()) return error(errc::log_full, "the log takes nothing for now: " + full_);
  if (&l == &market_ && std::any_of(inputs.begin(), inputs.end(), [](const offered_input& i) { return i.expected_version.has_value(); }))
    return error(errc::invalid_argument, "market inputs expect no version: their source positions tell what is new");
  if (!l.empty() && l.events + inputs.size() > l.events_max)
    return error(errc::overloaded, "the " + std::string(l.name) + " line holds " + std::to_string(l.events) + " inputs of at most " +
                                       std::to_string(l.events_max) + ", and " + std::to_string(inputs.size()) + " more do not fit: offer them again later");
  return {};
}

answer<std::uint64_t> time_authority_state::enqueue(line& l, const inputs_ref& inputs) {
  if (const auto may = may_wait(l, *inputs); !may) return to_caf(may.error());
  auto promise = promise_answer<std::uint64_t>(self_);
  l.offers.push_back({inputs, 0, promise_guard<std::uint64_t>(promise)});
  l.events += inputs->size();
  step();
  return promise;
}

// What is under way at the journal stays; everything behind it is refused, and may be offered again to the next life of the node.
void time_authority_state::halt() {
  halted_ = true;
  for (auto* l : {&urgent_, &market_}) {
    refuse_all(*l, {errc::cancelled, "the node is stopping: no more inputs"});
    if (l == admitting_from_) admitting_from_ = nullptr;
  }
}

void time_authority_state::refuse_all(line& l, const error& why) {
  l.events = 0;
  for (auto& o : std::exchange(l.offers, {})) o.promise.deliver(to_caf(why));
}

// The market waits: the log will have it all. A command is better refused than taken at some later time. What is at the journal is sequenced, and stays.
void time_authority_state::set_full(const std::string& why) {
  full_ = why;
  if (full_.empty()) return;
  std::optional<offer> at_journal;
  if (admitting_from_ == &urgent_) {
    at_journal = urgent_.front();
    urgent_.pop_front();
  }
  refuse_all(urgent_, {errc::log_full, "the log takes nothing for now: " + full_});
  if (!at_journal) return;
  urgent_.events = at_journal->inputs->size();
  urgent_.offers.push_back(std::move(*at_journal));
}

bool time_authority_state::timer_before(const offered_input& i) const {
  if (timers_.empty()) return false;
  const timestamp due = std::get<0>(*timers_.begin());
  return i.after_timers_at ? due <= i.what.head.at : due < i.what.head.at;
}

offered_input time_authority_state::fire() {
  const auto [due, target, timer, generation] = *timers_.begin();
  timers_.erase(timers_.begin());
  header h;
  h.at = due;
  h.host = replay::timer_authority;
  return {event(h, timer_fired{target, timer, generation, due})};
}

// In lockstep inputs enter one by one: each may arm the timer that comes before the next.
std::vector<offered_input> time_authority_state::take_from(offer& o) {
  std::vector<offered_input> batch;
  const std::size_t most = order_ == ordering::lockstep ? 1 : batch_max;
  while (o.next < o.inputs->size() && batch.size() < most && !timer_before((*o.inputs)[o.next])) batch.push_back((*o.inputs)[o.next++]);
  return batch;
}

void time_authority_state::step() {
  if (admitting_ || halted_ || !knows_timers_) return;
  if (!urgent_.empty()) {
    auto batch = *urgent_.front().inputs;  // stamped with the journal's present, whatever was on them
    for (auto& i : batch) i.what.head.at = {};
    urgent_.front().next = batch.size();
    return admit(std::move(batch), &urgent_);
  }
  if (!market_.empty()) {
    auto& o = market_.front();
    if (o.next < o.inputs->size() && timer_before((*o.inputs)[o.next])) return admit({fire()}, nullptr);
    return admit(take_from(o), &market_);
  }
  if (!timers_.empty() && std::get<0>(*timers_.begin()) <= clock_) admit({fire()}, nullptr);
}

void time_authority_state::admit(std::vector<offered_input> inputs, line* from) {
  admitting_ = true;
  admitting_from_ = from;
  admission_.asked(monotonic_now(self_));
  const inputs_ref offered = std::make_shared<const std::vector<offered_input>>(std::move(inputs));
  // Operators overtake the answers of hosts that wait at the journal.
  (from == &urgent_ ? ask_urgently_under_watch(self_, journal_, admit_v, offered) : ask_under_watch(self_, journal_, admit_v, offered))
      .then(
          [this](std::uint64_t head) {
            admitting_ = false;
            admission_.answered();
            auto* line_of_offer = std::exchange(admitting_from_, nullptr);  // null too where the node has begun to stop
            if (line_of_offer != nullptr && line_of_offer->front().next >= line_of_offer->front().inputs->size()) {
              line_of_offer->front().promise.deliver(head);
              line_of_offer->pop_front();
            }
            step();
          },
          [this](const actor_error& e) { refused(std::exchange(admitting_from_, nullptr), from_caf(e)); });
}

// A command whose condition does not hold is its sender's affair. Any other refusal is this actor's: the market's inputs have none.
void time_authority_state::refused(line* from, const error& why) {
  if (halted_) return;
  if (from != &urgent_ || (why.code != errc::version_conflict && why.code != errc::invalid_argument))
    return self_->quit(to_caf(why.within("offering inputs to the journal")));
  admitting_ = false;
  admission_.answered();
  from->front().promise.deliver(to_caf(why));
  from->pop_front();
  step();
}

}  // namespace tomnext::actors
