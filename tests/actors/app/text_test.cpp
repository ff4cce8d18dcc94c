#include "actors/app/event_difference.hpp"
#include "actors/app/event_types.hpp"
#include "actors/app/progress_line.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::app;

TEST_CASE("digits in groups of three") {
  CHECK(grouped(std::uint64_t{0}) == "0");
  CHECK(grouped(std::uint64_t{999}) == "999");
  CHECK(grouped(std::uint64_t{1'000}) == "1,000");
  CHECK(grouped(std::uint64_t{18446744073709551615u}) == "18,446,744,073,709,551,615");
  CHECK(grouped("962062.51") == "962,062.51");
  CHECK(grouped("-123.45") == "-123.45");
  CHECK(grouped("-1234.5678") == "-1,234.5678");
  CHECK(grouped("") == "");
}

TEST_CASE("a progress line is a bar where the total is known, else a rate") {
  CHECK(progress_text("import", "quotes", 50'000, 0, 2) == "import  50,000 quotes, 25,000/s");
  CHECK(progress_text("import", "quotes", 0, 0, 0) == "import  0 quotes, 0/s");
  CHECK(progress_text("verify", "events", 500, 1'000, 1) == "verify [###############               ]  50 %  500 of 1,000 events, 1 s left");
  CHECK(progress_text("verify", "events", 500, 1'000, 200) == "verify [###############               ]  50 %  500 of 1,000 events, 3 min 20 s left");
  CHECK(progress_text("verify", "events", 250, 1'000, 2'500) == "verify [#######                       ]  25 %  250 of 1,000 events, 2 h 5 min left");
  // A log that grew meanwhile does not overflow its bar.
  CHECK(progress_text("verify", "events", 2'000, 1'000, 1) == "verify [##############################] 100 %  1,000 of 1,000 events");
}

TEST_CASE("only the fields that differ are named") {
  quote_accepted q;
  q.instrument = instrument_id{1};
  q.bid = price{1'500'000'000};
  q.ask = price{1'500'100'000};
  header h;
  h.seq = 7;
  event a(h, q);
  q.ask = price{1'500'200'000};
  h.seq = 0;
  event b(h, q);
  const auto fields = differing_fields(a, b);
  REQUIRE(fields.size() == 1);
  CHECK(fields[0].field == "ask");
  CHECK(fields[0].left == "\"1.5001\"");
  CHECK(fields[0].right == "\"1.5002\"");
  CHECK_FALSE(same_payload(a, b));
  CHECK(same_payload(a, a));
  const auto text = difference_text(a, "recorded", b, "decided");
  CHECK(text.find("ask  recorded \"1.5001\", decided \"1.5002\"") != std::string::npos);
  CHECK(text.find("#7 ") != std::string::npos);
  CHECK(text.find("#0") == std::string::npos);
  CHECK(difference_text(a, "recorded", std::nullopt, "decided").find("decided   nothing") != std::string::npos);

  event other(h, timer_fired{});
  const auto types = differing_fields(a, other);
  REQUIRE(types.size() == 1);
  CHECK(types[0].field == "type");
}

TEST_CASE("an event type by name, or the names that come near") {
  CHECK(*event_type("order_filled") == order_filled::type_number);
  CHECK(event_type("order_fill").error().message.find("order_filled") != std::string::npos);
  CHECK(event_type("nonsense").error().message.find("quote_accepted") != std::string::npos);
  CHECK(event_type("").error().message.find("there are") != std::string::npos);
}
