#include "actors/runtime/call.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {
const call::time_point start{1h};
}

TEST_CASE("call: what is left is rounded down, and never below nothing", "[runtime]") {
  const auto c = begin_call("c-1", start + 10ms);
  CHECK(c->remaining(start) == 10ms);
  CHECK(c->remaining(start + 1us) == 9ms);
  CHECK(c->remaining(start + 10ms) == 0ms);
  CHECK(c->remaining(start + 1h) == 0ms);
}

TEST_CASE("call: a child has the same name and token, and at most as much time", "[runtime]") {
  const cancellation_source source(start + 5s);
  const auto c = begin_call("c-1", start + 10s, source.token());
  CHECK(c->deadline == start + 5s);  // the token's is earlier
  CHECK(c->child(start, 2s)->deadline == start + 2s);
  CHECK(c->child(start + 4s, 2s)->deadline == start + 5s);
  CHECK(c->child(start, 2s)->child(start + 1s, 10s)->deadline == start + 2s);
  const auto child = c->child(start, 2s);
  CHECK(child->correlation == "c-1");
  CHECK(child->wanted(start));
  source.cancel({errc::cancelled, "the client is gone"});
  CHECK_FALSE(child->wanted(start));
}

TEST_CASE("call: not wanted once it is cancelled or late, and it says which", "[runtime]") {
  const cancellation_source source;
  const auto c = begin_call("c-1", start + 10ms, source.token());
  CHECK(c->wanted(start + 9ms));
  const auto late = c->wanted(start + 13ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::timed_out);
  CHECK(late.error().message == "the caller's deadline passed 3 ms ago");
  CHECK_FALSE(c->wanted(start + 10ms));
  source.cancel({errc::cancelled, "by the operator"});
  const auto gone = c->wanted(start);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == errc::cancelled);
  CHECK(gone.error().message == "given up by the caller: by the operator");
}
