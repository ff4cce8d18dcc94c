// Whether a log is written encrypted: the file `encryption` in its directory.
//
//   "tomnext-encr" · format u32 = 1 · first seq u64 · keys u32, each: id u32 · check value 32 bytes · crc32c u32 of all before it. Little-endian.
//   check value: HMAC-SHA256 under the key of "tomnext key check", the first seq and the id, as they stand in the file
//
// From the first seq on every group is encrypted. It is written before the first of them, and never taken away: who opens the log for writing without keys, or
// with another key of the same id, is refused before anything lands in it. A file without check values is what a log that was made of encrypted rows alone has.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "persistence/log_keys.hpp"

namespace tomnext::persistence {

struct key_check {
  std::uint32_t id{};
  std::string value;  ///< 32 bytes
  bool operator==(const key_check&) const = default;
};
struct log_encryption {
  std::uint64_t first_seq = 1;  ///< groups from this event on are encrypted
  std::vector<key_check> keys;  ///< that wrote here, ascending by id
  bool operator==(const log_encryption&) const = default;
};

std::string encryption_file(const std::string& directory);
/// Nothing where the log is written in clear. errc::log_corrupt where the file is damaged.
result<std::optional<log_encryption>> read_encryption(const std::string& directory);
/// Durable when it returns.
result<void> write_encryption(const std::string& directory, const log_encryption& e);
/// As the file has it; a copy of a log carries these bytes.
std::string encode_encryption(const log_encryption& e);
result<log_encryption> decode_encryption(std::string_view bytes, const std::string& where);

/// errc::log_key where one of the keys is another than the one of its id that wrote the log. Keys that are missing are no error.
result<void> check_keys(const log_encryption& e, const key_ring& keys, const std::string& directory);
/// The keys to write an encrypted log with: check_keys, and there are some, the latest that wrote it among them.
result<key_ring_ref> keys_for_writing(const log_encryption& e, const std::string& directory);
/// The refusal of a writer whose keys lack the one that wrote last.
error key_is_missing(const std::string& directory, std::uint32_t key_id);
/// From here on until `closed_encrypted` this process writes the log encrypted: its files beside the rows go the same way, whatever becomes of the file
/// `encryption` meanwhile.
void opened_encrypted(const std::string& directory);
void closed_encrypted(const std::string& directory);
bool is_open_encrypted(const std::string& directory);
/// Adds the check value of the newest key, durably, where it is not there yet.
result<void> note_newest_key(const std::string& directory, log_encryption& e, const key_ring& keys);

}  // namespace tomnext::persistence
