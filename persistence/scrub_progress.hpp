// How far the scrubber is, kept in the file `scrub` of the log's directory. It is a note, no part of the log: without it a pass begins anew.
//
//   "tomnext-scrub" · format u32 = 1 · passes u64 · last pass: ended u64, bytes u64 · this pass: began u64, bytes u64 ·
//   ranges older, newest: top {seq u64, epoch u64, chain hash 32 bytes}, from u64 · part u32 · file: length u32, bytes · offset u64 · crc u32 ·
//   crc32c u32 of all before it. Little-endian; times are nanoseconds since 1970.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "domain/base/time.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// Rows from event `from` to the end of `top` are proven: checksums, chain and seqs. top.seq 0: none; from = top.seq + 1: none yet.
struct scrub_range {
  log_head top;
  std::uint64_t from = 0;
  bool operator==(const scrub_range&) const = default;
};

/// What a pass goes through, in this order.
enum class scrub_part : std::uint8_t { rows, tables, records, contents, snapshots, anchor };

struct scrub_progress {
  std::uint64_t passes = 0;  ///< complete
  timestamp last_ended;
  std::uint64_t last_bytes = 0;  ///< read by the last complete pass
  timestamp began;               ///< this pass
  std::uint64_t bytes = 0;       ///< read by this pass
  scrub_range older;             ///< from where this pass began, downward
  scrub_range newest;            ///< what came since then, downward until it meets `older`
  scrub_part part = scrub_part::rows;
  std::string file;          ///< of this part: being read, or done where offset is 0; empty: none yet
  std::uint64_t offset = 0;  ///< read so far of `file`
  std::uint32_t crc = 0;     ///< of what was read of `file`
  bool operator==(const scrub_progress&) const = default;
};

std::string scrub_file(const std::string& directory);
/// Nothing where there is none, or a damaged one, or one of another format.
std::optional<scrub_progress> read_scrub_progress(const std::string& directory);
/// Durable when it returns.
result<void> write_scrub_progress(const std::string& directory, const scrub_progress& p);

}  // namespace tomnext::persistence
