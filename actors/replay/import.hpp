// Market files into a log of their own: judged once, then read by back-tests and nodes as `log: DIR`.
#pragma once
#include <string>
#include <vector>

#include "actors/replay/progress.hpp"
#include "config/deployment.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::replay {

struct import_settings {
  std::vector<config::data_source> sources;     ///< merged by time; at one time in this order
  std::vector<instrument_defined> instruments;  ///< index = id − 1; what the sources name
  config::quality_settings quality;
  std::string log;  ///< directory of the log to make; it must not hold one yet
  progress on_progress;
  persistence::encryption encrypt = persistence::encryption::as_it_is;  ///< from_now_on: with the keys of the process
};

struct import_report {
  std::uint64_t rows = 0, accepted = 0, rejected = 0;              ///< rows = accepted + rejected
  std::uint64_t flagged = 0, crossed = 0, locked = 0, spikes = 0;  ///< of the accepted ones
  std::vector<std::string> rejects;                                ///< the first 20: "file:line: reason"
  std::string head_hash;
  [[nodiscard]] std::string to_json() const;
};

/// All or nothing: the log is written beside its place and renamed at the end. A malformed line stops the import with file and line, unless
/// quality.malformed says `reject`: then it is recorded as quote_rejected and counted.
/// Errors: what the feed says of a file · errc::invalid_argument: `log` is empty or holds a log already · the log's own.
result<import_report> import_files(const import_settings& settings);

}  // namespace tomnext::replay
