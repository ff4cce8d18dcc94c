#include "domain/calendar/usual_holidays.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tomnext::calendar {
namespace {

constexpr int sunday = 0, monday = 1, thursday = 4, saturday = 6;

/// The holidays of one year as they are put together. What falls on a weekend stays there, unless a rule moves it, and is left out in the end.
class year_of_holidays {
 public:
  explicit year_of_holidays(int year) : year_(year), easter_(easter_sunday(year)) {}

  [[nodiscard]] int year() const { return year_; }
  [[nodiscard]] date on(unsigned month, unsigned day) const { return date_of({year_, month, day}); }
  void add(date d) { all_.insert(d); }
  void add(unsigned month, unsigned day) { add(on(month, day)); }
  void remove(unsigned month, unsigned day) { all_.erase(on(month, day)); }
  void after_easter(int days) { add(date{easter_.days + days}); }
  /// The nth such weekday of a month.
  void nth(unsigned month, int of_week, int n) { add(date{first_of_week(on(month, 1), of_week).days + 7 * (n - 1)}); }
  /// The last Monday of May or August.
  void last_monday(unsigned month) { add(date{first_of_week(date{on(month, 31).days - 6}, monday).days}); }
  /// On a Sunday it is kept on Monday; on a Saturday not at all.
  void sunday_to_monday(unsigned month, unsigned day) {
    const date d = on(month, day);
    add(weekday(d) == sunday ? date{d.days + 1} : d);
  }
  /// On a weekend it is kept on the next weekday that is no holiday yet: in the order in which they are given.
  void to_next_weekday(unsigned month, unsigned day) {
    date d = on(month, day);
    while (weekday(d) == sunday || weekday(d) == saturday || all_.contains(d)) ++d.days;
    add(d);
  }
  void good_friday_and_easter_monday() {
    after_easter(-2);
    after_easter(1);
  }
  [[nodiscard]] const std::set<date>& all() const { return all_; }
  [[nodiscard]] std::vector<date> weekdays() const {
    std::vector<date> days;
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(days), [](date d) { return weekday(d) != sunday && weekday(d) != saturday; });
    return days;
  }

 private:
  static date first_of_week(date from, int of_week) {
    while (weekday(from) != of_week) ++from.days;
    return from;
  }
  int year_;
  date easter_;
  std::set<date> all_;
};

void dollar(year_of_holidays& y) {
  y.sunday_to_monday(1, 1);
  y.nth(1, monday, 3);
  y.nth(2, monday, 3);
  y.last_monday(5);
  if (y.year() >= 2022) y.sunday_to_monday(6, 19);
  y.sunday_to_monday(7, 4);
  y.nth(9, monday, 1);
  y.nth(10, monday, 2);
  y.sunday_to_monday(11, 11);
  y.nth(11, thursday, 4);
  y.sunday_to_monday(12, 25);
}

void euro(year_of_holidays& y) {
  y.add(1, 1);
  y.good_friday_and_easter_monday();
  y.add(5, 1);
  y.add(12, 25);
  y.add(12, 26);
  if (y.year() == 2001) y.add(12, 31);
}

void sterling(year_of_holidays& y) {
  y.to_next_weekday(1, 1);
  y.good_friday_and_easter_monday();
  y.nth(5, monday, 1);
  y.last_monday(5);
  y.last_monday(8);
  y.to_next_weekday(12, 25);
  y.to_next_weekday(12, 26);
  // Jubilees, a wedding, the seventy-five years since the war, a funeral, a coronation.
  switch (y.year()) {
    case 2002: y.remove(5, 27), y.add(6, 3), y.add(6, 4); break;
    case 2011: y.add(4, 29); break;
    case 2012: y.remove(5, 28), y.add(6, 4), y.add(6, 5); break;
    case 2020: y.remove(5, 4), y.add(5, 8); break;
    case 2022: y.remove(5, 30), y.add(6, 2), y.add(6, 3), y.add(9, 19); break;
    case 2023: y.add(5, 8); break;
    default: break;
  }
}

void franc(year_of_holidays& y) {
  for (const auto& [month, day] : {std::pair{1u, 1u}, {1u, 2u}, {5u, 1u}, {8u, 1u}, {12u, 25u}, {12u, 26u}}) y.add(month, day);
  y.good_friday_and_easter_monday();
  y.after_easter(39);
  y.after_easter(50);
}

void canadian_dollar(year_of_holidays& y) {
  y.to_next_weekday(1, 1);
  if (y.year() >= 2008) y.nth(2, monday, 3);
  y.after_easter(-2);
  date victoria = y.on(5, 24);
  while (weekday(victoria) != monday) --victoria.days;
  y.add(victoria);
  y.to_next_weekday(7, 1);
  y.nth(8, monday, 1);
  y.nth(9, monday, 1);
  if (y.year() >= 2021) y.to_next_weekday(9, 30);
  y.nth(10, monday, 2);
  y.to_next_weekday(11, 11);
  y.to_next_weekday(12, 25);
  y.to_next_weekday(12, 26);
}

void australian_dollar(year_of_holidays& y) {
  y.to_next_weekday(1, 1);
  y.to_next_weekday(1, 26);
  y.good_friday_and_easter_monday();
  y.add(4, 25);
  y.nth(6, monday, 2);
  y.nth(8, monday, 1);
  y.nth(10, monday, 1);
  y.to_next_weekday(12, 25);
  y.to_next_weekday(12, 26);
  if (y.year() == 2022) y.add(9, 22);
}

void new_zealand_dollar(year_of_holidays& y) {
  y.to_next_weekday(1, 1);
  y.to_next_weekday(1, 2);
  if (y.year() >= 2014) y.to_next_weekday(2, 6);
  else y.add(2, 6);
  y.good_friday_and_easter_monday();
  if (y.year() >= 2014) y.to_next_weekday(4, 25);
  else y.add(4, 25);
  y.nth(6, monday, 1);
  y.nth(10, monday, 4);
  y.to_next_weekday(12, 25);
  y.to_next_weekday(12, 26);
  // Matariki goes by the stars (Te Kāhui o Matariki Public Holiday Act 2022, schedule 1).
  switch (y.year()) {
    case 2022: y.add(6, 24), y.add(9, 26); break;
    case 2023: y.add(7, 14); break;
    case 2024: y.add(6, 28); break;
    case 2025: y.add(6, 20); break;
    case 2026: y.add(7, 10); break;
    case 2027: y.add(6, 25); break;
    case 2028: y.add(7, 14); break;
    case 2029: y.add(7, 6); break;
    case 2030: y.add(6, 21); break;
    default: break;
  }
}

// The day of March (20.8431) or September (23.2488) on which the sun stands over the equator, 1980 to 2099.
unsigned equinox(int year, double base) { return static_cast<unsigned>(static_cast<int>(base + 0.242194 * (year - 1980)) - (year - 1980) / 4); }

void yen(year_of_holidays& y) {
  const int year = y.year();
  const bool olympic = year == 2020 || year == 2021;
  y.add(1, 1);
  y.nth(1, monday, 2);
  y.add(2, 11);
  if (year >= 2020) y.add(2, 23);
  y.add(3, equinox(year, 20.8431));
  y.add(4, 29);
  y.add(5, 3);
  if (year >= 2007) y.add(5, 4);
  y.add(5, 5);
  if (!olympic) {
    if (year >= 2003) y.nth(7, monday, 3);
    else y.add(7, 20);
    if (year >= 2016) y.add(8, 11);
    y.nth(10, monday, 2);
  }
  if (year >= 2003) y.nth(9, monday, 3);
  else y.add(9, 15);
  y.add(9, equinox(year, 23.2488));
  y.add(11, 3);
  y.add(11, 23);
  if (year <= 2018) y.add(12, 23);
  if (year == 2019) y.add(5, 1), y.add(10, 22);
  if (year == 2020) y.add(7, 23), y.add(7, 24), y.add(8, 10);
  if (year == 2021) y.add(7, 22), y.add(7, 23), y.add(8, 8);
  const std::set<date> national = y.all();
  // A holiday on a Sunday is made up for on the next day that is none; until 2006 on Monday, which was never one but in May.
  for (date d : national) {
    if (weekday(d) != sunday) continue;
    do ++d.days;
    while (national.contains(d));
    if (year >= 2007 || weekday(d) == monday) y.add(d);
  }
  // A day between two holidays is one too.
  for (const date d : national)
    if (national.contains({d.days + 2}) && weekday({d.days + 1}) != sunday) y.add(date{d.days + 1});
  // The banks' own.
  y.add(1, 2);
  y.add(1, 3);
  y.add(12, 31);
}

struct currency_rule {
  std::string_view code;
  void (*rule)(year_of_holidays&);
};
constexpr std::array<currency_rule, 8> rules{{{"USD", dollar},
                                              {"EUR", euro},
                                              {"GBP", sterling},
                                              {"CHF", franc},
                                              {"CAD", canadian_dollar},
                                              {"AUD", australian_dollar},
                                              {"NZD", new_zealand_dollar},
                                              {"JPY", yen}}};

}  // namespace

date easter_sunday(int year) {
  const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return date_of({year, static_cast<unsigned>(n / 31), static_cast<unsigned>(n % 31) + 1});
}

std::vector<date> usual_bank_holidays(currency c, int year) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.code == c.code.view(); });
  if (found == rules.end() || year < 2000 || year > 2099) return {};
  year_of_holidays y(year);
  found->rule(y);
  return y.weekdays();
}

}  // namespace tomnext::calendar
