// Files beside an encrypted log that are encrypted as a whole: contents and snapshots.
//
//   "tomnext-encf" · format u32 = 1 · key id u32 · salt 16 bytes · ciphertext · tag 16 bytes · crc32c u32 of all before it. Little-endian.
//
// The key is derived from key `id` and the salt, which is random for each file, with "tomnext file"; the nonce is 0. What stands before the ciphertext is
// proven by the tag.
#pragma once
#include <string>
#include <string_view>

#include "persistence/log_keys.hpp"

namespace tomnext::persistence {

/// Bytes that an encrypted file has more than what is in it.
inline constexpr std::size_t file_cipher_bytes = 12 + 4 + 4 + 16 + 16 + 4;

bool is_encrypted_file(std::string_view bytes);
/// As the log's directory wants its files: encrypted with the newest key of the process where the log is written encrypted, else as they are.
result<std::string> as_stored_in(const std::string& log_directory, std::string bytes);
result<std::string> encrypt_file(std::string_view plain, const key_ring& keys);
/// errc::log_corrupt: damaged, or not encrypted like this with the key of this id · errc::log_key: the process has no such key.
result<std::string> decrypt_file(std::string_view bytes, const std::string& where);

}  // namespace tomnext::persistence
