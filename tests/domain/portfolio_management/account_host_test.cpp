#include "domain/portfolio_management/account_host.hpp"

#include <limits>

#include <rapidcheck.h>

#include "domain/ledger/notional.hpp"
#include "domain/statistics/returns.hpp"
#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/host_driver.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::portfolio_management;

namespace {

constexpr host_id self{16};

account_configuration settings(position_mode mode, const char* currency_code = "USD", std::uint32_t minor_units = 2) {
  account_configuration c;
  c.account = alice;
  c.in = in(currency_code);
  c.minor_units = minor_units;
  c.positions = mode;
  c.conversion = conversion_method::side_traded;
  return c;
}

/// One account on GBP/USD: orders are filled at the price the test says, with the commission the gateway would have booked.
struct account : host_driver<account_host> {
  explicit account(account_configuration c, std::int64_t balance = 100'000'000) : host_driver(account_host(self, c), self), configuration(c) {
    input(pound_dollar(), start);
    account_opened o;
    o.account = alice;
    o.balance = amount{balance};
    input(o, start);
  }
  explicit account(position_mode mode) : account(settings(mode)) {}

  order_filled order(side direction, std::int64_t size, const char* price_text) {
    order_filled f;
    f.order = order_of(3, ++orders);
    f.strategy = strategy_id{3};
    f.account = alice;
    f.instrument = pound;
    f.direction = direction;
    f.size = units(size);
    f.at_price = at(price_text);
    f.execution = orders;
    f.notional = *ledger::notional(f.at_price, f.size, 2);
    f.commission = *ledger::commission(commission_rate, f.notional);
    return f;
  }
  std::vector<position_changed> fill(const order_filled& f) { return only<position_changed>(input(f, start)); }
  std::vector<position_changed> fill(side direction, std::int64_t size, const char* price_text) { return fill(order(direction, size, price_text)); }
  std::vector<position_changed> close(const position_changed& p, std::int64_t size, const char* price_text) {
    auto f = order(p.net.value > 0 ? side::sell : side::buy, size, price_text);
    f.closes = p.position;
    return fill(f);
  }
  account& quote(const char* bid, const char* ask, std::uint32_t flags = 0) {
    input(quote_of(bid, ask, flags), start);
    return *this;
  }
  std::vector<event> roll(std::int32_t day) { return input(trading_day_rolled{date{day}, start}, start); }
  account_valued valued() { return all_of<account_valued>().back(); }
  void restart() {
    account_host fresh(self, configuration);
    REQUIRE(restore(fresh, saved(host())));
    replace(std::move(fresh));
  }

  account_configuration configuration;
  rate commission_rate;
  std::uint32_t orders = 0;
};

}  // namespace

TEST_CASE("an account opens with its balance, once, and only with its own") {
  account a(position_mode::hedging);
  REQUIRE(a.all_of<cash_moved>().size() == 1);
  CHECK(a.all_of<cash_moved>()[0].balance == amount{100'000'000});
  CHECK(a.host().balance() == amount{100'000'000});
  account_opened again;
  again.account = alice;
  again.balance = amount{5};
  CHECK(a.input(again, start).empty());
  again.account = account_id{2};
  CHECK(a.input(again, start).empty());
  CHECK(a.host().balance() == amount{100'000'000});
}

TEST_CASE("hedging: each order without a position to close opens its own, a close names its position") {
  account a(position_mode::hedging);
  a.quote("1.50000", "1.50010");
  const auto longs = a.fill(side::buy, 10'000, "1.50010");
  const auto shorts = a.fill(side::sell, 4'000, "1.50000");
  REQUIRE((longs.size() == 1 && shorts.size() == 1));
  CHECK(longs[0].change == position_change::opened);
  CHECK(longs[0].position.value == longs[0].order.value);
  CHECK(longs[0].net == units(10'000));
  CHECK(longs[0].average_price == Approx(1.5001));
  CHECK(shorts[0].net == units(-4'000));
  CHECK(a.host().open_positions() == 2);
  const auto part = a.close(longs[0], 4'000, "1.51010");
  REQUIRE(part.size() == 1);
  CHECK(part[0].change == position_change::reduced);
  CHECK(part[0].realised == amount{4'000});
  CHECK(part[0].net == units(6'000));
  const auto rest = a.close(longs[0], 6'000, "1.49010");
  CHECK(rest[0].change == position_change::closed);
  CHECK(rest[0].realised == amount{-6'000});
  CHECK(a.close(shorts[0], 4'000, "1.49000")[0].realised == amount{4'000});
  CHECK(a.host().open_positions() == 0);
  CHECK(a.host().balance() == amount{100'002'000});
}

TEST_CASE("netting: one position per instrument; a flip is a close and an open, either way") {
  for (const bool from_long : {true, false}) {
    const auto first = from_long ? side::buy : side::sell;
    const std::int64_t sign = from_long ? 1 : -1;
    account a(position_mode::netting);
    a.commission_rate = *rate::parse("0.0001");
    a.quote("1.50000", "1.50000");
    auto opened = a.fill(first, 10'000, "1.5");
    CHECK(opened.at(0).position.value == pound.value);
    CHECK(a.fill(first, 10'000, "1.6").at(0).change == position_change::added);
    auto flip = a.order(opposite(first), 50'000, "1.57");
    flip.strategy = strategy_id{8};
    const auto parts = a.fill(flip);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].change == position_change::closed);
    CHECK(parts[0].realised == amount{sign * 40'000});  // 20,000 × (1.57 − 1.55)
    CHECK(parts[0].commission == amount{785});          // all of it: 0.01 % of 78,500
    CHECK(parts[0].net == units(0));
    CHECK(parts[0].strategy == strategy_id{3});
    CHECK(parts[1].change == position_change::opened);
    CHECK(parts[1].realised == amount{0});
    CHECK(parts[1].commission == amount{0});
    CHECK(parts[1].net == units(-sign * 30'000));
    CHECK(parts[1].average_price == Approx(1.57));
    CHECK(parts[1].strategy == strategy_id{8});
    CHECK(a.host().open_positions() == 1);
    CHECK(a.fill(first, 30'000, "1.57").at(0).change == position_change::closed);
    CHECK(a.host().open_positions() == 0);
    CHECK(a.host().statistics().positions_opened == 2);
    CHECK(a.host().statistics().positions_closed == 2);
  }
}

TEST_CASE("money: profit and commission are rounded to the quote currency, converted, rounded to the account's, and booked one by one") {
  // The account is in pounds, the base currency: divide by the price of the side traded.
  account a(settings(position_mode::hedging, "GBP"));
  a.commission_rate = *rate::parse("0.00002");
  a.quote("1.57535", "1.57545");
  const auto opened = a.fill(side::buy, 1'000'000, "1.57545");
  // 1,575,450.00 USD × 0.00002 = 31.51 USD; / ask 1.57545 = 20.00 GBP.
  CHECK(opened.at(0).commission == amount{2'000});
  CHECK(opened[0].balance == amount{99'998'000});
  CHECK(opened[0].conversion_rate == at("0.634739281"));
  a.quote("1.58000", "1.58010");
  const auto closed = a.close(opened[0], 1'000'000, "1.58000");
  // 4,550.00 USD / bid 1.58 = 2,879.7468 GBP; 31.60 USD / 1.58 = 20.00 GBP.
  CHECK(closed.at(0).realised == amount{287'975});
  CHECK(closed[0].commission == amount{2'000});
  CHECK(closed[0].balance == amount{99'998'000 + 287'975 - 2'000});
  CHECK(closed[0].conversion_rate == at("0.632911392"));
  CHECK(a.host().commission() == amount{4'000});
}

TEST_CASE("yen: profit and commission in whole yen, the account in cents") {
  account a(settings(position_mode::hedging));
  auto d = pound_dollar();
  d.instrument = instrument_id{2};
  d.base = in("USD");
  d.quote = in("JPY");
  d.price_precision = 3;
  d.quote_minor_units = 0;
  a.input(d, start);
  a.input(quote_of("115.03", "115.05", 0, d.instrument), start);
  auto f = a.order(side::buy, 10'000, "115.05");
  f.instrument = d.instrument;
  f.commission = {};
  const auto opened = a.fill(f);
  a.input(quote_of("114.45", "114.47", 0, d.instrument), start);
  auto close = a.order(side::sell, 10'000, "114.45");
  close.instrument = d.instrument;
  close.closes = opened.at(0).position;
  close.commission = amount{23};
  const auto closed = a.fill(close);
  CHECK(closed.at(0).realised == amount{-5'242});  // −6,000 JPY / 114.45, as OANDA's example says
  CHECK(closed[0].commission == amount{20});       // 0.2010 USD
}

TEST_CASE("published example: long 150,000 with three dollars of commission, closed a pip higher, earns twelve") {
  account a(position_mode::netting);
  a.commission_rate = *rate::parse("0.00002");
  a.quote("1.00001", "1.00001");
  const auto opened = a.fill(side::buy, 150'000, "1.00001");
  CHECK(opened.at(0).commission == amount{300});
  CHECK(a.valued().equity == amount{100'000'000 - 300});
  a.commission_rate = {};
  a.fill(side::sell, 150'000, "1.00011");
  CHECK(a.host().balance() == amount{100'000'000 + 1'200});
}

TEST_CASE("longs are marked at the bid, shorts at the ask, flagged quotes do not mark") {
  account a(position_mode::hedging);
  a.quote("1.50000", "1.50010");
  a.fill(side::buy, 10'000, "1.50010");
  CHECK(a.valued().unrealised == amount{-100});
  a.fill(side::sell, 20'000, "1.50000");
  CHECK(a.valued().unrealised == amount{-100 - 200});
  a.quote("1.70000", "1.70010", quote_flag::spike);
  a.roll(1);
  CHECK(a.valued().unrealised == amount{-300});
  a.quote("1.51000", "1.51020");
  a.roll(2);
  CHECK(a.valued().unrealised == amount{9'900 - 20'400});
  auto c = settings(position_mode::hedging);
  c.flagged_quotes_mark = true;
  account compared(c);
  compared.quote("1.50000", "1.50010");
  compared.fill(side::buy, 10'000, "1.50010");
  compared.quote("1.60010", "1.60000", quote_flag::crossed);
  compared.roll(1);
  CHECK(compared.valued().unrealised == amount{100'000});
}

TEST_CASE("equity, its peak, and the drawdown from it") {
  account a(position_mode::netting);
  a.quote("1.50000", "1.50000");
  a.fill(side::buy, 1'000'000, "1.5");
  CHECK(a.valued().peak_equity == amount{100'000'000});
  a.quote("1.60000", "1.60000").roll(1);
  CHECK(a.valued().equity == amount{110'000'000});
  CHECK(a.valued().peak_equity == amount{110'000'000});
  CHECK(a.valued().drawdown == 0);
  a.quote("1.49000", "1.49000").roll(2);
  CHECK(a.valued().peak_equity == amount{110'000'000});
  CHECK(a.valued().drawdown == Approx(0.1));
  a.quote("1.55000", "1.55000");
  a.fill(side::sell, 1'000'000, "1.55");
  CHECK(a.valued().unrealised == amount{0});
  CHECK(a.host().statistics().max_drawdown == Approx(0.1));
  CHECK(a.host().statistics().total_return == Approx(0.05));
  source_state_changed ended;
  ended.state = source_state::open;
  CHECK(a.input(ended, start).empty());
  ended.state = source_state::ended;
  CHECK(only<account_valued>(a.input(ended, start)).size() == 1);
}

TEST_CASE("the record of a day: start, flows, realised, fees, end; the opening balance is the first day's start and no flow") {
  account a(position_mode::netting);
  a.commission_rate = *rate::parse("0.0001");
  a.quote("1.50000", "1.50000");
  a.fill(side::buy, 10'000, "1.5");
  a.fill(side::sell, 5'000, "1.6");
  a.quote("1.60000", "1.60000");
  const auto first = only<day_closed>(a.roll(15'000));
  REQUIRE(first.size() == 1);
  CHECK(first[0].day == date{15'000});
  CHECK(first[0].start_equity == amount{100'000'000});
  CHECK(first[0].flows == amount{0});
  CHECK(first[0].realised == amount{50'000});
  CHECK(first[0].commission == amount{150 + 80});
  CHECK(first[0].end_equity == amount{100'000'000 + 50'000 - 230 + 50'000});
  a.quote("1.50000", "1.50000");
  const auto second = only<day_closed>(a.roll(15'001));
  CHECK(second.at(0).start_equity == first[0].end_equity);
  CHECK(second[0].realised == amount{0});
  CHECK(second[0].commission == amount{0});
  CHECK(second[0].end_equity == amount{100'000'000 + 50'000 - 230});
  CHECK(a.host().daily_equity() == std::vector<double>{1'000'000, 1'000'997.70, 1'000'497.70});
}

TEST_CASE("an account that opens with nothing keeps its days too, and a later deposit is a flow") {
  account a(settings(position_mode::netting), 0);
  const auto empty = only<day_closed>(a.roll(1));
  REQUIRE(empty.size() == 1);
  CHECK(empty[0].end_equity == amount{0});
  a.host().apply(header{}, cash_moved{alice, amount{500}, amount{500}, "deposit", "someone"});
  const auto funded = only<day_closed>(a.roll(2));
  CHECK(funded.at(0).start_equity == amount{0});
  CHECK(funded[0].flows == amount{500});
  CHECK(funded[0].end_equity == amount{500});
  CHECK(a.host().statistics().total_return == 0);  // of nothing there is no return
  a.host().apply(header{}, cash_moved{alice, amount{-400}, amount{100}, "withdrawal", "someone"});
  a.roll(3);
  CHECK(a.valued().drawdown == 0);
}

TEST_CASE("published example: P12, a hundred euros for dollars, with a fee of two: the equity is 998") {
  account a(settings(position_mode::netting), 100'000);
  a.quote("1.1000", "1.1000");
  auto f = a.order(side::buy, 100, "1.1000");
  f.commission = amount{200};
  a.fill(f);
  CHECK(a.valued().equity == amount{99'800});
  CHECK(a.host().balance() == amount{99'800});
}

TEST_CASE("an account that was never opened keeps silent at day rolls and ends") {
  host_driver<account_host> a(account_host(self, settings(position_mode::netting)), self);
  CHECK(a.input(trading_day_rolled{date{1}, start}, start).empty());
  source_state_changed ended;
  ended.state = source_state::ended;
  CHECK(a.input(ended, start).empty());
}

TEST_CASE("win rate and profit factor count closed positions, commissions included") {
  account a(position_mode::hedging);
  CHECK_FALSE(a.host().statistics().win_rate);
  CHECK_FALSE(a.host().statistics().profit_factor);
  a.quote("1.50000", "1.50000");
  auto trade = [&](const char* open, const char* close) { a.close(a.fill(side::buy, 10'000, open).at(0), 10'000, close); };
  trade("1.50000", "1.50300");                       // +30
  CHECK_FALSE(a.host().statistics().profit_factor);  // nothing lost yet
  trade("1.50000", "1.50100");                       // +10
  trade("1.50000", "1.49800");                       // −20
  trade("1.50000", "1.50000");                       // neither
  CHECK(*a.host().statistics().win_rate == Approx(0.5));
  CHECK(*a.host().statistics().profit_factor == Approx(2.0));
  a.commission_rate = *rate::parse("0.001");  // 15 a side: what the market gave, the commission takes
  trade("1.50000", "1.50200");
  CHECK(a.host().statistics().wins == 2);
  CHECK(a.host().statistics().losses == 2);
  CHECK(a.host().statistics().positions_closed == 5);
}

TEST_CASE("Sharpe and Sortino are absent under twenty daily returns; weekends are no days") {
  account a(position_mode::netting);
  a.quote("1.50000", "1.50000");
  a.fill(side::buy, 1'000'000, "1.5");
  for (std::int32_t day = 0; day < 28; ++day) {  // from a Thursday
    CHECK_FALSE(a.host().statistics().sharpe);
    CHECK_FALSE(a.host().statistics().sortino);
    const char* mark = day % 3 == 0 ? "1.50500" : day % 3 == 1 ? "1.50100" : "1.50900";
    a.quote(mark, mark).roll(day);
  }
  CHECK(a.host().statistics().days == 20);
  const auto s = a.host().statistics();
  REQUIRE((s.sharpe && s.sortino));
  const auto returns = statistics::returns_of(a.host().daily_equity());
  CHECK(returns.size() == 20);
  CHECK(*s.sharpe == *statistics::sharpe(returns));
}

TEST_CASE("without a conversion rate the fill fails and says which pairs would help; nothing is booked") {
  account a(settings(position_mode::hedging, "CHF"));
  a.quote("1.50000", "1.50010");
  CHECK(a.fill(side::buy, 10'000, "1.50010").empty());
  REQUIRE(a.failure());
  CHECK(a.failure()->code == errc::conversion_rate_missing);
  CHECK(a.failure()->policy() == error_policy::halt);
  for (const char* named : {"USD/CHF", "CHF/USD"}) CHECK(a.failure()->message.find(named) != std::string::npos);
  CHECK(a.host().balance() == amount{100'000'000});
}

TEST_CASE("a position without a usable quote is not valued at zero") {
  account a(position_mode::hedging);
  CHECK(a.fill(side::buy, 10'000, "1.50010").empty());
  REQUIRE(a.failure());
  CHECK(a.failure()->message.find("no quote of instrument 1") != std::string::npos);
}

TEST_CASE("fills that cannot be booked are refused with what is wrong, and leave no half of a position behind") {
  const auto refused = [](position_mode mode, auto change) {
    account a(mode);
    a.quote("1.50000", "1.50010");
    auto f = a.order(side::buy, 10'000, "1.50010");
    change(f);
    CHECK(a.fill(f).empty());
    REQUIRE(a.failure());
    CHECK(a.host().open_positions() == 0);
    return *a.failure();
  };
  const auto closes_nothing = refused(position_mode::hedging, [](order_filled& f) { f.closes = position_id{99}; });
  CHECK(closes_nothing.code == errc::invalid_argument);
  CHECK(closes_nothing.message.find("position 99, which is not open") != std::string::npos);
  CHECK(refused(position_mode::netting, [](order_filled& f) { f.size = {}; }).code == errc::invalid_argument);
  CHECK(refused(position_mode::hedging, [](order_filled& f) { f.size = {-1}; }).code == errc::invalid_argument);
  CHECK(refused(position_mode::hedging, [](order_filled& f) { f.direction = side::none; }).code == errc::invalid_argument);

  account a(position_mode::hedging);
  a.quote("1.50000", "1.50010");
  const auto opened = a.fill(side::buy, 10'000, "1.50010");
  CHECK(a.close(opened.at(0), 10'001, "1.5").empty());
  CHECK(a.failure()->code == errc::invalid_argument);
  CHECK(a.host().open_positions() == 1);
}

TEST_CASE("fills of other accounts are none of its business") {
  account a(position_mode::hedging);
  auto f = a.order(side::buy, 10'000, "1.50010");
  f.account = account_id{2};
  CHECK(a.input(f, start).empty());
  CHECK(a.host().open_positions() == 0);
}

TEST_CASE("a balance that does not fit is an error") {
  account a(settings(position_mode::netting), std::numeric_limits<std::int64_t>::max());
  a.quote("1.50000", "1.50000");
  a.fill(side::buy, 10'000, "1.4");
  REQUIRE(a.failure());
  CHECK(a.failure()->code == errc::overflow);
}

TEST_CASE("an account restarted anywhere goes on as if nothing had happened") {
  const auto play = [](position_mode mode, int restart_at) {
    account a(settings(mode, "GBP"));
    a.commission_rate = *rate::parse("0.00002");
    a.quote("1.50000", "1.50010");
    for (int i = 0; i < 12; ++i) {
      if (i == restart_at) a.restart();
      const auto direction = i % 5 < 2 ? side::buy : side::sell;
      a.fill(direction, 1'000 * (i + 1), i % 2 == 0 ? "1.50010" : "1.50030");
      if (i % 3 == 2) a.roll(i);
    }
    return saved(a.host());
  };
  for (auto mode : {position_mode::netting, position_mode::hedging}) {
    const auto whole = play(mode, 99);
    for (int i = 0; i < 12; ++i) CHECK(play(mode, i) == whole);
  }
}

TEST_CASE("whatever is filled: balance = opening + realised − commission, and flat means equity = balance") {
  CHECK(rc::check("the books balance", [] {
    const auto mode = *rc::gen::element(position_mode::netting, position_mode::hedging);
    account a(settings(mode, *rc::gen::element("USD", "GBP")));
    a.commission_rate = *rate::parse("0.00013");
    std::map<std::uint64_t, std::int64_t> open;  // hedging: by position
    std::int64_t net = 0;
    const auto count = *rc::gen::inRange(1, 25);
    for (int i = 0; i < count; ++i) {
      const auto mid = *rc::gen::inRange<std::int64_t>(140'000, 160'000);
      const auto bid = price{mid * 10'000}.to_string(5), ask = price{(mid + 7) * 10'000}.to_string(5);
      a.quote(bid.c_str(), ask.c_str());
      auto direction = *rc::gen::element(side::buy, side::sell);
      auto size = *rc::gen::inRange<std::int64_t>(1, 100'000);
      auto f = a.order(direction, size, direction == side::buy ? ask.c_str() : bid.c_str());
      if (mode == position_mode::hedging && !open.empty() && *rc::gen::arbitrary<bool>()) {
        auto& [position, held] = *open.begin();
        direction = held > 0 ? side::sell : side::buy;
        size = std::min<std::int64_t>(size, held > 0 ? held : -held);
        f = a.order(direction, size, direction == side::buy ? ask.c_str() : bid.c_str());
        f.closes = position_id{position};
        held += sign(direction) * size;
        if (held == 0) open.erase(position);
      } else {
        open[f.order.value] = sign(direction) * size;
      }
      net += sign(direction) * size;
      RC_ASSERT(!a.fill(f).empty());
    }
    std::int64_t balance = 100'000'000;
    for (const auto& p : a.all_of<position_changed>()) {
      balance += p.realised.value - p.commission.value;
      RC_ASSERT(p.balance.value == balance);
    }
    RC_ASSERT(!a.failure());
    RC_ASSERT(a.host().balance().value == balance);
    RC_ASSERT(a.valued().balance.value == balance);
    RC_ASSERT(a.valued().equity.value == balance + a.valued().unrealised.value);
    if (mode == position_mode::netting && net != 0) a.fill(net > 0 ? side::sell : side::buy, net > 0 ? net : -net, "1.50000");
    if (mode == position_mode::hedging) {
      for (const auto& [position, held] : open) {
        auto f = a.order(held > 0 ? side::sell : side::buy, held > 0 ? held : -held, "1.50000");
        f.closes = position_id{position};
        a.fill(f);
      }
    }
    RC_ASSERT(a.host().open_positions() == 0u);
    RC_ASSERT(a.valued().unrealised.value == 0);
    RC_ASSERT(a.valued().equity == a.host().balance());
    const auto s = a.host().statistics();
    RC_ASSERT(s.positions_opened == s.positions_closed);
  }));
}
