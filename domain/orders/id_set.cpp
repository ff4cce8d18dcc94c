#include "domain/orders/id_set.hpp"

namespace tomnext::orders {

void id_set::insert(order_id id) {
  if (contains(id)) return;
  const std::uint64_t v = id.value;
  auto after = last_.upper_bound(v);
  auto before = after == last_.begin() ? last_.end() : std::prev(after);
  const bool joins_after = after != last_.end() && after->first == v + 1;
  const bool joins_before = before != last_.end() && before->second + 1 == v;
  if (joins_before) {
    before->second = joins_after ? after->second : v;
    if (joins_after) last_.erase(after);
    return;
  }
  const std::uint64_t end = joins_after ? after->second : v;
  if (joins_after) last_.erase(after);
  last_.emplace(v, end);
  if (last_.size() <= ranges_max) return;
  // Upper 32 bits are the strategy: only a gap within one strategy may be closed, or ids of others would be lost with it.
  for (auto first = last_.begin(), second = std::next(first); second != last_.end(); ++first, ++second) {
    if (first->second >> 32 != second->first >> 32) continue;
    first->second = second->second;
    last_.erase(second);
    return;
  }
}

}  // namespace tomnext::orders
