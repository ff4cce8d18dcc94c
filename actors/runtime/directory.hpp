// Where actors are now: restarted ones are found again under their name.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "actors/runtime/caf.hpp"

namespace tomnext::actors {

class directory {
 public:
  void put(const std::string& name, actor_ptr who) {
    std::scoped_lock lock(mutex_);
    actors_[name] = std::move(who);
  }
  /// Null where no such actor was ever started. One that has ended since answers requests with an error.
  [[nodiscard]] actor_ptr find(const std::string& name) const {
    std::scoped_lock lock(mutex_);
    const auto found = actors_.find(name);
    return found == actors_.end() ? actor_ptr() : found->second;
  }
  template <class Protocol> [[nodiscard]] Protocol at(const std::string& name) const { return handle_of<Protocol>(find(name)); }
  /// Lets go of all: handles would keep actors' memory alive.
  void clear() {
    std::scoped_lock lock(mutex_);
    actors_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, actor_ptr> actors_;
};

}  // namespace tomnext::actors
