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

/// What a row's bytes say of it, and its hash. Its checksum has been checked, its events have not been decoded. errc::log_corrupt, errc::log_newer_version
result<stored_row> describe_row(std::string_view bytes);

/// Rows in order of their seq. Checksum, chain and contiguity of each have been checked; its events have not been decoded.
class row_source {
 public:
  virtual ~row_source() = default;
  /// The next row, or nothing at the end.
  virtual result<std::optional<stored_row>> next() = 0;
};

/// The rows of a log's directory from the one that holds `from_seq` (0 and 1: the first) to the head at the time of the call; none where the head is earlier.
/// Works beside a writer. Refuses a log that holds less than its anchor, or another history, as opening it does.
result<std::unique_ptr<row_source>> read_rows(const std::string& directory, std::uint64_t from_seq);

/// Brings to the disk what a reader may have seen of a log before its writer has synced it: nothing that leaves a log may hold an event that it can still lose.
/// Called when the source is open, which ends at the head of that time, and before anything is made of it.
result<void> sync_rows(const std::string& directory);
/// The rows as read_rows gives them, when they are on the disk.
result<std::unique_ptr<row_source>> read_durable_rows(const std::string& directory, std::uint64_t from_seq);

/// Asked now and then with the last seq that is done; false ends the work with errc::cancelled, and nothing half-done is left.
using keep_going = std::function<bool(std::uint64_t seq)>;

/// Adds to a log that is being made: its contents, say. Called with the folder, which is still a temporary one, when all rows are in it.
using log_completion = std::function<result<void>(const std::string& directory)>;

/// Makes a new log in `directory`, which must not exist or be empty, of all rows of a source, which must begin at event 1. The log appears whole, sealed and
/// durable, or not at all. Returns its head. errc::invalid_argument: the target is not empty, or there are no rows · errc::log_gap, errc::log_corrupt: the
/// rows are no log · errc::cancelled · errc::log_io
result<log_head> make_log(const std::string& directory, row_source& rows, const keep_going& go_on, const log_completion& complete = {});

/// All rows of a source, which must begin at event 1, into the rows of a folder where there are none. Durable when it returns. What make_log is made of.
result<log_head> store_rows(const std::string& directory, row_source& rows, const keep_going& go_on);

}  // namespace tomnext::persistence
