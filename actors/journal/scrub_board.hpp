// What the scrubber of a running node has seen: written by its actor, read by whoever answers for the node. It outlives the actor's lives.
#pragma once
#include <cstdint>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "persistence/scrubber.hpp"

namespace tomnext::actors {

class scrub_board {
 public:
  /// `bytes_per_s` 0: nobody scrubs.
  explicit scrub_board(std::uint64_t bytes_per_s) : bytes_per_s_(bytes_per_s) {}

  // ---- of the scrubber ----
  void show(const persistence::scrub_progress& p, std::uint64_t events_proven, std::uint64_t read_bytes);
  /// False where the same place is known to be damaged.
  bool damaged(const persistence::scrub_damage& d);
  /// What this pass has not found again is damaged no more.
  void pass_complete();
  /// It cannot go on for now, and why; empty: it does. False where that is known.
  bool failing(const std::string& why);

  // ---- of anybody ----
  [[nodiscard]] std::uint64_t damaged_places() const;
  /// {"bytes_per_s", "passes", "last_ended", "last_bytes", "pass": {"began", "bytes", "part", "file", "offset", "events"}, "damage": [{"part", "file", "offset",
  /// "event", "what"}], "damaged", "failing"}. `damage` holds the first 100 places, `damaged` counts all.
  [[nodiscard]] nlohmann::json as_json() const;
  /// In the Prometheus text format; empty where nobody scrubs.
  [[nodiscard]] std::string as_metrics() const;

 private:
  struct place {
    persistence::scrub_damage damage;
    bool of_this_pass = true;
  };
  const std::uint64_t bytes_per_s_;
  mutable std::mutex mutex_;
  persistence::scrub_progress progress_;
  std::uint64_t events_ = 0, read_bytes_ = 0;
  std::vector<place> places_;
  std::string failing_;
};

}  // namespace tomnext::actors
