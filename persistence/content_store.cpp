#include "persistence/content_store.hpp"

#include <filesystem>

#include "persistence/checksum.hpp"
#include "persistence/file_cipher.hpp"
#include "persistence/files.hpp"
#include "persistence/seal.hpp"

namespace tomnext::persistence {
namespace {

error other_hash(const std::string& path, std::size_t bytes) {
  return {errc::log_corrupt, path + ": offset 0 to " + std::to_string(bytes) + ": the contents no longer have the hash that the file is named by"};
}

/// What is in a file. Which of the two it is its hash says: a content in clear may begin as it likes.
result<std::string> plain_of(std::string bytes, const hash256& h, const std::string& path) {
  if (sha256({bytes}) == h) return bytes;
  if (!is_encrypted_file(bytes)) return other_hash(path, bytes.size());
  auto plain = decrypt_file(bytes, path);
  if (plain && sha256({*plain}) != h) return other_hash(path, bytes.size());
  return plain;
}

}  // namespace

std::string content_store::path_of(const hash256& h) const { return folder_ + "/" + to_hex(h); }

result<hash256> content_store::put(std::string_view bytes) const {
  if (bytes.size() > content_bytes_max) return error(errc::invalid_argument, "contents larger than " + std::to_string(content_bytes_max) + " bytes");
  const auto h = sha256({bytes});
  std::error_code ignored;
  if (std::filesystem::exists(path_of(h), ignored) && get(h)) return h;
  auto stored = as_stored_in(log_, std::string(bytes));
  if (!stored) return stored.error();
  TOMNEXT_TRY(put_stored(h, *stored));
  return h;
}

result<void> content_store::put_stored(const hash256& h, std::string_view bytes) const {
  TOMNEXT_TRY(make_folder(folder_));
  TOMNEXT_TRY(break_seal(log_));
  return write_durably(path_of(h), bytes);
}

result<std::string> content_store::get(const hash256& h) const {
  auto bytes = read_file(path_of(h), content_bytes_max + file_cipher_bytes);
  if (!bytes) return bytes.error();
  return plain_of(std::move(*bytes), h, path_of(h));
}

result<stored_content> content_store::stored(const hash256& h) const {
  auto bytes = read_file(path_of(h), content_bytes_max + file_cipher_bytes);
  if (!bytes) return bytes.error();
  auto plain = plain_of(*bytes, h, path_of(h));
  // Its checksum came first: what lacks is the key alone.
  if (!plain && plain.error().code == errc::log_key) return stored_content{std::move(*bytes), stored_content::proof::checksum};
  if (!plain) return plain.error();
  return stored_content{std::move(*bytes), stored_content::proof::hash};
}

result<std::uint64_t> content_store::verify() const {
  std::error_code bad;
  std::uint64_t unread = 0;
  if (!std::filesystem::exists(folder_, bad)) return unread;
  for (auto it = std::filesystem::directory_iterator(folder_, bad); !bad && it != std::filesystem::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (name.ends_with(temporary_suffix)) continue;
    const auto h = parse_hash(name);
    if (!h) return error(errc::log_corrupt, it->path().string() + ": a content file is named by its SHA-256, and this is none");
    auto content = stored(*h);
    if (!content) return content.error();
    if (content->by == stored_content::proof::checksum) ++unread;
  }
  if (bad) return error(errc::file_unreadable, folder_ + ": " + bad.message());
  return unread;
}

}  // namespace tomnext::persistence
