// Hashes a group into the chain on a thread of its own, while the caller writes the same bytes to the disk.
#pragma once
#include <atomic>
#include <string_view>
#include <thread>

#include "domain/base/text.hpp"

namespace tomnext::persistence {

/// One hash at a time, for one caller. A group that is hashed sooner than a thread wakes up is hashed by the caller, as is every group on a machine
/// with one processor.
class background_chain {
 public:
  background_chain() = default;
  ~background_chain();
  background_chain(const background_chain&) = delete;
  background_chain& operator=(const background_chain&) = delete;

  /// Begins to compute chain(previous, group_bytes). The bytes stay as they are until finish().
  void start(const hash256& previous, std::string_view group_bytes);
  /// What start() began. Called once after each start().
  hash256 finish();

 private:
  enum class state : int { idle, hashing, done, ending };
  void work();
  void set(state s);

  hash256 previous_, hash_;
  std::string_view bytes_;
  std::atomic<state> state_ = state::idle;
  std::thread thread_;  // begins with the first group that is large enough
};

}  // namespace tomnext::persistence
