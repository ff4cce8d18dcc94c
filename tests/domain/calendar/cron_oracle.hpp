// A second reading of cron expressions, for tests: each element's text is looked at anew for each date, and nothing is shared with the parser. Slow, and plain.
#pragma once
#include <rapidcheck.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "domain/base/time.hpp"

namespace tomnext::tests {

/// Knows valid expressions of numbers only: no names, no shorthands.
class cron_oracle {
 public:
  explicit cron_oracle(const std::string& text) {
    std::istringstream words(text);
    for (std::string w; words >> w;) fields_.push_back(w);
    if (fields_.size() == 5) fields_.insert(fields_.begin(), "0");
  }
  [[nodiscard]] bool time(int hour, int minute, int second) const {
    return any(fields_[0], second, 0, 59) && any(fields_[1], minute, 0, 59) && any(fields_[2], hour, 0, 23);
  }
  [[nodiscard]] bool day(date d) const {
    const auto c = civil_of(d);
    if (!any(fields_[4], static_cast<int>(c.month), 1, 12)) return false;
    bool by_day = false, by_week_day = false;
    for (const auto& e : split(fields_[3])) by_day = by_day || day_element(e, d);
    for (const auto& e : split(fields_[5])) by_week_day = by_week_day || week_day_element(e, d);
    const bool both = open(fields_[3]) || open(fields_[5]);
    return both ? by_day && by_week_day : by_day || by_week_day;
  }
  [[nodiscard]] bool periodic() const { return (fields_[1] + fields_[2]).find_first_of("*/") != std::string::npos; }

 private:
  static bool open(const std::string& field) { return field[0] == '*' || field == "?"; }
  static std::vector<std::string> split(const std::string& field) {
    std::vector<std::string> all;
    std::istringstream list(field);
    for (std::string e; std::getline(list, e, ',');) all.push_back(e);
    return all;
  }
  static bool any(const std::string& field, int value, int min, int max) {
    for (const auto& e : split(field))
      if (element(e, value, min, max)) return true;
    return false;
  }
  static bool element(const std::string& e, int value, int min, int max) {
    int from = min, to = max, step = 1;
    if (e[0] != '*' && e != "?") {
      from = to = std::atoi(e.c_str());
      if (const auto dash = e.find('-'); dash != std::string::npos) to = std::atoi(e.c_str() + dash + 1);
    }
    if (const auto slash = e.find('/'); slash != std::string::npos) step = std::atoi(e.c_str() + slash + 1);
    for (int v = from; v <= to; v += step)
      if (v == value) return true;
    return false;
  }
  static unsigned month_of(date d) { return civil_of(d).month; }
  static bool working(date d) { return weekday(d) != 0 && weekday(d) != 6; }
  static date last_of_month(date d) {
    while (month_of({d.days + 1}) == month_of(d)) ++d.days;
    return d;
  }
  static bool day_element(const std::string& e, date d) {
    const date last = last_of_month(d);
    if (e == "L") return d == last;
    if (e == "LW") {
      date w = last;
      while (!working(w)) --w.days;
      return d == w;
    }
    if (e.starts_with("L-")) return last.days - d.days == std::atoi(e.c_str() + 2);
    if (e.back() == 'W') {
      const auto c = civil_of(d);
      const civil_date asked{c.year, c.month, static_cast<unsigned>(std::atoi(e.c_str()))};
      if (!valid(asked)) return false;
      // The nearest one within the month; a Saturday's is the Friday, a Sunday's the Monday, and only at a month's edge is another two days away.
      for (const int apart : {0, -1, 1, -2, 2})
        if (const date w{date_of(asked).days + apart}; working(w) && month_of(w) == c.month) return d == w;
      return false;
    }
    return element(e, static_cast<int>(civil_of(d).day), 1, 31);
  }
  static bool week_day_element(const std::string& e, date d) {
    const bool same = std::atoi(e.c_str()) % 7 == weekday(d);
    if (e.find('#') != std::string::npos) {
      int nth = 0;
      for (date x{d.days}; month_of(x) == month_of(d); x.days -= 7) ++nth;
      return same && nth == std::atoi(e.c_str() + e.find('#') + 1);
    }
    if (e.back() == 'L') return same && month_of({d.days + 7}) != month_of(d);
    return element(e, weekday(d), 0, 6) || (weekday(d) == 0 && element(e, 7, 0, 7));
  }
  std::vector<std::string> fields_;
};

/// A list of one to three elements of a field whose values are min to max.
inline rc::Gen<std::string> random_field(int min, int max, const std::vector<std::string>& specials) {
  return rc::gen::exec([=] {
    const auto value = [=] { return *rc::gen::inRange(min, max + 1); };
    std::string all;
    const int count = *rc::gen::weightedElement<int>({{6, 1}, {2, 2}, {1, 3}});
    for (int i = 0; i < count; ++i) {
      std::string e;
      const int a = value(), b = value();
      switch (*rc::gen::weightedElement<int>({{4, 0}, {3, 1}, {2, 2}, {1, 3}, {1, 4}, {specials.empty() ? 0 : 4, 5}})) {
        case 0: e = "*"; break;
        case 1: e = std::to_string(a); break;
        case 2: e = std::to_string(std::min(a, b)) + "-" + std::to_string(std::max(a, b)); break;
        case 3: e = "*/" + std::to_string(*rc::gen::inRange(1, max + 1)); break;
        case 4: e = std::to_string(std::min(a, b)) + "-" + std::to_string(std::max(a, b)) + "/" + std::to_string(*rc::gen::inRange(1, max + 1)); break;
        default: e = *rc::gen::elementOf(specials);
      }
      all += (i > 0 ? "," : "") + e;
    }
    return all;
  });
}

/// Of numbers; valid but for dates that never come.
inline rc::Gen<std::string> random_cron() {
  return rc::gen::exec([] {
    std::string text = *random_field(0, 59, {}) + " " + *random_field(0, 23, {});
    if (*rc::gen::inRange(0, 5) == 0) text = *random_field(0, 59, {}) + " " + text;
    text += " " + *random_field(1, 31, {"L", "L-1", "L-5", "L-30", "LW", "1W", "15W", "30W", "31W"}) + " " +
            *rc::gen::oneOf(rc::gen::just(std::string("*")), random_field(1, 12, {})) + " " +
            *random_field(0, 7, {"1#1", "5#5", "7#2", "0#3", "6L", "0L", "7L", "3L"});
    return text.size() <= 127 ? text : std::string("0 0 * * *");  // longer ones are refused
  });
}

}  // namespace tomnext::tests
