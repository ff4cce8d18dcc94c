// Collects the events of whole reactions into groups, and hands full groups on.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "actors/replay/group_pool.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// A group closes at the first reaction boundary at or after this many events.
inline constexpr std::size_t group_events = 512;

class group_builder {
 public:
  using consumer = std::function<void(persistence::group_ref)>;
  group_builder(std::uint64_t epoch, consumer take) : epoch_(epoch), take_(std::move(take)) {}

  void begin_reaction() {
    if (group_ && group_->events.size() >= group_events) flush();
  }
  template <class E> void append(const header& h, const E& e) {
    if (!group_) {
      group_ = pool_.take(group_events + 64);
      group_->epoch = epoch_;
    }
    group_->events.emplace_back(h, e);
  }
  void flush() {
    if (group_) take_(std::exchange(group_, nullptr));
  }

 private:
  std::uint64_t epoch_;
  consumer take_;
  group_pool pool_;
  std::shared_ptr<persistence::group> group_;
};

}  // namespace tomnext::replay
