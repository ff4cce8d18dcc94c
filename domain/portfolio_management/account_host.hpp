// The host of one account: positions, money, equity.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/ledger/conversion.hpp"
#include "domain/ledger/position.hpp"
#include "domain/portfolio_management/financing_desk.hpp"

namespace tomnext::portfolio_management {

struct account_configuration {
  account_id account;
  currency in;
  std::uint32_t minor_units{};
  position_mode positions{};
  amount balance;
  conversion_method conversion{};
  bool flagged_quotes_mark{};  ///< comparison mode: crossed and spiking quotes mark and convert too
  financing_configuration financing;
};

/// What a person wants to know of an account. Rates and ratios as fractions; absent where there is too little to say.
struct account_statistics {
  std::uint64_t positions_opened = 0, positions_closed = 0, wins = 0, losses = 0;
  double total_return = 0;
  std::optional<double> sharpe, sortino, win_rate, profit_factor;
  double max_drawdown = 0;
  std::uint64_t days = 0;
};

/// An open position as people read it.
struct open_position {
  position_id position;
  instrument_id instrument;
  strategy_id strategy;
  quantity net;            ///< signed: + long, − short
  double average_price{};  ///< the nearest double; the exact one is in the state
};

/// A profit and its commission are rounded to the quote currency's minor unit, converted, and rounded to the account's, fill by fill:
/// balance += profit − commission. A missing conversion rate fails the reaction. The account is valued after each fill, at each day roll, and when the
/// source ends: longs at the bid, shorts at the ask; without a quote to mark at, the reaction fails. A flip of a netting position is a close, which bears the
/// commission, and an open.
///
/// Held over the roll of its instrument on a weekday, a position is financed: for the days from one value date to the next, by the figures published for that
/// trading day, exactly, and rounded once to the account's minor unit. Where there are none it is deferred, and booked when they come, at the rate of
/// exchange of then. What the broker reports goes before it: whole where it is known before the roll, as a correction where it comes later.
class account_host {
 public:
  static constexpr const char* service = "portfolio_management";
  static constexpr std::uint32_t version = 2;
  static constexpr std::uint32_t state_version = 3;  // 3: days are trading days
  using inputs = type_list<account_opened, instrument_defined, quote_accepted, order_filled, trading_day_rolled, source_state_changed, holidays_defined,
                           swap_rates_published, swap_reported>;
  using outputs = type_list<cash_moved, position_changed, account_valued, day_closed, financing_booked>;

  account_host(host_id, account_configuration configuration)
      : configuration_(configuration), ignored_flags_(configuration.flagged_quotes_mark ? 0 : ~0u), financing_(configuration.financing) {}

  void apply(const header&, const instrument_defined& e) {
    rates_.define(e);
    financing_.define(e);
  }
  void apply(const header&, const holidays_defined& e) { refused_ = financing_.define(e); }
  void apply(const header&, const swap_rates_published& e) { refused_ = financing_.publish(e); }
  void apply(const header&, const swap_reported& e) {
    if (e.account == configuration_.account) refused_ = financing_.report(e);
  }
  void apply(const header&, const trading_day_rolled& e) { financing_.roll(e); }
  void apply(const header&, const quote_accepted& e) {
    if ((e.flags & ignored_flags_) == 0) rates_.update(e);
  }
  // its own outputs
  void apply(const header&, const cash_moved& e);
  void apply(const header&, const position_changed& e);
  void apply(const header& h, const account_valued& e);
  void apply(const header& h, const day_closed& e);
  void apply(const header&, const financing_booked& e);
  // a fill changes positions when it is applied; what it earned is proposed by decide and booked by position_changed
  void apply(const header&, const order_filled& e);

  void decide(const header&, const account_opened& e, outbox& out) const;
  void decide(const header&, const order_filled& e, outbox& out) const;
  void decide(const header& h, const trading_day_rolled& e, outbox& out) const;
  void decide(const header&, const holidays_defined& e, outbox& out) const;
  void decide(const header&, const swap_rates_published& e, outbox& out) const;
  void decide(const header&, const swap_reported& e, outbox& out) const;
  void decide(const header&, const source_state_changed& e, outbox& out) const;

  [[nodiscard]] amount balance() const { return balance_; }
  [[nodiscard]] amount commission() const { return commission_; }
  [[nodiscard]] amount financing() const { return financed_; }
  /// Bookings of financing, those that deferred it left out.
  [[nodiscard]] std::uint64_t financing_bookings() const { return financing_bookings_; }
  /// Positions over a roll whose financing waits for rates.
  [[nodiscard]] std::uint64_t financing_deferred() const { return financing_.deferred(); }
  [[nodiscard]] std::size_t open_positions() const { return positions_.size(); }
  [[nodiscard]] account_statistics statistics() const;
  /// In the order of their ids.
  [[nodiscard]] std::vector<open_position> positions() const;
  /// As a fill or a day roll would value it now. errc::conversion_rate_missing where a position has no quote or rate yet, errc::overflow.
  [[nodiscard]] result<account_valued> valuation() const { return value(balance_); }
  [[nodiscard]] const account_configuration& configuration() const { return configuration_; }
  /// Equity in whole account currency: at the opening, at the end of each trading day from Monday to Friday, and now, where something was valued since. One
  /// more than there are days, of which the first and the last may be short; a weekend counts to its Monday. At most `equity_days_max` ends of days.
  [[nodiscard]] std::vector<double> daily_equity() const;
  static constexpr std::size_t equity_days_max = 20'000;

  template <class Archive> void archive(Archive& a) {
    a(rates_, positions_, booked_, balance_, commission_, peak_equity_, day_start_, day_flows_, day_realised_, day_commission_, opened_, closed_, wins_,
      losses_, gross_profit_, gross_loss_, daily_equity_, valued_at_, day_closed_at_, max_drawdown_, opened_account_, starting_equity_, last_equity_,
      financing_, financed_, day_financing_, financing_bookings_);
  }

 private:
  struct held {
    instrument_id instrument;
    strategy_id strategy;
    ledger::position position;
    std::int64_t earned{};  // minor units of the account, commission taken off
    template <class Archive> void archive(Archive& a) { a(instrument, strategy, position, earned); }
  };
  /// One part of a fill on one position: a flip in a netting account has two.
  struct part {
    position_id position;
    position_change change{};
    strategy_id strategy;
    quantity net;
    double average_price{};
    amount profit;  // minor units of the quote currency
    bool takes_commission{};
    template <class Archive> void archive(Archive& a) { a(position, change, strategy, net, average_price, profit, takes_commission); }
  };
  struct booking {
    std::vector<part> parts;
    std::optional<error> failure;  // lives from apply to decide of one fill only: nothing to archive
    template <class Archive> void archive(Archive& a) { a(parts); }
  };
  void fill(position_id id, const order_filled& e, quantity size, bool takes_commission);
  [[nodiscard]] result<account_valued> value(amount balance) const;
  [[nodiscard]] double whole(amount a) const;
  void emit_value(amount balance, outbox& out) const;

  // ---- financing (account_financing.cpp)
  using holding = std::pair<position_id, const held*>;
  /// All that is held over a roll; what it comes to is added to the balance.
  result<void> finance(const header& h, const trading_day_rolled& e, amount& balance, outbox& out) const;
  result<void> finance_instrument(instrument_id i, const std::vector<holding>& all, const trading_day_rolled& e, amount& balance, outbox& out) const;
  result<void> compare(const header& h, const trading_day_rolled& e, amount& balance, outbox& out) const;
  /// Shares the broker's amount out over what was held, by size.
  result<void> share_out(financing_booked like, amount reported, const std::vector<holding>& all, amount& balance, outbox& out) const;
  /// A difference to what the broker booked, of no position.
  result<void> correct(instrument_id i, date day, amount by, amount& balance, outbox& out) const;
  /// What the figures make of a position over a roll, in the account's currency.
  result<void> price_in(financing_booked& b, const swap_rates_published& r) const;
  result<void> convert_in(financing_booked& b, const ledger::fraction& earned, conversion_method method) const;
  static result<void> emit_booking(financing_booked& b, amount& balance, outbox& out);

  account_configuration configuration_;
  std::uint32_t ignored_flags_;
  ledger::rate_table rates_;
  std::map<position_id, held> positions_;
  booking booked_;  // by the fill applied last
  amount balance_, commission_, peak_equity_, day_start_, day_flows_, day_realised_, day_commission_;
  std::uint64_t opened_ = 0, closed_ = 0, wins_ = 0, losses_ = 0;
  std::int64_t gross_profit_ = 0, gross_loss_ = 0;
  std::vector<double> daily_equity_;  // at the ends of trading days
  timestamp valued_at_, day_closed_at_;
  double max_drawdown_ = 0;
  bool opened_account_ = false;
  amount starting_equity_, last_equity_;
  financing_desk financing_;
  amount financed_, day_financing_;
  std::uint64_t financing_bookings_ = 0;
  result<void> refused_;  // lives from apply to decide of one input only: nothing to archive
};

}  // namespace tomnext::portfolio_management
