#include "domain/base/money.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;

TEST_CASE("money: minor units by ISO 4217", "[money]") {
  struct one {
    const char* code;
    unsigned decimals;
  };
  for (const auto& c : {one{"USD", 2}, one{"EUR", 2}, one{"GBP", 2}, one{"CHF", 2}, one{"HUF", 2}, one{"CZK", 2}, one{"TRY", 2},
                        one{"MXN", 2}, one{"JPY", 0}, one{"KRW", 0}, one{"ISK", 0}, one{"CLP", 0}, one{"VND", 0}, one{"XAF", 0},
                        one{"KWD", 3}, one{"BHD", 3}, one{"JOD", 3}, one{"TND", 3}, one{"CLF", 4}, one{"XAU", 3}, one{"XXX", 2}}) {
    INFO(c.code);
    CHECK(minor_units(*currency::parse(c.code)) == c.decimals);
  }
}

TEST_CASE("money: a currency is three capital letters", "[money]") {
  CHECK(currency::parse("JPY")->code == bounded_text<3>("JPY"));
  CHECK(*currency::parse("EUR") != *currency::parse("USD"));
  CHECK(!currency{});
  CHECK(*currency::parse("EUR"));
  for (const char* text : {"", "US", "USDT", "usd", "Usd", "U$D", "US ", "1US", "É"}) {
    INFO(text);
    const auto c = currency::parse(text);
    REQUIRE(!c);
    CHECK(c.error().code == errc::invalid_argument);
    CHECK(c.error().message.find("such as USD") != std::string::npos);
  }
  CHECK(!currency::parse(std::string_view("U\0D", 3)));
}

TEST_CASE("money: an amount is shown with all decimals of its currency", "[money]") {
  CHECK(to_string(amount{96'206'251}, 2) == "962062.51");
  CHECK(to_string(amount{100}, 2) == "1.00");
  CHECK(to_string(amount{-5}, 2) == "-0.05");
  CHECK(to_string(amount{1234}, 0) == "1234");
  CHECK(to_string(amount{1234}, 3) == "1.234");
  CHECK(to_string(amount{}, 2) == "0.00");
}
