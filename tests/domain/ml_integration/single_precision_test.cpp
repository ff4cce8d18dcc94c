// The pinned values are those of glibc 2.36 on x86-64, at arguments where it does not round correctly: double precision rounded once gives other bits.
#include "domain/ml_integration/single_precision.hpp"

#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"

using namespace tomnext::ml_integration;

namespace {

struct pinned {
  float x, y;
};
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("exp_single: the libm's bits, where it rounds the other way too", "[single_precision]") {
  for (const pinned& p : {pinned{-0x1.81ed7ap-1f, 0x1.e1e2bcp-2f}, pinned{-0x1.0b23dp+2f, 0x1.f849a6p-7f}, pinned{-0x1.189fa6p+6f, 0x1.b98be4p-102f},
                          pinned{0x1.ff542cp+3f, 0x1.098dc2p+23f}, pinned{0x1.a73738p+5f, 0x1.3fe1f2p+76f}}) {
    CHECK(exp_single(p.x) == p.y);
    CHECK(static_cast<float>(std::exp(static_cast<double>(p.x))) != p.y);
  }
}

TEST_CASE("log_single: the libm's bits, where it rounds the other way too", "[single_precision]") {
  for (const pinned& p : {pinned{0x1.8187ecp-1f, -0x1.228314p-2f}, pinned{0x1.a0ad88p-1f, -0x1.a5e936p-3f}, pinned{0x1.c0775p-1f, -0x1.0f57c2p-3f},
                          pinned{0x1.df83p-1f, -0x1.0c84cp-4f}, pinned{0x1.fe673p-1f, -0x1.99738ep-9f}, pinned{0x1.2051f2p+0f, 0x1.e6fd44p-4f},
                          pinned{0x1.401f6ep+0f, 0x1.c9c89ap-3f}, pinned{0x1.60ccf4p+0f, 0x1.486c4ap-2f}}) {
    CHECK(log_single(p.x) == p.y);
    CHECK(static_cast<float>(std::log(static_cast<double>(p.x))) != p.y);
  }
}

TEST_CASE("exp_single and log_single: within one ulp everywhere", "[single_precision]") {
  for (float x = -87; x < 88; x += 0.00390625f) {
    const double exact = std::exp(static_cast<double>(x));
    REQUIRE(std::fabs(static_cast<double>(exp_single(x)) - exact) <= exact * 0x1.01p-24);
  }
  for (float x = std::numeric_limits<float>::denorm_min(); x < 1e38f; x *= 1.0625f) {
    const double exact = std::log(static_cast<double>(x));
    REQUIRE(std::fabs(static_cast<double>(log_single(x)) - exact) <= std::fabs(exact) * 0x1p-23);
    if (x < 0x1p-140f) x *= 2;  // the step is lost in so few digits
  }
}

TEST_CASE("exp_single and log_single: edges", "[single_precision]") {
  CHECK(exp_single(0) == 1);
  CHECK(exp_single(-0.0f) == 1);
  CHECK(exp_single(infinite) == infinite);
  CHECK(exp_single(89) == infinite);
  CHECK(exp_single(-infinite) == 0);
  CHECK(exp_single(-104) == 0);
  CHECK(exp_single(-103) == std::numeric_limits<float>::denorm_min());
  CHECK(std::isnan(exp_single(no_number)));
  CHECK(log_single(1) == 0);
  CHECK(log_single(0) == -infinite);
  CHECK(log_single(infinite) == infinite);
  CHECK(std::isnan(log_single(-1)));
  CHECK(std::isnan(log_single(no_number)));
}
