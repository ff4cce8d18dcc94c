// A chart as inline SVG that fits any width: curves are stretched, while text, lines and marks keep their size.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/time.hpp"

namespace tomnext::replay::html {

struct tick {
  double at{};
  std::string label;
};
/// At most `count_max` + 1 round values (1, 2, 5 times a power of ten) between low and high.
std::vector<double> round_values(double low, double high, int count_max);
/// Round moments with labels: hours, days, months, years, at most `count_max`.
std::vector<tick> round_moments(timestamp first, timestamp last, std::size_t count_max);

struct chart_point {
  double x{}, y{};
};

class chart {
 public:
  struct range {
    double low{}, high{};
  };
  /// `id` is unique in the page. Title and description are text, and are escaped here.
  chart(std::string id, std::string_view title, std::string_view description, range x, range y);

  /// A line across at each value, labelled inside the plot.
  void horizontal_lines(const std::vector<tick>& ticks);
  /// Labels below. Every second one gives way on a narrow screen.
  void labels_below(const std::vector<tick>& ticks);
  /// Classes are styles of the page.
  void line(std::string_view css_class, const std::vector<chart_point>& points);
  /// Constant from each point to the next, filled down to `base`; the last point ends it.
  void steps(std::string_view css_class, const std::vector<chart_point>& points, double base);
  void area(std::string_view css_class, const std::vector<chart_point>& points, double base);
  /// A vertical stroke from low to high at each x.
  struct stroke {
    double x{}, low{}, high{};
  };
  void strokes(std::string_view css_class, const std::vector<stroke>& all);
  /// A bar from `from` to `to` (x), down to 0, with a tooltip.
  void bar(std::string_view css_class, double from, double to, double height, std::string_view tooltip);
  /// A straight line between two points, a mark (an id of `chart_marks`) at each, and one tooltip for all three.
  void pair(std::string_view css_class, chart_point from, std::string_view from_mark, chart_point to, std::string_view to_mark, std::string_view tooltip);
  /// The finished element. `css_class` gives it its height.
  [[nodiscard]] std::string svg(std::string_view css_class) const;

 private:
  [[nodiscard]] double x_percent(double x) const;
  [[nodiscard]] double y_percent(double y) const;
  /// In the stretched coordinates, 0 to 1000.
  [[nodiscard]] std::string place(chart_point p) const;

  std::string id_, title_, description_;
  range x_, y_;
  std::string behind_, curves_, front_;
};

/// Definitions of the marks, once a page: "up", "down", "dot".
std::string chart_marks();

}  // namespace tomnext::replay::html
