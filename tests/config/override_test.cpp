#include "tests/config/load_helper.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("--set replaces values in mappings and lists") {
  auto d = load(printed_file, {"strategies.0.fast=12", "instruments.GBP/USD.displayed_size=5", "account.balance=7.25", "data.0.stamp=open"});
  REQUIRE(d);
  CHECK(d->strategies[0].parameters.at("fast") == "12");
  CHECK(d->instruments[0].displayed_size == quantity::whole(5));
  CHECK(d->account.balance == amount{725});
  CHECK(d->data[0].stamp == "open");
}

TEST_CASE("--set makes sections and takes whole mappings and lists") {
  auto d = load(printed_file, {"risk.position_max=10", "node.log=live", "bars={without_updates: false}",
                               "strategies=[{kind: ema_cross, instrument: GBP/USD, bars: 1h-ask, size: 3}]"});
  REQUIRE(d);
  CHECK(d->risk.position_max == quantity::whole(10));
  CHECK(d->node.log == "/data/live");
  CHECK_FALSE(d->bars_without_updates);
  REQUIRE(d->strategies.size() == 1);
  CHECK(d->strategies[0].bars == bar_spec{3600, price_side::ask});
}

TEST_CASE("the last --set of a place wins, and an equals sign may be in a value") {
  auto d = load(printed_file, {"strategies.0.fast=12", "strategies.0.fast=13", "strategies.0.name=a=b"});
  REQUIRE(d);
  CHECK(d->strategies[0].parameters.at("fast") == "13");
  CHECK(d->strategies[0].name == "a=b");
}

TEST_CASE("an error in a --set names it, not a line of the file") {
  auto said = [](const std::string& setting) { return refusal(printed_file, {setting}); };
  CHECK(has_text(said("strategies.0.fast=ten"), "--set strategies.0.fast: strategies[0].fast: 'ten' is not a whole number"));
  CHECK(has_text(said("bars=5"), "--set bars: bars: must be a mapping"));
  CHECK(has_text(said("strategies.1.fast=12"), "'1' is no place in 'strategies', a list of 1"));
  CHECK(has_text(said("strategies.x.fast=12"), "'x' is no place"));
  CHECK(has_text(said("strategies.-1.fast=12"), "'-1' is no place"));
  CHECK(has_text(said("account.balance.more=12"), "'account.balance' is a single value"));
  CHECK(has_text(said("acount.balance=12"), "--set acount.balance: acount: unknown key"));
  CHECK(has_text(said("account.leverage=12"), "--set account.leverage: account.leverage: unknown key; allowed here: currency"));
  CHECK(has_text(said("strategies.0.fast="), "must be a single value, is nothing"));
  CHECK(has_text(said("account.balance=[1"), "--set account.balance:1:"));
  CHECK(has_text(said("account.balance=*x"), "--set account.balance:1:"));
  CHECK(has_text(said("account=&x {currency: USD, balance: 1}"), "anchor"));
}

TEST_CASE("a --set without a path or without a value is refused") {
  for (const char* bad : {"", "=", "=5", "strategies.0.fast", ".=5", "..=1", "a..b=1", "a.=1", ".a=1"}) {
    INFO(bad);
    CHECK(has_text(refusal(printed_file, {bad}), "strategies.0.fast=12"));
  }
}
