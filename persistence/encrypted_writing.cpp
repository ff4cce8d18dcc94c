#include "persistence/encrypted_writing.hpp"

namespace tomnext::persistence {

result<std::optional<log_encryption>> checked_encryption(const std::string& directory, std::optional<std::uint32_t> last_key) {
  auto e = read_encryption(directory);
  if (!e) return e;
  if (!*e && last_key)
    return error(errc::log_corrupt, encryption_file(directory) + ": is missing, and the last group is encrypted: without it the next writer would not know; " +
                                        "restore it from a backup, or make a new log with `tomnext log repair`");
  if (!*e) return e;
  // Keys that cannot be had are no reason not to look at what needs none: whoever decrypts says why it cannot, and writers have been asked before.
  if (auto keys = process_keys()) TOMNEXT_TRY(check_keys(**e, **keys, directory));
  return e;
}

result<void> last_key_is_here(const std::string& directory, std::optional<std::uint32_t> last_key) {
  if (!last_key) return {};
  auto keys = process_keys();
  if (!keys) return keys.error();
  return (*keys)->find(*last_key) != nullptr ? result<void>{} : key_is_missing(directory, *last_key);
}

result<void> must_have_keys(const std::string& directory, const result<std::optional<log_encryption>>& e) {
  if (!e) return e.error();
  auto keys = keys_for_writing(e->value_or(log_encryption{}), directory);
  return keys ? result<void>{} : keys.error();
}

result<group_encryptor> begin_encryption(const std::string& directory, log_encryption& e) {
  auto keys = keys_for_writing(e, directory);
  if (!keys) return keys.error();
  TOMNEXT_TRY(note_newest_key(directory, e, **keys));
  return group_encryptor::with(*keys);
}

}  // namespace tomnext::persistence
