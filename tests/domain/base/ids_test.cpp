#include "domain/base/ids.hpp"

#include <type_traits>
#include <unordered_set>

#include "tests/support/catch.hpp"

using namespace tomnext;

// An account is never mistaken for an order, nor made of a number by accident.
static_assert(!std::is_convertible_v<account_id, order_id>);
static_assert(!std::is_constructible_v<host_id, instrument_id>);
static_assert(!std::is_convertible_v<std::uint32_t, instrument_id>);
static_assert(!std::is_convertible_v<instrument_id, bool>);
static_assert(std::is_trivially_copyable_v<order_id>);

TEST_CASE("ids: zero is none; others order by number and hash", "[ids]") {
  CHECK(!order_id{});
  CHECK(order_id{1});
  CHECK(order_id{1} < order_id{2});
  CHECK(order_id{std::uint64_t{1} << 40} > order_id{1});
  std::unordered_set<instrument_id> seen{instrument_id{1}, instrument_id{2}, instrument_id{1}};
  CHECK(seen.size() == 2);
  CHECK(seen.contains(instrument_id{2}));
}
