// The rows of a sweep, and the file in which they survive its end.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "actors/replay/sweep_run.hpp"
#include "actors/replay/sweep_space.hpp"
#include "persistence/append_file.hpp"
#include "persistence/files.hpp"

namespace tomnext::replay {

/// One parameter combination and what its back-test came to. Money in minor units of the account currency; ratios as `backtest` prints them.
struct sweep_row {
  sweep_point point;
  std::string failure;  ///< why its back-test ended early; then nothing else is told
  std::uint64_t orders = 0, fills = 0, positions = 0, denied_orders = 0, rejected_orders = 0, open_positions = 0, wins = 0, losses = 0;
  std::int64_t commission = 0, financing = 0, final_balance = 0;
  double total_return = 0, max_drawdown = 0;
  std::optional<double> sharpe, sortino, win_rate, profit_factor;
  std::vector<double> daily_equity;
  bool operator==(const sweep_row&) const = default;
};
sweep_row row_of(const sweep_point& point, const result<sweep_figures>& run);

/// What a results file belongs to: rows of another configuration, of other data or of other parameters are no part of it.
struct sweep_identity {
  std::string configuration;  ///< hash of the configuration
  std::string market;         ///< hash of the quotes
  std::vector<std::string> parameters;
  std::string version;
  bool operator==(const sweep_identity&) const = default;
};

/// One JSON object without an end of line.
std::string to_json(const sweep_identity& i);
std::string to_json(const sweep_row& r, const std::vector<std::string>& parameters, std::uint32_t minor_units);
result<sweep_identity> parse_identity(const std::string& line);
result<sweep_row> parse_row(const std::string& line, const std::vector<std::string>& parameters, std::uint32_t minor_units);

/// A folder with the rows in `sweep.jsonl`: the identity, then a row a line, each durable before `add` returns. One process at a time.
class sweep_file {
 public:
  static constexpr const char* name = "sweep.jsonl";
  /// `resume`: goes on with what is there; else a folder that holds a sweep is refused. errc::invalid_argument where its identity is another, and it says
  /// which part; errc::log_corrupt with the line that is no row.
  static result<sweep_file> open(const std::string& folder, const sweep_identity& identity, std::uint32_t minor_units, bool resume);
  /// Those that were there.
  [[nodiscard]] const std::vector<sweep_row>& found() const { return found_; }
  result<void> add(const sweep_row& r);

 private:
  sweep_file(persistence::folder_lock lock, persistence::append_file file, sweep_identity identity, std::uint32_t minor_units)
      : lock_(std::move(lock)), file_(std::move(file)), identity_(std::move(identity)), minor_units_(minor_units) {}
  persistence::folder_lock lock_;
  persistence::append_file file_;
  sweep_identity identity_;
  std::uint32_t minor_units_;
  std::vector<sweep_row> found_;
};

}  // namespace tomnext::replay
