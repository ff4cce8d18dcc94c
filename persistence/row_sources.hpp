// Sources of rows made of others: several segments as one, and a source that ends early.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

/// The rows of these segment files, one file after another. Each file is opened when it is reached. A file may begin with rows that the one before it has
/// had (an export begins with the whole group that holds its first event): they are passed over, and the row behind them must be chained to what was read
/// last. errc::log_gap: a file leaves a gap, or adds nothing · errc::log_corrupt: it is of another history.
std::unique_ptr<row_source> rows_of_segments(std::vector<std::string> files);

/// Ends with the last row that ends at or before `last_seq`.
std::unique_ptr<row_source> rows_to_seq(std::unique_ptr<row_source> from, std::uint64_t last_seq);

/// Ends before the first row that begins after `last_at`, or that is the last before that one and holds an event after it. Only that last row is decoded.
std::unique_ptr<row_source> rows_to_time(std::unique_ptr<row_source> from, timestamp last_at);

}  // namespace tomnext::persistence
