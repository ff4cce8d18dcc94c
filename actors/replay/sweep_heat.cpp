// Heat maps of a sweep: characters for a terminal, and a picture.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "actors/replay/sweep_report.hpp"

namespace tomnext::replay {
namespace {

constexpr std::string_view shades = " .:-=+*#%@";
constexpr const char* figure_names[] = {"Sharpe ratio", "Sortino ratio", "return", "profit factor", "max drawdown"};

// 0 … 1, 1 the best.
double share(const heat_map& m, double x) {
  const double s = m.high > m.low ? (x - m.low) / (m.high - m.low) : 0.5;
  return m.low_is_best ? 1 - s : s;
}

std::string escaped(const std::string& text) {
  std::string s;
  for (const char c : text) s += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return s;
}

// From dark blue over white to dark red, the best red: told apart also by who does not see red and green.
std::string colour(double s) {
  const auto mix = [&](double cold, double warm) {
    const double end = s < 0.5 ? cold : warm, white = 247, to_white = s < 0.5 ? s * 2 : 2 - s * 2;
    return static_cast<int>(end + (white - end) * to_white + 0.5);
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(33, 178), mix(102, 24), mix(172, 43));
}

}  // namespace

constexpr std::size_t heat_cells_max = 250'000;

heat_map heat_map_of(const sweep_report& r) {
  const auto& s = r.result;
  heat_map m;
  // More cells than anybody looks at are no picture.
  if (s.axes.size() < 2 || s.axes[0].values.size() * s.axes[1].values.size() > heat_cells_max) return m;
  m.rows_name = s.axes[0].name;
  m.columns_name = s.axes[1].name;
  m.of = figure_names[static_cast<std::size_t>(r.by)];
  m.rows = s.axes[0].values;
  m.columns = s.axes[1].values;
  m.low_is_best = r.by == sweep_rank::max_drawdown;
  std::map<std::string, std::size_t> row_of, column_of;
  for (std::size_t i = 0; i < m.rows.size(); ++i) row_of[m.rows[i]] = i;
  for (std::size_t i = 0; i < m.columns.size(); ++i) column_of[m.columns[i]] = i;
  std::vector<std::optional<double>> cells(m.rows.size() * m.columns.size());
  bool any = false;
  for (const auto& row : s.rows) {
    const auto x = value_of(row, r.by);
    if (!x) continue;
    auto& cell = cells[row_of.at(row.point[0]) * m.columns.size() + column_of.at(row.point[1])];
    if (!cell || (m.low_is_best ? *x < *cell : *x > *cell)) cell = x;
  }
  for (const auto& c : cells) {
    if (!c) continue;
    m.low = any ? std::min(m.low, *c) : *c;
    m.high = any ? std::max(m.high, *c) : *c;
    any = true;
  }
  if (any) m.cells = std::move(cells);
  return m;
}

std::string to_text(const heat_map& m) {
  if (m.empty() || m.columns.size() > 100 || m.rows.size() > 60) return {};
  std::size_t width = m.rows_name.size();
  for (const auto& v : m.rows) width = std::max(width, v.size());
  std::string out = fmt::format("{} by {} (down) and {} (across, {} to {}); '{}' {:.3g} … '{}' {:.3g}\n", m.of, m.rows_name, m.columns_name, m.columns.front(),
                                m.columns.back(), shades.front(), m.low_is_best ? m.high : m.low, shades.back(), m.low_is_best ? m.low : m.high);
  // Two characters a cell are nearly square.
  const std::size_t times = m.columns.size() <= 50 ? 2 : 1;
  for (std::size_t i = 0; i < m.rows.size(); ++i) {
    out += fmt::format("  {:>{}} |", m.rows[i], width);
    for (std::size_t k = 0; k < m.columns.size(); ++k) {
      const auto& c = m.cells[i * m.columns.size() + k];
      const char shade = c ? shades[std::min(shades.size() - 1, static_cast<std::size_t>(share(m, *c) * static_cast<double>(shades.size())))] : '/';
      out += std::string(times, shade);
    }
    out += "|\n";
  }
  out += "  '/': nothing was run, or it has no figure\n";
  return out;
}

std::string to_svg(const heat_map& m) {
  if (m.empty()) return {};
  const double cell_x = std::clamp(900.0 / static_cast<double>(m.columns.size()), 2.0, 40.0),
               cell_y = std::clamp(600.0 / static_cast<double>(m.rows.size()), 2.0, 30.0);
  const double left = 110, top = 60, width = cell_x * static_cast<double>(m.columns.size()), height = cell_y * static_cast<double>(m.rows.size());
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{:.0f}\" y=\"24\" font-size=\"16\">{} by {} and {}</text>\n",
      left + width + 130, top + height + 60, left, escaped(m.of), escaped(m.rows_name), escaped(m.columns_name));
  std::size_t best = m.cells.size();
  for (std::size_t i = 0; i < m.cells.size(); ++i)
    if (m.cells[i] && (best == m.cells.size() || share(m, *m.cells[i]) > share(m, *m.cells[best]))) best = i;
  for (std::size_t i = 0; i < m.cells.size(); ++i) {
    const auto row = i / m.columns.size(), column = i % m.columns.size();
    const auto& c = m.cells[i];
    if (!c) continue;
    out += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\"{}><title>{}={}, {}={}: {:.4g}</title></rect>\n",
                       left + cell_x * static_cast<double>(column), top + cell_y * static_cast<double>(row), cell_x, cell_y, colour(share(m, *c)),
                       i == best ? " stroke=\"#000\" stroke-width=\"1.5\"" : "", escaped(m.rows_name), m.rows[row], escaped(m.columns_name), m.columns[column],
                       *c);
  }
  // Labels where they do not touch each other.
  const auto every_row = static_cast<std::size_t>(std::max(1.0, 14 / cell_y)), every_column = static_cast<std::size_t>(std::max(1.0, 36 / cell_x));
  for (std::size_t i = 0; i < m.rows.size(); i += every_row)
    out +=
        fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 6, top + cell_y * (static_cast<double>(i) + 0.5) + 4, m.rows[i]);
  for (std::size_t k = 0; k < m.columns.size(); k += every_column)
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>\n", left + cell_x * (static_cast<double>(k) + 0.5), top + height + 18,
                       m.columns[k]);
  out += fmt::format("<text x=\"10\" y=\"{:.0f}\">{}</text>\n<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", top - 10, escaped(m.rows_name), left,
                     top + height + 40, escaped(m.columns_name));
  constexpr int steps = 20;
  for (int i = 0; i < steps; ++i)
    out += fmt::format("<rect x=\"{:.0f}\" y=\"{:.1f}\" width=\"16\" height=\"8\" fill=\"{}\"/>\n", left + width + 24, top + 8.0 * i,
                       colour(1 - (i + 0.5) / steps));
  out += fmt::format("<text x=\"{0:.0f}\" y=\"{1:.0f}\">{2:.3g}</text>\n<text x=\"{0:.0f}\" y=\"{3:.0f}\">{4:.3g}</text>\n</svg>\n", left + width + 46,
                     top + 10, m.low_is_best ? m.low : m.high, top + 8.0 * steps, m.low_is_best ? m.high : m.low);
  return out;
}

}  // namespace tomnext::replay
