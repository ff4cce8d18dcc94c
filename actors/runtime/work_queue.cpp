#include "actors/runtime/work_queue.hpp"

#include <algorithm>
#include <utility>

namespace tomnext::actors {

// ---- one priority ----------------------------------------------------------------------------------

void fair_line::put(const std::string& owner, const entry& e) {
  const auto [a, is_new] = accounts_.try_emplace(owner);
  if (is_new) ring_.push_back(owner);
  a->second.waiting.push_back(e);
  ++waiting_;
}

std::optional<fair_line::charge> fair_line::take() {
  if (waiting_ == 0) return std::nullopt;
  give_laps();
  for (;;) {
    auto& a = accounts_[ring_.front()];
    if (!std::exchange(front_has_its_quantum_, true)) a.give(quantum_);
    if (!a.waiting.empty() && a.balance >= a.waiting.front().weight) break;
    next_turn();
  }
  auto& a = accounts_[ring_.front()];
  charge next{ring_.front(), a.waiting.front(), era_};
  a.waiting.pop_front();
  a.balance -= next.what.weight;
  ++a.running;
  if (--waiting_ == 0) end_era();
  else if (a.waiting.empty()) next_turn();
  return next;
}

// The front goes to the back; or leaves, where there is nothing of it any more.
void fair_line::next_turn() {
  front_has_its_quantum_ = false;
  auto owner = std::move(ring_.front());
  ring_.pop_front();
  if (accounts_[owner].is_settled()) accounts_.erase(owner);
  else ring_.push_back(std::move(owner));
}
void fair_line::leave_if_settled(const std::string& owner) {
  const auto found = accounts_.find(owner);
  if (!found->second.is_settled()) return;
  if (ring_.front() == owner) front_has_its_quantum_ = false;
  std::erase(ring_, owner);
  accounts_.erase(found);
}

// Whole laps in which nobody could be served, at one stroke: after a job of ten minutes there would be thousands.
void fair_line::give_laps() {
  auto laps = duration::max().count();
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    const auto& a = accounts_[ring_[i]];
    if (a.waiting.empty()) continue;
    const auto missing = a.waiting.front().weight - a.balance - (i == 0 && front_has_its_quantum_ ? duration(0) : quantum_);
    laps = std::min(laps, missing.count() <= 0 ? 0 : (missing.count() + quantum_.count() - 1) / quantum_.count());
  }
  if (laps <= 0) return;
  for (auto& [owner, a] : accounts_) a.give(laps * quantum_);
  for (const auto& owner : std::vector<std::string>(ring_.begin(), ring_.end())) leave_if_settled(owner);
}

void fair_line::settle(const charge& c, duration used) {
  if (c.era != era_) return;
  auto& a = accounts_.at(c.owner);
  --a.running;
  a.balance += c.what.weight - used;
  leave_if_settled(c.owner);
}

bool fair_line::remove(const std::string& owner, work_id id) {
  const auto found = accounts_.find(owner);
  if (found == accounts_.end()) return false;
  auto& a = found->second;
  if (std::erase_if(a.waiting, [&](const entry& e) { return e.id == id; }) == 0) return false;
  if (--waiting_ == 0) end_era();
  else leave_if_settled(owner);
  return true;
}

// Where nobody waits, nobody is kept waiting: all begin anew.
void fair_line::end_era() {
  ++era_;
  accounts_.clear();
  ring_.clear();
  front_has_its_quantum_ = false;
}

std::size_t fair_line::waiting_of(const std::string& owner) const {
  const auto found = accounts_.find(owner);
  return found == accounts_.end() ? 0 : found->second.waiting.size();
}
std::optional<std::chrono::steady_clock::time_point> fair_line::oldest() const {
  std::optional<std::chrono::steady_clock::time_point> first;
  for (const auto& [owner, a] : accounts_)
    if (!a.waiting.empty() && (!first || a.waiting.front().since < *first)) first = a.waiting.front().since;
  return first;
}

// ---- all priorities --------------------------------------------------------------------------------

work_queue::work_queue(work_queue_limits limits) : limits_(limits), lines_{fair_line(limits.quantum), fair_line(limits.quantum), fair_line(limits.quantum)} {}

result<void> work_queue::put(work_id id, const std::string& owner, work_priority priority, std::chrono::nanoseconds weight, time_point now) {
  const auto full = [](std::size_t wait, std::size_t max, const std::string& whose) {
    return error(errc::overloaded, std::to_string(wait) + whose + " jobs wait already, at most " + std::to_string(max) + " may");
  };
  if (places_.size() >= limits_.waiting_max) return full(places_.size(), limits_.waiting_max, "");
  std::size_t of_owner = 0;
  for (const auto& line : lines_) of_owner += line.waiting_of(owner);
  if (of_owner >= limits_.waiting_of_owner_max) return full(of_owner, limits_.waiting_of_owner_max, " of " + owner + "'s");
  weight = std::clamp<std::chrono::nanoseconds>(weight, std::chrono::nanoseconds(1), limits_.weight_max);
  lines_[index(priority)].put(owner, {id, weight, now});
  places_.emplace(id, place{owner, priority});
  return {};
}

std::optional<work_queue::item> work_queue::take(time_point now) {
  const auto which = next_line(now);
  const auto next = lines_[which].take();
  if (!next) return std::nullopt;
  places_.erase(next->what.id);
  return item{next->what.id, next->owner, static_cast<work_priority>(which), next->what.since, next->era, next->what.weight};
}

// The highest priority that waits; but of `one_in` jobs that are taken while something below it has lost its patience, one is of that line. The line of the
// one that has waited longest, so that it is reached: within a line the turns are the owners'.
std::size_t work_queue::next_line(time_point now) {
  std::size_t first = 0;
  while (first + 1 < lines_.size() && lines_[first].waiting() == 0) ++first;
  std::size_t impatient = first;
  auto since = now - limits_.patience;
  for (auto i = first + 1; i < lines_.size(); ++i)
    if (const auto oldest = lines_[i].oldest(); oldest && *oldest <= since) {
      impatient = i;
      since = *oldest - std::chrono::nanoseconds(1);
    }
  if (impatient == first) {
    taken_since_patience_ = 0;
    return first;
  }
  if (++taken_since_patience_ < limits_.one_in) return first;
  taken_since_patience_ = 0;
  return impatient;
}

bool work_queue::remove(work_id id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return false;
  lines_[index(found->second.priority)].remove(found->second.owner, id);
  places_.erase(found);
  return true;
}

}  // namespace tomnext::actors
