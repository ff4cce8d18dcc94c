#include "persistence/gcm.hpp"

#include "persistence/checksum.hpp"
#include "tests/persistence/given_keys.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::key_line, tests::must;

namespace {

std::string bytes_of_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}
template <std::size_t N> std::string_view view(const std::array<unsigned char, N>& a) { return {reinterpret_cast<const char*>(a.data()), N}; }

}  // namespace

TEST_CASE("keys are derived as RFC 5869 says, appendix A") {
  const auto one = hkdf_sha256(std::string(22, '\x0b'), bytes_of_hex("000102030405060708090a0b0c"), bytes_of_hex("f0f1f2f3f4f5f6f7f8f9"));
  CHECK(to_hex(view(one)) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  const auto three = hkdf_sha256(std::string(22, '\x0b'), "", "");
  CHECK(to_hex(view(three)) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("what was encrypted comes back, and nothing that was changed does") {
  const auto ring = must(key_ring::parse(key_line(1, 1) + key_line(2, 2), "k"));
  const auto salt = must(new_salt());
  CHECK(salt != must(new_salt()));
  gcm cipher(*ring->find(1), salt, "a test");
  const std::string plain = "what nobody else may read", beside = "what all may read";
  std::string sealed(plain.size() + tag_bytes, '\0'), back(plain.size(), '\0');
  cipher.encrypt(7, beside, plain, sealed.data());
  CHECK(sealed.find("nobody") == std::string::npos);
  REQUIRE(cipher.decrypt(7, beside, sealed, back.data()));
  CHECK(back == plain);
  CHECK_FALSE(cipher.decrypt(8, beside, sealed, back.data()));
  CHECK_FALSE(cipher.decrypt(7, "what all may reaD", sealed, back.data()));
  CHECK_FALSE(cipher.decrypt(7, beside, sealed.substr(0, sealed.size() - 1), back.data()));
  CHECK_FALSE(cipher.decrypt(7, beside, sealed.substr(0, tag_bytes - 1), back.data()));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(cipher.decrypt(7, beside, changed, back.data()));
  }
  auto other_salt = salt;
  other_salt[15] ^= 1;
  gcm others[] = {gcm(*ring->find(2), salt, "a test"), gcm(*ring->find(1), other_salt, "a test"), gcm(*ring->find(1), salt, "another")};
  for (auto& other : others) CHECK_FALSE(other.decrypt(7, beside, sealed, back.data()));
  CHECK(gcm(*ring->find(1), salt, "a test").decrypt(7, beside, sealed, back.data()));
  // Nothing at all has a tag too.
  std::string tag(tag_bytes, '\0');
  cipher.encrypt(9, beside, "", tag.data());
  CHECK(cipher.decrypt(9, beside, tag, back.data()));
}

TEST_CASE("a key is told by its HMAC, RFC 4231") {
  // Case 2's key is shorter than ours; a key that ends with zeros has the HMAC of one without them.
  std::string hex = "4a656665" + std::string(56, '0');
  const auto ring = must(key_ring::parse("1 " + hex, "k"));
  CHECK(to_hex(hmac_sha256(*ring->find(1), "what do ya want for nothing?")) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
