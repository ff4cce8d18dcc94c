// Events out of a log into one file, and segment files into a new log.
#pragma once
#include <string>
#include <vector>

#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

enum class export_format : std::uint8_t {
  segment,   ///< the stored rows byte for byte (segment.hpp); what `import_log` reads
  jsonl,     ///< one event a line, as `log cat --json` prints it
  protobuf,  ///< each event as the message `event` of `log schema`, behind its length as a varint
};

struct export_report {
  std::uint64_t first_seq{}, last_seq{};
  std::uint64_t events{};
  std::uint64_t bytes{};  ///< of the file
};

/// Events `from` to `to` (0: to the end) into a file that does not exist; it appears whole, durably, or not at all. Works beside a writer. Groups are whole
/// in a segment: it begins with the group that holds `from` and ends with the one that holds `to`. The other formats hold exactly what was asked for, and
/// events of earlier versions as the newest. errc::invalid_argument: the file exists, or the log ends before `from` · errc::cancelled
result<export_report> export_log(const std::string& directory, const std::string& file, export_format format, std::uint64_t from, std::uint64_t to,
                                 const keep_going& go_on);

/// A new log of segment files in their order, which hold its whole chain from event 1 and may overlap as rows_of_segments says. As make_log. Contents are not in segments.
result<log_head> import_log(const std::vector<std::string>& files, const std::string& directory, const keep_going& go_on);

}  // namespace tomnext::persistence
