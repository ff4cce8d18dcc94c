#include "config/loader.hpp"

#include <filesystem>
#include <fstream>

#include "tests/config/load_helper.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("the printed back-test file is accepted, and means what it says") {
  auto d = load(printed_file);
  REQUIRE(d);
  REQUIRE(d->data.size() == 1);
  CHECK(d->data[0].format == "fxcm-m1");
  CHECK(d->data[0].files == std::vector<std::string>{"/data/bid.csv.gz", "/data/ask.csv.gz"});
  CHECK(d->data[0].stamp == "close");
  CHECK(d->data[0].instrument == instrument_id{1});
  CHECK(d->bars_without_updates);
  CHECK(d->quality.flagged_quotes_trade);
  REQUIRE(d->instruments.size() == 1);
  CHECK(d->instruments[0].symbol == "GBP/USD");
  CHECK(d->instruments[0].price_precision == 5);
  CHECK(d->instruments[0].displayed_size == quantity::whole(1'000'000));
  CHECK(d->account.in.code == "GBP");
  CHECK(d->account.balance == amount{100'000'000});
  CHECK(d->account.minor_units == 2);
  CHECK(d->account.positions == position_mode::hedging);
  CHECK(d->commission_rate.to_string() == "0.00002");
  REQUIRE(d->strategies.size() == 1);
  const auto& s = d->strategies[0];
  CHECK(s.kind == "ema_cross");
  CHECK(s.bars == bar_spec{300, price_side::mid});
  CHECK(s.size == quantity::whole(1'000'000));
  CHECK(s.positions == position_mode::hedging);
  CHECK(s.parameters == std::map<std::string, std::string>{{"fast", "10"}, {"slow", "20"}, {"ema_seed", "first_close"}});
  CHECK_FALSE(d->risk.any());
}

TEST_CASE("defaults are those of the services' description") {
  auto d = load("data: [{log: quotes}]\ninstruments: {EUR/USD: {}}\naccount: {currency: USD, balance: 1}\n");
  REQUIRE(d);
  CHECK(d->data[0].log == "/data/quotes");
  CHECK_FALSE(d->bars_without_updates);
  CHECK_FALSE(d->quality.flagged_quotes_trade);
  CHECK(d->quality.malformed == config::malformed_lines::stop);
  CHECK(d->account.positions == position_mode::netting);
  CHECK(d->drawdown_alert == 0.05);
  CHECK(d->research);
  CHECK_FALSE(d->research_bars);
  CHECK(d->commission_rate.value == 0);
  CHECK(d->node.port == 0);
  CHECK(d->node.pace.lockstep);
  CHECK(d->node.listen == "127.0.0.1");
  auto lean = load("data: [{format: lean-tick, files: [a.zip, /b.zip], instrument: EUR/USD}]\naccount: {currency: USD, balance: 1}\n");
  REQUIRE(lean);
  CHECK(lean->data[0].utc_offset_minutes == -300);
  CHECK(lean->data[0].files == std::vector<std::string>{"/data/a.zip", "/b.zip"});
  auto fxcm = load("data: [{format: fxcm-m1, bid: a, ask: b, instrument: EUR/USD}]\naccount: {currency: USD, balance: 1}\n");
  REQUIRE(fxcm);
  CHECK(fxcm->data[0].stamp == "open");
}

TEST_CASE("unknown keys name the allowed ones, with file and line") {
  CHECK_REFUSED(edited("without_updates", "without_update"), "test.yaml:2: bars.without_update", "allowed here: without_updates");
  CHECK_REFUSED(edited("balance: 1000000", "balance: 1000000, leverage: 30"), "test.yaml:5: account.leverage",
                "allowed here: currency, minor_units, balance, positions, conversion");
  CHECK_REFUSED(edited("venue:", "venu:"), "test.yaml:6: venu", "data, bars, quality, account, venue");
  CHECK_REFUSED(edited("price_precision", "precision"), "test.yaml:4: instruments.GBP/USD.precision", "price_precision, displayed_size");
  // A misspelt required key is an unknown key, not a missing one.
  CHECK_REFUSED(edited("currency: GBP", "curency: GBP"), "test.yaml:5: account.curency", "allowed here: currency");
  CHECK_REFUSED(edited("account:", "acount:"), "test.yaml:5: acount", "unknown key");
}

TEST_CASE("what is missing is named") {
  CHECK_REFUSED(edited("balance: 1000000, ", ""), "test.yaml:5: account.balance", "is missing");
  CHECK_REFUSED("data: [{log: x}]\n", "account", "is missing");
  CHECK_REFUSED("account: {currency: USD, balance: 1}\n", "data", "is missing");
  CHECK_REFUSED("data: []\naccount: {currency: USD, balance: 1}\n", "test.yaml:1: data", "names no source");
  CHECK_REFUSED(edited("bid: bid.csv.gz, ", ""), "test.yaml:1: data[0].bid", "is missing");
  CHECK_REFUSED("data: [{format: lean-tick, instrument: EUR/USD}]\naccount: {currency: USD, balance: 1}\n", "data[0].files", "names no file");
}

TEST_CASE("wrong types and values out of range say what is allowed") {
  CHECK_REFUSED(edited("fast: 10", "fast: ten"), "test.yaml:7: strategies[0].fast", "'ten' is not a whole number from 1 to 10000");
  CHECK_REFUSED(edited("fast: 10", "fast: 10.5"), "strategies[0].fast", "not a whole number");
  CHECK_REFUSED(edited("fast: 10", "fast: [10]"), "strategies[0].fast", "must be a single value, is a list");
  CHECK_REFUSED(edited("fast: 10", "fast: 30"), "test.yaml:7: strategies[0].fast", "must be less than slow (20)");
  CHECK_REFUSED(edited("first_close", "last_close"), "strategies[0].ema_seed", "none of: sma, first_close");
  CHECK_REFUSED(edited("price_precision: 5", "price_precision: 9"), "test.yaml:4: instruments.GBP/USD.price_precision", "from 0 to 8");
  CHECK_REFUSED(edited("price_precision: 5", "price_precision: 99999999999999999999"), "price_precision", "from 0 to 8");
  CHECK_REFUSED(edited("displayed_size: 1000000", "displayed_size: -1"), "displayed_size", "must not be negative");
  CHECK_REFUSED(edited("balance: 1000000", "balance: 1000000.001"), "account.balance", "1000000.001");
  CHECK_REFUSED(edited("balance: 1000000", "balance: -1"), "account.balance", "must not be negative");
  CHECK_REFUSED(edited("balance: 1000000", "balance: {}"), "account.balance", "must be a single value, is a mapping");
  CHECK_REFUSED(edited("balance: 1000000", "balance:"), "account.balance", "must be a single value, is nothing");
  CHECK_REFUSED(edited("commission_rate: 0.00002", "commission_rate: 1"), "venue.commission_rate", "from 0 to below 1");
  CHECK_REFUSED(edited("commission_rate: 0.00002", "commission_rate: -0.1"), "venue.commission_rate", "from 0 to below 1");
  CHECK_REFUSED(edited("without_updates: true", "without_updates: yes"), "bars.without_updates", "neither true nor false");
  CHECK_REFUSED(edited("positions: hedging", "positions: fifo"), "account.positions", "none of: netting, hedging");
  CHECK_REFUSED(edited("format: fxcm-m1", "format: fxcm-m5"), "test.yaml:1: data[0].format", "none of: fxcm-m1, lean-tick, bars-csv");
  CHECK_REFUSED(edited("size: 1000000, ema", "size: 0, ema"), "strategies[0].size", "must be positive");
  CHECK_REFUSED(edited("size: 1000000, ema", "size: 0.5, ema"), "strategies[0].size", "multiple of the quantity step 1");
  CHECK_REFUSED(edited("bars: 5m-mid", "bars: 5x-mid"), "strategies[0].bars", "5x-mid");
  CHECK_REFUSED(edited("displayed_size: 1000000", "quantity_step: 0"), "quantity_step", "must be positive");
  CHECK_REFUSED(edited("{without_updates: true}", "true"), "test.yaml:2: bars", "must be a mapping of keys to values, is a value");
  CHECK_REFUSED(edited("[{kind", "{a: {kind").replace(edited("[{kind", "{a: {kind").rfind("]"), 1, "}"), "strategies", "must be a list, is a mapping");
}

TEST_CASE("no number is no number") {
  for (const char* bad : {"NaN", "nan", ".nan", "inf", "-inf", ".inf", "1e400", "0x10", "1,000", "1_000", "''", "~"}) {
    INFO(bad);
    CHECK_FALSE(load(edited("balance: 1000000", std::string("balance: ") + bad)));
    CHECK_FALSE(load(edited("commission_rate: 0.00002", std::string("commission_rate: ") + bad)));
    CHECK_FALSE(load(printed_file + "monitoring: {drawdown: " + bad + "}\n"));
    CHECK_FALSE(load(printed_file + "risk: {price_collar: " + bad + "}\n"));
    CHECK_FALSE(load(edited("fast: 10", std::string("fast: ") + bad)));
  }
}

TEST_CASE("instruments that are none, or that nobody quotes") {
  CHECK_REFUSED(edited("{kind: ema_cross, instrument: GBP/USD", "{kind: ema_cross, instrument: GPB/USD"), "test.yaml:7: strategies[0].instrument",
                "unknown instrument 'GPB/USD'; there are: GBP/USD");
  CHECK_REFUSED(edited("instruments: {GBP/USD", "instruments: {GPB/USD"), "test.yaml:4: instruments.GPB/USD", "is no spot pair");
  for (const char* bad : {"GBPUSD", "GBP/GBP", "gbp/usd", "GBP/USDX", "GBP-USD", "ES", "GBP/USD 1M", "BTC/USD", "/", ""}) {
    INFO(bad);
    CHECK(has_text(refusal(edited("ask.csv.gz, instrument: GBP/USD", std::string("ask.csv.gz, instrument: \"") + bad + "\"")), "such as GBP/USD"));
  }
  CHECK_REFUSED("data: [{log: x}]\naccount: {currency: USD, balance: 1}\nstrategies: [{kind: ema_cross, instrument: EUR/USD, bars: 5m-mid, size: 1}]\n",
                "test.yaml:3: strategies[0].instrument", "there are: none");
  CHECK_REFUSED(edited("currency: GBP", "currency: GPB"), "test.yaml:5: account.currency", "no currency of ISO 4217");
}

TEST_CASE("a strategy's own mistakes are shown where they stand") {
  CHECK_REFUSED(edited("slow: 20", "slw: 20"), "test.yaml:7: strategies[0].slw", "allowed: fast, slow, ema_seed");
  CHECK_REFUSED(edited("slow: 20", "slw: 20"), "strategies[0].slw", "for every strategy: kind, name, instrument, bars, size");
  CHECK_REFUSED(edited("kind: ema_cross", "kind: ema_crossing"), "test.yaml:7: strategies[0].kind",
                "there are: bollinger_reversion, donchian_breakout, ema_cross");
  CHECK_REFUSED(edited("kind: ema_cross", "kind: ema_cross, confirm_by_model: true"), "strategies[0].confirm_by_model", "no model for this instrument");
  CHECK_REFUSED(edited("kind: ema_cross", "kind: ema_cross, name: " + std::string(64, 'n')), "strategies[0].name", "longer than 63 bytes");
  auto twice = edited("strategies: [",
                      "strategies: [{kind: ema_cross, name: a, instrument: GBP/USD, bars: 1h-bid, size: 5}, {kind: ema_cross, name: a, instrument: GBP/USD, "
                      "bars: 1h-bid, size: 5}, ");
  CHECK_REFUSED(twice, "test.yaml:7: strategies[1].name", "'a' is used twice");
}

TEST_CASE("financing: points unless the file says otherwise, by either of two names") {
  CHECK(load(printed_file)->financing.method == financing_method::none);
  CHECK(load(edited(", financing: none", ""))->financing.method == financing_method::points);
  const auto with = [](const std::string& section) { return edited(", financing: none}", "}\n" + section); };
  const auto yearly = load(with("portfolio: {financing: annual_rate, financing_markup: 0.025, swap_rates: swaps.csv, swap_statement: s.csv}"));
  REQUIRE(yearly);
  CHECK(yearly->financing.method == financing_method::annual_rate);
  CHECK(yearly->financing.markup == *rate::parse("0.025"));
  CHECK(yearly->financing.day_count == 365);
  CHECK(yearly->financing.swap_rates == "/data/swaps.csv");
  CHECK(yearly->financing.swap_statement == "/data/s.csv");
  const auto interest = load(with("portfolio: {financing: differential, interest_rates: r.csv}"));
  REQUIRE(interest);
  CHECK(interest->financing.day_count == 0);
  CHECK(load(with("portfolio: {financing: differential, interest_rates: r.csv, day_count: 360}"))->financing.day_count == 360);
  CHECK(load(edited("financing: none", "financing: compat") + "portfolio: {interest_rates: r.csv}\n")->financing.method == financing_method::compat);
}

TEST_CASE("financing that cannot be meant is refused") {
  const auto with = [](const std::string& section) { return edited(", financing: none}", "}\nportfolio: {" + section + "}"); };
  CHECK_REFUSED(edited("financing: none", "financing: swap"), "test.yaml:6: venue.financing", "none, points, annual_rate, tomnext, differential, compat");
  CHECK_REFUSED(with("financing: swap"), "test.yaml:7: portfolio.financing", "none, points, annual_rate, tomnext, differential, compat");
  CHECK_REFUSED(edited("financing: none}", "financing: none}\nportfolio: {financing: points}"), "portfolio.financing", "venue.financing names another method");
  for (const char* method : {"differential", "compat"}) CHECK_REFUSED(with(std::string("financing: ") + method), "portfolio", "needs interest_rates");
  CHECK_REFUSED(with("financing: points, interest_rates: r.csv"), "portfolio", "interest_rates are for financing: differential or compat, not for points");
  CHECK_REFUSED(with("financing: none, swap_rates: r.csv"), "portfolio", "swap_rates are for financing: points, annual_rate or tomnext, not for none");
  CHECK_REFUSED(with("financing: compat, interest_rates: r.csv, financing_markup: 1"), "portfolio", "a comparison by fixed rules");
  CHECK_REFUSED(with("financing_markup: -1"), "portfolio.financing_markup", "must not be negative");
  CHECK_REFUSED(with("financing: points, day_count: 364"), "portfolio.day_count", "by_currency, 360, 365");
  CHECK_REFUSED(edited("displayed_size: 1000000", "swap: [-1, 1]"), "portfolio", "swap of an instrument is for financing");
}

TEST_CASE("an instrument's standing swap, and whose roll it has") {
  const auto file = edited(", financing: none", "");
  const auto d = load(file, {"instruments.GBP/USD.swap=[-11.49, 7.02]"});
  REQUIRE(d);
  REQUIRE(d->swap_rates.size() == 1);
  CHECK(d->swap_rates[0].long_rate == *rate::parse("-11.49"));
  CHECK(d->swap_rates[0].short_rate == *rate::parse("7.02"));
  CHECK(d->swap_rates[0].unit == swap_unit::points);
  const auto quoted = load(file, {"instruments.GBP/USD.swap=[-0.39, -1.39]", "portfolio.financing=tomnext"});
  CHECK(quoted->swap_rates.at(0).unit == swap_unit::tomnext);
  CHECK(has_text(refusal(file, {"instruments.GBP/USD.swap=[1]"}), "instruments.GBP/USD.swap: takes two figures"));
  CHECK(has_text(refusal(file, {"instruments.GBP/USD.swap=[1, x]"}), "instruments.GBP/USD.swap: 'x' is not a decimal number"));
  CHECK(d->instruments[0].roll == roll_profile::new_york);
  CHECK(load(file, {"instruments.GBP/USD.roll=auckland"})->instruments[0].roll == roll_profile::auckland);
  CHECK(load(file, {"instruments.NZD/USD.price_precision=5"})->instruments[1].roll == roll_profile::auckland);
  CHECK(load(file, {"instruments.EUR/NZD.price_precision=5"})->instruments[1].roll == roll_profile::new_york);
}

TEST_CASE("bank holidays by currency") {
  const auto d = load(printed_file + "calendar: {holidays: [{currency: USD, dates: [2012-02-20, 2012-05-28]}, {currency: GBP, dates: [2012-04-06]}]}\n");
  REQUIRE(d);
  REQUIRE(d->holidays.size() == 2);
  CHECK(d->holidays[0].dates.size() == 2);
  CHECK(d->usual_holidays);
  CHECK_FALSE(load(printed_file + "calendar: {bank_holidays: none}\n")->usual_holidays);
  CHECK(d->holidays[0].dates[0] == start_of(date_of({2012, 2, 20})));
  // Pages of 32.
  std::string many;
  for (unsigned i = 1; i <= 28; ++i)
    many += std::string(i > 1 ? "," : "") + "2012-02-" + (i < 10 ? "0" : "") + std::to_string(i) + ",2012-03-" + (i < 10 ? "0" : "") + std::to_string(i);
  CHECK(load(printed_file + "calendar: {holidays: [{currency: USD, dates: [" + many + "]}]}\n")->holidays.size() == 2);
  const auto with = [](const std::string& h) { return printed_file + "calendar: {holidays: [" + h + "]}\n"; };
  CHECK_REFUSED(with("{currency: USD, dates: [2012-02-30]}"), "calendar.holidays[0].dates", "'2012-02-30' is no date such as 2026-12-25");
  CHECK_REFUSED(with("{currency: USD}"), "calendar.holidays[0].dates", "names no date");
  CHECK_REFUSED(with("{currency: USB, dates: [2012-02-20]}"), "calendar.holidays[0].currency", "no currency of ISO 4217");
  CHECK_REFUSED(with("{currency: USD, dates: [2012-02-20]}, {currency: USD, dates: [2012-02-21]}"), "calendar.holidays[1].currency", "listed twice");
}

TEST_CASE("bars as the feed is said of a source, and its strategies read just these bars") {
  const auto d = load(edited("as: ticks", "as: bars_as_feed"), {"strategies.0.bars=1m-bid"});
  REQUIRE(d);
  CHECK(d->data[0].bars_as_feed);
  CHECK_FALSE(load(printed_file)->data[0].bars_as_feed);
  CHECK_REFUSED(edited("as: ticks", "as: bars_as_feed"), "strategies[0].bars", "must be 1m-bid");
  CHECK_REFUSED(edited("as: ticks", "as: bars"), "data[0].as", "ticks, bars_as_feed");
}

TEST_CASE("a notional limit is in one currency or refused") {
  auto d = load(printed_file + "risk: {notional_max: 2000000.5, position_max: 10, orders_per_second_max: 5, price_collar: 0.01}\n");
  REQUIRE(d);
  CHECK(d->risk.notional_max == amount{200'000'050});
  CHECK(d->risk.position_max == quantity::whole(10));
  auto yen = load("data: [{log: x}]\ninstruments: {USD/JPY: {}, EUR/JPY: {}}\naccount: {currency: USD, balance: 1}\nrisk: {notional_max: 2000000}\n");
  REQUIRE(yen);
  CHECK(yen->risk.notional_max == amount{2'000'000});
  CHECK_REFUSED("data: [{log: x}]\ninstruments: {EUR/USD: {}, USD/JPY: {}}\naccount: {currency: USD, balance: 1}\nrisk: {notional_max: 2000000}\n",
                "test.yaml:4: risk.notional_max", "EUR/USD and USD/JPY are not quoted in the same one");
  CHECK_REFUSED("data: [{log: x}]\naccount: {currency: USD, balance: 1}\nrisk: {notional_max: 2000000}\n", "risk.notional_max", "no instrument");
  CHECK_REFUSED(printed_file + "risk: {notional_max: -1}\n", "test.yaml:8: risk.notional_max", "must not be negative");
}

TEST_CASE("terms of an instrument follow its currencies") {
  auto d = load("data: [{log: x}]\ninstruments: {USD/JPY: {}, XAU/USD: {}, USD/CAD: {}, EUR/CAD: {}}\naccount: {currency: JPY, balance: 5000000}\n");
  REQUIRE(d);
  CHECK(d->account.minor_units == 0);
  CHECK(d->account.balance == amount{5'000'000});
  CHECK(d->instruments[0].price_precision == 3);
  CHECK(d->instruments[0].quote_minor_units == 0);
  CHECK(d->instruments[1].price_precision == 2);
  CHECK(d->instruments[1].kind == instrument_kind::spot_metal);
  CHECK(d->instruments[2].spot_lag_days == 1);
  CHECK(d->instruments[3].spot_lag_days == 2);
  CHECK_REFUSED("data: [{log: x}]\naccount: {currency: JPY, balance: 0.5}\n", "account.balance", "0.5");
}

TEST_CASE("the node's settings") {
  auto node = [](const std::string& text) { return load(printed_file + "node: {" + text + "}\n"); };
  auto d = node("log: live, port: 8080, threads: 4, snapshot_every: 5000, pace: x2.5");
  REQUIRE(d);
  CHECK(d->node.log == "/data/live");
  CHECK(d->node.port == 8080);
  CHECK(d->node.threads == 4);
  CHECK(d->node.snapshot_every == 5000);
  CHECK_FALSE(d->node.pace.lockstep);
  CHECK(d->node.pace.times == 2.5);
  CHECK(node("pace: lockstep")->node.pace.lockstep);
  CHECK(node("pace: recorded")->node.pace.times == 1);
  CHECK_FALSE(node("pace: recorded")->node.pace.lockstep);
  for (const char* bad : {"pace: x0", "pace: x-1", "pace: x", "pace: xNaN", "pace: fast", "port: 65536", "port: -1", "threads: 0", "snapshot_every: 0"}) {
    INFO(bad);
    CHECK_FALSE(node(bad));
  }
}

TEST_CASE("files: missing, a folder, too large, endless, and binary") {
  const auto folder = std::filesystem::temp_directory_path() / "tomnext-config-test";
  std::filesystem::create_directories(folder);
  CHECK(has_text(config::load((folder / "none.yaml").string(), {}).error().message, "none.yaml: cannot be read"));
  CHECK(has_text(config::load(folder.string(), {}).error().message, "is a directory"));
  CHECK(has_text(config::load("/dev/zero", {}).error().message, "larger than"));
  CHECK_FALSE(config::load("/dev/null", {}));
  std::ofstream(folder / "huge.yaml") << printed_file << "#" << std::string(2 << 20, 'x');
  CHECK(has_text(config::load((folder / "huge.yaml").string(), {}).error().message, "larger than"));
  std::ofstream(folder / "binary.yaml") << std::string("\0\x01\xff\xfe\x80: [", 8);
  CHECK_FALSE(config::load((folder / "binary.yaml").string(), {}));
  std::ofstream(folder / "good.yaml") << printed_file;
  auto good = config::load((folder / "good.yaml").string(), {});
  REQUIRE(good);
  CHECK(good->data[0].files[0] == (folder / "bid.csv.gz").string());
  std::filesystem::remove_all(folder);
}

TEST_CASE("the canonical text says what decides the same as the file; how a node runs is no part of it") {
  auto d = load(printed_file + "node: {log: live, pace: recorded}\nrisk: {position_max: 5}\n", {"strategies.0.fast=12", "account.currency=USD"});
  REQUIRE(d);
  auto again = load(d->source_text);
  REQUIRE(again);
  CHECK(again->source_text == d->source_text);
  CHECK(again->strategies[0].parameters.at("fast") == "12");
  CHECK(again->account.in.code == "USD");
  CHECK_FALSE(d->node.pace.lockstep);
  CHECK_FALSE(has_text(d->source_text, "recorded"));
  auto elsewhere = load(printed_file + "node: {log: other, port: 8080}\nrisk: {position_max: 5}\n", {"strategies.0.fast=12", "account.currency=USD"});
  REQUIRE(elsewhere);
  CHECK(elsewhere->source_text == d->source_text);
}

TEST_CASE("the market: profiles and models, each setting with its profile") {
  const std::string bars = edited("financing: none", "profile: next_bar_open, spread_ratio: 0.0001, slippage_probability: 0.5, slippage_steps_max: 3, seed: 7");
  const auto d = load(bars);
  REQUIRE(d);
  CHECK(d->venue.profile == venue::venue_profile::next_bar_open);
  CHECK(d->venue.spread_ratio == *rate::parse("0.0001"));
  CHECK(d->venue.models.slippage_steps_max == 3);
  CHECK(d->venue.models.seed == 7);
  const auto quotes = load(edited("financing: none", "latency_ms: 50, partial_fill_probability: 0.2"));
  REQUIRE(quotes);
  CHECK(quotes->venue.profile == venue::venue_profile::top_of_book);
  CHECK(quotes->venue.models.latency_ns == 50 * millisecond_ns);
  CHECK_REFUSED(edited("financing: none", "spread_ratio: 0.1"), "venue.spread_ratio", "belongs to the profile next_bar_open");
  CHECK_REFUSED(edited("financing: none", "profile: next_bar_open, latency_ms: 5"), "venue.latency_ms", "belongs to the profile top_of_book");
  CHECK_REFUSED(edited("financing: none", "profile: bars_as_feed"), "venue.profile", "is how data are read");
  CHECK_REFUSED(edited("financing: none", "profile: level_two"), "venue.profile", "none of: top_of_book, next_bar_open");
  CHECK_REFUSED(edited("financing: none", "reject_probability: 1.5"), "venue.reject_probability", "from 0 to 1");
  auto as_feed = bars;
  as_feed.replace(as_feed.find("as: ticks"), 9, "as: bars_as_feed");
  as_feed.replace(as_feed.find("5m-mid"), 6, "1m-bid");
  CHECK_REFUSED(as_feed, "data", "next_bar_open can make no bars");
  auto two = bars;
  two.insert(two.rfind("]"), ", {kind: ema_cross, instrument: GBP/USD, bars: 1h-mid, size: 1000000}");
  CHECK_REFUSED(two, "strategies", "trade on the same bars");
}

TEST_CASE("bars in one file as a source") {
  const std::string rest = "\naccount: {currency: USD, balance: 1}\n";
  const auto d = load("data: [{format: bars-csv, file: h4.csv, step: 4h, points: 100000, from: 2015-01-01, instrument: GBP/USD}]" + rest);
  REQUIRE(d);
  CHECK(d->data[0].files == std::vector<std::string>{"/data/h4.csv"});
  CHECK(d->data[0].step_s == 14'400);
  CHECK(d->data[0].points == 100'000);
  CHECK(d->data[0].stamp == "open");
  CHECK(d->data[0].from == *parse_timestamp("2015-01-01T00:00:00Z"));
  const auto edited_source = [&](const std::string& keys) { return "data: [{format: bars-csv, file: f, instrument: GBP/USD, " + keys + "}]" + rest; };
  CHECK_REFUSED(edited_source("step: 4x"), "data[0].step", "unknown unit");
  CHECK_REFUSED(edited_source("step: 4h, points: 30"), "data[0].points", "power of ten");
  CHECK_REFUSED(edited_source("step: 4h, from: soon"), "data[0].from", "soon");
  CHECK_REFUSED(edited_source("stamp: open"), "data[0].step", "");
}
