#include "actors/journal/sequencer.hpp"

#include <algorithm>

namespace tomnext::actors {

void sequencer::remember(const event& e) {
  const auto* timer = e.get_if<timer_fired>();
  routes_.push_back({e.head.type, routing_key_of(e), timer != nullptr ? timer->target : host_id{}, e.head.host});
}

void sequencer::restore(const event& e) {
  head_ = e.head.seq;
  now_ = std::max(now_, e.head.at);
  auto& h = hosts_[e.head.host.value];
  h.seen = true;
  h.incarnation = std::max(h.incarnation, e.head.incarnation);
  h.position = std::max(h.position, e.head.position);
  if (order_ == ordering::lockstep) remember(e);
}

void sequencer::define(const host_definition& d) {
  ranked_.push_back({d, false, 0, {}});
  hosts_[d.id.value].name = d.name;
}

registration_answer sequencer::enroll(host_id host, const std::string& name) {
  auto& h = hosts_[host.value];
  h.name = name;
  ++h.incarnation;
  for (auto& r : ranked_) {
    if (r.definition.id != host) continue;
    r.live = false;
    r.answers.clear();            // what the earlier life proposed and was not sequenced is decided again
    r.decided_to = h.position;
  }
  registration_answer a{h.incarnation, head_, h.position, h.seen};
  h.seen = true;
  return a;
}

void sequencer::went_live(host_id host) {
  for (auto& r : ranked_) if (r.definition.id == host) r.live = true;
  release();
}

void sequencer::sequence(event& e) {
  e.head.seq = ++head_;
  e.head.at = now_ = std::max(now_, e.head.at);
  if (e.head.correlation == 0) e.head.correlation = e.head.seq;
  auto& h = hosts_[e.head.host.value];
  h.position = std::max(h.position, e.head.position);
  if (order_ == ordering::lockstep) remember(e);
  fresh_.push_back(e);
}

bool sequencer::admit(event e) {
  auto& h = hosts_[e.head.host.value];
  h.seen = true;
  if (e.head.position != 0 && e.head.position <= h.position) return false;
  sequence(e);
  release();
  return true;
}

result<void> sequencer::take(host_id host, std::uint32_t incarnation, std::vector<reaction> reactions) {
  auto& h = hosts_[host.value];
  if (incarnation != h.incarnation)
    return error(errc::stale_incarnation, h.name + ": append by incarnation " + std::to_string(incarnation) + ", the present one is " + std::to_string(h.incarnation));
  if (order_ == ordering::arrival) {
    for (auto& r : reactions) {
      if (r.events.empty() || r.cause <= h.position) continue;
      for (auto& e : r.events) sequence(e);
    }
    return {};
  }
  for (auto& ranked : ranked_) {
    if (ranked.definition.id != host) continue;
    for (auto& r : reactions) ranked.answers.push_back(std::move(r));
  }
  release();
  return {};
}

result<std::uint64_t> sequencer::mark(host_id host, std::uint32_t incarnation, event e) {
  auto& h = hosts_[host.value];
  if (incarnation != h.incarnation) return error(errc::stale_incarnation, h.name + ": mark by an earlier incarnation");
  // A mark tells no reaction: in lockstep, inputs up to its position may still wait for their turn, so it does not move the recorded position.
  const auto kept = h.position;
  e.head.incarnation = incarnation;
  sequence(e);
  if (!e.is<host_progressed>()) hosts_[host.value].position = kept;
  release();
  return head_;
}

bool sequencer::wants(const ranked_host& h, const routed& r) const {
  const auto& d = h.definition;
  if (!d.inputs[r.type] || r.from == d.id) return false;
  if (r.target) return r.target == d.id;
  return d.instrument == 0 || r.key == 0 || r.key == d.instrument;
}

void sequencer::release() {
  if (order_ != ordering::lockstep) return;
  while (next_cause_ <= head_) {
    const routed route = routes_[static_cast<std::size_t>(next_cause_ - routes_first_)];
    for (; next_rank_ < ranked_.size(); ++next_rank_) {
      auto& h = ranked_[next_rank_];
      if (!wants(h, route) || answered_already(h, next_cause_)) continue;
      // An answer to a cause that was passed is one that an earlier life had given, empty, and that a restarted host repeats.
      while (!h.answers.empty() && h.answers.front().cause < next_cause_) h.answers.pop_front();
      if (h.answers.empty() || h.answers.front().cause != next_cause_) return;
      auto answer = std::move(h.answers.front());
      h.answers.pop_front();
      for (auto& e : answer.events) sequence(e);
    }
    next_rank_ = 0;
    ++next_cause_;
    routes_.pop_front();
    ++routes_first_;
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

}  // namespace tomnext::actors
