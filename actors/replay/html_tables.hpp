// The tables of a report.
#pragma once
#include <string>

#include "actors/replay/run_report.hpp"

namespace tomnext::replay::html {

/// The last so many trades are listed; CSV has all.
inline constexpr std::size_t listed_trades_max = 300;

std::string key_figures(const run_report& r);
std::string monthly_table(const run_report& r);
std::string performance_tables(const run_report& r);
std::string drawdown_table(const run_report& r);
std::string trade_tables(const run_report& r);
std::string exposure_table(const run_report& r);
std::string balance_table(const run_report& r);
std::string open_positions_table(const run_report& r);
std::string list_of_trades(const run_report& r);
std::string event_counts(const run_report& r);

}  // namespace tomnext::replay::html
