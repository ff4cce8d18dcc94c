// A log's archive: segments that hold what its rows hold, or held before they were retained. Segments may overlap, and may reach beyond the base.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "persistence/base.hpp"
#include "persistence/segment.hpp"

namespace tomnext::persistence {

/// Where the segments of a log lie: the folder that the environment names in TOMNEXT_ARCHIVE, or `archive` in the log's directory.
std::string archive_folder(const std::string& directory);

/// The first event from which the folder's segments lead without a gap up to the base; the base's own where none does. Goes by names alone.
result<std::uint64_t> archived_from(const std::string& folder, const log_base& base);

/// Brings the segments that hold any of these events to the disk, and their names: they may have been copied here by hand, which syncs nothing.
result<void> sync_archive(const std::string& folder, std::uint64_t first_seq, std::uint64_t last_seq);

/// The events before the base that a log needs and that are not there: which segment is missing, and what to do.
error not_archived_here(const std::string& folder, std::uint64_t first_seq, std::uint64_t last_seq);

/// Archived rows before the base: forward from the one that holds `from_seq` up to the base, or backward from it (from the base, where it is not before that)
/// to event 1. Checked on the way: every checksum, the chain from row to row and from segment to segment, and at the base that it is the one that the log
/// goes on from. errc::log_archived where a segment is missing: forward at once, backward where it is reached.
result<std::unique_ptr<row_source>> archived_rows(const std::string& folder, const log_base& base, std::uint64_t from_seq, direction where_to);

/// The groups of the rows.
std::unique_ptr<log_scan> decoded(std::unique_ptr<row_source> rows, std::string where);
/// All of one, then all of the other.
std::unique_ptr<log_scan> joined(std::unique_ptr<log_scan> first, std::unique_ptr<log_scan> second);
std::unique_ptr<row_source> joined(std::unique_ptr<row_source> first, std::unique_ptr<row_source> second);

/// The chain with the archived row that ends at `seq`; nothing where none ends there. errc::log_archived where its segment is missing.
result<std::optional<hash256>> archived_chain_at(const std::string& folder, std::uint64_t seq);

}  // namespace tomnext::persistence
