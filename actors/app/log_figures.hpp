// What a log holds, counted event by event, for `log stats`.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"
#include "persistence/filtered_scan.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::app {

/// The least, the greatest and the sum of a figure that each group has.
struct group_spread {
  std::uint64_t min = UINT64_MAX, max = 0, total = 0;
  void take(std::uint64_t value);
};

struct type_figures {
  std::uint64_t events = 0;
  std::uint64_t payload_bytes = 0;  ///< as this build encodes them, envelopes not counted
};

/// A stream: of a host, or of an ingress.
struct host_figures {
  std::string name;  ///< empty: never activated in what was read
  std::uint64_t events = 0, activations = 0;
};

struct log_figures {
  persistence::log_head head;
  std::uint64_t first_seq = 1;  ///< earlier events lie in an archive that is not here
  std::uint64_t base_seq = 1;   ///< earlier events lie in an archive, here or not, and not in the rows
  persistence::disk_figures disk;
  std::uint64_t disk_free_bytes = 0;
  log_declared declared;
  timestamp first, last;
  std::uint64_t groups = 0;
  group_spread events_of_group, bytes_of_group;  ///< bytes: rows as this build encodes them, before compression and encryption
  std::map<std::uint16_t, type_figures> types;
  std::map<std::uint32_t, host_figures> hosts;
  std::vector<persistence::snapshot_entry> snapshots;
  std::optional<persistence::log_encryption> encryption;  ///< where the log is written encrypted
  std::map<std::uint32_t, std::uint64_t> groups_by_key;   ///< encrypted groups by the id of their key

  [[nodiscard]] std::uint64_t events() const { return events_of_group.total; }
  /// Of tables and write-ahead log, as they lie on the disk now; 0 where there are no events.
  [[nodiscard]] double disk_bytes_per_event() const;
};

/// Reads the whole log.
result<log_figures> measure_log(const std::string& directory, const persistence::event_log& log, const persistence::scan_progress& go_on);

}  // namespace tomnext::app
