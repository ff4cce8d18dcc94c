// AES-256-GCM under keys that HKDF-SHA256 (RFC 5869) derives from a key of the ring: a key for each salt, so that nonces need to differ within a salt only.
#pragma once
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"
#include "persistence/log_keys.hpp"

namespace tomnext::persistence {

inline constexpr std::size_t salt_bytes = 16, tag_bytes = 16;
using key_salt = std::array<unsigned char, salt_bytes>;
inline std::string_view bytes_of(const key_salt& s) { return {reinterpret_cast<const char*>(s.data()), s.size()}; }

/// Random; errc::log_key where the system has no random numbers.
result<key_salt> new_salt();
/// RFC 5869 with SHA-256; nothing is checked of the lengths that the RFC bounds.
std::array<unsigned char, log_key_bytes> hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info);
/// HMAC-SHA256 of a text under the key: says whether a key is the same, and nothing else of it.
std::string hmac_sha256(const log_key& key, std::string_view text);

/// One derived key, for one thread at a time.
class gcm {
 public:
  gcm(const log_key& key, const key_salt& salt, std::string_view info);
  gcm(gcm&&) noexcept;
  gcm& operator=(gcm&&) noexcept;
  ~gcm();

  /// Writes plain.size() bytes and the tag behind them to `out`. Never twice with one nonce under one salt.
  void encrypt(std::uint64_t nonce, std::string_view authenticated, std::string_view plain, char* out);
  /// Writes sealed.size() − tag_bytes bytes to `out`. False where the tag is not that of these bytes; what `out` then has is nothing.
  [[nodiscard]] bool decrypt(std::uint64_t nonce, std::string_view authenticated, std::string_view sealed, char* out);

 private:
  struct context;
  std::unique_ptr<context> context_;
};

/// What OpenSSL refuses, or memory that is not there, is an error of the call around it: errc::log_io, since no key would help, and nobody is to take it for
/// one that is missing.
template <class Call> auto without_exceptions(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) { return error(errc::log_io, std::string("encryption: ") + e.what()); }
}

}  // namespace tomnext::persistence
