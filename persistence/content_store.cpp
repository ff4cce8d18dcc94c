#include "persistence/content_store.hpp"

#include <filesystem>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"

namespace tomnext::persistence {

result<hash256> content_store::put(std::string_view bytes) const {
  if (bytes.size() > content_bytes_max) return error(errc::invalid_argument, "contents larger than " + std::to_string(content_bytes_max) + " bytes");
  const auto h = sha256({bytes});
  const auto path = folder_ + "/" + to_hex(h);
  TOMNEXT_TRY(make_folder(folder_));
  if (std::filesystem::exists(path) && get(h)) return h;
  TOMNEXT_TRY(write_durably(path, bytes));
  return h;
}

result<std::string> content_store::get(const hash256& h) const {
  const auto path = folder_ + "/" + to_hex(h);
  auto bytes = read_file(path, content_bytes_max);
  if (!bytes) return bytes.error();
  if (sha256({*bytes}) != h) return error(errc::log_corrupt, path + ": its contents no longer have this hash");
  return bytes;
}

}  // namespace tomnext::persistence
