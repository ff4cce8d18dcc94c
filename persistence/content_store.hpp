// Files kept beside the log by their SHA-256: configurations, models. Those of an encrypted log are encrypted (file_cipher.hpp), under the same names.
#pragma once
#include <string>

#include "domain/base/result.hpp"
#include "domain/base/text.hpp"

namespace tomnext::persistence {

/// Contents are at most this large.
inline constexpr std::size_t content_bytes_max = 64 << 20;

/// A content's file as it is, for copies. Without its key an encrypted one was held against its checksum only.
struct stored_content {
  std::string bytes;
  enum class proof : std::uint8_t { hash, checksum } by = proof::hash;
};

class content_store {
 public:
  /// `folder` is the log's directory; contents lie in its subfolder `content`.
  explicit content_store(std::string folder) : log_(std::move(folder)), folder_(log_ + "/content") {}
  /// Durable when it returns. The same bytes are stored once. A sealed log is sealed no longer once it has new contents.
  result<hash256> put(std::string_view bytes) const;
  /// errc::log_corrupt where the file no longer has its hash, errc::log_key where it is encrypted and its key is not here.
  [[nodiscard]] result<std::string> get(const hash256& h) const;
  /// The file that copies carry, and its way into another store.
  [[nodiscard]] result<stored_content> stored(const hash256& h) const;
  result<void> put_stored(const hash256& h, std::string_view bytes) const;
  /// Checks every file against its name. errc::log_corrupt names the first that differs. How many could not be read for want of a key, so that their checksums
  /// alone were compared.
  [[nodiscard]] result<std::uint64_t> verify() const;

 private:
  [[nodiscard]] std::string path_of(const hash256& h) const;
  std::string log_;
  std::string folder_;
};

}  // namespace tomnext::persistence
