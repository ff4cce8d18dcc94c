// What a log goes through while faults are tried on it, and what must hold of it afterwards.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "persistence/rocksdb_log.hpp"

namespace tomnext::tests {

/// What a writer was told, and what it asked for.
struct promises {
  std::atomic<std::uint64_t> acknowledged{0};  ///< events up to here are durable
  std::atomic<std::uint64_t> offered{0};       ///< events up to here were handed over: whether they are there is open
  std::atomic<std::uint64_t> contents{0};      ///< contents of numbers below this were stored
  std::atomic<std::uint64_t> snapshot{0};      ///< the mark of the last stored snapshot
};
struct promise {
  std::uint64_t acknowledged = 0, offered = 0, contents = 0, snapshot = 0;
  promise() = default;
  explicit promise(const promises& p) : acknowledged(p.acknowledged), offered(p.offered), contents(p.contents), snapshot(p.snapshot) {}
  auto operator<=>(const promise&) const = default;
};

/// Small logs, and no refusal for want of room: full disks are tested elsewhere.
persistence::rocksdb_options small_options();

/// The same, encrypted from the first event on.
persistence::rocksdb_options encrypted_options();

/// Where they are encrypted the second life has one key more than the first: the process has both when they are over.
/// Two lives of 20 events each, with contents and snapshots, each closed in order. Ends at the first error, and returns it; where an append has failed, it
/// tries once more and requires the refusal: "accepted after a failed write" otherwise.
std::string live_twice(const std::string& directory, const persistence::rocksdb_options& options, promises& told);

/// I1 and I2 of a log as it can be read: every acknowledged event is there, none that nobody offered, each is what it was, gapless and chained.
/// Empty, or what is broken.
std::string broken_promise(const persistence::event_log& log, const promise& p);

/// Of the files as a kill or a power cut left them, where the disk kept its word: readers and `log verify` do not wait for a writer to set things right.
/// Where nothing had been acknowledged there may be no log. Empty, or what is broken.
std::string broken_as_it_lies(const std::string& directory, const promise& p);

/// After a fault that loses nothing acknowledged: it opens, keeps I1 and I2, and its contents and snapshots; it opens again to the same; an append goes on;
/// what was closed verifies. Empty, or what is broken.
std::string broken_after_crash(const std::string& directory, const promise& p);

}  // namespace tomnext::tests
