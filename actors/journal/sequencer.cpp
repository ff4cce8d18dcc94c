#include "actors/journal/sequencer.hpp"

#include <algorithm>

namespace tomnext::actors {

void sequencer::define(const host_definition& d) {
  ranked_.push_back({d, 0, 0, {}});
  hosts_[d.id.value].composed = true;
}

sequencer::ranked_host* sequencer::ranked(host_id id) {
  for (auto& r : ranked_)
    if (r.definition.id == id) return &r;
  return nullptr;
}

// What every event of the log means to the sequencer, stored or fresh.
void sequencer::record(const event& e) {
  head_ = e.head.seq;
  now_ = std::max(now_, e.head.at);
  auto& h = hosts_[e.head.host.value];
  h.known = true;
  h.incarnation = std::max(h.incarnation, e.head.incarnation);
  h.position = std::max(h.position, e.head.position);
  h.recorded_to = e.head.seq;
  if (!h.composed) streams_[{e.head.host.value, routing_key_of(e)}] = e.head.seq;
  remember(e);
  if (const auto* t = e.get_if<timer_armed>()) armed_.emplace(timer_key{t->due, t->target, t->timer, t->generation}, e.head.seq);
  const auto* fired = e.get_if<timer_fired>();
  if (fired != nullptr) armed_.erase(timer_key{fired->due, fired->target, fired->timer, fired->generation});
  if (order_ == ordering::lockstep) routes_.push_back({e.head.type, routing_key_of(e), fired != nullptr ? fired->target : host_id{}, e.head.host});
}

void sequencer::restore(const event& e) { record(e); }

// ---- streams and commands --------------------------------------------------------------------------

void sequencer::remember(const event& e) {
  if (const auto* c = e.get_if<operator_commanded>()) {
    const std::string_view key = c->idempotency_key.view();
    if (!key.empty() && !command_keys_.emplace(key, e.head.seq).second) return;  // a log of an earlier build may hold it twice: the first one counted
    commands_.push_back({e.head.seq, 0, *c});
    if (commands_.size() <= commands_remembered_max) return;
    command_keys_.erase(std::string(commands_.front().what.idempotency_key.view()));
    commands_.pop_front();
    return;
  }
  if (commands_.empty() || e.head.cause < commands_.front().seq || is_host_mark(e.head.type)) return;
  if (const auto at = place_of_command(e.head.cause); at < commands_.size()) commands_[at].outcome = e.head.seq;
}

/// Behind the last one where it is not remembered.
std::size_t sequencer::place_of_command(std::uint64_t seq) const {
  const auto at = std::lower_bound(commands_.begin(), commands_.end(), seq, [](const remembered_command& c, std::uint64_t s) { return c.seq < s; });
  return at != commands_.end() && at->seq == seq ? static_cast<std::size_t>(at - commands_.begin()) : commands_.size();
}

const sequencer::remembered_command* sequencer::command_at(std::uint64_t seq) const {
  const auto at = place_of_command(seq);
  return at < commands_.size() ? &commands_[at] : nullptr;
}

/// The remembered command that has this one's key.
const sequencer::remembered_command* sequencer::command_of(const event& e) const {
  const auto* c = e.get_if<operator_commanded>();
  if (c == nullptr || c->idempotency_key.empty()) return nullptr;
  const auto found = command_keys_.find(c->idempotency_key.view());
  return found == command_keys_.end() ? nullptr : command_at(found->second);
}

result<std::uint64_t> sequencer::may_admit(const event& e, std::optional<std::uint64_t> expected_version) const {
  if (const auto* known = command_of(e)) {
    if (known->what == e.as<operator_commanded>()) return known->seq;
    return error(errc::invalid_argument, "the idempotency key '" + std::string(known->what.idempotency_key.view()) + "' is that of another command (event " +
                                             std::to_string(known->seq) + "): a repetition says the same, and a new command has a new key");
  }
  const auto key = routing_key_of(e);
  const auto actual = version_of(e.head.host, key);
  if (expected_version && *expected_version != actual)
    return error(errc::version_conflict, "the stream of ingress " + std::to_string(e.head.host.value) + ", key " + std::to_string(key) + ": expected version " +
                                             std::to_string(*expected_version) + ", actual version " + std::to_string(actual));
  return std::uint64_t{0};
}

std::uint64_t sequencer::version_of(host_id ingress, std::uint32_t routing_key) const {
  const auto found = streams_.find({ingress.value, routing_key});
  return found == streams_.end() ? 0 : found->second;
}

std::uint64_t sequencer::outcome_of(std::uint64_t command_seq) const {
  const auto* c = command_at(command_seq);
  return c != nullptr ? c->outcome : 0;
}

// ---- hosts -----------------------------------------------------------------------------------------

registration sequencer::enroll(host_id host) {
  auto& h = hosts_[host.value];
  ++h.incarnation;
  const bool known = h.known;
  // A host without a past in this log never decides the past of others.
  if (!known) h.position = head_;
  h.known = true;
  if (auto* r = ranked(host)) {
    r->answers.clear();  // what the earlier life proposed and was not sequenced is decided again
    r->decided_to = r->answered_to = h.position;
  }
  return {h.incarnation, head_, {h.position, h.recorded_to}, known};
}

void sequencer::sequence(event& e) {
  e.head.seq = head_ + 1;
  e.head.at = std::max(now_, e.head.at);
  if (e.head.correlation == 0) e.head.correlation = e.head.seq;
  record(e);
  fresh_.push_back(e);
}

bool sequencer::admit(event e) {
  if (const auto* t = e.get_if<timer_fired>()) {
    const auto armed = armed_.find(timer_key{t->due, t->target, t->timer, t->generation});
    if (armed == armed_.end()) return false;
    e.head.cause = armed->second;
  }
  if (e.head.position != 0 && e.head.position <= hosts_[e.head.host.value].position) return false;
  if (command_of(e) != nullptr) return false;
  sequence(e);
  release();
  return true;
}

result<void> sequencer::take(host_id host, std::uint32_t incarnation, std::uint64_t answered_to, std::vector<reaction> reactions) {
  auto& h = hosts_[host.value];
  auto* r = ranked(host);
  if (r == nullptr || incarnation != h.incarnation)
    return error(errc::stale_incarnation, (r == nullptr ? "host " + std::to_string(host.value) : r->definition.name) + ": append by incarnation " +
                                              std::to_string(incarnation) + ", the present one is " + std::to_string(h.incarnation));
  r->answered_to = std::max(r->answered_to, answered_to);
  for (auto& x : reactions) {
    if (x.events.empty()) continue;
    if (order_ == ordering::lockstep) r->answers.push_back(std::move(x));
    else if (x.is_mark() || x.cause > h.position) sequence_all(x.events);
  }
  release();
  return {};
}

bool sequencer::wants(const ranked_host& h, const routed& r) const {
  const auto& d = h.definition;
  if (!d.inputs[r.type] || r.from == d.id) return false;
  if (r.target) return r.target == d.id;
  return d.instrument == 0 || r.key == 0 || r.key == d.instrument;
}

// Marks wait for the answers before them, and for nothing else.
void sequencer::release_marks(ranked_host& h) {
  while (!h.answers.empty() && h.answers.front().is_mark()) {
    auto mark = std::move(h.answers.front());
    h.answers.pop_front();
    sequence_all(mark.events);
  }
}

// False where the host has not answered this cause yet.
bool sequencer::release_answer(ranked_host& h, std::uint64_t cause) {
  if (cause <= h.decided_to) return true;
  release_marks(h);
  if (h.answered_to < cause) return false;
  // What a restarted host repeats for a cause that was passed had been answered by silence before, and is by silence again.
  while (!h.answers.empty() && h.answers.front().cause < cause) h.answers.pop_front();
  if (h.answers.empty() || h.answers.front().cause != cause) return true;
  auto answer = std::move(h.answers.front());
  h.answers.pop_front();
  sequence_all(answer.events);
  return true;
}

void sequencer::release() {
  if (order_ != ordering::lockstep) return;
  for (;;) {
    for (; next_cause_ <= head_; ++next_cause_, next_rank_ = 0, routes_.pop_front()) {
      const routed route = routes_.front();
      for (; next_rank_ < ranked_.size(); ++next_rank_)
        if (wants(ranked_[next_rank_], route) && !release_answer(ranked_[next_rank_], next_cause_)) return;
    }
    // All is answered: what is left are marks. Sequencing one is a new cause, which nobody answers.
    for (auto& h : ranked_) release_marks(h);
    if (next_cause_ > head_) return;
  }
}

persistence::group_ref sequencer::drain() {
  if (fresh_.empty()) return {};
  auto g = std::make_shared<persistence::group>();
  g->epoch = epoch_;
  g->events.swap(fresh_);
  return g;
}

std::string sequencer::waiting_for() const {
  if (quiet() || next_rank_ >= ranked_.size()) return {};
  return ranked_[next_rank_].definition.name;
}

std::uint64_t sequencer::position_of(host_id host) const {
  auto found = hosts_.find(host.value);
  return found == hosts_.end() ? 0 : found->second.position;
}

std::vector<timer_armed> sequencer::armed_timers() const {
  std::vector<timer_armed> all;
  for (const auto& [key, seq] : armed_) all.push_back({std::get<1>(key), std::get<2>(key), std::get<3>(key), std::get<0>(key)});
  return all;
}

}  // namespace tomnext::actors
