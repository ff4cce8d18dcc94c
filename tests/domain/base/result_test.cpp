#include "domain/base/result.hpp"

#include <memory>
#include <string>

#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

result<int> half(int n) {
  if (n % 2 != 0) return error(errc::invalid_argument, std::to_string(n) + " is odd");
  return n / 2;
}
result<void> must_be_even(int n) {
  TOMNEXT_TRY(half(n));
  return {};
}
result<std::string> quarter(int n) {
  TOMNEXT_TRY(must_be_even(n));
  auto h = half(*half(n));
  if (!h) return h.error().within("quarter of " + std::to_string(n));
  return std::to_string(*h);
}

}  // namespace

TEST_CASE("result: either a value or an error", "[result]") {
  CHECK(*half(4) == 2);
  CHECK(half(4).has_value());
  CHECK(!half(3));
  CHECK(half(3).error().code == errc::invalid_argument);
  CHECK(half(3).value_or(7) == 7);
  CHECK(half(8).value_or(7) == 4);
  CHECK(quarter(8)->size() == 1);
  result<std::unique_ptr<int>> moved = std::make_unique<int>(5);
  const auto taken = *std::move(moved);
  CHECK(*taken == 5);
}

TEST_CASE("result: an error keeps its code and gains context on its way out", "[result]") {
  const auto inner = quarter(6);
  REQUIRE(!inner);
  CHECK(inner.error().message == "quarter of 6: 3 is odd");
  CHECK(inner.error().within("reading a.csv").message == "reading a.csv: quarter of 6: 3 is odd");
  CHECK(inner.error().within("x").code == errc::invalid_argument);
  CHECK(quarter(5).error().message == "5 is odd");  // through TOMNEXT_TRY
  CHECK(!must_be_even(1));
  CHECK(must_be_even(2));
}

TEST_CASE("result: what the one who handles an error must do", "[result]") {
  CHECK(policy_of(errc::overflow) == error_policy::refuse);
  CHECK(policy_of(errc::log_io) == error_policy::halt);
  CHECK(policy_of(errc::log_gap) == error_policy::halt);
  CHECK(policy_of(errc::conversion_rate_missing) == error_policy::halt);
  CHECK(policy_of(errc::log_corrupt) == error_policy::quarantine);
  CHECK(policy_of(errc::poisonous_input) == error_policy::quarantine);
  CHECK(policy_of(errc::timed_out) == error_policy::retry);
  CHECK(policy_of(static_cast<errc>(999)) == error_policy::halt);  // a code that is not known stops
  CHECK(error(errc::log_locked, "x").policy() == error_policy::refuse);
}
