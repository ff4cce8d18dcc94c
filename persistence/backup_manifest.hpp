// The manifest of a backup: what belongs to it, and where it ends. Written last, so that what it names is there.
//
//   manifest.json, one line: {"manifest":{"format":1,"taken_at":"…Z","head":{"seq":…,"epoch":…,"hash":"…"},
//     "segments":[{"name":"…","first_seq":…,"last_seq":…,"bytes":…,"sha256":"…","chained":"…"}],"content":[{"name":"…","bytes":…}],
//     "encryption":"…"},
//    "sha256":"… of what stands behind \"manifest\":"}
//
// "encryption" is the log's file of that name in hexadecimal digits (log_encryption.hpp), and the format then 2: a build that does not know it refuses.
// Without it the log is written in clear, and the format is 1.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"
#include "persistence/log_encryption.hpp"

namespace tomnext::persistence {

struct backup_segment {
  std::uint64_t first_seq{}, last_seq{};
  std::uint64_t bytes{};
  hash256 sha256;   ///< of the file
  hash256 chained;  ///< the chain with its last row
  bool operator==(const backup_segment&) const = default;
};

struct backup_manifest {
  timestamp taken_at;
  log_head head;  ///< of the last group in it
  std::vector<backup_segment> segments;
  std::map<std::string, std::uint64_t> contents;  ///< bytes by name, which is the SHA-256 of what is in it
  std::optional<log_encryption> encryption{};
  bool operator==(const backup_manifest&) const = default;
};

std::string manifest_file(const std::string& target);
std::string segments_folder(const std::string& target);
std::string segment_path(const std::string& target, const backup_segment& s);

/// Nothing where there is no such file. errc::log_corrupt where a bit of it is not as it was written · errc::log_newer_version
result<std::optional<backup_manifest>> read_manifest(const std::string& target);
/// Durable when it returns.
result<void> write_manifest(const std::string& target, const backup_manifest& m);

struct file_digest {
  std::uint64_t bytes{};
  hash256 sha256;
};
/// Size and SHA-256 of a file, read piece by piece.
result<file_digest> digest_of(const std::string& path);

}  // namespace tomnext::persistence
