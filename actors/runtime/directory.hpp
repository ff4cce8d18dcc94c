// Where actors are: each name has one stable address, whoever bears it now.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "actors/runtime/address.hpp"

namespace tomnext::actors {

class directory {
 public:
  /// Of messages that wait for an actor while it is started again.
  static constexpr std::size_t backlog_max = 1'024;

  /// The address of this name; made now where it is new, and the same for ever after.
  actor_ptr address_of(actor_system& system, const std::string& name) {
    std::scoped_lock lock(mutex_);
    auto& known = actors_[name];
    if (!known) known = make_address(system, name, backlog_max);
    return known;
  }
  /// Null where no such actor was ever started. Requests wait while it is started again; one that has ended for good answers them with an error.
  [[nodiscard]] actor_ptr find(const std::string& name) const {
    std::scoped_lock lock(mutex_);
    const auto found = actors_.find(name);
    return found == actors_.end() ? actor_ptr() : found->second;
  }
  template <class Protocol> [[nodiscard]] Protocol at(const std::string& name) const { return handle_of<Protocol>(find(name)); }
  /// Lets go of all: handles would keep actors' memory alive.
  void clear() {
    std::map<std::string, actor_ptr> all;
    {
      std::scoped_lock lock(mutex_);
      all.swap(actors_);
    }
    for (auto& [name, who] : all)
      if (auto* a = as_address(who)) a->close();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, actor_ptr> actors_;
};

}  // namespace tomnext::actors
