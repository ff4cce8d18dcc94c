#include "persistence/gcm.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <new>
#include <stdexcept>

namespace tomnext::persistence {
namespace {

/// OpenSSL refuses these calls where it has no memory, or was built without AES or SHA-256. Neither is for a caller to handle: what is around a log's calls
/// makes an error of the exception.
void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refuses AES-256-GCM or HKDF-SHA256");
}

const unsigned char* unsigned_bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* unsigned_bytes(char* p) { return reinterpret_cast<unsigned char*>(p); }

std::array<unsigned char, 12> nonce_of(std::uint64_t n) {
  std::array<unsigned char, 12> bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[4 + i] = static_cast<unsigned char>(n >> (56 - 8 * i));
  return bytes;
}

}  // namespace

result<key_salt> new_salt() {
  key_salt s{};
  if (RAND_bytes(s.data(), static_cast<int>(s.size())) != 1)
    return error(errc::log_key, "the system gives no random numbers, and nothing is encrypted without");
  return s;
}

std::array<unsigned char, log_key_bytes> hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info) {
  std::array<unsigned char, log_key_bytes> derived{};
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  must(kdf != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> c(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  must(c != nullptr);
  std::string digest = "SHA256";
  const auto octets = [](const char* name, std::string_view s) { return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(s.data()), s.size()); };
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0), octets(OSSL_KDF_PARAM_KEY, secret),
                                   octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  must(EVP_KDF_derive(c.get(), derived.data(), derived.size(), parameters) == 1);
  return derived;
}

std::string hmac_sha256(const log_key& key, std::string_view text) {
  std::array<unsigned char, 32> mac{};
  unsigned size = 0;
  must(HMAC(EVP_sha256(), key.secret.data(), static_cast<int>(key.secret.size()), unsigned_bytes(text), text.size(), mac.data(), &size) != nullptr);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

struct gcm::context {
  EVP_CIPHER_CTX* encrypting = EVP_CIPHER_CTX_new();
  EVP_CIPHER_CTX* decrypting = EVP_CIPHER_CTX_new();
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  // OpenSSL wipes the keys within.
  ~context() {
    EVP_CIPHER_CTX_free(encrypting);
    EVP_CIPHER_CTX_free(decrypting);
  }
};

gcm::gcm(const log_key& key, const key_salt& salt, std::string_view info) : context_(std::make_unique<context>()) {
  must(context_->encrypting != nullptr && context_->decrypting != nullptr);
  auto derived = hkdf_sha256({reinterpret_cast<const char*>(key.secret.data()), key.secret.size()}, bytes_of(salt), info);
  const bool done = EVP_EncryptInit_ex(context_->encrypting, EVP_aes_256_gcm(), nullptr, derived.data(), nullptr) == 1 &&
                    EVP_DecryptInit_ex(context_->decrypting, EVP_aes_256_gcm(), nullptr, derived.data(), nullptr) == 1;
  OPENSSL_cleanse(derived.data(), derived.size());
  must(done);
}
gcm::gcm(gcm&&) noexcept = default;
gcm& gcm::operator=(gcm&&) noexcept = default;
gcm::~gcm() = default;

void gcm::encrypt(std::uint64_t nonce, std::string_view authenticated, std::string_view plain, char* out) {
  auto* c = context_->encrypting;
  const auto iv = nonce_of(nonce);
  int size = 0;
  must(EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, iv.data()) == 1 &&
       EVP_EncryptUpdate(c, nullptr, &size, unsigned_bytes(authenticated), static_cast<int>(authenticated.size())) == 1 &&
       EVP_EncryptUpdate(c, unsigned_bytes(out), &size, unsigned_bytes(plain), static_cast<int>(plain.size())) == 1 &&
       EVP_EncryptFinal_ex(c, unsigned_bytes(out) + plain.size(), &size) == 1 &&
       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes), out + plain.size()) == 1);
}

bool gcm::decrypt(std::uint64_t nonce, std::string_view authenticated, std::string_view sealed, char* out) {
  if (sealed.size() < tag_bytes) return false;
  auto* c = context_->decrypting;
  const auto iv = nonce_of(nonce);
  const auto ciphertext = sealed.substr(0, sealed.size() - tag_bytes);
  std::array<char, tag_bytes> tag{};
  sealed.copy(tag.data(), tag.size(), ciphertext.size());
  int size = 0;
  must(EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, iv.data()) == 1 &&
       EVP_DecryptUpdate(c, nullptr, &size, unsigned_bytes(authenticated), static_cast<int>(authenticated.size())) == 1 &&
       EVP_DecryptUpdate(c, unsigned_bytes(out), &size, unsigned_bytes(ciphertext), static_cast<int>(ciphertext.size())) == 1 &&
       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1);
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  return EVP_DecryptFinal_ex(c, rest, &size) == 1;
}

}  // namespace tomnext::persistence
