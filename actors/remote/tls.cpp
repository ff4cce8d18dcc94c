#include "actors/remote/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tomnext::remote {
namespace {

constexpr off_t file_bytes_max = 256 << 10;

std::string last_reason() {
  const auto code = ERR_peek_last_error();
  const char* text = ERR_reason_error_string(code);
  return text != nullptr ? text : "error " + std::to_string(code);
}
error wrong(const std::string& file, const std::string& why) { return {errc::configuration_value, file + ": " + why}; }

/// Looks at the file that is open, not at its name.
result<void> check_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return wrong(path, std::string("the key cannot be read: ") + std::strerror(errno));
  struct stat s {};
  const bool seen = ::fstat(fd, &s) == 0;
  ::close(fd);
  if (!seen || !S_ISREG(s.st_mode) || s.st_size > file_bytes_max) return wrong(path, "a key lies in a regular file of at most 256 KiB");
  if (s.st_uid != ::geteuid()) return wrong(path, "the key belongs to another user; it must be this process's user's");
  if ((s.st_mode & 077) != 0)
    return wrong(path, "others than its owner may read or write the key; make it `chmod 600`, and use a new key if others could read it");
  return {};
}

}  // namespace

std::string_view word_of(refusal r) {
  switch (r) {
    case refusal::none: return "none";
    case refusal::plaintext: return "plaintext";
    case refusal::stranger: return "stranger";
    case refusal::wrong_name: return "wrong_name";
    case refusal::slow: return "slow";
    case refusal::mismatch: return "mismatch";
    case refusal::misbehaved: return "misbehaved";
    case refusal::crowded: return "crowded";
  }
  return "unknown";
}

// ---- context ---------------------------------------------------------------------------------------

struct tls_context::parts {
  SSL_CTX* context = nullptr;
  tls_side side{};
  ~parts() { SSL_CTX_free(context); }
};

tls_context::tls_context(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
tls_context::~tls_context() = default;

result<std::shared_ptr<const tls_context>> tls_context::make(const tls_files& files, tls_side side) {
  TOMNEXT_TRY(check_private(files.key));
  ERR_clear_error();
  auto p = std::make_unique<parts>();
  p->side = side;
  p->context = SSL_CTX_new(side == tls_side::server ? TLS_server_method() : TLS_client_method());
  if (p->context == nullptr) return error(errc::network_io, "TLS cannot be used: " + last_reason());
  auto* const c = p->context;
  SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Each connection shows its certificate: nothing is resumed from an earlier one.
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(c, 0);
  if (SSL_CTX_load_verify_locations(c, files.authority.c_str(), nullptr) != 1)
    return wrong(files.authority, "no certificate of an authority: " + last_reason());
  if (SSL_CTX_use_certificate_chain_file(c, files.certificate.c_str()) != 1) return wrong(files.certificate, "no certificate: " + last_reason());
  // A key with a pass phrase is refused here, instead of asking at a terminal.
  SSL_CTX_set_default_passwd_cb(c, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_PrivateKey_file(c, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return wrong(files.key, "no private key without a pass phrase: " + last_reason());
  if (SSL_CTX_check_private_key(c) != 1) return wrong(files.key, "this is not the key of " + files.certificate);
  // Its own certificate is looked at as its peers will: a node that nobody would talk to says so when it starts.
  if (SSL_CTX_build_cert_chain(c, SSL_BUILD_CHAIN_FLAG_UNTRUSTED | SSL_BUILD_CHAIN_FLAG_NO_ROOT) == 0)
    return wrong(files.certificate, "not a certificate of " + files.authority + ": " + last_reason());
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(c, 4);
  return std::shared_ptr<const tls_context>(new tls_context(std::move(p)));
}

// ---- stream ----------------------------------------------------------------------------------------

struct tls_stream::parts {
  std::shared_ptr<const tls_context> context;
  SSL* ssl = nullptr;
  ~parts() { SSL_free(ssl); }
};

tls_stream::tls_stream(std::shared_ptr<const tls_context> context, int socket, std::vector<std::string> peer_names)
    : parts_(std::make_unique<parts>()), names_(std::move(peer_names)) {
  parts_->context = std::move(context);
  auto& made = *parts_->context->parts_;
  parts_->ssl = SSL_new(made.context);
  if (parts_->ssl == nullptr) return;
  SSL_set_fd(parts_->ssl, socket);
  if (made.side == tls_side::server) {
    SSL_set_accept_state(parts_->ssl);
  } else {
    SSL_set_connect_state(parts_->ssl);
    if (!names_.empty()) SSL_set_tlsext_host_name(parts_->ssl, names_.front().c_str());
  }
}
tls_stream::~tls_stream() = default;
tls_stream::tls_stream(tls_stream&& o) noexcept = default;

result<tls_stream::step> tls_stream::after(int outcome, const char* doing) {
  const int saved = errno;
  switch (SSL_get_error(parts_->ssl, outcome)) {
    case SSL_ERROR_WANT_READ: return step::wants_read;
    case SSL_ERROR_WANT_WRITE: return step::wants_write;
    case SSL_ERROR_ZERO_RETURN: return step::closed;
    case SSL_ERROR_SYSCALL:
      if (saved == 0) return step::closed;
      return error(errc::network_io, std::string(doing) + ": " + std::strerror(saved));
    default: break;
  }
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  // A peer that was killed has no time for a farewell.
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING && !peer_.empty()) return step::closed;
  const auto verified = SSL_get_verify_result(parts_->ssl);
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: refused_ = refusal::stranger; return error(errc::network_io, "the peer shows no certificate");
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      refused_ = refusal::stranger;
      return error(errc::network_io, std::string("the peer's certificate is not accepted: ") + X509_verify_cert_error_string(verified));
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_BAD_RECORD_TYPE: refused_ = refusal::plaintext; return error(errc::network_io, "the peer does not speak TLS 1.3: " + last_reason());
    default: refused_ = refusal::misbehaved; return error(errc::network_io, std::string(doing) + ": " + last_reason());
  }
}

result<tls_stream::step> tls_stream::handshake() {
  if (parts_->ssl == nullptr) return error(errc::network_io, "TLS cannot be used: " + last_reason());
  ERR_clear_error();
  errno = 0;
  const int outcome = SSL_do_handshake(parts_->ssl);
  if (outcome == 1) return identify();
  return after(outcome, "the TLS handshake");
}

// Names are looked for where they belong; the subject of a certificate is for people.
result<tls_stream::step> tls_stream::identify() {
  X509* const certificate = SSL_get1_peer_certificate(parts_->ssl);
  if (certificate == nullptr || SSL_get_verify_result(parts_->ssl) != X509_V_OK) {
    X509_free(certificate);
    refused_ = refusal::stranger;
    return error(errc::network_io, "the peer shows no certificate that is accepted");
  }
  const auto found = std::find_if(names_.begin(), names_.end(), [&](const std::string& name) {
    return X509_check_host(certificate, name.c_str(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1;
  });
  X509_free(certificate);
  if (found == names_.end()) {
    refused_ = refusal::wrong_name;
    std::string expected;
    for (const auto& n : names_) expected += (expected.empty() ? "" : ", ") + n;
    return error(errc::network_io, "the peer's certificate bears none of the names that are expected here: " + expected);
  }
  peer_ = *found;
  return step::done;
}

result<tls_stream::step> tls_stream::read(std::string& out, std::size_t most) {
  ERR_clear_error();
  errno = 0;
  const auto before = out.size();
  out.resize(before + most);
  const int n = SSL_read(parts_->ssl, out.data() + before, static_cast<int>(most));
  out.resize(before + static_cast<std::size_t>(std::max(n, 0)));
  return n > 0 ? result<step>(step::done) : after(n, "reading from the peer");
}

result<tls_stream::step> tls_stream::write(std::string& bytes) {
  std::size_t done = 0;
  result<step> outcome = step::done;
  while (done < bytes.size()) {
    ERR_clear_error();
    errno = 0;
    const int n = SSL_write(parts_->ssl, bytes.data() + done, static_cast<int>(std::min(bytes.size() - done, std::size_t{64} << 10)));
    if (n <= 0) {
      outcome = after(n, "writing to the peer");
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  bytes.erase(0, done);
  return outcome;
}

}  // namespace tomnext::remote
