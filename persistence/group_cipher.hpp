// A group encrypted, as a row of the log: over its packed form (group_codec.hpp), whatever the format of that is.
//
//   format u8 = 3 · epoch varint · first seq varint · count varint · previous chain hash 32 bytes · first event's time (zigzag varint) · key id varint ·
//   salt 16 bytes · packing u8 · ciphertext of the packed group's events · tag 16 bytes · crc32c of all before it, u32 little-endian
//   packing: the format of the packed group; and 128 where its events were compressed with zstd before they were encrypted
//
// What stands before the ciphertext is in clear, and proven by the tag: by it logs are verified, copied, archived and repaired without keys. The key is derived
// from key `id` and the salt, with "tomnext group"; the nonce is the first seq. A writer draws a new salt each time that it opens a log, since a copy that was
// restored goes on with epochs and seqs that the log has had, and whenever it is to encrypt a seq that is not later than the one before.
// Ciphertext cannot be compressed by RocksDB: what is to be small is compressed before.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "persistence/gcm.hpp"
#include "persistence/group_codec.hpp"

namespace tomnext::persistence {

inline constexpr unsigned char encrypted_group_format = 3;
inline bool is_encrypted(std::string_view row) { return !row.empty() && static_cast<unsigned char>(row.front()) == encrypted_group_format; }

/// What stands before the ciphertext, which lies between `plain_bytes` and the tag.
struct encrypted_head {
  timestamp first_at;
  std::uint32_t key_id{};
  key_salt salt{};
  unsigned char packing{};
  std::size_t plain_bytes{};  ///< of the row, up to the ciphertext
};
/// Of a row without its crc32c, which is not looked at. errc::log_corrupt.
result<encrypted_head> decode_encrypted_head(std::string_view body);

/// Encrypts the groups of one opening for writing, with the newest key.
class group_encryptor {
 public:
  /// errc::log_key where there are no keys.
  static result<group_encryptor> with(key_ring_ref keys);
  /// Replaces `out` by the packed row encrypted. The row must be one that encode_group made.
  result<void> encrypt(std::string_view packed, std::string& out);
  [[nodiscard]] std::uint32_t key_id() const { return keys_->newest()->id; }

 private:
  group_encryptor(key_ring_ref keys, const key_salt& salt);
  result<void> encrypt_packed(std::string_view packed, std::string& out);
  key_ring_ref keys_;
  key_salt salt_;
  gcm cipher_;
  std::uint64_t last_seq_ = 0;  // that was encrypted under this salt
  std::string compressed_;      // kept for its memory
};

/// Replaces `packed` by the row as it was before it was encrypted, its crc32c included. The row's own crc32c has been checked.
/// errc::log_key: the process has no such key · errc::log_corrupt: the tag is not that of these bytes under the key.
result<void> decrypt_group(std::string_view row, std::string& packed);

}  // namespace tomnext::persistence
