#include "persistence/file_cipher.hpp"

#include "persistence/bytes.hpp"
#include "persistence/gcm.hpp"
#include "persistence/log_encryption.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view magic = "tomnext-encf", purpose = "tomnext file";
constexpr std::uint32_t format = 1;
constexpr std::size_t head_bytes = magic.size() + 4 + 4 + salt_bytes;
static_assert(file_cipher_bytes == head_bytes + tag_bytes + 4);

}  // namespace

bool is_encrypted_file(std::string_view bytes) { return bytes.starts_with(magic); }

result<std::string> as_stored_in(const std::string& log_directory, std::string bytes) {
  auto e = read_encryption(log_directory);
  if (!e) return e.error();
  if (!*e && is_open_encrypted(log_directory))
    return error(errc::log_corrupt, encryption_file(log_directory) + ": is gone while the log is written encrypted; nothing is stored in clear beside it");
  if (!*e) return bytes;
  auto keys = keys_for_writing(**e, log_directory);
  if (!keys) return keys.error();
  return encrypt_file(bytes, **keys);
}

result<std::string> encrypt_file(std::string_view plain, const key_ring& keys) {
  if (keys.empty()) return error(errc::log_key, "there are no keys to encrypt with: " + how_keys_are_given());
  auto salt = new_salt();
  if (!salt) return salt.error();
  return without_exceptions([&]() -> result<std::string> {
    std::string out(magic);
    put_number(out, format);
    put_number(out, keys.newest()->id);
    out += bytes_of(*salt);
    out.resize(head_bytes + plain.size() + tag_bytes);
    gcm(*keys.newest(), *salt, purpose).encrypt(0, std::string_view(out).substr(0, head_bytes), plain, out.data() + head_bytes);
    put_number(out, crc32c(out));
    return out;
  });
}

result<std::string> decrypt_file(std::string_view bytes, const std::string& where) {
  const auto damaged = error(errc::log_corrupt, where + ": offset 0 to " + std::to_string(bytes.size()) + ": the encrypted file is damaged");
  if (bytes.size() < file_cipher_bytes) return damaged;
  const auto body = bytes.substr(0, bytes.size() - 4);
  if (byte_reader{bytes.substr(body.size())}.number<std::uint32_t>() != crc32c(body)) return damaged;
  byte_reader r{body};
  if (r.take(magic.size()) != magic) return damaged;
  if (const auto written = r.number<std::uint32_t>(); written != format)
    return error(errc::log_newer_version, where + ": format " + std::to_string(written) + ", this build knows " + std::to_string(format));
  const auto id = r.number<std::uint32_t>();
  key_salt salt{};
  r.take(salt_bytes).copy(reinterpret_cast<char*>(salt.data()), salt_bytes);
  auto keys = process_keys();
  if (!keys) return keys.error().within(where + ": is encrypted");
  const auto* key = (*keys)->find(id);
  if (key == nullptr)
    return error(errc::log_key, where + ": is encrypted with key " + std::to_string(id) + ", and this process does not have it: " + how_keys_are_given());
  return without_exceptions([&]() -> result<std::string> {
    std::string plain(r.left.size() - tag_bytes, '\0');
    if (gcm(*key, salt, purpose).decrypt(0, body.substr(0, head_bytes), r.left, plain.data())) return plain;
    return error(errc::log_corrupt, where + ": was not encrypted like this with key " + std::to_string(id) +
                                        " as it was given: it is another key than the log's, or somebody without the key wrote these bytes");
  });
}

}  // namespace tomnext::persistence
