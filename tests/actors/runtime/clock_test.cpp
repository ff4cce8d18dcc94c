#include "actors/runtime/clock.hpp"

#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

std::int64_t machine_ns() { return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

TOMNEXT_ATOM(look, "tLook");
using looker = typed<answer<void>(look_atom)>;

/// Notes the wall time once a second.
struct looker_state {
  looker::pointer self;
  wall_clock clock;
  std::shared_ptr<std::vector<std::string>> seen;
  looker_state(looker::pointer self_, wall_clock clock_, std::shared_ptr<std::vector<std::string>> seen_)
      : self(self_), clock(std::move(clock_)), seen(std::move(seen_)) {
    tell(self, self, look_v);
  }
  looker::behavior_type behavior() {
    return {[this](look_atom) {
      seen->push_back(to_string(wall_now(self, clock)).substr(0, 19));
      tell_later(self, 1s, look_v);
    }};
  }
};

}  // namespace

TEST_CASE("the machine's clock is the machine's, and a shifted one is off by its offset") {
  const auto before = machine_ns();
  const auto here = wall_clock().at({}).ns;
  const auto after = machine_ns();
  CHECK((before <= here && here <= after));
  const auto tomorrow = wall_clock::shifted(26 * hour_ns);
  REQUIRE(tomorrow);
  const auto there = tomorrow->at({}).ns;
  CHECK((there >= after + 26 * hour_ns && there <= machine_ns() + 26 * hour_ns));
  CHECK(wall_clock::shifted(-3653 * day_ns));
  CHECK_THAT(wall_clock::shifted(3654 * day_ns).error().message, has_part("off by 3654 days; at most 3653 each way"));
  CHECK_FALSE(wall_clock::shifted(INT64_MIN));
}

TEST_CASE("simulated time passes as a test lets it pass, and is set when a test sets it") {
  stage s;
  const auto start = *parse_timestamp("2024-03-10T06:59:58Z");
  auto wall = std::make_shared<simulated_wall>(start);
  auto seen = std::make_shared<std::vector<std::string>>();
  auto who = spawn_actor<looker, looker_state>(s.system, s.figures, {"looker", "test", ""}, wall_clock::simulated(wall), seen);
  s.settle();
  s.pass(2s);
  wall->jump(-hour_ns);
  s.pass(1s);
  wall->jump(2 * day_ns);
  s.pass(1s);
  // However fast the test itself ran: of its own time there is nothing to be seen.
  CHECK(*seen == lines{"2024-03-10T06:59:58", "2024-03-10T06:59:59", "2024-03-10T07:00:00", "2024-03-10T06:00:01", "2024-03-12T06:00:02"});
  exit_now(pointer_of(who), exit_reason::kill);
  s.settle();
}

TEST_CASE("an offset of the clock is a number with a unit") {
  CHECK(*parse_clock_offset("26h") == 26 * hour_ns);
  CHECK(*parse_clock_offset("+3d") == 3 * day_ns);
  CHECK(*parse_clock_offset("-90m") == -90 * minute_ns);
  CHECK(*parse_clock_offset("45s") == 45 * second_ns);
  CHECK(*parse_clock_offset("0s") == 0);
  for (const auto* bad : {"", "h", "26", "26x", "26h3m", "+-3d", "--3d", "1.5h", " 3d", "3 d", "99999999999999999999d"})
    CHECK_THAT(parse_clock_offset(bad).error().message, has_part("is no offset such as 26h, -90m, +3d or 45s"));
  CHECK_THAT(parse_clock_offset("4000d").error().message, has_part("at most 3653 days"));
  CHECK_THAT(parse_clock_offset("-9223372036854775807s").error().message, has_part("at most 3653 days"));
}
