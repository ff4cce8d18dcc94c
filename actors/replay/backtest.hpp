// A back-test: the deployment's quotes through all services in one thread, results as events.
#pragma once
#include <functional>
#include <string>

#include "actors/replay/composition.hpp"
#include "actors/replay/equity_curve.hpp"
#include "actors/replay/progress.hpp"
#include "actors/replay/trade_list.hpp"
#include "persistence/event_log.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::replay {

/// What a back-test came to. Money in minor units of the account currency; times in milliseconds of wall time.
struct backtest_report {
  std::uint64_t ticks = 0, rejected_ticks = 0, flagged_ticks = 0, bars = 0, orders = 0, fills = 0, positions = 0, denied_orders = 0, rejected_orders = 0,
                open_positions = 0, events = 0;
  amount opening_balance, commission, financing, final_balance;
  currency in;
  std::uint32_t minor_units = 2;
  std::uint64_t financing_bookings = 0, financing_deferred = 0;  ///< of positions over a roll; deferred: there were no rates for it until the end
  financing_method method{};
  std::uint64_t iterations = 0;  ///< quotes and timers
  std::string head_hash;
  std::uint64_t state_hash = 0;
  std::vector<std::pair<std::string, std::uint64_t>> state_hashes;
  double elapsed_ms = 0;
  double reading_ms = 0;  ///< reading, decoding and judging the quotes, which goes on beside the rest
  std::vector<std::string> instruments;
  timestamp first, last;               ///< of the data
  bool flagged_quotes_traded = false;  ///< comparison mode
  bool bars_as_feed = false;           ///< comparison mode: orders filled at the quotes of the minute before what the strategies saw
  portfolio_management::account_statistics statistics;
  std::vector<trade> trades;         ///< closed ones, in the order in which they closed
  std::vector<equity_point> equity;  ///< at each bar's close, where the account needs no conversion
};

struct backtest_options {
  std::string log;  ///< directory for the results, which must not hold a log yet; empty: they are hashed, and not kept
  progress on_progress;
  persistence::encryption encrypt = persistence::encryption::as_it_is;  ///< from_now_on: the results are encrypted with the keys of the process
  std::function<void(const persistence::group&)> on_events = {};        ///< gets every group of the results, in order, on the calling thread
};

/// Runs it. Errors: what the feed says of a file, a missing conversion rate, a full disk, cancellation.
result<backtest_report> run_backtest(const config::deployment& d, const backtest_options& options);

/// Reads the files of the deployment's models; their bytes go to the content store of `log` where there is one.
result<composition_parts> load_models(const config::deployment& d, const std::string& log);

std::string to_json(const backtest_report& r);
std::string to_table(const backtest_report& r);

}  // namespace tomnext::replay
