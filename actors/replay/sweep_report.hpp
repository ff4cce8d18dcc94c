// What a sweep came to, for people and programs: a table of the best, rows as CSV, all of it as JSON, heat maps.
#pragma once
#include "actors/replay/sweep_selection.hpp"

namespace tomnext::replay {

struct sweep_report {
  sweep_result result;
  sweep_rank by = sweep_rank::sharpe;
  sweep_luck luck;
  std::optional<sweep_walk> walk;
  std::size_t shown = 10;  ///< rows of the table
  double elapsed_ms = 0;
};

std::string to_table(const sweep_report& r);
/// The best rows, luck and windows. The rest of the rows is in the CSV.
std::string to_json(const sweep_report& r);
/// A line a row, in the order of the points, with a head line; what is absent is empty.
std::string to_csv(const sweep_report& r);

/// The figure by which the sweep is ranked over the first two axes; the best where further axes give several. Empty for one axis.
struct heat_map {
  std::string rows_name, columns_name, of;
  std::vector<std::string> rows, columns;
  std::vector<std::optional<double>> cells;  ///< row by row
  double low = 0, high = 0;
  bool low_is_best = false;
  [[nodiscard]] bool empty() const { return cells.empty(); }
};
heat_map heat_map_of(const sweep_report& r);
/// Ten shades of characters; empty where it would be more than 100 wide or 60 high.
std::string to_text(const heat_map& m);
/// A picture by itself: no script, no font, no other file.
std::string to_svg(const heat_map& m);

}  // namespace tomnext::replay
