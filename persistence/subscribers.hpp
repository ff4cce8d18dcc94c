// Who is told of committed groups. Shared by the log and the subscriptions, so that either may go first.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

class subscribers {
 public:
  using delivery = std::function<void(const group_ref&)>;

  /// Deliveries go on until the subscription is destroyed; its destructor waits for one that is running on another thread.
  std::unique_ptr<subscription> add(delivery deliver);
  /// In the order of subscription, on the calling thread. A delivery may end its own subscription or another's, or begin one.
  void deliver(const group_ref& g) const;

 private:
  struct entry {
    delivery deliver;
    bool ended = false;
  };
  struct state {
    std::recursive_mutex mutex;
    std::vector<std::shared_ptr<entry>> entries;
  };
  class handle;
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

}  // namespace tomnext::persistence
