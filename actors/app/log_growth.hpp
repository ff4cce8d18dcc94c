// How fast a log grows, watched for a while, and when that fills its disk.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "persistence/disk_forecast.hpp"
#include "persistence/filtered_scan.hpp"

namespace tomnext::app {

struct growth_report {
  bool written = false;  ///< somebody has the log open for writing; where nobody has, it does not grow, and nothing was watched
  double watched_s = 0;
  std::uint64_t events = 0;      ///< that came meanwhile
  std::uint64_t free_bytes = 0;  ///< of the disk, when the watching had ended
  std::optional<persistence::full_forecast> forecast;
};

/// Opens the log now and again for `seconds`, and takes it that events to come need as much room as those that are there: sizes of files alone tell less, since
/// tables are written uncompressed first and packed later, and a table's time of writing is that of its last packing.
/// `disk_bytes_per_event`: as measured. `free_bytes_min`: the low-water mark at which the node refuses, node.storage.free_bytes_min.
result<growth_report> watch_growth(const std::string& directory, double seconds, double disk_bytes_per_event, std::uint64_t free_bytes_min,
                                   const persistence::scan_progress& go_on);

}  // namespace tomnext::app
