#include "persistence/content_store.hpp"

#include <filesystem>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/seal.hpp"

namespace tomnext::persistence {

result<hash256> content_store::put(std::string_view bytes) const {
  if (bytes.size() > content_bytes_max) return error(errc::invalid_argument, "contents larger than " + std::to_string(content_bytes_max) + " bytes");
  const auto h = sha256({bytes});
  const auto path = folder_ + "/" + to_hex(h);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && get(h)) return h;
  TOMNEXT_TRY(make_folder(folder_));
  TOMNEXT_TRY(break_seal(log_));
  TOMNEXT_TRY(write_durably(path, bytes));
  return h;
}

result<std::string> content_store::get(const hash256& h) const {
  const auto path = folder_ + "/" + to_hex(h);
  auto bytes = read_file(path, content_bytes_max);
  if (!bytes) return bytes.error();
  if (sha256({*bytes}) != h)
    return error(errc::log_corrupt,
                 path + ": offset 0 to " + std::to_string(bytes->size()) + ": the contents no longer have the hash that the file is named by");
  return bytes;
}

result<void> content_store::verify() const {
  std::error_code bad;
  if (!std::filesystem::exists(folder_, bad)) return {};
  for (auto it = std::filesystem::directory_iterator(folder_, bad); !bad && it != std::filesystem::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (name.ends_with(temporary_suffix)) continue;
    const auto h = parse_hash(name);
    if (!h) return error(errc::log_corrupt, it->path().string() + ": a content file is named by its SHA-256, and this is none");
    auto bytes = get(*h);
    if (!bytes) return bytes.error();
  }
  if (bad) return error(errc::file_unreadable, folder_ + ": " + bad.message());
  return {};
}

}  // namespace tomnext::persistence
