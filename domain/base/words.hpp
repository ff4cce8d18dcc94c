// Enumerations as words, for people. What is stored and sent are their numbers.
#pragma once
#include <array>
#include <string_view>

#include "domain/base/market.hpp"

namespace tomnext {

namespace words {
using namespace std::string_view_literals;
inline constexpr std::array side_words{"none"sv, "buy"sv, "sell"sv};
inline constexpr std::array bar_interval_words{"left_open"sv, "right_open"sv};
inline constexpr std::array bar_stamp_words{"close"sv, "open"sv};
inline constexpr std::array price_side_words{"mid"sv, "bid"sv, "ask"sv};
inline constexpr std::array instrument_kind_words{"spot_fx"sv, "spot_metal"sv};
inline constexpr std::array order_kind_words{"market"sv, "limit"sv, "stop"sv, "stop_limit"sv, "market_if_touched"sv, "trailing_stop"sv};
inline constexpr std::array time_in_force_words{"good_till_cancel"sv, "immediate_or_cancel"sv, "fill_or_kill"sv, "day"sv, "good_till_date"sv};
inline constexpr std::array venue_request_words{"order"sv, "cancel"sv};
inline constexpr std::array order_change_words{"cancel"sv};
inline constexpr std::array position_mode_words{"netting"sv, "hedging"sv};
inline constexpr std::array trading_state_words{"active"sv, "reducing"sv, "halted"sv};
inline constexpr std::array regime_words{"unknown"sv, "trend"sv, "range"sv, "volatile"sv, "quiet"sv};
inline constexpr std::array confirmation_words{"abstain"sv, "confirm"sv, "reject"sv};
inline constexpr std::array conversion_words{"side_traded"sv, "by_sign"sv, "mid"sv};
inline constexpr std::array rejection_words{"none"sv, "malformed"sv, "non_positive"sv, "time_backwards"sv, "duplicate"sv};
inline constexpr std::array source_state_words{"closed"sv, "open"sv, "ended"sv, "failed"sv};
inline constexpr std::array strategy_state_words{"created"sv, "warming_up"sv, "running"sv, "paused"sv, "stopping"sv, "stopped"sv, "failed"sv};
inline constexpr std::array signal_stage_words{"generated"sv, "validated"sv, "aggregated"sv, "risk_checked"sv,
                                               "executing"sv, "completed"sv, "rejected"sv,   "expired"sv};
inline constexpr std::array limit_words{"none"sv,        "position"sv, "notional"sv, "orders_per_second"sv,  "price_collar"sv, "trading_state"sv,
                                        "reduce_only"sv, "no_price"sv, "validity"sv, "unknown_instrument"sv, "quantity_step"sv};
inline constexpr std::array alert_rule_words{"actor_restarts"sv, "queue_depth"sv, "drawdown"sv, "input_parked"sv, "job_failed"sv};
inline constexpr std::array alert_state_words{"resolved"sv, "firing"sv};
inline constexpr std::array job_outcome_words{"none"sv, "succeeded"sv, "failed"sv, "timed_out"sv, "lost"sv};
inline constexpr std::array skip_reason_words{"none"sv, "missed"sv, "overlapped"sv, "paused"sv};
inline constexpr std::array log_purpose_words{"live"sv, "market_data"sv, "backtest"sv, "fork"sv};
inline constexpr std::array operator_command_words{"none"sv,    "halt"sv,           "reduce"sv,          "resume"sv,
                                                   "flatten"sv, "pause_strategy"sv, "resume_strategy"sv, "stop_strategy"sv,
                                                   "run_job"sv, "pause_job"sv,      "resume_job"sv};

template <std::size_t N, class E> constexpr std::string_view pick(const std::array<std::string_view, N>& all, E e) {
  const auto i = static_cast<std::size_t>(e);
  return i < N ? all[i] : std::string_view();
}
}  // namespace words

// The word of a value; empty for a number that this build does not know.
constexpr std::string_view word_of(side v) { return words::pick(words::side_words, v); }
constexpr std::string_view word_of(bar_interval v) { return words::pick(words::bar_interval_words, v); }
constexpr std::string_view word_of(bar_stamp v) { return words::pick(words::bar_stamp_words, v); }
constexpr std::string_view word_of(price_side v) { return words::pick(words::price_side_words, v); }
constexpr std::string_view word_of(instrument_kind v) { return words::pick(words::instrument_kind_words, v); }
constexpr std::string_view word_of(order_kind v) { return words::pick(words::order_kind_words, v); }
constexpr std::string_view word_of(time_in_force v) { return words::pick(words::time_in_force_words, v); }
constexpr std::string_view word_of(venue_request v) { return words::pick(words::venue_request_words, v); }
constexpr std::string_view word_of(order_change v) { return words::pick(words::order_change_words, v); }
constexpr std::string_view word_of(position_mode v) { return words::pick(words::position_mode_words, v); }
constexpr std::string_view word_of(trading_state v) { return words::pick(words::trading_state_words, v); }
constexpr std::string_view word_of(regime_kind v) { return words::pick(words::regime_words, v); }
constexpr std::string_view word_of(confirmation v) { return words::pick(words::confirmation_words, v); }
constexpr std::string_view word_of(conversion_method v) { return words::pick(words::conversion_words, v); }
constexpr std::string_view word_of(quote_rejection v) { return words::pick(words::rejection_words, v); }
constexpr std::string_view word_of(source_state v) { return words::pick(words::source_state_words, v); }
constexpr std::string_view word_of(strategy_state v) { return words::pick(words::strategy_state_words, v); }
constexpr std::string_view word_of(signal_stage v) { return words::pick(words::signal_stage_words, v); }
constexpr std::string_view word_of(limit_kind v) { return words::pick(words::limit_words, v); }
constexpr std::string_view word_of(alert_rule v) { return words::pick(words::alert_rule_words, v); }
constexpr std::string_view word_of(alert_state v) { return words::pick(words::alert_state_words, v); }
constexpr std::string_view word_of(job_outcome v) { return words::pick(words::job_outcome_words, v); }
constexpr std::string_view word_of(skip_reason v) { return words::pick(words::skip_reason_words, v); }
constexpr std::string_view word_of(log_purpose v) { return words::pick(words::log_purpose_words, v); }
constexpr std::string_view word_of(operator_command v) { return words::pick(words::operator_command_words, v); }

}  // namespace tomnext
