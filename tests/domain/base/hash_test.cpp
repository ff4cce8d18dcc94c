// The vectors are those that the reference implementation of xxHash checks itself with, and well-known strings.
#include "domain/base/hash.hpp"

#include <array>
#include <string>

#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

// The reference's test bytes: the top byte of a product that is multiplied on.
std::string test_bytes(std::size_t size) {
  std::string s;
  std::uint64_t generator = 2654435761u;
  for (std::size_t i = 0; i < size; ++i) {
    s += static_cast<char>(generator >> 56);
    generator *= 11400714785074694797u;
  }
  return s;
}
std::uint64_t seeded(std::string_view s, std::uint64_t seed) {
  hasher64 h(seed);
  h.update(s);
  return h.digest();
}

}  // namespace

TEST_CASE("hash: XXH64 of known strings", "[hash]") {
  CHECK(hash64("") == 0xEF46DB3751D8E999u);
  CHECK(hash64(std::string_view{}) == 0xEF46DB3751D8E999u);  // a view without an address
  CHECK(hash64("a") == 0xD24EC4F1A98C6E5Bu);
  CHECK(hash64("abc") == 0x44BC2CF5AD770999u);
  CHECK(hash64("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1u);
}

TEST_CASE("hash: XXH64's own vectors, with and without seed", "[hash]") {
  struct vector {
    std::size_t size;
    std::uint64_t seed, digest;
  };
  constexpr std::uint64_t seed = 2654435761u;
  for (const auto& v : {vector{0, 0, 0xEF46DB3751D8E999u}, vector{0, seed, 0xAC75FDA2929B17EFu}, vector{1, 0, 0xE934A84ADB052768u},
                        vector{1, seed, 0x5014607643A9B4C3u}, vector{4, 0, 0x9136A0DCA57457EEu}, vector{14, 0, 0x8282DCC4994E35C8u},
                        vector{14, seed, 0xC3BD6BF63DEB6DF0u}, vector{222, 0, 0xB641AE8CB691C174u}, vector{222, seed, 0x20CB8AB7AE10C14Au}}) {
    INFO(v.size);
    CHECK(seeded(test_bytes(v.size), v.seed) == v.digest);
  }
}

TEST_CASE("hash: pieces give the same as the whole, wherever it is cut", "[hash]") {
  const std::string bytes = test_bytes(200);
  for (std::size_t size : {0u, 1u, 31u, 32u, 33u, 63u, 64u, 65u, 200u}) {
    const auto whole = hash64(std::string_view(bytes).substr(0, size));
    for (std::size_t first = 0; first <= size; ++first) {
      hasher64 h;
      h.update(bytes.data(), first);
      (void)h.digest();  // asking changes nothing
      h.update(std::string_view{});
      h.update(bytes.data() + first, size - first);
      REQUIRE(h.digest() == whole);
    }
  }
  hasher64 one_by_one;
  for (char c : bytes) one_by_one.update(&c, 1);
  CHECK(one_by_one.digest() == hash64(bytes));
}
