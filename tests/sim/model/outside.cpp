#include "tests/sim/model/outside.hpp"

#include <iterator>

namespace tomnext::sim {

void effect_adapter::restart(const journal& j) {
  cursor_ = 0;
  announced_.clear();
  for (const auto& e : j.log())
    if (e.type == kind::send_started) announced_.insert(e.id);
  unknown_ = announced_;
}

void effect_adapter::send_early(const journal& j, venue& v) {
  for (const auto& e : j.log()) {
    if (e.type != kind::effect || v.received.contains(e.id)) continue;
    if (broken_ == broken_rule::effect_on_sequenced || e.position <= j.durable()) v.received[e.id].push_back(e.payload);
  }
}

void effect_adapter::step(journal& j, venue& v) {
  if (broken_ == broken_rule::effect_on_sequenced || broken_ == broken_rule::effect_on_durable_cause) return send_early(j, v);
  for (; cursor_ < j.durable(); ++cursor_) {
    const event e = j.log()[static_cast<std::size_t>(cursor_)];
    if (e.type == kind::effect && announced_.insert(e.id).second) {
      if (broken_ == broken_rule::send_not_announced) {
        v.received[e.id].push_back(e.payload);
        continue;
      }
      event started;
      started.type = kind::send_started;
      started.id = e.id;
      started.payload = e.payload;
      j.admit(started);
    }
    if (e.type != kind::send_started) continue;
    const bool arrived_before = unknown_.contains(e.id) && v.received.contains(e.id);
    if (!arrived_before) v.received[e.id].push_back(e.payload);
  }
}

void client_desk::restart() {
  cursor_ = 0;
  results_.clear();
  keys_seen_.clear();
}

void client_desk::request(journal& j, int target, random_source& random) {
  commands_.push_back({mix(random.next(), commands_.size()), target});
  send(j, commands_.back());
}

void client_desk::repeat_one(journal& j, random_source& random) {
  if (commands_.empty()) return;
  const auto& c = commands_[static_cast<std::size_t>(random.below(commands_.size()))];
  if (!c.answered) send(j, c);
}

bool client_desk::repeat_all(journal& j) {
  bool any = false;
  for (const auto& c : commands_) {
    if (c.answered) continue;
    send(j, c);
    any = true;
  }
  return any;
}

void client_desk::send(journal& j, const command& c) {
  if (broken_ == broken_rule::keys_in_memory && !keys_seen_.insert(c.key).second) return;
  event e;
  e.type = kind::command_requested;
  e.target = c.target;
  e.id = c.key;
  e.payload = mix(c.key, 3);
  j.admit(e);
}

void client_desk::answer(std::uint64_t key, std::uint64_t result, random_source& random) {
  if (random.chance(20)) return;  // lost on the way: the client repeats
  for (auto& c : commands_) {
    if (c.key != key || c.answered) continue;
    c.answered = true;
    c.result = result;
  }
}

void client_desk::step(const journal& j, random_source& random) {
  const seq_number limit = broken_ == broken_rule::acknowledged_when_sequenced ? j.head() : j.durable();
  for (; cursor_ < limit; ++cursor_) {
    const event& e = j.log()[static_cast<std::size_t>(cursor_)];
    if (e.type == kind::command_done) results_[e.id] = e.payload;
    const bool concerns_client = e.type == kind::command_done || e.type == kind::command_requested;
    const auto known = results_.find(e.id);
    if (concerns_client && known != results_.end()) answer(e.id, known->second, random);
  }
}

void timer_authority::restart() {
  cursor_ = 0;
  armed_.clear();
}

void timer_authority::crash() {
  restart();
  fired_.clear();
}

bool timer_authority::fire(const journal& j, random_source& random) {
  for (; cursor_ < j.head(); ++cursor_) {
    const event& e = j.log()[static_cast<std::size_t>(cursor_)];
    if (e.type == kind::timer_armed) armed_[{e.host, e.slot}] = e;
    if (e.type != kind::timer_fired) continue;
    const auto found = armed_.find({e.target, e.slot});
    if (found != armed_.end() && found->second.generation == e.generation) armed_.erase(found);
  }
  if (armed_.empty()) return false;
  auto which = armed_.begin();
  std::advance(which, static_cast<std::ptrdiff_t>(random.below(armed_.size())));
  event firing;
  firing.type = kind::timer_fired;
  firing.target = which->second.host;
  firing.slot = which->second.slot;
  firing.generation = which->second.generation;
  firing.depth = which->second.depth;
  firing.payload = mix(which->second.payload, 5);
  fired_.push_back(firing);
  armed_.erase(which);
  return true;
}

bool timer_authority::deliver(journal& j) {
  if (fired_.empty()) return false;
  j.admit(fired_.front());
  fired_.pop_front();
  return true;
}

}  // namespace tomnext::sim
