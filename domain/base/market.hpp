// The market's vocabulary: sides, order kinds, bar specifications, verdicts. Numbers are on the wire and never change.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext {

enum class side : std::uint8_t { none = 0, buy = 1, sell = 2 };
constexpr side opposite(side s) { return s == side::buy ? side::sell : s == side::sell ? side::buy : side::none; }
/// +1 for a buy, −1 for a sell.
constexpr std::int64_t sign(side s) { return s == side::buy ? 1 : s == side::sell ? -1 : 0; }

enum class price_side : std::uint8_t { mid = 0, bid = 1, ask = 2 };
enum class instrument_kind : std::uint8_t { spot_fx = 0, spot_metal = 1 };
enum class order_kind : std::uint8_t { market = 0, limit = 1, stop = 2, stop_limit = 3, market_if_touched = 4, trailing_stop = 5 };
enum class time_in_force : std::uint8_t { good_till_cancel = 0, immediate_or_cancel = 1, fill_or_kill = 2, day = 3, good_till_date = 4 };
/// What a send_started sends: a new order, or a request about one that was sent before.
enum class venue_request : std::uint8_t { order = 0, cancel = 1 };
/// What is to become of an order that works.
enum class order_change : std::uint8_t { cancel = 0 };
enum class position_mode : std::uint8_t { netting = 0, hedging = 1 };
enum class trading_state : std::uint8_t { active = 0, reducing = 1, halted = 2 };
enum class regime_kind : std::uint8_t { unknown = 0, trend = 1, range = 2, volatile_market = 3, quiet = 4 };
enum class confirmation : std::uint8_t { abstain = 0, confirm = 1, reject = 2 };
enum class ema_seed : std::uint8_t { sma = 0, first_close = 1 };

/// How money in one currency is valued in another. by_sign: sell the currency held, buy the one owed.
enum class conversion_method : std::uint8_t { side_traded = 0, by_sign = 1, mid = 2 };

/// Flags of an accepted quote. A flagged quote updates bars but never fills, marks or triggers, unless a comparison mode says so.
namespace quote_flag {
inline constexpr std::uint32_t crossed = 1, locked = 2, spike = 4, off_hours = 8, stale = 16, wide_spread = 32;
}
enum class quote_rejection : std::uint8_t { none = 0, malformed = 1, non_positive = 2, time_backwards = 3, duplicate = 4 };

enum class source_state : std::uint8_t { closed = 0, open = 1, ended = 2, failed = 3 };

enum class strategy_state : std::uint8_t { created = 0, warming_up = 1, running = 2, paused = 3, stopping = 4, stopped = 5, failed = 6 };

/// The steps of a signal. `completed`, `rejected` and `expired` are final.
enum class signal_stage : std::uint8_t {
  generated = 0,
  validated = 1,
  aggregated = 2,
  risk_checked = 3,
  executing = 4,
  completed = 5,
  rejected = 6,
  expired = 7
};

/// The limits that risk checks before an order. The number is on the wire.
enum class limit_kind : std::uint8_t {
  none = 0,
  position = 1,
  notional = 2,
  orders_per_second = 3,
  price_collar = 4,
  trading_state = 5,
  reduce_only = 6,
  no_price = 7,
  validity = 8,
  unknown_instrument = 9,
  quantity_step = 10
};

enum class alert_rule : std::uint8_t { actor_restarts = 0, queue_depth = 1, drawdown = 2, input_parked = 3, job_failed = 4 };
enum class alert_state : std::uint8_t { resolved = 0, firing = 1 };

/// How a job's run ended. `lost`: the node went down in the middle of it, and what it has done nobody knows.
enum class job_outcome : std::uint8_t { none = 0, succeeded = 1, failed = 2, timed_out = 3, lost = 4 };
/// Why a scheduled time of a job had no run.
enum class skip_reason : std::uint8_t { none = 0, missed = 1, overlapped = 2, paused = 3 };

enum class log_purpose : std::uint8_t { live = 0, market_data = 1, backtest = 2, fork = 3 };

enum class operator_command : std::uint8_t {
  none = 0,
  halt = 1,
  reduce = 2,
  resume = 3,
  flatten = 4,
  pause_strategy = 5,
  resume_strategy = 6,
  stop_strategy = 7,
  run_job = 8,  ///< and the next two: for the scheduler of jobs, no service
  pause_job = 9,
  resume_job = 10
};

/// Which of its two boundaries belongs to a bar: that at its close, or that at its opening.
enum class bar_interval : std::uint8_t { left_open = 0, right_open = 1 };
/// The time that a bar goes by.
enum class bar_stamp : std::uint8_t { close = 0, open = 1 };

/// Time bars: a step in seconds and the price they are built from, "5m-mid" in text. Boundaries are the multiples of the step since 1970 in UTC, `offset_s` later.
struct bar_spec {
  std::uint32_t step_s{};
  price_side from{};
  bar_interval interval{};
  bar_stamp stamp{};
  std::uint32_t offset_s{};  ///< less than the step
  constexpr auto operator<=>(const bar_spec&) const = default;
  /// Left-open, stamped at the close, on whole steps.
  [[nodiscard]] constexpr bool is_plain() const { return interval == bar_interval::left_open && stamp == bar_stamp::close && offset_s == 0; }
};
/// "30s-bid", "5m-mid", "1h-ask", "1d-mid"; and behind it, in any order, "-right_open", "-stamp_open" and "-offset_5h": days of UTC−5 are "1d-bid-offset_5h".
result<bar_spec> parse_bar_spec(std::string_view text);
std::string to_string(bar_spec spec);

}  // namespace tomnext
