// What is measured beside the log: stores of other people that keep records in order, each under its number, and say when they are durable.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/harness.hpp"

namespace tomnext::bench::peers {

/// Numbered records of one commit: the first has the number `first`, each following one the next.
struct batch {
  std::uint64_t first{};
  std::span<const std::string> records;
};

class store {
 public:
  virtual ~store() = default;
  /// Leaves it without records and without work of its own to do. Not measured.
  virtual void clear() = 0;
  /// Returns when the store has acknowledged every record.
  virtual void commit(const batch& b) = 0;
  /// How many records it holds, asked of the store itself. Not measured.
  virtual std::uint64_t size() = 0;
  /// The record with that number, read back. Not measured.
  virtual std::string record(std::uint64_t number) = 0;
};

/// Whether an acknowledged record survives the loss of power.
enum class acknowledgement : std::uint8_t { synced, not_synced };
/// Which of the two shapes of work a way of writing is meant for. One way may serve both.
enum class use : std::uint8_t { groups, single_events, both };

/// A way of writing to a peer.
struct contender {
  std::string name;      ///< of peer and way, for the table
  std::string settings;  ///< version and settings, as the peer itself reports them
  acknowledgement acknowledged{};
  use used_for{};
  std::unique_ptr<store> keeps;
};

/// A peer that this program was built with. Each peer's file adds itself to the list before main.
struct kind {
  std::string name;   ///< as on the command line
  std::string where;  ///< what `connect` wants to be told
  /// Stops the program where the peer is not there, or is not set to sync as its contenders claim.
  std::vector<contender> (*connect)(const std::string& where);
};
inline std::vector<kind>& kinds() {
  static std::vector<kind> all;
  return all;
}
struct listed {
  explicit listed(kind k) { kinds().push_back(std::move(k)); }
};

/// No figure is printed of a peer that failed at anything.
[[noreturn]] inline void refuse(const std::string& peer, const std::string& why) { stop({errc::log_io, peer + ": " + why}); }

}  // namespace tomnext::bench::peers
