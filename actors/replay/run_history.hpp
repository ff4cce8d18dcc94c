// What a report needs of a run, folded from its events in one pass: the equity curve, the closed trades, prices, exposure, days. A back-test and a live log
// are the same here.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/replay/thinned_series.hpp"
#include "domain/events/event.hpp"
#include "domain/ledger/conversion.hpp"
#include "domain/statistics/equity_days.hpp"
#include "domain/statistics/trades.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// A position from its opening to its closing. Money in minor units of the account's currency; `figures` has the same as doubles, for statistics.
struct run_trade {
  statistics::trade figures;
  position_id position;
  amount profit;      ///< net of commission and financing
  amount commission;  ///< paid: positive
  amount financing;   ///< earned: positive
  std::uint64_t opened_seq{}, closed_seq{};
};
/// What is still held at the end. Its profit is in no trade.
struct run_position {
  position_id position;
  strategy_id strategy;
  instrument_id instrument;
  timestamp entered;
  quantity net;
  double average_price{};
  amount booked;  ///< realised less commission, and financing, so far
};
struct run_strategy {
  std::string name, kind;
};
struct run_instrument {
  instrument_defined terms;
  std::uint64_t quotes = 0;
  thinned_prices prices;
};
/// How the final balance came about: final = opening + flows + closed trades + open positions + financing apart + other.
struct balance_bridge {
  amount opening, flows, closed_trades, open_positions, final_balance;
  amount financing_apart;  ///< booked when its position was closed already, or on none
  amount other;            ///< booked otherwise: nothing that this build knows of
  amount commission;       ///< in closed trades and open positions
  amount financing;        ///< all of it: in closed trades, open positions, and apart
};
/// Time-weighted over the whole run, weekends too.
struct exposure_figures {
  double gross_mean = 0, gross_max = 0;  ///< Σ |position|, in account currency, valued at the last change of a position
  double long_share = 0, short_share = 0, flat_share = 0;
};

struct run_history {
  log_purpose purpose{};
  std::string made_by;                   ///< what the log declares
  std::optional<hash256> configuration;  ///< in the log's content store
  std::string tzdata_version;
  account_opened account;
  persistence::log_head head;
  timestamp first, last;  ///< of the equity curve
  std::vector<statistics::equity_point> equity;
  bool equity_thinned = false;  ///< there were more than `equity_points_max`: within days only extremes are left
  std::vector<run_trade> trades;
  std::vector<run_position> open_positions;
  std::map<strategy_id, run_strategy> strategies;
  std::map<instrument_id, run_instrument> instruments;
  thinned_exposure exposure_steps;
  exposure_figures exposure;
  balance_bridge bridge;
  amount unrealised;  ///< at the last valuation
  date first_day;
  std::vector<timestamp> day_ends;  ///< boundary i ends trading day first_day + i
  std::array<std::uint64_t, event_numbers> counts{};

  [[nodiscard]] statistics::day_boundaries boundaries() const { return {first_day, day_ends}; }
  [[nodiscard]] std::uint64_t count(std::uint16_t type) const { return counts.at(type); }
  [[nodiscard]] double whole(amount a) const { return static_cast<double>(a.value) / static_cast<double>(power_of_ten(account.minor_units)); }
};

inline constexpr std::size_t equity_points_max = 262'144;
inline constexpr std::size_t trades_max = 500'000;
inline constexpr std::size_t open_positions_max = 65'536;

/// Events in, in the order of the log and from its first on; a history out. Memory is bounded by the limits above, whatever the length of the log.
class history_fold {
 public:
  /// errc::log_corrupt for a booking without its fill, errc::invalid_argument for more than `trades_max` trades, errc::overflow.
  result<void> take(const event& e);
  /// errc::invalid_argument where no account was opened: there is nothing to report.
  result<run_history> finish(const persistence::log_head& head);

 private:
  struct held {
    run_position p;
    std::uint64_t opened_seq{};
    side direction{};
    quantity size_max;
    amount gross, commission, financing;
    double entry_value{}, entry_size{}, exit_value{}, exit_size{};
    double lowest_price{}, highest_price{};  // seen since the last change; 0: none
    std::optional<double> adverse, favourable;
    bool valued = true;  // false: there was no rate to value it at
    double rate{};       // account currency per quote currency, as last booked
    double value{};      // |net| in account currency at the last change
  };
  void apply(const quote_accepted& e);
  result<void> apply(const header& h, const position_changed& e);
  result<void> apply(const header& h, const account_valued& e);
  void apply(const header& h, const day_closed& e);
  result<void> apply(const header& h, const cash_moved& e);
  result<void> apply(const financing_booked& e);
  result<void> apply(const calendar_defined& e);
  result<void> open(const header& h, const position_changed& e, held*& position);
  result<void> close(const header& h, held& position);
  void excursion(held& h, price at) const;
  void expose(timestamp at);
  void add_point(statistics::equity_point p);
  [[nodiscard]] double account_per_quote(const held& h, price at) const;

  run_history history_;
  ledger::rate_table rates_;
  std::array<std::vector<held>, instruments_max> open_;
  std::size_t open_count_ = 0;
  struct booked_fill {
    std::uint64_t seq;
    price at;
  };
  std::deque<booked_fill> fills_;
  amount balance_;
  amount pending_flow_;
  bool opened_ = false;
  double long_ = 0, short_ = 0, long_ns_ = 0, short_ns_ = 0, flat_ns_ = 0, gross_ns_ = 0;
  timestamp exposed_until_;
};

/// Reads a whole log. `on_progress` gets the seq reached; false cancels.
result<run_history> history_of(const persistence::event_log& log, const std::function<bool(std::uint64_t)>& on_progress = {});

}  // namespace tomnext::replay
