// How much room a running node's log has, and when that will be used up: written by the actor that looks, read by whoever answers for the node.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "persistence/disk_forecast.hpp"

namespace tomnext::actors {

/// What was there at one moment.
struct disk_look {
  std::int64_t at_ns = 0;        ///< of a clock that does not go backwards
  std::uint64_t last_seq = 0;    ///< the log's head
  std::uint64_t events = 0;      ///< that the log's files hold
  std::uint64_t log_bytes = 0;   ///< of those files
  std::uint64_t free_bytes = 0;  ///< of their disk
};

/// Nothing to say, the disk is full within a day, within an hour, now: what an operator is told once each time that it becomes another.
enum class disk_outlook : std::uint8_t { fine, within_a_day, within_an_hour, full };

class disk_board {
 public:
  /// Looks that are kept: an hour of them where one comes every thirty seconds.
  static constexpr std::size_t looks_max = 120;

  /// `free_bytes_min`: with less room the log takes nothing. `watched` false: nobody looks, as with a log in memory.
  disk_board(std::uint64_t free_bytes_min, bool watched) : free_bytes_min_(free_bytes_min), watched_(watched) {}

  /// Of the actor that looks. Returns the outlook where it has become another, with a sentence for the operator.
  std::optional<std::pair<disk_outlook, std::string>> show(const disk_look& look);

  /// Takes it that events to come need as much room as those that are there. Nothing before there are three looks.
  [[nodiscard]] std::optional<persistence::full_forecast> forecast() const;
  /// {"free_bytes", "free_bytes_min", "log_bytes", "bytes_per_event", "watched_s", "growth_bytes_per_s": {"low", "likely", "high"} or null,
  /// "full_in_s": {"earliest", "likely", "latest"} or null}; a time in full_in_s is null where it never comes at that rate. null where nobody looks.
  [[nodiscard]] nlohmann::json as_json() const;
  /// In the Prometheus text format; empty before the first look.
  [[nodiscard]] std::string as_metrics() const;

 private:
  [[nodiscard]] std::optional<persistence::full_forecast> forecast_now() const;

  const std::uint64_t free_bytes_min_;
  const bool watched_;
  mutable std::mutex mutex_;
  std::deque<disk_look> looks_;
  disk_outlook outlook_ = disk_outlook::fine;
};

}  // namespace tomnext::actors
