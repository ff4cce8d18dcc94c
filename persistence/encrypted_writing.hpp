// What opening a log has to do with encryption: which keys must be here, and what its writer encrypts with.
#pragma once
#include "persistence/group_cipher.hpp"
#include "persistence/log_encryption.hpp"

namespace tomnext::persistence {

/// How the log is encrypted, held against the keys of the process and against the key that its last group names (none: it is in clear). What is wrong with the
/// keys is said at once, before a group is met that they do not fit. errc::log_key · errc::log_corrupt: the file that says so is damaged, or missing.
result<std::optional<log_encryption>> checked_encryption(const std::string& directory, std::optional<std::uint32_t> last_key);
/// Where no check value tells which keys wrote the log, as in one that was made of encrypted rows, its last group must be one that could be decrypted.
result<void> last_key_is_here(const std::string& directory, std::optional<std::uint32_t> last_key);
/// Before anything is made or changed by a writer who will encrypt. `e`: what read_encryption said.
result<void> must_have_keys(const std::string& directory, const result<std::optional<log_encryption>>& e);
/// What the writer encrypts with; its key is on the disk as one that writes the log when this returns.
result<group_encryptor> begin_encryption(const std::string& directory, log_encryption& e);

}  // namespace tomnext::persistence
