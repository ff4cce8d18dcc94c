// Mutual TLS 1.3 on a socket that does not block. The only file that knows <openssl/ssl.h>.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::remote {

/// Files, never contents: what is secret stands in no configuration, argument or log line.
struct tls_files {
  std::string certificate;  ///< PEM, with the chain up to the authority
  std::string key;          ///< PEM; a regular file of this process's user that nobody else may read or write
  std::string authority;    ///< PEM: the one that all nodes' certificates are from, and nobody else's
};

enum class tls_side : std::uint8_t { server, client };

/// Why a connection was refused.
enum class refusal : std::uint8_t {
  none,
  plaintext,   ///< no TLS, or an older one
  stranger,    ///< no certificate, of another authority, expired, or for another purpose
  wrong_name,  ///< a good certificate of somebody who is not expected here
  slow,        ///< it did not come to its greeting in time
  mismatch,    ///< another version, build or configuration
  misbehaved,  ///< what is no frame, no message, or not allowed
  crowded,     ///< too many connect at once
};
inline constexpr std::size_t refusal_kinds = 8;
[[nodiscard]] std::string_view word_of(refusal r);

class tls_context {
 public:
  /// errc::configuration_value, with the file and what is wrong with it: unreadable, a key that others may read, a key of another certificate, a
  /// certificate that the authority does not know.
  static result<std::shared_ptr<const tls_context>> make(const tls_files& files, tls_side side);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

 private:
  friend class tls_stream;
  struct parts;
  explicit tls_context(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;
};

/// TLS over a connected socket, which stays the caller's.
class tls_stream {
 public:
  /// `peer_names`: a client expects exactly that one name; a server one of them. DNS names in the certificate, without wildcards.
  tls_stream(std::shared_ptr<const tls_context> context, int socket, std::vector<std::string> peer_names);
  ~tls_stream();
  tls_stream(tls_stream&& o) noexcept;
  tls_stream& operator=(tls_stream&&) = delete;

  enum class step : std::uint8_t { done, wants_read, wants_write, closed };
  /// Until it is done. An error: the peer is refused, and refused_as() says why.
  result<step> handshake();
  /// Appends at most `most` bytes to `out`. done: there may be more.
  result<step> read(std::string& out, std::size_t most);
  /// Writes from the beginning of `bytes` and erases what it has written. done: all of it.
  result<step> write(std::string& bytes);
  /// Which of the expected names the peer's certificate bears, once the handshake is done.
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] refusal refused_as() const { return refused_; }

 private:
  struct parts;
  result<step> after(int outcome, const char* doing);
  result<step> identify();
  std::unique_ptr<parts> parts_;
  std::vector<std::string> names_;
  std::string peer_;
  refusal refused_ = refusal::none;
};

}  // namespace tomnext::remote
