#include "persistence/checksum.hpp"

#include <random>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

TEST_CASE("crc32c has the values of RFC 3720, appendix B.4") {
  std::string up(32, '\0'), down(32, '\0');
  for (int i = 0; i < 32; ++i) {
    up[static_cast<std::size_t>(i)] = static_cast<char>(i);
    down[static_cast<std::size_t>(i)] = static_cast<char>(31 - i);
  }
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c(up) == 0x46dd794eu);
  CHECK(crc32c(down) == 0x113fdb5cu);
  CHECK(crc32c("123456789") == 0xe3069283u);  // the check value of the CRC catalogue
  CHECK(crc32c("") == 0u);
}

TEST_CASE("crc32c is the polynomial's remainder at every length and alignment") {
  std::mt19937 g(1);
  std::string bytes(200, '\0');
  for (auto& c : bytes) c = static_cast<char>(g());
  for (std::size_t from = 0; from < 9; ++from)
    for (std::size_t n = 0; from + n <= bytes.size(); ++n) {
      std::uint32_t slow = ~0u;
      for (std::size_t i = from; i < from + n; ++i) {
        slow ^= static_cast<unsigned char>(bytes[i]);
        for (int k = 0; k < 8; ++k) slow = (slow & 1) != 0 ? slow >> 1 ^ 0x82F63B78u : slow >> 1;
      }
      if (crc32c(std::string_view(bytes).substr(from, n)) != ~slow) FAIL(from << " " << n);
    }
}

TEST_CASE("SHA-256 has the values of FIPS 180-4's examples") {
  CHECK(to_hex(sha256({"abc"})) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256({""})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256({"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"})) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(to_hex(sha256({std::string(1'000'000, 'a')})) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(sha256({"a", "", "bc"}) == sha256({"abc"}));
}

TEST_CASE("a hash is 64 lower-case hexadecimal digits") {
  const auto h = sha256({"abc"});
  CHECK(*parse_hash(to_hex(h)) == h);
  CHECK_FALSE(parse_hash(""));
  CHECK_FALSE(parse_hash(to_hex(h) + "0"));
  CHECK_FALSE(parse_hash(to_hex(h).substr(1)));
  CHECK_FALSE(parse_hash("G" + to_hex(h).substr(1)));
  CHECK_FALSE(parse_hash("B" + to_hex(h).substr(1)));
}
