#include "domain/orders/id_set.hpp"

#include <set>

#include <rapidcheck.h>

#include "domain/base/archive.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using orders::id_set;

namespace {
order_id numbered(std::uint64_t strategy, std::uint64_t number) { return order_id{strategy << 32 | number}; }
}  // namespace

TEST_CASE("running numbers are one range, however many") {
  id_set taken;
  for (std::uint64_t n = 1; n <= 100'000; ++n) taken.insert(numbered(3, n));
  CHECK(taken.ranges() == 1);
  CHECK(taken.contains(numbered(3, 1)));
  CHECK(taken.contains(numbered(3, 100'000)));
  CHECK_FALSE(taken.contains(numbered(3, 0)));
  CHECK_FALSE(taken.contains(numbered(3, 100'001)));
  CHECK_FALSE(taken.contains(numbered(4, 1)));
}

TEST_CASE("an id set answers as a plain set does, in any order of arrival") {
  CHECK(rc::check("as a plain set", [](const std::vector<std::uint8_t>& numbers) {
    id_set taken;
    std::set<std::uint64_t> reference;
    for (auto n : numbers) {
      taken.insert(order_id{n});
      reference.insert(n);
    }
    for (std::uint64_t n = 0; n < 257; ++n) RC_ASSERT(taken.contains(order_id{n}) == reference.contains(n));
    state_writer w;
    w(taken);
    id_set again;
    state_reader r(w.bytes());
    r(again);
    RC_ASSERT(!r.failed() && r.at_end());
    for (std::uint64_t n = 0; n < 257; ++n) RC_ASSERT(again.contains(order_id{n}) == reference.contains(n));
  }));
}

TEST_CASE("beyond its bound the oldest gap closes: nothing taken is forgotten, other strategies are untouched") {
  id_set taken;
  taken.insert(numbered(1, 5));
  for (std::uint64_t n = 0; n < id_set::ranges_max + 10; ++n) taken.insert(numbered(2, 2 * n));
  CHECK(taken.ranges() == id_set::ranges_max);
  for (std::uint64_t n = 0; n < id_set::ranges_max + 10; ++n) REQUIRE(taken.contains(numbered(2, 2 * n)));
  CHECK(taken.contains(numbered(2, 1)));                                 // the oldest gap
  CHECK_FALSE(taken.contains(numbered(2, 2 * id_set::ranges_max + 1)));  // the newest is still exact
  CHECK_FALSE(taken.contains(numbered(1, 6)));
}
