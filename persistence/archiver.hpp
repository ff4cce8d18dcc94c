// `log archive`: copies rows into segments, beside whoever writes the log.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

struct archive_options {
  std::optional<std::uint64_t> to_seq;                    ///< up to the last group that ends at or before this event; the head where there is none
  std::optional<timestamp> to_time;                       ///< up to the last group whose first event is not later than this
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;  ///< of rows, before compression; a segment is closed when it has them
};
/// Below this a segment would be mostly header.
inline constexpr std::uint64_t segment_bytes_min = 1024;

struct archive_report {
  std::string folder;
  std::uint64_t from_seq{}, to_seq{};  ///< of the events that were archived now; from_seq = to_seq + 1 where there was nothing to do
  std::uint64_t segments{}, groups{};
  std::uint64_t row_bytes{}, file_bytes{};
};

/// Goes on where the segments that are there end, and first checks the last of them against the log. Each segment is read back and held against the log's
/// chain before the next begins; one that fails is removed. Whatever ends it, a crash too, leaves whole segments only, and the next call goes on behind them.
/// errc::log_archived: events that are in the rows no more are in no segment here · errc::log_corrupt: a segment is damaged, or of another log; it is named ·
/// errc::log_locked: another one archives into this folder · errc::cancelled
result<archive_report> archive_log(const std::string& directory, const archive_options& options, const keep_going& go_on);

}  // namespace tomnext::persistence
