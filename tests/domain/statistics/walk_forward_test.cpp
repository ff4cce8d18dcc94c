#include "domain/statistics/walk_forward.hpp"

#include <rapidcheck.h>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::statistics;

TEST_CASE("statistics: walks forward by hand", "[statistics]") {
  const auto rolling = walk_forward({.whole = {0, 20}, .train = 6, .test = 4, .purge = 1, .embargo = 1});
  REQUIRE(rolling);
  REQUIRE(rolling->size() == 3);
  CHECK((*rolling)[0].train == std::vector<extent>{{0, 6}});
  CHECK((*rolling)[0].test == extent{8, 12});
  CHECK((*rolling)[1].train == std::vector<extent>{{4, 10}});
  CHECK((*rolling)[2].test == extent{16, 20});
  const auto anchored = walk_forward({.whole = {100, 121}, .train = 6, .test = 4, .purge = 2, .anchored = true});
  REQUIRE(anchored);
  REQUIRE(anchored->size() == 4);
  CHECK((*anchored)[2].train == std::vector<extent>{{100, 114}});
  CHECK((*anchored)[3].test == extent{120, 121});  // what is left
  const auto times = walk_forward({.whole = {0, 100 * day_ns}, .train = 50 * day_ns, .test = 25 * day_ns, .purge = hour_ns});
  REQUIRE(times);
  CHECK((*times)[1].train[0] == extent{25 * day_ns, 75 * day_ns});
  CHECK((*times)[1].test == extent{75 * day_ns + hour_ns, 100 * day_ns});
}

TEST_CASE("statistics: walks that cannot be walked are refused", "[statistics]") {
  const walk_forward_plan good{.whole = {0, 100}, .train = 10, .test = 10};
  REQUIRE(walk_forward(good));
  const auto refused = [&](auto change) {
    auto plan = good;
    change(plan);
    return !walk_forward(plan).has_value();
  };
  CHECK(refused([](auto& p) { p.train = 0; }));
  CHECK(refused([](auto& p) { p.test = -1; }));
  CHECK(refused([](auto& p) { p.step = -1; }));
  CHECK(refused([](auto& p) { p.purge = -1; }));
  CHECK(refused([](auto& p) { p.embargo = -1; }));
  CHECK(refused([](auto& p) { p.embargo = INT64_MAX; }));
  CHECK(refused([](auto& p) { p.train = 100; }));
  CHECK(refused([](auto& p) { p.purge = 90; }));
  CHECK(refused([](auto& p) { p.whole = {5, 0}; }));
  CHECK(refused([](auto& p) { p.whole = {INT64_MIN, INT64_MAX}; }));
  CHECK(refused([](auto& p) {
    p.whole = {0, 1'000'000};
    p.test = 1;
  }));
  CHECK(!purged_folds({0, 10}, 1, 0, 0));
  CHECK(!purged_folds({0, 10}, 11, 0, 0));
  CHECK(!purged_folds({0, 10}, 2, 5, 0));
  CHECK(!purged_folds({0, 10}, 2, -1, 0));
}

TEST_CASE("statistics: training ends before its test by purge and embargo, and tests follow each other", "[statistics][property]") {
  CHECK(rc::check("walk forward", [] {
    walk_forward_plan p;
    p.whole.first = *rc::gen::inRange(-1'000, 1'000);
    p.whole.last = p.whole.first + *rc::gen::inRange(10, 2'000);
    p.train = *rc::gen::inRange(1, 300);
    p.test = *rc::gen::inRange(1, 100);
    p.step = *rc::gen::inRange(0, 200);
    p.purge = *rc::gen::inRange(0, 20);
    p.embargo = *rc::gen::inRange(0, 20);
    p.anchored = *rc::gen::arbitrary<bool>();
    const auto splits = walk_forward(p);
    RC_ASSERT(splits.has_value() == (p.train + p.purge + p.embargo < p.whole.length()));
    if (!splits) return;
    const std::int64_t step = p.step == 0 ? p.test : p.step;
    for (std::size_t i = 0; i < splits->size(); ++i) {
      const auto& s = (*splits)[i];
      RC_ASSERT(s.train.size() == 1);
      RC_ASSERT(s.train[0].last + p.purge + p.embargo == s.test.first);
      RC_ASSERT(s.train[0].first >= p.whole.first && s.test.last <= p.whole.last);
      RC_ASSERT(s.test.length() > 0);
      RC_ASSERT(s.test.length() == p.test || i + 1 == splits->size() || s.test.last == p.whole.last);
      RC_ASSERT((p.anchored ? s.train[0].first == p.whole.first : s.train[0].length() == p.train));
      RC_ASSERT(s.train[0].length() >= p.train);
      if (i > 0) RC_ASSERT(s.test.first - (*splits)[i - 1].test.first == step);
    }
    // No further test would have had its place.
    RC_ASSERT(splits->back().test.first + step >= p.whole.last);
  }));
}

TEST_CASE("statistics: folds cover the whole once, and no label reaches from training into a test or back", "[statistics][property]") {
  CHECK(rc::check("purged folds", [] {
    const std::int64_t first = *rc::gen::inRange(-100, 100);
    const extent whole{first, first + *rc::gen::inRange(2, 300)};
    const std::int64_t folds = *rc::gen::inRange(2, 12), purge = *rc::gen::inRange(0, 10), embargo = *rc::gen::inRange(0, 10);
    const auto splits = purged_folds(whole, folds, purge, embargo);
    if (!splits) return;
    std::int64_t place = whole.first;
    for (const auto& s : *splits) {
      RC_ASSERT(s.test.first == place);
      RC_ASSERT(s.test.length() == whole.length() / folds || s.test.length() == whole.length() / folds + 1);
      place = s.test.last;
      for (std::int64_t i = whole.first; i < whole.last; ++i) {
        bool trained = false;
        for (const auto& t : s.train) trained = trained || (i >= t.first && i < t.last);
        // The label of i spans [i, i + purge], that of the test's last observation [last − 1, last − 1 + purge].
        const bool reaches_in = i < s.test.last && i + purge >= s.test.first, reached = i >= s.test.first && i < s.test.last + purge + embargo;
        RC_ASSERT(trained == !(reaches_in || reached));
      }
    }
    RC_ASSERT(place == whole.last);
  }));
}
