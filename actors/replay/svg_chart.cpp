#include "actors/replay/svg_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "actors/replay/html_text.hpp"

namespace tomnext::replay::html {
namespace {

// The plot's part of the height: above it half a label, below it the labels of the time.
constexpr double top_percent = 5, bottom_percent = 91, left_percent = 0.5, right_percent = 99.5;

constexpr std::array<const char*, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string day_label(date d) {
  const auto c = civil_of(d);
  return fmt::format("{} {}", c.day, month_names.at(c.month - 1));
}

double span_of(chart::range r) { return r.high > r.low ? r.high - r.low : 1; }

}  // namespace

std::vector<double> round_values(double low, double high, int count_max) {
  std::vector<double> all;
  if (!(high > low) || count_max < 1) return {low};
  const double raw = (high - low) / count_max;
  const int exponent = static_cast<int>(std::floor(std::log10(raw)));
  const double power = std::pow(10.0, exponent);
  double step = 10 * power;
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= raw * (1 - 1e-9)) {
      step = m * power;
      break;
    }
  for (auto k = static_cast<std::int64_t>(std::ceil(low / step - 1e-9)); static_cast<double>(k) * step <= high + step * 1e-9; ++k)
    all.push_back(static_cast<double>(k) * step);
  return all;
}

std::vector<tick> round_moments(timestamp first, timestamp last, std::size_t count_max) {
  std::vector<tick> all;
  const std::int64_t span = last - first;
  if (span <= 0) return {{static_cast<double>(first.ns), day_label(utc_date(first))}};
  for (const std::int64_t step : {minute_ns, 5 * minute_ns, 15 * minute_ns, hour_ns, 3 * hour_ns, 6 * hour_ns, 12 * hour_ns, day_ns, 2 * day_ns, 7 * day_ns}) {
    if (span / step > static_cast<std::int64_t>(count_max)) continue;
    // 1970-01-05 was a Monday: weeks begin there.
    const std::int64_t offset = step == 7 * day_ns ? 4 * day_ns : 0;
    for (std::int64_t t = (floor_div(first.ns - offset - 1, step) + 1) * step + offset; t <= last.ns; t += step) {
      const timestamp at{t};
      auto label = day_label(utc_date(at));
      if (step < day_ns && t % day_ns != 0) label = tomnext::to_string(at).substr(11, 5);
      all.push_back({static_cast<double>(t), label});
    }
    return all;
  }
  const auto from = civil_of(utc_date(first)), to = civil_of(utc_date(last));
  const int months = (to.year - from.year) * 12 + static_cast<int>(to.month) - static_cast<int>(from.month);
  int every = 1;
  for (const int m : {1, 2, 3, 6, 12, 24, 60, 120, 600}) {
    every = m;
    if (months / m <= static_cast<int>(count_max)) break;
  }
  for (int m = (from.year * 12 + static_cast<int>(from.month) - 1) / every * every;; m += every) {
    const civil_date c{m / 12, static_cast<unsigned>(m % 12 + 1), 1};
    const auto at = start_of(date_of(c));
    if (at > last) break;
    if (at >= first)
      all.push_back(
          {static_cast<double>(at.ns), c.month == 1 || every >= 12 ? std::to_string(c.year) : fmt::format("{} {}", month_names.at(c.month - 1), c.year)});
  }
  return all;
}

chart::chart(std::string id, std::string_view title, std::string_view description, range x, range y)
    : id_(std::move(id)), title_(escaped(title)), description_(escaped(description)), x_(x), y_(y) {}

double chart::x_percent(double x) const { return left_percent + (right_percent - left_percent) * std::clamp((x - x_.low) / span_of(x_), 0.0, 1.0); }
double chart::y_percent(double y) const { return bottom_percent - (bottom_percent - top_percent) * std::clamp((y - y_.low) / span_of(y_), 0.0, 1.0); }
std::string chart::place(chart_point p) const { return fmt::format("{:.1f} {:.1f}", 10 * x_percent(p.x), 10 * y_percent(p.y)); }

void chart::horizontal_lines(const std::vector<tick>& ticks) {
  for (const auto& t : ticks) {
    const double y = y_percent(t.at);
    behind_ += fmt::format("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{0:.2f}%\" y2=\"{0:.2f}%\"/>", y);
    front_ += fmt::format("<text class=\"label\" x=\"3\" y=\"{:.2f}%\" dy=\"{}\">{}</text>", y, y < top_percent + 4 ? 12 : -3,
                          escaped(t.label));  // at the top: below its line
  }
}

void chart::labels_below(const std::vector<tick>& ticks) {
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const double x = x_percent(ticks[i].at);
    const char* anchor = x < 4 ? "start" : x > 96 ? "end" : "middle";
    const char* wide = i % 2 == 1 ? " wide" : "";
    behind_ += fmt::format("<line class=\"grid upright\" x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1=\"{1}%\" y2=\"{2}%\"/>", x, top_percent, bottom_percent);
    front_ += fmt::format("<text class=\"label{}\" x=\"{:.2f}%\" y=\"100%\" dy=\"-4\" text-anchor=\"{}\">{}</text>", wide, x, anchor, escaped(ticks[i].label));
  }
}

void chart::line(std::string_view css_class, const std::vector<chart_point>& points) {
  if (points.empty()) return;
  std::string d;
  for (const auto& p : points) d += (d.empty() ? "M" : "L") + place(p);
  curves_ += fmt::format("<path class=\"{}\" d=\"{}\"/>", css_class, d);
}

void chart::area(std::string_view css_class, const std::vector<chart_point>& points, double base) {
  if (points.empty()) return;
  std::string d = "M" + place({points.front().x, base});
  for (const auto& p : points) d += "L" + place(p);
  curves_ += fmt::format("<path class=\"{}\" d=\"{}L{}Z\"/>", css_class, d, place({points.back().x, base}));
}

void chart::steps(std::string_view css_class, const std::vector<chart_point>& points, double base) {
  std::vector<chart_point> corners;
  for (const auto& p : points) {
    if (!corners.empty()) corners.push_back({p.x, corners.back().y});
    corners.push_back(p);
  }
  area(css_class, corners, base);
}

void chart::strokes(std::string_view css_class, const std::vector<stroke>& all) {
  if (all.empty()) return;
  std::string d;
  for (const auto& s : all) d += fmt::format("M{}V{:.1f}", place({s.x, s.low}), 10 * y_percent(s.high));
  curves_ += fmt::format("<path class=\"{}\" d=\"{}\"/>", css_class, d);
}

void chart::bar(std::string_view css_class, double from, double to, double height, std::string_view tooltip) {
  const double left = x_percent(from), right = x_percent(to), top = y_percent(height), bottom = y_percent(0);
  front_ += fmt::format("<rect class=\"{}\" x=\"{:.2f}%\" y=\"{:.2f}%\" width=\"{:.2f}%\" height=\"{:.2f}%\"><title>{}</title></rect>", css_class, left, top,
                        std::max(0.1, right - left), bottom - top, escaped(tooltip));
}

void chart::pair(std::string_view css_class, chart_point from, std::string_view from_mark, chart_point to, std::string_view to_mark, std::string_view tooltip) {
  const double x1 = x_percent(from.x), y1 = y_percent(from.y), x2 = x_percent(to.x), y2 = y_percent(to.y);
  front_ += fmt::format(
      "<g class=\"{0}\"><title>{1}</title><line x1=\"{2:.2f}%\" y1=\"{3:.2f}%\" x2=\"{4:.2f}%\" y2=\"{5:.2f}%\"/>"
      "<use href=\"#{6}\" x=\"{2:.2f}%\" y=\"{3:.2f}%\"/><use href=\"#{7}\" x=\"{4:.2f}%\" y=\"{5:.2f}%\"/></g>",
      css_class, escaped(tooltip), x1, y1, x2, y2, from_mark, to_mark);
}

std::string chart::svg(std::string_view css_class) const {
  return fmt::format(
      "<svg class=\"chart {0}\" role=\"img\" aria-labelledby=\"{1}-t {1}-d\"><title id=\"{1}-t\">{2}</title><desc id=\"{1}-d\">{3}</desc>{4}"
      "<svg viewBox=\"0 0 1000 1000\" width=\"100%\" height=\"100%\" preserveAspectRatio=\"none\">{5}</svg>{6}</svg>",
      css_class, id_, title_, description_, behind_, curves_, front_);
}

std::string chart_marks() {
  return "<svg width=\"0\" height=\"0\" class=\"hidden\" aria-hidden=\"true\"><defs><path id=\"up\" d=\"M0 1 4 9H-4Z\"/><path id=\"down\" d=\"M0 -1 4 "
         "-9H-4Z\"/>"
         "<circle id=\"dot\" r=\"2.5\"/></defs></svg>";
}

}  // namespace tomnext::replay::html
