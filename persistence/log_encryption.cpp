#include "persistence/log_encryption.hpp"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

#include "persistence/bytes.hpp"
#include "persistence/files.hpp"
#include "persistence/gcm.hpp"
#include "persistence/places.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view magic = "tomnext-encr";
constexpr std::uint32_t format = 1;
constexpr std::size_t check_bytes = 32;
constexpr std::size_t file_bytes_max = std::size_t{64} << 10;

struct open_logs {
  std::mutex mutex;
  std::multiset<std::string> directories;
};
open_logs& open_encrypted() {
  static open_logs logs;
  return logs;
}

std::string check_value(const log_key& key, std::uint64_t first_seq) {
  std::string text = "tomnext key check";
  put_number(text, first_seq);
  put_number(text, key.id);
  return hmac_sha256(key, text);
}

}  // namespace

std::string encryption_file(const std::string& directory) { return directory + "/" + std::string(encryption_file_name); }

std::string encode_encryption(const log_encryption& e) {
  std::string out(magic);
  put_number(out, format);
  put_number(out, e.first_seq);
  put_number(out, static_cast<std::uint32_t>(e.keys.size()));
  for (const auto& k : e.keys) {
    put_number(out, k.id);
    out += k.value;
  }
  put_number(out, crc32c(out));
  return out;
}

result<log_encryption> decode_encryption(std::string_view bytes, const std::string& where) {
  const auto damaged = error(errc::log_corrupt, where + ": offset 0 to " + std::to_string(bytes.size()) +
                                                    ": the file that says how the log is encrypted is damaged; restore it from a backup");
  if (bytes.size() < magic.size() + 8) return damaged;
  const auto body = bytes.substr(0, bytes.size() - 4);
  if (byte_reader{bytes.substr(body.size())}.number<std::uint32_t>() != crc32c(body)) return damaged;
  byte_reader r{body};
  if (r.take(magic.size()) != magic) return damaged;
  if (const auto written = r.number<std::uint32_t>(); written != format)
    return error(errc::log_newer_version, where + ": format " + std::to_string(written) + ", this build knows " + std::to_string(format));
  log_encryption e;
  e.first_seq = r.number<std::uint64_t>();
  for (auto n = r.number<std::uint32_t>(); n > 0 && r.good; --n) {
    const auto id = r.number<std::uint32_t>();
    e.keys.push_back({id, std::string(r.take(check_bytes))});
    if (id == 0 || (e.keys.size() > 1 && e.keys[e.keys.size() - 2].id >= id)) return damaged;
  }
  if (!r.complete() || e.first_seq == 0) return damaged;
  return e;
}

result<std::optional<log_encryption>> read_encryption(const std::string& directory) {
  const auto path = encryption_file(directory);
  std::error_code bad;
  if (!std::filesystem::exists(path, bad) && !bad) return std::optional<log_encryption>{};
  auto bytes = read_file(path, file_bytes_max);
  if (!bytes) return bytes.error();
  auto e = decode_encryption(*bytes, path);
  if (!e) return e.error();
  return std::optional(std::move(*e));
}

result<void> write_encryption(const std::string& directory, const log_encryption& e) { return write_durably(encryption_file(directory), encode_encryption(e)); }

result<void> check_keys(const log_encryption& e, const key_ring& keys, const std::string& directory) {
  return without_exceptions([&]() -> result<void> {
    for (const auto& known : e.keys) {
      const auto* key = keys.find(known.id);
      if (key != nullptr && check_value(*key, e.first_seq) != known.value)
        return error(errc::log_key, directory + ": key " + std::to_string(known.id) + " that was given is not the key " + std::to_string(known.id) +
                                        " that this log was written with: are these the keys of another log? If not, the file 'encryption' was changed");
    }
    return {};
  });
}

error key_is_missing(const std::string& directory, std::uint32_t key_id) {
  return {errc::log_key, directory + ": the log was last written with key " + std::to_string(key_id) +
                             ", which is not among those that were given: add it to them; a key is needed as long as anything that it wrote is there"};
}

result<key_ring_ref> keys_for_writing(const log_encryption& e, const std::string& directory) {
  auto keys = process_keys();
  if (!keys) return keys.error().within(directory + ": the log is written encrypted");
  if ((*keys)->empty())
    return error(errc::log_key, directory + ": the log is written encrypted, and this process has no keys; nothing is written to it in clear: " +
                                    how_keys_are_given() + ", or in `node.storage.key_file` of a node");
  TOMNEXT_TRY(check_keys(e, **keys, directory));
  if (!e.keys.empty() && (*keys)->find(e.keys.back().id) == nullptr) return key_is_missing(directory, e.keys.back().id);
  return keys;
}

void opened_encrypted(const std::string& directory) {
  auto& open = open_encrypted();
  const std::scoped_lock lock(open.mutex);
  open.directories.insert(directory);
}

void closed_encrypted(const std::string& directory) {
  auto& open = open_encrypted();
  const std::scoped_lock lock(open.mutex);
  if (const auto at = open.directories.find(directory); at != open.directories.end()) open.directories.erase(at);
}

bool is_open_encrypted(const std::string& directory) {
  auto& open = open_encrypted();
  const std::scoped_lock lock(open.mutex);
  return open.directories.contains(directory);
}

result<void> note_newest_key(const std::string& directory, log_encryption& e, const key_ring& keys) {
  const auto* newest = keys.newest();
  if (!e.keys.empty() && e.keys.back().id >= newest->id) return {};
  return without_exceptions([&]() -> result<void> {
    e.keys.push_back({newest->id, check_value(*newest, e.first_seq)});
    return write_encryption(directory, e);
  });
}

}  // namespace tomnext::persistence
