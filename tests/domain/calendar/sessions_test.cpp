#include "domain/calendar/sessions.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using calendar::session;

namespace {

timestamp utc(int month, unsigned day, int hour, int minute = 0) {
  return start_of(date_of({2024, static_cast<unsigned>(month), day})) + hour * hour_ns + minute * minute_ns;
}
// 2024: New York changes on 10 March and 3 November, London on 31 March and 27 October.
calendar::session_table table_2024() {
  return {{{utc(1, 1, 0), 540}},
          {{utc(1, 1, 0), 0}, {utc(3, 31, 1), 60}, {utc(10, 27, 1), 0}},
          {{utc(1, 1, 0), -300}, {utc(3, 10, 7), -240}, {utc(11, 3, 6), -300}}};
}

}  // namespace

TEST_CASE("sessions follow local clocks", "[calendar]") {
  const auto table = table_2024();
  // Wednesday 14 February: London 08–17 UTC, New York 13–22 UTC, Tokyo 00–09 UTC.
  CHECK(session_of(utc(2, 14, 0), table) == session::tokyo);
  CHECK(session_of(utc(2, 14, 7, 59), table) == session::tokyo);
  CHECK(session_of(utc(2, 14, 8), table) == session::london);
  CHECK(session_of(utc(2, 14, 12, 59), table) == session::london);
  CHECK(session_of(utc(2, 14, 13), table) == session::london_new_york);
  CHECK(session_of(utc(2, 14, 17), table) == session::new_york);
  CHECK(session_of(utc(2, 14, 22), table) == session::none);
  // 20 March: New York is already on summer time, London is not.
  CHECK(session_of(utc(3, 20, 12), table) == session::london_new_york);
  CHECK(session_of(utc(3, 20, 21), table) == session::none);
  // 10 July: both are; London opens at 07:00 UTC.
  CHECK(session_of(utc(7, 10, 7), table) == session::london);
  CHECK(session_of(utc(7, 10, 16), table) == session::new_york);
}

TEST_CASE("weekends are judged by local date, and without offsets nothing is open", "[calendar]") {
  const auto table = table_2024();
  CHECK(session_of(utc(2, 17, 13), table) == session::none);  // Saturday
  CHECK(session_of(utc(2, 18, 23), table) == session::none);  // Sunday evening: Tokyo is Monday 08:00, not open yet
  CHECK(session_of(utc(2, 19, 0), table) == session::tokyo);
  CHECK(session_of(utc(2, 14, 13), calendar::session_table{}) == session::none);
  CHECK(session_of(start_of(date_of({2023, 12, 29})) + 13 * hour_ns, table) == session::none);
}
