#include "actors/app/field_values.hpp"

#include "persistence/json.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::app;

namespace {

bool held(const std::string& text, const event& e) {
  auto f = field_value::parse(text);
  if (!f) FAIL(f.error().message);
  return f->held_by(e);
}

}  // namespace

TEST_CASE("a field is asked for as either form of the log prints it") {
  operator_commanded c;
  c.command = operator_command::halt;
  c.target = 12;
  c.who = "ann \"the\" operator";
  c.why = "a=b";
  const event e(header{}, c);
  CHECK(held("target=12", e));
  CHECK_FALSE(held("target=1", e));
  CHECK_FALSE(held("target=012", e));
  CHECK_FALSE(held("target=", e));
  CHECK(held("who=ann \"the\" operator", e));
  CHECK(held(R"(who="ann \"the\" operator")", e));
  CHECK_FALSE(held("who=ann", e));
  CHECK(held("why=a=b", e));
  CHECK(held("idempotency_key=", e));
  CHECK(held("command=" + std::to_string(static_cast<unsigned>(operator_command::halt)), e));
  CHECK(held("command=halt", e));
  CHECK_FALSE(held("command=resume", e));
  CHECK_FALSE(held("order=12", e));  // a field of other events

  quote_accepted q;
  q.bid.value = 1'575'770'000;
  const event quote(header{}, q);
  CHECK(held("bid=1.57577", quote));
  CHECK(held("bid=\"1.57577\"", quote));
  CHECK_FALSE(held("bid=1.575770", quote));
}

TEST_CASE("no field is refused with those that there are") {
  for (const char* text : {"", "=", "=5", "bid", "nonsense=1"}) {
    INFO(text);
    const auto f = field_value::parse(text);
    REQUIRE_FALSE(f);
    CHECK(f.error().code == errc::invalid_argument);
  }
  CHECK(field_value::parse("instr=1").error().message.find("instrument") != std::string::npos);
  CHECK(field_value::parse("zzz=1").error().message.find("there are: ") != std::string::npos);
}
