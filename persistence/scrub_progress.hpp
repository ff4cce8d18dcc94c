// How far the scrubber is, kept in the file `scrub` of the log's directory. It is a note, no part of the log: without it a pass begins anew.
//
// It goes with its directory where that is copied, so it says whose it is: what was read of one copy says nothing about another.
//
//   "tomnext-scrub" · format u32 = 2 · copy: length u32, bytes · passes u64 · last pass: ended u64, bytes u64 · this pass: began u64, bytes u64, damaged u64 ·
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
  std::string copy;          ///< the copy of the log that this is of (copy_identity)
  std::uint64_t passes = 0;  ///< complete
  timestamp last_ended;
  std::uint64_t last_bytes = 0;  ///< read by the last complete pass
  timestamp began;               ///< this pass
  std::uint64_t bytes = 0;       ///< read by this pass
  std::uint64_t damaged = 0;     ///< places that this pass has found damaged
  scrub_range older;             ///< from where this pass began, downward
  scrub_range newest;            ///< what came since then, downward until it meets `older`
  scrub_part part = scrub_part::rows;
  std::string file;          ///< of this part: being read, or done where offset is 0; empty: none yet
  std::uint64_t offset = 0;  ///< read so far of `file`
  std::uint32_t crc = 0;     ///< of what was read of `file`
  bool operator==(const scrub_progress&) const = default;
};

/// Tells this copy of a log from all others, as long as it lies on its file system: that of its anchor's file, which is made once. Empty where it has none.
std::string copy_identity(const std::string& directory);

std::string scrub_file(const std::string& directory);
/// Nothing where there is none, or a damaged one, or one of another format.
std::optional<scrub_progress> read_scrub_progress(const std::string& directory);
/// Durable when it returns.
result<void> write_scrub_progress(const std::string& directory, const scrub_progress& p);

}  // namespace tomnext::persistence
