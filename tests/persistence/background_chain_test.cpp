#include "persistence/background_chain.hpp"

#include <random>

#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

std::string bytes(std::size_t size, unsigned seed) {
  std::mt19937 g(seed);
  std::string s(size, '\0');
  for (auto& c : s) c = static_cast<char>(g());
  return s;
}

}  // namespace

TEST_CASE("the hash computed in the background is the chain's, whatever the group's size") {
  background_chain background;
  hash256 previous = sha256({"before"});
  unsigned seed = 0;
  // Sizes that are hashed by the caller and by the other thread take turns, each hash depending on all before it.
  for (int round = 0; round < 50; ++round)
    for (const std::size_t size : {std::size_t{0}, std::size_t{200}, std::size_t{16'383}, std::size_t{16'384}, std::size_t{100'000}}) {
      const auto group = bytes(size, seed++);
      background.start(previous, group);
      const auto hash = background.finish();
      REQUIRE(hash == chain(previous, group));
      previous = hash;
    }
}

TEST_CASE("a hash that nobody asks for, because the write failed, does no harm to the next one or to the end") {
  const auto abandoned = bytes(4'000'000, 1), next = bytes(100'000, 2);
  background_chain background;
  background.start({}, abandoned);
  background.start({}, next);
  CHECK(background.finish() == chain({}, next));
  background.start({}, abandoned);  // ended while it is hashing
}
