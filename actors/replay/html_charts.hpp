// The charts of a report.
#pragma once
#include <string>

#include "actors/replay/run_report.hpp"

namespace tomnext::replay::html {

/// At most so many points of a curve are drawn, prices of so many instruments, and so many trades on all of them together: the largest results.
inline constexpr std::size_t drawn_points_max = 1'000, drawn_instruments_max = 8, drawn_trades_max = 1'000;

std::string equity_chart(const run_report& r);
std::string drawdown_chart(const run_report& r);
/// One figure for each instrument that was traded, the most traded first.
std::string price_charts(const run_report& r);
std::string return_histogram(const run_report& r);
std::string profit_histogram(const run_report& r);
std::string exposure_chart(const run_report& r);

}  // namespace tomnext::replay::html
