// Names within a log's directory that more than one file must know, and where what is made of a log may lie: apart from it. A copy within the log would become
// a part of it, and the log a part of its copy.
#pragma once
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// Segments of what was archived; no seal covers it, each segment has its SHA-256.
inline constexpr std::string_view archive_folder_name = "archive";
/// The environment variable that names another folder for the segments.
inline constexpr const char* archive_variable = "TOMNEXT_ARCHIVE";
/// Where the rows begin (base.hpp).
inline constexpr std::string_view base_file_name = "base";
/// That the log is written encrypted, and by which keys (log_encryption.hpp). Every copy has it.
inline constexpr std::string_view encryption_file_name = "encryption";
/// The part of a log's directory that can be deleted at any time, and that changes while the log is closed: no seal covers it, and it is no part of the log.
inline constexpr std::string_view projections_folder_name = "projections";
/// How far the scrubber is, and room that is held back: beside the log, and no part of it. They may change while it is closed.
inline constexpr std::string_view scrub_file_name = "scrub", ballast_file_name = "ballast";
/// Locked by whoever writes the folder; empty, and never copied.
inline constexpr std::string_view lock_file_name = "lock";

/// True where a path below the log's directory is that folder or lies in it.
bool lies_in(std::string_view path, std::string_view folder);

/// True for what lies in a log's directory and is made anew where it is wanted: no copy has it, and no copy lacks anything without it.
inline bool is_beside_log(std::string_view path) {
  return path == scrub_file_name || path == ballast_file_name || path == lock_file_name || lies_in(path, projections_folder_name);
}

/// errc::invalid_argument where one of the two is the other or lies in it, by whatever names or links.
result<void> must_be_apart(const std::string& directory, const std::string& target);

}  // namespace tomnext::persistence
