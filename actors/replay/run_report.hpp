// A run's history with its statistics and where it came from: what is written as HTML, as CSV and as JSON.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "actors/replay/backtest.hpp"
#include "actors/replay/run_history.hpp"
#include "config/deployment.hpp"
#include "domain/statistics/report.hpp"

namespace tomnext::replay {

struct run_report {
  run_history history;
  statistics::report statistics;
  std::string configuration;            ///< its text; empty where the log names none
  std::vector<std::string> comparison;  ///< settings that make a run comparable with published figures, and no forecast of anything
  std::optional<std::uint64_t> state_hash;
};

/// Settings of a deployment under which orders fill otherwise than they would at a venue, as sentences.
std::vector<std::string> comparison_settings(const config::deployment& d);

/// Errors of `statistics_of`.
result<run_report> report_of(run_history history, std::string configuration);
/// The whole report from a log alone: its events, and its configuration from the content store beside it. `directory` is the log's.
result<run_report> report_of_log(const persistence::event_log& log, const std::string& directory, const std::function<bool(std::uint64_t)>& on_progress = {});

/// The same of a back-test while it runs, whether its results are kept or not.
class report_builder {
 public:
  void take(const persistence::group& g);
  /// What went wrong on the way, or the errors of `report_of`.
  result<run_report> finish(const config::deployment& d, const backtest_report& b);

 private:
  history_fold fold_;
  std::uint64_t epoch_ = 0;
  std::optional<error> failure_;
};

/// One self-contained page: inline styles and SVG, no script, nothing loaded from anywhere. The same bytes for the same run.
std::string to_html(const run_report& r);

struct named_text {
  std::string name, text;
};
/// equity.csv, trades.csv, daily.csv, monthly.csv and statistics.json. Money in trades.csv is exact; times are UTC.
std::vector<named_text> to_csv_files(const run_report& r);
std::string statistics_json(const run_report& r);

/// Writes the page, replacing one that is there; and the files into a folder, which is made.
result<void> write_html(const run_report& r, const std::string& file);
result<void> write_csv(const run_report& r, const std::string& folder);

}  // namespace tomnext::replay
