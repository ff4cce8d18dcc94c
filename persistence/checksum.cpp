#include "persistence/checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <memory>

namespace tomnext::persistence {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? c >> 1 ^ 0x82F63B78u : c >> 1;
    t[i] = c;
  }
  return t;
}();

std::uint32_t crc_by_table(std::uint32_t c, const char* p, std::size_t n) {
  for (; n > 0; ++p, --n) c = crc_table[(c ^ static_cast<unsigned char>(*p)) & 0xff] ^ c >> 8;
  return c;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc_by_instruction(std::uint32_t c, const char* p, std::size_t n) {
  std::uint64_t wide = c;
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t x = 0;
    std::memcpy(&x, p, 8);
    wide = __builtin_ia32_crc32di(wide, x);
  }
  c = static_cast<std::uint32_t>(wide);
  for (; n > 0; ++p, --n) c = __builtin_ia32_crc32qi(c, static_cast<unsigned char>(*p));
  return c;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  if (fast) return ~crc_by_instruction(~before, bytes.data(), bytes.size());
#endif
  return ~crc_by_table(~before, bytes.data(), bytes.size());
}

hash256 sha256(std::initializer_list<std::string_view> parts) {
  struct free_context {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  // One context a thread: making one costs more than hashing a small group. Fetched once, since OpenSSL 3 looks the algorithm up by name.
  static const EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, free_context> context(EVP_MD_CTX_new());
  hash256 h;
  unsigned size = 0;
  bool good = context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
  for (auto part : parts) good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  good = good && EVP_DigestFinal_ex(context.get(), h.bytes.data(), &size) == 1;
  if (!good) std::abort();  // no memory, or an OpenSSL without SHA-256: nothing can be trusted any more
  return h;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string s;
  s.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    s += digits[b >> 4];
    s += digits[b & 15];
  }
  return s;
}

result<hash256> parse_hash(std::string_view hex) {
  hash256 h;
  auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  bool good = hex.size() == 64;
  for (std::size_t i = 0; good && i < 64; i += 2) {
    const int high = value(hex[i]), low = value(hex[i + 1]);
    good = high >= 0 && low >= 0;
    h.bytes[i / 2] = static_cast<std::uint8_t>((high & 15) << 4 | (low & 15));
  }
  if (!good) return error(errc::decode_failed, "not 64 hexadecimal digits");
  return h;
}

}  // namespace tomnext::persistence
