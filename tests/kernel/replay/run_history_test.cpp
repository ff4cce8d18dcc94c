#include "actors/replay/run_history.hpp"

#include <algorithm>

#include "domain/statistics/equity_days.hpp"
#include "persistence/memory_log.hpp"
#include "tests/kernel/replay/small_run.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using tests::has_part;
using tests::small_run;

namespace {

replay::run_history history_of(const small_run& s) {
  auto h = s.events.history();
  if (!h) FAIL(h.error().message);
  return std::move(*h);
}

std::string refusal(const small_run& s) {
  auto h = s.events.history();
  return h ? "" : h.error().message;
}

}  // namespace

TEST_CASE("a history is what its events say: trades, to the cent") {
  small_run s;
  s.whole();
  const auto h = history_of(s);
  REQUIRE(h.trades.size() == 2);
  const auto& one = h.trades[0];
  CHECK(one.position == position_id{101});
  CHECK(one.profit == amount{144'00});
  CHECK(one.commission == amount{6'00});
  CHECK(one.figures.direction == side::buy);
  CHECK(one.figures.strategy == strategy_id{7});
  CHECK(one.figures.entered == small_run::at(0, 9));
  CHECK(one.figures.exited == small_run::at(0, 13));
  CHECK(one.figures.entry_price == Approx(1.5001));
  CHECK(one.figures.exit_price == Approx(1.5151));
  CHECK(one.figures.quantity == 10'000);
  CHECK(one.figures.profit == 144);
  // 10,000 × (1.4951 − 1.5001); then 75.00 realised and 5,000 × (1.5161 − 1.5001). The flagged quote between them counts for nothing.
  CHECK(one.figures.adverse_excursion.value() == Approx(-50));
  CHECK(one.figures.favourable_excursion.value() == Approx(155));
  const auto& two = h.trades[1];
  CHECK(two.profit == amount{-54'00});
  CHECK(two.figures.direction == side::sell);
  CHECK(two.figures.adverse_excursion.value() == Approx(-50));
  CHECK(two.figures.favourable_excursion.value() == 0);
  CHECK(h.strategies.at(strategy_id{7}).name == "cross");
}

TEST_CASE("the balance is accounted for to the cent, and what is open is told apart") {
  small_run s;
  s.whole();
  const auto h = history_of(s);
  const auto& b = h.bridge;
  CHECK(b.opening == amount{100'000'00});
  CHECK(b.flows == amount{1'000'00});
  CHECK(b.closed_trades == amount{90'00});
  CHECK(b.open_positions == amount{-2'00});
  CHECK(b.other == amount{});
  CHECK(b.commission == amount{12'00});
  CHECK(b.final_balance == s.balance);
  CHECK(b.final_balance.value == b.opening.value + b.flows.value + b.closed_trades.value + b.open_positions.value + b.other.value);
  CHECK(h.unrealised == amount{30'00});
  REQUIRE(h.open_positions.size() == 1);
  CHECK(h.open_positions[0].position == position_id{103});
  CHECK(h.open_positions[0].net == quantity::whole(10'000));
}

TEST_CASE("the equity curve has every valuation, and the deposit as a flow") {
  small_run s;
  s.whole();
  const auto h = history_of(s);
  REQUIRE(h.equity.size() == 10);
  CHECK(h.equity.front().equity == 100'000);
  CHECK(h.equity[1].equity == 99'997);
  CHECK(h.equity[3].equity == 100'144);
  double flows = 0;
  for (const auto& p : h.equity) flows += p.flow;
  CHECK(flows == 1'000);
  CHECK(h.equity[7].flow == 1'000);
  CHECK(h.equity.back().equity == 101'118);
  CHECK(h.first == small_run::at(0, 8));
  CHECK(h.last == small_run::at(2, 20));
  CHECK(h.day_ends.size() == 6);
}

TEST_CASE("what is valued at a day's boundary belongs to the next day, behind that day's own end") {
  small_run s;
  s.begin();
  const auto end = small_run::at(0, 22);
  s.value(small_run::at(0, 9), 10'000);
  s.value(end - 1, 20'000);
  day_closed closed;
  closed.account = small_run::account;
  closed.day = small_run::first_day;
  s.events.add(closed, end - 1);
  s.value(end, 30'000);
  const auto h = history_of(s);
  CHECK(h.equity[2].at == end);
  const auto days = statistics::days_of(h.equity, h.boundaries());
  REQUIRE(days);
  REQUIRE(days->days.size() == 2);
  CHECK(days->days[0].equity == 100'200);
  CHECK(days->days[1].equity == 100'300);
}

TEST_CASE("data that end behind the last boundary that the calendar has are reported on") {
  small_run s;
  s.begin();
  s.value(small_run::at(0, 9), 10'000);
  s.value(small_run::at(5, 22, 30), 20'000);  // the page's last boundary is 22:00
  auto h = history_of(s);
  const auto days = statistics::days_of(h.equity, h.boundaries());
  REQUIRE(days);
  CHECK(days->days.back().equity == 100'200);
}

TEST_CASE("a log that claims to end in the far future does not make a calendar of all the days until then") {
  small_run s;
  s.begin();
  s.value(small_run::at(0, 9), 10'000);
  s.value(timestamp{INT64_MAX}, 20'000);
  const auto h = history_of(s);
  CHECK(h.day_ends.size() == 6);
  CHECK_FALSE(statistics::days_of(h.equity, h.boundaries()));
}

TEST_CASE("a deposit behind the last valuation is a point of its own") {
  small_run s;
  s.whole();
  s.pay_in(small_run::at(2, 21), 5'00);
  const auto h = history_of(s);
  CHECK(h.equity.back().equity == 101'123);
  CHECK(h.equity.back().flow == 5);
}

TEST_CASE("financing belongs to its position while that is open, and is told apart afterwards") {
  small_run s;
  s.whole();
  const auto finance = [&](std::uint64_t position, std::int64_t cents) {
    financing_booked f;
    f.account = small_run::account;
    f.instrument = small_run::pair;
    f.position = position_id{position};
    f.booked = amount{cents};
    s.balance.value += cents;
    f.balance = s.balance;
    s.events.add(f, small_run::at(2, 22));
  };
  finance(103, -70);
  finance(101, 5);
  s.value(small_run::at(2, 22), 0);
  const auto h = history_of(s);
  CHECK(h.open_positions[0].booked == amount{-2'70});
  CHECK(h.bridge.financing == amount{-65});
  CHECK(h.bridge.financing_apart == amount{5});
  CHECK(h.bridge.other == amount{});
  CHECK(h.bridge.final_balance == s.balance);
}

TEST_CASE("what is booked on no position and is no flow is told as such") {
  small_run s;
  s.whole();
  s.balance.value -= 3'21;
  s.value(small_run::at(2, 22), 0);
  const auto h = history_of(s);
  CHECK(h.bridge.other == amount{-3'21});
  CHECK(h.bridge.final_balance == s.balance);
}

TEST_CASE("exposure is held value over time") {
  small_run s;
  s.whole();
  const auto h = history_of(s);
  // Held: 4 h long, 1 h short, 11 h long, of the 60 h from 8:00 of the first day to 20:00 of the third.
  CHECK(h.exposure.long_share == Approx(15.0 / 60));
  CHECK(h.exposure.short_share == Approx(1.0 / 60));
  CHECK(h.exposure.flat_share == Approx(44.0 / 60));
  CHECK(h.exposure.gross_max == Approx(10'000 * 1.5201));
  CHECK(h.exposure.gross_mean == Approx((2 * 15'001 + 2 * 5'000 * 1.5151 + 15'151 + 11 * 15'201) / 60));
  CHECK(h.exposure_steps.steps().size() == 6);
}

TEST_CASE("a position that is flipped is two trades under one number") {
  small_run s;
  s.begin();
  s.quote(small_run::at(0, 9), 150'000, 150'010);
  s.book(small_run::at(0, 9), 1, side::buy, 1'000, 150'010, position_change::opened, 1'000, 1.5001, 0, 20);
  s.book(small_run::at(0, 10), 1, side::sell, 1'000, 150'000, position_change::closed, 0, 0, -10, 40);
  s.book(small_run::at(0, 10), 1, side::sell, 500, 150'000, position_change::opened, -500, 1.5, 0, 0);
  s.book(small_run::at(0, 11), 1, side::buy, 500, 150'010, position_change::closed, 0, 0, -5, 10);
  s.value(small_run::at(0, 22), 0);
  const auto h = history_of(s);
  REQUIRE(h.trades.size() == 2);
  CHECK(h.trades[0].profit == amount{-70});
  CHECK(h.trades[0].figures.direction == side::buy);
  CHECK(h.trades[1].profit == amount{-15});
  CHECK(h.trades[1].figures.direction == side::sell);
  CHECK(h.bridge.closed_trades == amount{-85});
}

TEST_CASE("another account's fills are not this one's") {
  small_run s;
  s.whole();
  const auto before = history_of(s);
  const auto balance = s.balance;
  s.book(small_run::at(2, 21), 900, side::buy, 1'000, 150'000, position_change::opened, 1'000, 1.5, 0, 77, account_id{2});
  s.balance = balance;
  CHECK(history_of(s).bridge.final_balance == before.bridge.final_balance);
  CHECK(history_of(s).open_positions.size() == 1);
}

TEST_CASE("a log that cannot be followed is refused with the place") {
  small_run s;
  SECTION("without an account") {
    s.events.add(log_declared{log_purpose::market_data, "tomnext"}, small_run::at(0, 8));
    CHECK_THAT(refusal(s), has_part("no account was opened"));
  }
  SECTION("a booking of what is not open") {
    s.begin();
    s.book(small_run::at(0, 9), 5, side::sell, 10, 150'000, position_change::closed, 0, 0, 0, 0);
    CHECK_THAT(refusal(s), has_part("event 8: a booking of position 5, which is not open"));
  }
  SECTION("a booking without its fill") {
    s.begin();
    position_changed c;
    c.account = small_run::account;
    c.position = position_id{5};
    c.instrument = small_run::pair;
    c.net = quantity::whole(10);
    s.events.add(c, small_run::at(0, 9), 3);
    CHECK_THAT(refusal(s), has_part("answers event 3, which is no recent fill"));
  }
  SECTION("sums that do not fit") {
    s.begin();
    s.book(small_run::at(0, 9), 5, side::buy, 10, 150'000, position_change::opened, 10, 1.5, INT64_MAX - 100'000'00, 0);
    s.balance = {};
    s.book(small_run::at(0, 9), 6, side::buy, 10, 150'000, position_change::opened, 10, 1.5, 2, 0);
    CHECK_THAT(refusal(s), has_part("does not fit"));
  }
  SECTION("numbers that nothing has") {
    s.begin();
    quote_accepted q;
    q.instrument = instrument_id{1'000};
    q.bid = q.ask = price{1};
    instrument_defined i;
    i.instrument = instrument_id{2};
    i.price_precision = 4'000'000'000;
    account_opened a;
    a.minor_units = 4'000'000'000;
    const auto refused = [](small_run run, const auto& e) {
      run.events.add(e, small_run::at(0, 9));
      return refusal(run);
    };
    CHECK_THAT(refused(s, q), has_part("event 7: a quote of no instrument"));
    CHECK_THAT(refused(s, i), has_part("event 7: an instrument with a number or decimals that none has"));
    CHECK_THAT(refused(s, a), has_part("event 7: an account in a currency of more than nine decimals"));
  }
  SECTION("a gap in the calendar") {
    s.begin();
    calendar_defined page;
    page.first_date = {small_run::first_day.days + 7};
    (void)page.boundaries.push_back(small_run::at(7, 22));
    s.events.add(page, small_run::at(0, 9));
    CHECK_THAT(refusal(s), has_part("does not follow"));
  }
}

TEST_CASE("a whole log is read") {
  small_run s;
  s.whole();
  persistence::memory_log log;
  auto g = std::make_shared<persistence::group>();
  g->epoch = 1;
  g->events = s.events.events();
  REQUIRE(log.append(std::vector<persistence::group_ref>{g}));
  auto h = replay::history_of(log);
  REQUIRE(h);
  CHECK(h->trades.size() == 2);
  CHECK(h->head.seq == s.events.events().size());
  CHECK(h->head.chain_hash == log.head().chain_hash);
  auto none = replay::history_of(persistence::memory_log());
  REQUIRE_FALSE(none);
}

TEST_CASE("prices are thinned by doubling the step, and extremes stay") {
  replay::thinned_prices p;
  const auto begin = small_run::at(0, 0);
  for (int i = 0; i < 10'000; ++i) p.add(begin + i * minute_ns, i == 4'321 ? 9.0 : i == 77 ? 0.5 : 1.0 + i * 1e-5);
  CHECK(p.buckets().size() <= replay::thinned_prices::buckets_max);
  CHECK(p.buckets().size() > replay::thinned_prices::buckets_max / 2);
  CHECK(p.step_ns() == 8 * minute_ns);
  double low = 9, high = 0;
  for (const auto& b : p.buckets()) {
    low = std::min(low, b.low);
    high = std::max(high, b.high);
    CHECK(b.opened.ns % p.step_ns() == 0);
  }
  CHECK(low == 0.5);
  CHECK(high == 9.0);
  CHECK(p.buckets().back().close == Approx(1.09999));
}

TEST_CASE("a long curve keeps its days' ends and its extremes in bounded memory") {
  small_run s;
  s.begin();
  const std::size_t many = replay::equity_points_max + 50'000;
  std::int64_t lowest = INT64_MAX;
  replay::history_fold fold;
  for (const auto& e : s.events.events()) REQUIRE(fold.take(e));
  header head;
  for (std::size_t i = 0; i < many; ++i) {
    head.seq = 100 + i;
    // Three days, evenly filled; saw teeth with one deep notch.
    head.at = small_run::at(0, 9) + static_cast<std::int64_t>(i) * (60 * hour_ns / static_cast<std::int64_t>(many));
    account_valued v;
    v.account = small_run::account;
    v.balance = s.balance;
    v.equity = amount{100'000'00 + static_cast<std::int64_t>(i % 1'000) - (i == 123'457 ? 5'000'00 : 0)};
    lowest = std::min(lowest, v.equity.value);
    REQUIRE(fold.take(event(head, v)));
  }
  auto h = fold.finish({head.seq, 1, {}});
  REQUIRE(h);
  CHECK(h->equity_thinned);
  CHECK(h->equity.size() < replay::equity_points_max);
  double low = 1e9;
  for (const auto& p : h->equity) low = std::min(low, p.equity);
  CHECK(low == Approx(static_cast<double>(lowest) / 100));
  CHECK(std::is_sorted(h->equity.begin(), h->equity.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
}
