// Which hosts an event goes to, looked up by its type and instrument instead of asking each host.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "actors/runtime/hosted_service.hpp"

namespace tomnext::replay {

/// Answers as host_definition::wants does, for all hosts at once; in the order in which they were added.
class host_routes {
 public:
  void add(std::uint32_t index, const actors::host_definition& d) {
    for (std::size_t type = 0; type < event_numbers; ++type) {
      if (!d.inputs[type]) continue;
      for (std::uint32_t key = 0; key < instruments_max; ++key)
        if (d.instrument == 0 || key == 0 || key == d.instrument) (*routes_)[type][key].push_back({index, d.id});
      if (d.instrument == 0) (*routes_)[type][instruments_max].push_back({index, d.id});  // of instruments that nobody can have
    }
    if (d.id.value >= owners_.size()) owners_.resize(d.id.value + 1, -1);
    owners_[d.id.value] = static_cast<int>(index);
  }

  /// Calls to(index) for each host that wants it, up to the first error. A timer's event comes to all that hear of timers: each has yet to be asked.
  template <class To> result<void> each(const event& e, To&& to) const {
    if (e.head.type >= event_numbers) return {};
    const auto& routes = (*routes_)[e.head.type];
    if (routes[0].empty() && routes[instruments_max].empty()) return {};
    const auto key = std::min(e.is<quote_accepted>() ? e.as<quote_accepted>().instrument.value : routing_key_of(e), instruments_max);
    for (const auto& r : routes[key])
      if (r.id != e.head.host) TOMNEXT_TRY(to(r.index));
    return {};
  }
  /// The host with that id; −1 where it is none of these.
  [[nodiscard]] int owner(host_id id) const { return id.value < owners_.size() ? owners_[id.value] : -1; }

 private:
  struct route {
    std::uint32_t index;
    host_id id;
  };
  using by_key = std::array<std::vector<route>, instruments_max + 1>;
  std::unique_ptr<std::array<by_key, event_numbers>> routes_ = std::make_unique<std::array<by_key, event_numbers>>();
  std::vector<int> owners_;
};

}  // namespace tomnext::replay
