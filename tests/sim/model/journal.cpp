#include "tests/sim/model/journal.hpp"

#include <algorithm>
#include <iterator>

namespace tomnext::sim {

bool journal::accepts(const append& a) {
  const auto host = static_cast<std::size_t>(a.host);
  if (broken_ == broken_rule::no_fence) return true;
  if (broken_ == broken_rule::fence_by_position) {
    const auto& first = a.events.front();
    if (is_mark(first) || first.type == kind::quote) return true;
    return first.position > last_reaction_[host];
  }
  return a.incarnation == incarnation_[host];
}

void journal::take(const append& a) {
  if (!accepts(a)) {
    ++refused_;
    return;
  }
  for (auto e : a.events) {
    e.incarnation = a.incarnation;
    write(e);
    if (broken_ == broken_rule::reaction_split) group_ends_.insert(head());
  }
  group_ends_.insert(head());
}

void journal::admit(const event& e) {
  write(e);
  group_ends_.insert(head());
}

void journal::write(const event& e) {
  log_.push_back(e);
  chain_.push_back(mix(mix(mix(chain_.back(), e.payload), e.id), static_cast<std::uint64_t>(e.host + 1)));
  if (e.host != outside && !is_mark(e) && e.type != kind::quote) last_reaction_[static_cast<std::size_t>(e.host)] = e.position;
}

void journal::advance_durable(random_source& random) {
  const seq_number wanted = durable_ + random.below(head() - durable_ + 1);
  durable_ = *std::prev(group_ends_.upper_bound(wanted));
}

void journal::crash() {
  log_.resize(static_cast<std::size_t>(durable_));
  chain_.resize(log_.size() + 1);
  group_ends_.erase(group_ends_.upper_bound(durable_), group_ends_.end());
  // All that a new life of the journal knows is in the log.
  incarnation_.fill(0);
  last_reaction_.fill(0);
  for (const auto& e : log_) {
    if (e.host == outside) continue;
    auto& known = incarnation_[static_cast<std::size_t>(e.host)];
    known = std::max(known, e.incarnation);
    if (!is_mark(e) && e.type != kind::quote) last_reaction_[static_cast<std::size_t>(e.host)] = e.position;
  }
}

}  // namespace tomnext::sim
