// What a list of closed trades comes to. Money is in the account's currency.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "domain/base/describe.hpp"
#include "domain/base/ids.hpp"
#include "domain/base/market.hpp"
#include "domain/base/time.hpp"

namespace tomnext::statistics {

/// One position from its opening to its closing.
struct trade {
  strategy_id strategy;
  instrument_id instrument;
  side direction{};  ///< buy: long
  timestamp entered, exited;
  double entry_price{}, exit_price{}, quantity{};
  double profit{};                             ///< net of commission and financing
  double commission{};                         ///< paid: positive
  std::optional<double> adverse_excursion;     ///< the lowest unrealised profit while it was open, ≤ 0 (MAE)
  std::optional<double> favourable_excursion;  ///< the highest, ≥ 0 (MFE)
};

/// A trade with profit > 0 is a win, with profit < 0 a loss, and counted as neither at 0. Without trades, and where a divisor is 0, a figure is absent.
struct trade_statistics {
  std::size_t trades{}, wins{}, losses{}, longs{}, shorts{};
  double net_profit{}, gross_profit{}, gross_loss{};  ///< net = gross profit − gross loss; the loss is positive
  double commission{};
  std::optional<double> win_rate;                   ///< wins / trades
  std::optional<double> profit_factor;              ///< gross profit / gross loss
  std::optional<double> expectancy;                 ///< mean profit of a trade
  std::optional<double> average_win, average_loss;  ///< the loss is positive
  std::optional<double> payoff_ratio;               ///< average win / average loss
  std::optional<double> largest_win, largest_loss;  ///< the loss is positive
  std::optional<double> profit_deviation;           ///< sample deviation of profits, from two trades on
  std::optional<double> loss_deviation;             ///< sample deviation of the losses alone, from two losses on
  std::optional<double> system_quality_number;      ///< √n · mean / sample deviation of profits. V. Tharp
  std::optional<double> kelly_fraction;             ///< W − (1 − W) / payoff ratio, W the win rate. J. Kelly, 1956
  std::size_t wins_in_a_row_max{}, losses_in_a_row_max{};
  std::optional<double> average_duration_s, average_win_duration_s, average_loss_duration_s, max_duration_s;
  double max_closed_drawdown{};                  ///< deepest fall of the sum of profits below its highest, from 0, in the order given
  std::optional<double> max_intra_drawdown;      ///< the same with the excursions of each trade: (sum + adverse) below the highest (sum + favourable)
  std::optional<double> profit_to_max_drawdown;  ///< net profit / max closed drawdown
  std::optional<double> average_adverse_excursion, average_favourable_excursion, largest_adverse_excursion, largest_favourable_excursion;
  std::optional<double> average_given_back;  ///< mean of favourable excursion − profit: what was lost again before the exit
  TOMNEXT_FIELDS(FIELD(1, trades) FIELD(2, wins) FIELD(3, losses) FIELD(4, longs) FIELD(5, shorts) FIELD(6, net_profit) FIELD(7, gross_profit)
                     FIELD(8, gross_loss) FIELD(9, commission) FIELD(10, win_rate) FIELD(11, profit_factor) FIELD(12, expectancy) FIELD(13, average_win)
                         FIELD(14, average_loss) FIELD(15, payoff_ratio) FIELD(16, largest_win) FIELD(17, largest_loss) FIELD(18, profit_deviation)
                             FIELD(19, loss_deviation) FIELD(20, system_quality_number) FIELD(21, kelly_fraction) FIELD(22, wins_in_a_row_max)
                                 FIELD(23, losses_in_a_row_max) FIELD(24, average_duration_s) FIELD(25, average_win_duration_s)
                                     FIELD(26, average_loss_duration_s) FIELD(27, max_duration_s) FIELD(28, max_closed_drawdown) FIELD(29, max_intra_drawdown)
                                         FIELD(30, profit_to_max_drawdown) FIELD(31, average_adverse_excursion) FIELD(32, average_favourable_excursion)
                                             FIELD(33, largest_adverse_excursion) FIELD(34, largest_favourable_excursion) FIELD(35, average_given_back))
};

/// Excursions count only where every trade has them. Definitions are those of QuantConnect LEAN's TradeStatistics and backtesting.py where they share one;
/// LEAN counts a trade of 0 as a loss and says 0 or 10 where a divisor is 0.
trade_statistics trade_statistics_of(std::span<const trade> trades);

/// Share of [first, last] in which at least one trade is open: overlapping trades count once. Absent where the time is empty.
std::optional<double> exposure(std::span<const trade> trades, timestamp first, timestamp last);

}  // namespace tomnext::statistics
