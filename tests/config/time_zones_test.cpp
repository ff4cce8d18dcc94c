#include "config/time_zones.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

std::string refusal(const std::string& name) {
  const auto z = config::zone_named(name);
  REQUIRE_FALSE(z);
  CHECK(z.error().code == errc::configuration_value);
  return z.error().message;
}

// What the clock of a zone shows at an instant, as text without its zone.
std::string shown(const std::string& zone, const char* instant) {
  const auto z = config::zone_named(zone);
  REQUIRE(z);
  return to_string(timestamp{z->local(*parse_timestamp(instant)).ns}).substr(0, 16);
}

}  // namespace

TEST_CASE("a zone by its name has the offsets of the tz database") {
  CHECK(shown("America/New_York", "2024-03-10T06:59:00Z") == "2024-03-10T01:59");
  CHECK(shown("America/New_York", "2024-03-10T07:00:00Z") == "2024-03-10T03:00");
  CHECK(shown("Europe/London", "2024-06-01T12:00:00Z") == "2024-06-01T13:00");
  CHECK(shown("Asia/Tokyo", "2024-06-01T12:00:00Z") == "2024-06-01T21:00");
  CHECK(shown("Asia/Kolkata", "2024-06-01T12:00:00Z") == "2024-06-01T17:30");
  CHECK(shown("Australia/Lord_Howe", "2024-01-01T00:00:00Z") == "2024-01-01T11:00");
  CHECK(shown("Australia/Lord_Howe", "2024-07-01T00:00:00Z") == "2024-07-01T10:30");
  CHECK(shown("America/Sao_Paulo", "2018-11-04T03:00:00Z") == "2018-11-04T01:00");  // midnight was skipped
  CHECK(shown("Pacific/Apia", "2011-12-30T10:00:00Z") == "2011-12-31T00:00");       // and here a whole day
  CHECK(shown("Etc/UTC", "2024-06-01T12:00:00Z") == "2024-06-01T12:00");
  CHECK(config::zone_named("Asia/Tokyo")->name() == "Asia/Tokyo");
  CHECK(config::zone_named("Asia/Tokyo")->offsets().size() == 1);
}

TEST_CASE("an unknown zone is refused with the names that it may have meant") {
  CHECK_THAT(refusal("America/NewYork"), has_part("'America/NewYork' is no time zone of the tz database (version 20") && has_part("is it America/New_York?"));
  CHECK_THAT(refusal("new york"), has_part("is it America/New_York?"));
  CHECK_THAT(refusal("Europe/Lodnon"), has_part("Europe/London"));
  CHECK_THAT(refusal("Tokio"), has_part("Asia/Tokyo"));
  CHECK_THAT(refusal("Nowhere/Atlantis_City"), has_part("allowed are names such as America/New_York"));
  CHECK_THAT(refusal(""), has_part("allowed are names such as"));
  CHECK_THAT(refusal("../../etc/passwd"), has_part("is no time zone"));
  CHECK_THAT(refusal("/etc/localtime"), has_part("is no time zone"));
  CHECK_THAT(refusal(std::string("Asia/Tokyo\0x", 12)), has_part("is no time zone"));
  CHECK_THAT(refusal(std::string(1'000, 'x')), has_part("1000 bytes; at most 64 are allowed"));
}
