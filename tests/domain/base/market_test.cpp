#include "domain/base/market.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;

TEST_CASE("bar specifications are written as people write them", "[market]") {
  CHECK(*parse_bar_spec("30s-bid") == bar_spec{30, price_side::bid});
  CHECK(*parse_bar_spec("5m-mid") == bar_spec{300, price_side::mid});
  CHECK(*parse_bar_spec("1h-ask") == bar_spec{3'600, price_side::ask});
  CHECK(*parse_bar_spec("31d-mid") == bar_spec{31 * 86'400, price_side::mid});
  CHECK(*parse_bar_spec("1m-bid-right_open") == bar_spec{60, price_side::bid, bar_interval::right_open});
  CHECK(*parse_bar_spec("1d-bid-offset_5h-stamp_open") == bar_spec{86'400, price_side::bid, bar_interval::left_open, bar_stamp::open, 5 * 3'600});
}

TEST_CASE("a bar specification survives text", "[market]") {
  for (const char* text :
       {"1s-bid", "90s-mid", "5m-mid", "90m-ask", "4h-bid", "1d-mid", "1d-bid-right_open-stamp_open-offset_5h", "1h-ask-offset_90s", "1m-mid-stamp_open"})
    CHECK(to_string(*parse_bar_spec(text)) == text);
  CHECK(to_string(*parse_bar_spec("60s-mid")) == "1m-mid");
}

TEST_CASE("a wrong bar specification says what is allowed", "[market]") {
  for (const char* text : {"",
                           "-",
                           "5m",
                           "m-mid",
                           "5-mid",
                           "5w-mid",
                           "0m-mid",
                           "-5m-mid",
                           "5m-last",
                           "5.5m-mid",
                           "32d-mid",
                           "4294967297s-mid",
                           "5 m-mid",
                           "5m-mid ",
                           "5m-mid-",
                           "5m-mid-left",
                           "5m-mid-right_open-right_open",
                           "5m-mid-offset_5m",
                           "5m-mid-offset_",
                           "5m-mid-offset_1m-offset_1m"}) {
    INFO(text);
    const auto r = parse_bar_spec(text);
    REQUIRE(!r);
    CHECK(r.error().code == errc::invalid_argument);
    CHECK(r.error().message.find("as in 5m-mid") != std::string::npos);
  }
}
