// A short run, written by hand: one account, one pair, three trading days. Every figure that a report gives of it can be checked with a pencil.
#pragma once
#include <string>
#include <vector>

#include "actors/replay/run_history.hpp"

namespace tomnext::tests {

/// Events one after the other, with gapless seqs.
class event_list {
 public:
  template <class E> std::uint64_t add(const E& payload, timestamp at, std::uint64_t cause = 0) {
    header h;
    h.seq = events_.size() + 1;
    h.cause = cause;
    h.at = at;
    events_.emplace_back(h, payload);
    return h.seq;
  }
  [[nodiscard]] const std::vector<event>& events() const { return events_; }
  [[nodiscard]] result<replay::run_history> history() const {
    replay::history_fold fold;
    for (const auto& e : events_) TOMNEXT_TRY(fold.take(e));
    return fold.finish({events_.size(), 1, {}});
  }

 private:
  std::vector<event> events_;
};

struct small_run {
  // Wednesday 1 February 2012; New York's day ends at 22:00 UTC.
  static constexpr date first_day{15'371};
  static timestamp at(int day, int hour, int minute = 0) { return start_of({first_day.days + day}) + hour * hour_ns + minute * minute_ns; }
  static constexpr instrument_id pair{1};
  static constexpr account_id account{1};
  std::string strategy_name = "cross", symbol = "GBP/USD";
  event_list events;
  amount balance{100'000'00};

  void begin() {
    events.add(log_declared{log_purpose::backtest, "tomnext 0.1"}, at(0, 8));
    calendar_defined page;
    page.version = 1;
    page.tzdata_version = "2024a";
    page.first_date = first_day;
    for (int d = 0; d < 6; ++d) (void)page.boundaries.push_back(at(d, 22));
    events.add(page, at(0, 8));
    instrument_defined i;
    i.instrument = pair;
    i.version = 1;
    i.symbol = std::string_view(symbol);
    i.base = *currency::parse("GBP");
    i.quote = *currency::parse("USD");
    i.price_precision = 5;
    i.base_minor_units = i.quote_minor_units = 2;
    events.add(i, at(0, 8));
    account_opened a;
    a.account = account;
    a.in = *currency::parse("USD");
    a.minor_units = 2;
    a.positions = position_mode::hedging;
    a.balance = balance;
    events.add(a, at(0, 8));
    events.add(cash_moved{account, balance, balance, "opening balance", "configuration"}, at(0, 8));
    strategy_registered s;
    s.strategy = strategy_id{7};
    s.name = std::string_view(strategy_name);
    s.kind = "ema_cross";
    s.instrument = pair;
    s.account = account;
    events.add(s, at(0, 8));
  }
  void quote(timestamp t, std::int64_t bid_points, std::int64_t ask_points, std::uint32_t flags = 0) {
    quote_accepted q;
    q.instrument = pair;
    q.bid = price{bid_points * 10'000};
    q.ask = price{ask_points * 10'000};
    q.source_time = t;
    q.flags = flags;
    q.source_position = events.events().size() + 1;
    events.add(q, t);
  }
  /// A fill and its booking on a position: what it earned and cost in cents.
  void book(timestamp t, std::uint64_t position, side direction, std::int64_t units, std::int64_t points, position_change change, std::int64_t net_after,
            double average, std::int64_t realised, std::int64_t commission, account_id whose = account) {
    order_filled f;
    f.order = order_id{position};
    f.strategy = strategy_id{7};
    f.account = whose;
    f.instrument = pair;
    f.direction = direction;
    f.size = quantity::whole(units);
    f.at_price = price{points * 10'000};
    const auto fill = events.add(f, t);
    position_changed c;
    c.account = whose;
    c.position = position_id{position};
    c.strategy = strategy_id{7};
    c.instrument = pair;
    c.change = change;
    c.net = quantity::whole(net_after);
    c.average_price = average;
    c.realised = amount{realised};
    c.commission = amount{commission};
    balance.value += realised - commission;
    c.balance = balance;
    c.conversion_rate = price{1'000'000'000};
    events.add(c, t, fill);
  }
  void value(timestamp t, std::int64_t unrealised) {
    account_valued v;
    v.account = account;
    v.balance = balance;
    v.unrealised = amount{unrealised};
    v.equity = amount{balance.value + unrealised};
    events.add(v, t);
  }
  void pay_in(timestamp t, std::int64_t cents) {
    balance.value += cents;
    events.add(cash_moved{account, amount{cents}, balance, "deposit", "ann"}, t);
  }

  /// A long in two parts that wins 150.00 less 6.00, a short that loses 50.00 less 4.00, a deposit of 1,000.00, and a long that stays open.
  void whole() {
    begin();
    quote(at(0, 9), 150'000, 150'010);
    book(at(0, 9), 101, side::buy, 10'000, 150'010, position_change::opened, 10'000, 1.5001, 0, 200);
    value(at(0, 9), -100);
    quote(at(0, 10), 149'510, 149'520);                         // −50.00 for the long
    quote(at(0, 10, 30), 100'000, 100'010, quote_flag::spike);  // is not looked at
    quote(at(0, 11), 151'510, 151'520);                         // +150.00
    book(at(0, 11), 101, side::sell, 5'000, 151'510, position_change::reduced, 5'000, 1.5001, 7'500, 200);
    value(at(0, 11), 7'500);
    quote(at(0, 12), 151'610, 151'620);  // 75.00 realised + 80.00
    quote(at(0, 13), 151'510, 151'520);
    book(at(0, 13), 101, side::sell, 5'000, 151'510, position_change::closed, 0, 0, 7'500, 200);
    value(at(0, 13), 0);
    value(at(0, 22), 0);  // the day's end
    book(at(1, 9), 102, side::sell, 10'000, 151'510, position_change::opened, -10'000, 1.5151, 0, 200);
    value(at(1, 9), -100);
    quote(at(1, 10), 152'000, 152'010);  // −50.00 for the short
    book(at(1, 10), 102, side::buy, 10'000, 152'010, position_change::closed, 0, 0, -5'000, 200);
    value(at(1, 10), 0);
    pay_in(at(1, 12), 1'000'00);
    value(at(1, 22), 0);
    book(at(2, 9), 103, side::buy, 10'000, 152'010, position_change::opened, 10'000, 1.5201, 0, 200);
    value(at(2, 9), -100);
    value(at(2, 20), 3'000);
  }
};

}  // namespace tomnext::tests
