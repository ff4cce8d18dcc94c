// Files kept beside the log by their SHA-256: configurations, models.
#pragma once
#include <string>

#include "domain/base/result.hpp"
#include "domain/base/text.hpp"

namespace tomnext::persistence {

/// Contents are at most this large.
inline constexpr std::size_t content_bytes_max = 64 << 20;

class content_store {
 public:
  /// `folder` is the log's directory; contents lie in its subfolder `content`.
  explicit content_store(std::string folder) : folder_(std::move(folder) + "/content") {}
  /// Durable when it returns. The same bytes are stored once.
  result<hash256> put(std::string_view bytes) const;
  /// errc::log_corrupt where the file no longer has its hash.
  [[nodiscard]] result<std::string> get(const hash256& h) const;

 private:
  std::string folder_;
};

}  // namespace tomnext::persistence
