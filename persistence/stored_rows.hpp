// Rows as they are stored. What leaves a log or enters one (archive, backup, export, restore) goes by the stored bytes, which are never rewritten: so unknown
// fields, the chain, and whatever a row is encrypted with, survive.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// One group as bytes. The view holds until the source's next call.
struct stored_row {
  std::uint64_t first_seq{}, last_seq{};
  std::uint64_t epoch{};
  timestamp first_at;  ///< of its first event
  hash256 previous;    ///< the chain before it
  hash256 chained;     ///< the chain with it
  std::string_view bytes;
};

/// Rows in order of their seq. Checksum, chain and contiguity of each have been checked; its events have not been decoded.
class row_source {
 public:
  virtual ~row_source() = default;
  /// The next row, or nothing at the end.
  virtual result<std::optional<stored_row>> next() = 0;
};

/// The rows of a log's directory from the one that holds `from_seq` to the head at the time of the call. Works beside a writer.
result<std::unique_ptr<row_source>> read_rows(const std::string& directory, std::uint64_t from_seq);

/// Asked now and then with the last seq that is done; false ends the work with errc::cancelled, and nothing half-done is left.
using keep_going = std::function<bool(std::uint64_t seq)>;

/// Makes a new log in `directory`, which must not exist or be empty, of all rows of a source, which must begin at event 1. The log appears whole or not at
/// all. Returns its head.
result<log_head> make_log(const std::string& directory, row_source& rows, const keep_going& go_on);

}  // namespace tomnext::persistence
