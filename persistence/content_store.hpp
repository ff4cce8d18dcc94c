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
  explicit content_store(std::string folder) : log_(std::move(folder)), folder_(log_ + "/content") {}
  /// Durable when it returns. The same bytes are stored once. A sealed log is sealed no longer once it has new contents.
  result<hash256> put(std::string_view bytes) const;
  /// errc::log_corrupt where the file no longer has its hash.
  [[nodiscard]] result<std::string> get(const hash256& h) const;
  /// Checks every file against its name. errc::log_corrupt names the first that differs.
  [[nodiscard]] result<void> verify() const;

 private:
  std::string log_;
  std::string folder_;
};

}  // namespace tomnext::persistence
