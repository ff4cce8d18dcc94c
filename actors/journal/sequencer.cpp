#include "actors/journal/sequencer.hpp"

#include <algorithm>

namespace tomnext::actors {

void sequencer::define(const host_definition& d) { ranked_.push_back({d, 0, 0, {}}); }

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
  if (const auto* t = e.get_if<timer_armed>()) armed_.emplace(timer_key{t->due, t->target, t->timer, t->generation}, e.head.seq);
  const auto* fired = e.get_if<timer_fired>();
  if (fired != nullptr) armed_.erase(timer_key{fired->due, fired->target, fired->timer, fired->generation});
  if (order_ == ordering::lockstep) routes_.push_back({e.head.type, routing_key_of(e), fired != nullptr ? fired->target : host_id{}, e.head.host});
}

void sequencer::restore(const event& e) { record(e); }

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
