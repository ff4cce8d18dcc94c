#include "domain/strategy_execution/strategy.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::strategy_execution;

using written = std::map<std::string, std::string>;

TEST_CASE("parameters: what is not written has its default") {
  parameters p(written{});
  CHECK(p.integer("period", 14, 1, 100) == 14);
  CHECK(p.choice("side", 1, {"buy", "sell"}) == 1);
  CHECK(p.finish());
}

TEST_CASE("parameters: values at their limits are taken, beyond them the message names key, value and what is allowed") {
  for (const char* good : {"1", "100", "42"}) {
    parameters p(written{{"period", good}});
    CHECK(std::to_string(p.integer("period", 14, 1, 100)) == good);
    CHECK(p.finish());
  }
  for (const char* bad : {"0", "101", "-5", "1.5", "ten", "", " 7", "7 ", "0x10", "99999999999999999999"}) {
    parameters p(written{{"period", bad}});
    CHECK(p.integer("period", 14, 1, 100) == 14);
    auto r = p.finish();
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::configuration_value);
    CHECK(r.error().message == "period: '" + std::string(bad) + "' is not a whole number from 1 to 100");
  }
}

TEST_CASE("parameters: a word that is not allowed, and a key that nobody asked for") {
  parameters word(written{{"side", "up"}});
  CHECK(word.choice("side", 0, {"buy", "sell"}) == 0);
  CHECK(word.finish().error().message == "side: 'up' is none of: buy, sell");
  parameters key(written{{"perod", "14"}});
  key.integer("period", 14, 1, 100);
  key.choice("side", 0, {"buy", "sell"});
  auto r = key.finish();
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::configuration_key);
  CHECK(r.error().message == "unknown key 'perod'; allowed: period, side");
}

TEST_CASE("an unknown kind of strategy names those that there are") {
  auto r = make_strategy("ema_crossing", {});
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::configuration_value);
  CHECK(r.error().message.find("'ema_crossing'") != std::string::npos);
  CHECK(r.error().message.find("ema_cross") != std::string::npos);
  REQUIRE(strategy_kinds().contains("ema_cross"));
  CHECK_FALSE(strategy_kinds().at("ema_cross").description.empty());
}
