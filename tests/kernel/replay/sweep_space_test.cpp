#include "actors/replay/sweep_space.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>

#include "actors/replay/sweep_target.hpp"
#include "config/loader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using replay::parse_axis;
using replay::sweep_axis;
using texts = std::vector<std::string>;

namespace {

sweep_axis axis(const std::string& text) {
  auto a = parse_axis(text);
  if (!a) FAIL(a.error().message);
  return *a;
}
std::vector<replay::sweep_point> points(result<std::vector<replay::sweep_point>> r) {
  if (!r) FAIL(r.error().message);
  return *r;
}

}  // namespace

TEST_CASE("an axis is a range with a step, or a list") {
  CHECK(axis("fast=5..30:5").values == texts{"5", "10", "15", "20", "25", "30"});
  CHECK(axis("fast=5..31:5").values.back() == "30");
  CHECK(axis("fast=3..5").values == texts{"3", "4", "5"});
  CHECK(axis("x=-0.2..0.1:0.1").values == texts{"-0.2", "-0.1", "0", "0.1"});
  CHECK(axis("x=0.1..0.3:0.1").values == texts{"0.1", "0.2", "0.3"});  // doubles would miss the last one
  CHECK(axis("strategies.cross.fast=13,5,8").values == texts{"5", "8", "13"});
  CHECK(axis("x=7").values == texts{"7"});
}

TEST_CASE("what is no axis is refused, with what one looks like") {
  const texts all{"fast",
                  "fast=",
                  "=5",
                  "fast=a",
                  "fast=5..",
                  "fast=5..b",
                  "fast=5..3",
                  "fast=5..9:0",
                  "fast=5..9:-1",
                  "fast=1,1",
                  "fast=1,,2",
                  "fast=0..1:0.0000000001",
                  "fast=0..1:0.000001",
                  "fast=sma",
                  "fast=-9000000000..9000000000:0.000000001"};
  for (const auto& t : all) {
    INFO(t);
    const auto a = parse_axis(t);
    REQUIRE_FALSE(a);
    CHECK(a.error().code == errc::invalid_argument);
    CHECK_THAT(a.error().message, tests::has_part("fast=5..30:5"));
  }
}

TEST_CASE("a grid is every combination once, the last axis fastest") {
  const auto all = points(replay::grid_points({axis("a=1..2"), axis("b=1..3")}));
  REQUIRE(all.size() == 6);
  CHECK(all[0] == texts{"1", "1"});
  CHECK(all[1] == texts{"1", "2"});
  CHECK(all[5] == texts{"2", "3"});
  CHECK_FALSE(replay::grid_points({axis("a=1..1000"), axis("b=1..1000")}));
  CHECK_FALSE(replay::grid_points({axis("a=1..9000"), axis("b=1..9000"), axis("c=1..9000"), axis("d=1..9000"), axis("e=1..9000")}));
  CHECK_FALSE(replay::grid_points({}));
  CHECK_FALSE(replay::grid_points({axis("a=1..2"), axis("a=1..3")}));
}

TEST_CASE("random points are different combinations of the axes, the same for a seed") {
  CHECK(rc::check("random points", [] {
    const auto na = *rc::gen::inRange(1, 40), nb = *rc::gen::inRange(1, 40);
    const auto count = static_cast<std::uint64_t>(*rc::gen::inRange(1, 400));
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const std::vector axes{*parse_axis("a=1.." + std::to_string(na)), *parse_axis("b=1.." + std::to_string(nb))};
    const auto some = *replay::random_points(axes, count, seed);
    const auto grid = *replay::grid_points(axes);
    const std::set<replay::sweep_point> distinct(some.begin(), some.end()), whole(grid.begin(), grid.end());
    RC_ASSERT(distinct.size() == some.size());
    RC_ASSERT(some.size() == std::min<std::size_t>(count, grid.size()));
    RC_ASSERT(std::includes(whole.begin(), whole.end(), distinct.begin(), distinct.end()));
    RC_ASSERT(some == *replay::random_points(axes, count, seed));
  }));
}

TEST_CASE("random points favour no part of the grid") {
  // 20 of 100 points, 500 times: each is expected 100 times, with a deviation of 9.
  const std::vector axes{axis("a=1..10"), axis("b=1..10")};
  std::map<replay::sweep_point, int> often;
  for (std::uint64_t seed = 0; seed < 500; ++seed)
    for (const auto& p : points(replay::random_points(axes, 20, seed))) ++often[p];
  CHECK(often.size() == 100);
  for (const auto& [p, n] : often) {
    INFO(p[0] << " " << p[1]);
    CHECK(n > 55);
    CHECK(n < 145);
  }
}

TEST_CASE("a Latin hypercube takes each part of each axis once") {
  CHECK(rc::check("Latin hypercube", [] {
    const auto count = static_cast<std::size_t>(*rc::gen::inRange(1, 60));
    const auto times = *rc::gen::inRange(1, 5);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    // As many values as parts times a whole number, so that the parts are equal.
    const auto values_of_axis = static_cast<int>(count) * times;
    const std::vector axes{*parse_axis("a=0.." + std::to_string(values_of_axis - 1)), *parse_axis("b=0.." + std::to_string(values_of_axis - 1))};
    const auto all = *replay::latin_points(axes, count, seed);
    RC_ASSERT(all.size() == count);
    for (std::size_t a = 0; a < 2; ++a) {
      std::set<int> parts;
      for (const auto& p : all) parts.insert(std::stoi(p[a]) / times);
      RC_ASSERT(parts.size() == count);
    }
  }));
  // Fewer values than parts: each as often as the others, give or take one.
  std::map<std::string, int> often;
  for (const auto& p : points(replay::latin_points({axis("a=1..3"), axis("b=1..1000")}, 100, 7))) ++often[p[0]];
  REQUIRE(often.size() == 3);
  for (const auto& [value, n] : often) CHECK((n == 33 || n == 34));
}

TEST_CASE("an axis finds its parameter, or says what there is") {
  const auto load = [](const std::vector<config::override_setting>& o) {
    auto d = config::load(tests::shipped_data("demo.yaml"), o);
    if (!d) FAIL(d.error().message);
    return *d;
  };
  const auto one = load({});
  const auto two = load({{"strategies",
                          "[{kind: ema_cross, name: cross, instrument: GBP/USD, bars: 5m-mid, size: 1000}, "
                          "{kind: ema_cross, name: other, instrument: GBP/USD, bars: 1m-mid, size: 1000}]"}});
  const auto found = [](const config::deployment& d, const std::string& name) { return replay::targets_of(d, {axis(name + "=5..6")}); };
  REQUIRE(found(one, "fast"));
  CHECK(found(one, "fast")->front().key == "fast");
  CHECK(found(one, "strategies.cross.slow")->front().key == "slow");
  CHECK(found(two, "strategies.other.fast")->front().strategy == 1);
  CHECK(found(two, "strategies.1.fast")->front().strategy == 1);

  const auto refusal = [&](const config::deployment& d, const std::string& name) {
    auto t = found(d, name);
    REQUIRE_FALSE(t);
    CHECK(t.error().code == errc::invalid_argument);
    return t.error().message;
  };
  CHECK_THAT(refusal(one, "fats"), tests::has_part("fast, slow, ema_seed"));
  CHECK_THAT(refusal(one, "ema_seed"), tests::has_part("sma, first_close"));
  CHECK_THAT(refusal(one, "strategies.cross.ema_seed"), tests::has_part("no number"));
  CHECK_THAT(refusal(two, "fast"), tests::has_part("strategies.cross.fast, strategies.other.fast"));
  CHECK_THAT(refusal(one, "strategies.crss.fast"), tests::has_part("there are: cross"));
  CHECK_FALSE(replay::targets_of(one, {axis("fast=1..2"), axis("strategies.0.fast=1..2")}));

  const auto targets = *replay::targets_of(one, {axis("fast=5..30"), axis("slow=6..40")});
  CHECK(replay::at_point(one, targets, {"5", "6"})->strategies[0].parameters.at("slow") == "6");
  CHECK_FALSE(replay::at_point(one, targets, {"30", "6"}));
}
