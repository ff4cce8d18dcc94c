#include "domain/ledger/notional.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::ledger;

namespace {
constexpr auto most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
price at(const char* text) { return *price::parse(text); }
}  // namespace

TEST_CASE("a notional is rounded half away from zero to the minor unit of its currency") {
  CHECK(notional(at("1.57535"), quantity::whole(1'000'000), 2)->value == 157'535'000);
  CHECK(notional(at("0.005"), quantity::whole(1), 2)->value == 1);
  CHECK(notional(at("0.004999999"), quantity::whole(1), 2)->value == 0);
  CHECK(notional(at("-0.005"), quantity::whole(1), 2)->value == -1);
  CHECK(notional(at("0.5"), quantity::whole(1), 0)->value == 1);  // yen
  CHECK(notional(at("115.05"), quantity::whole(10'000), 0)->value == 1'150'500);
  CHECK(notional(at("0.0005"), quantity::whole(1), 3)->value == 1);  // dinars
  CHECK(notional(at("1.5"), quantity{1}, 9)->value == 15'000'000);   // the most decimals
}

TEST_CASE("a commission is its rate of the notional's magnitude, rounded half away from zero") {
  const rate two_hundred_thousandths = *rate::parse("0.00002");
  CHECK(commission(two_hundred_thousandths, amount{157'535'000})->value == 3'151);  // 31.507
  CHECK(commission(two_hundred_thousandths, amount{-157'535'000})->value == 3'151);
  CHECK(commission(two_hundred_thousandths, amount{25'000})->value == 1);  // exactly half a cent
  CHECK(commission(two_hundred_thousandths, amount{24'999})->value == 0);
  CHECK(commission(*rate::parse("-0.00002"), amount{25'000})->value == -1);  // a rebate
  CHECK(commission({}, amount{most})->value == 0);
}

TEST_CASE("what does not fit is nothing, and never undefined") {
  CHECK_FALSE(notional({most}, {most}, 9));
  CHECK_FALSE(notional({least}, {least}, 9));
  CHECK_FALSE(notional(at("1"), quantity::whole(1), 10));
  CHECK_FALSE(commission({2 * rate::one}, amount{most}));
  CHECK_FALSE(commission({rate::one}, amount{least}));
  CHECK(commission({rate::one}, amount{least + 1})->value == most);
}
