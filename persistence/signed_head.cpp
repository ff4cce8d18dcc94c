#include "persistence/signed_head.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/row_check.hpp"

namespace tomnext::persistence {
namespace {

constexpr const char* format_name = "tomnext-signed-head";
constexpr std::uint64_t format_version = 1;
constexpr std::size_t key_bytes_max = 64u << 10;
constexpr std::size_t signature_bytes = 64;

template <auto Free> struct freed_by {
  template <class T> void operator()(T* p) const { Free(p); }
};
using key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using bio = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;

enum class key_kind : std::uint8_t { secret, open };

// A key with a passphrase would make OpenSSL ask on the terminal: no passphrase is given instead.
int no_passphrase(char*, int, int, void*) { return 0; }

struct file_descriptor {
  int fd;
  ~file_descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// The bytes of a key, wiped when they go.
struct key_text {
  std::string bytes;
  ~key_text() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

/// Looks at the file that is open, not at its name: what is checked is what is read.
result<void> only_owner_reads(int fd, const std::string& path) {
  struct stat s {};
  if (::fstat(fd, &s) != 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  if (!S_ISREG(s.st_mode)) return error(errc::invalid_argument, path + ": a private key is a file");
  if ((s.st_mode & 077) != 0)
    return error(errc::invalid_argument, path + ": others than its owner may read or write this private key; make it `chmod 600`, or make another");
  return {};
}

result<void> read_key_text(const std::string& path, key_kind kind, key_text& text) {
  // Opening a pipe would wait for its other end.
  const file_descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (d.fd < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  if (kind == key_kind::secret) TOMNEXT_TRY(only_owner_reads(d.fd, path));
  text.bytes.resize(key_bytes_max);  // at once: a string that grows leaves copies behind
  std::size_t done = 0;
  for (;;) {
    const auto n = ::read(d.fd, text.bytes.data() + done, text.bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
    if (done == key_bytes_max) return error(errc::invalid_argument, path + ": too large for a key");
  }
  text.bytes.resize(done);
  return {};
}

result<key> read_key(const std::string& path, key_kind kind) {
  key_text text;
  TOMNEXT_TRY(read_key_text(path, kind, text));
  const bio in(BIO_new_mem_buf(text.bytes.data(), static_cast<int>(text.bytes.size())));
  key k(kind == key_kind::secret ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr)
                                 : PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr));
  if (!k || EVP_PKEY_get_base_id(k.get()) != EVP_PKEY_ED25519)
    return error(errc::invalid_argument, path + ": is no PEM file with an Ed25519 " + (kind == key_kind::secret ? "private" : "public") +
                                             " key (and no passphrase); make one with `tomnext log keypair FILE`");
  return k;
}

std::string message_of(const signed_head& h) {
  std::string m = std::string(format_name) + " " + std::to_string(format_version) + "\n";
  for (const auto& line : {to_hex(h.log_id), std::to_string(h.head.seq), std::to_string(h.head.epoch), to_hex(h.head.chain_hash), std::to_string(h.at.ns),
                           std::to_string(h.signed_at.ns)})
    m += line + "\n";
  return m;
}

/// 64 bytes are two hashes' worth of digits.
std::string hex_of(const std::vector<unsigned char>& signature) {
  hash256 first, second;
  std::copy_n(signature.begin(), first.bytes.size(), first.bytes.begin());
  std::copy_n(signature.begin() + static_cast<std::ptrdiff_t>(first.bytes.size()), second.bytes.size(), second.bytes.begin());
  return to_hex(first) + to_hex(second);
}

std::optional<std::vector<unsigned char>> signature_of(const std::string& hex) {
  if (hex.size() != 2 * 2 * sizeof(hash256)) return std::nullopt;
  std::vector<unsigned char> bytes;
  for (const auto half : {std::string_view(hex).substr(0, 64), std::string_view(hex).substr(64)}) {
    const auto h = parse_hash(half);
    if (!h) return std::nullopt;
    bytes.insert(bytes.end(), h->bytes.begin(), h->bytes.end());
  }
  return bytes;
}

const unsigned char* bytes_of_text(const std::string& s) { return reinterpret_cast<const unsigned char*>(s.data()); }

bool is_signed(const key& k, const std::string& message, const std::vector<unsigned char>& signature) {
  const digest_context c(EVP_MD_CTX_new());
  return c && EVP_DigestVerifyInit(c.get(), nullptr, nullptr, nullptr, k.get()) == 1 &&
         EVP_DigestVerify(c.get(), signature.data(), signature.size(), bytes_of_text(message), message.size()) == 1;
}

/// As long as the bio lives: nothing is copied out of memory that it wipes.
std::string_view text_in(const bio& b) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(b.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::optional<signed_head> parse(const nlohmann::json& j, std::string& signature) {
  signed_head h;
  auto number = [&](const char* name, auto& v) {
    const auto it = j.find(name);
    if (it == j.end() || !it->is_number_integer()) return false;
    v = it->get<std::remove_reference_t<decltype(v)>>();
    return true;
  };
  auto hash = [&](const char* name, hash256& v) {
    const auto it = j.find(name);
    if (it == j.end() || !it->is_string()) return false;
    const auto parsed = parse_hash(it->get<std::string>());
    if (parsed) v = *parsed;
    return parsed.has_value();
  };
  const auto s = j.find("signature");
  const bool good = hash("log_id", h.log_id) && number("seq", h.head.seq) && number("epoch", h.head.epoch) && hash("chain_hash", h.head.chain_hash) &&
                    number("at_ns", h.at.ns) && number("signed_at_ns", h.signed_at.ns) && s != j.end() && s->is_string();
  if (!good) return std::nullopt;
  signature = s->get<std::string>();
  return h;
}

}  // namespace

result<signed_head> head_to_sign(const std::string& directory, timestamp now) {
  auto log = open_log_for_reading(directory);
  if (!log) return log.error();
  signed_head h;
  h.head = (*log)->head();
  if (h.head.seq == 0) return error(errc::invalid_argument, directory + ": the log is empty: there is nothing to sign");
  auto id = first_chain_hash(directory);
  if (!id) return id.error();
  h.log_id = id->value_or(hash256{});
  auto walk = (*log)->scan(h.head.seq);
  if (!walk) return walk.error();
  auto last = (*walk)->next();
  if (!last) return last.error();
  // A writer names its own epoch as that of the head before it has written anything: the log's is that of its last group.
  h.head.epoch = (*last)->epoch;
  h.at = (*last)->events.back().head.at;
  h.signed_at = now;
  return h;
}

result<std::string> sign_head(const signed_head& h, const std::string& private_key_file) {
  auto k = read_key(private_key_file, key_kind::secret);
  if (!k) return k.error();
  const auto message = message_of(h);
  const digest_context c(EVP_MD_CTX_new());
  std::vector<unsigned char> signature(signature_bytes);
  std::size_t size = signature.size();
  if (!c || EVP_DigestSignInit(c.get(), nullptr, nullptr, nullptr, k->get()) != 1 ||
      EVP_DigestSign(c.get(), signature.data(), &size, bytes_of_text(message), message.size()) != 1 || size != signature_bytes)
    return error(errc::invalid_argument, private_key_file + ": signing failed");
  const nlohmann::ordered_json j{{"format", format_name}, {"version", format_version},      {"log_id", to_hex(h.log_id)},
                                 {"seq", h.head.seq},     {"epoch", h.head.epoch},          {"chain_hash", to_hex(h.head.chain_hash)},
                                 {"at_ns", h.at.ns},      {"signed_at_ns", h.signed_at.ns}, {"signature", hex_of(signature)}};
  return j.dump() + "\n";
}

result<signed_head> read_signed_head(std::string_view text, const std::string& public_key_file) {
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (!j.is_object() || j.value("format", nlohmann::json()) != format_name) return error(errc::malformed_line, "this is no signed head of a log");
  if (j.value("version", nlohmann::json()) != format_version)
    return error(errc::malformed_line, "the signed head is of another version than " + std::to_string(format_version) + ", which this build knows");
  std::string hex;
  const auto h = parse(j, hex);
  const auto signature = h ? signature_of(hex) : std::nullopt;
  if (!signature) return error(errc::malformed_line, "the signed head lacks a field, or has one of another kind");
  auto k = read_key(public_key_file, key_kind::open);
  if (!k) return k.error();
  if (!is_signed(*k, message_of(*h), *signature))
    return error(errc::signature_invalid, "the signed head was not signed by the key in " + public_key_file + ", or was changed since");
  return *h;
}

result<void> check_signed_head(const std::string& directory, const signed_head& h) {
  auto log = open_log_for_reading(directory);
  if (!log) return log.error();
  auto id = first_chain_hash(directory);
  if (!id) return id.error();
  if (*id && h.log_id != hash256{} && **id != h.log_id)
    return error(errc::signature_invalid, directory + ": the signed head is of another log: they differ from the first group on");
  if (const auto head = (*log)->head(); head.seq < h.head.seq)
    return error(errc::signature_invalid,
                 directory + ": the log ends at event " + std::to_string(head.seq) + "; when it was signed it ended at " + std::to_string(h.head.seq));
  auto held = (*log)->holds(h.head);
  if (!held) return held.error();
  if (!*held)
    return error(errc::signature_invalid,
                 directory + ": the log's history is not the signed one: it was rewritten at or before event " + std::to_string(h.head.seq));
  return {};
}

result<void> make_key_pair(const std::string& file) {
  const key k(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const bio secret(BIO_new(BIO_s_secmem())), open(BIO_new(BIO_s_mem()));
  if (!k || !secret || !open || PEM_write_bio_PrivateKey(secret.get(), k.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_PUBKEY(open.get(), k.get()) != 1)
    return error(errc::invalid_argument, "this OpenSSL makes no Ed25519 keys");
  TOMNEXT_TRY(write_new_durably(file, text_in(secret), 0600));
  auto published = write_new_durably(file + ".pub", text_in(open), 0644);
  if (!published) ::unlink(file.c_str());  // half a pair is of no use
  return published;
}

}  // namespace tomnext::persistence
