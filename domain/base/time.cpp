#include "domain/base/time.hpp"

namespace tomnext {
namespace {

std::string digits(std::int64_t value, int width) {
  std::string s(static_cast<std::size_t>(width), '0');
  for (int i = width - 1; i >= 0; --i, value /= 10) s[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  return s;
}

// Takes exactly `width` digits off the front of s.
bool take(std::string_view& s, int width, int& value) {
  if (s.size() < static_cast<std::size_t>(width)) return false;
  value = 0;
  for (int i = 0; i < width; ++i) {
    const char c = s[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  s.remove_prefix(static_cast<std::size_t>(width));
  return true;
}

bool take(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

}  // namespace

date date_of(civil_date d) {
  const int y = d.year - (d.month <= 2);
  const int era = (y >= 0 ? y : y - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(y - era * 400);
  const unsigned day_of_year = (153 * (d.month + (d.month > 2 ? -3u : 9u)) + 2) / 5 + d.day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return {era * 146097 + static_cast<int>(day_of_era) - 719468};
}

civil_date civil_of(date d) {
  const std::int64_t z = std::int64_t{d.days} + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(z - era * 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned mp = (5 * day_of_year + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2)), month, day_of_year - (153 * mp + 2) / 5 + 1};
}

bool valid(civil_date d) {
  if (d.month < 1 || d.month > 12 || d.day < 1) return false;
  const auto back = civil_of(date_of(d));
  return back.year == d.year && back.month == d.month && back.day == d.day;
}

std::string to_string(date d) {
  const auto c = civil_of(d);
  const int year = c.year < 0 ? -c.year : c.year;
  return (c.year < 0 ? "-" : "") + (year > 9999 ? std::to_string(year) : digits(year, 4)) + "-" + digits(c.month, 2) + "-" + digits(c.day, 2);
}

std::string to_string(timestamp t) {
  const date d = utc_date(t);
  const std::int64_t rest = (t.ns % day_ns + day_ns) % day_ns;  // the start of the first day lies before the least timestamp
  return to_string(d) + "T" + digits(rest / hour_ns, 2) + ":" + digits(rest / minute_ns % 60, 2) + ":" + digits(rest / second_ns % 60, 2) + "." +
         digits(rest % second_ns, 9) + "Z";
}

result<timestamp> parse_timestamp(std::string_view text) {
  auto s = text;
  auto bad = error(errc::malformed_line, "'" + std::string(text.substr(0, 40)) + "' is no time such as 2012-02-01T00:00:00Z");
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take(s, 4, year) || !take(s, '-') || !take(s, 2, month) || !take(s, '-') || !take(s, 2, day)) return bad;
  if (!take(s, 'T') && !take(s, ' ')) return bad;
  if (!take(s, 2, hour) || !take(s, ':') || !take(s, 2, minute) || !take(s, ':') || !take(s, 2, second)) return bad;
  const civil_date civil{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
  if (year < 1678 || year > 2261 || !valid(civil) || hour > 23 || minute > 59 || second > 59) return bad;
  std::int64_t ns = 0;
  if (take(s, '.')) {
    std::int64_t unit = second_ns / 10;
    if (s.empty() || s.front() < '0' || s.front() > '9') return bad;
    for (; !s.empty() && s.front() >= '0' && s.front() <= '9'; s.remove_prefix(1), unit /= 10) {
      if (unit == 0) return bad;
      ns += (s.front() - '0') * unit;
    }
  }
  std::int64_t offset_min = 0;
  if (!take(s, 'Z')) {
    const bool east = take(s, '+');
    if (!east && !take(s, '-')) return bad;
    int h = 0, m = 0;
    if (!take(s, 2, h) || !take(s, ':') || !take(s, 2, m) || h > 14 || m > 59) return bad;
    offset_min = (east ? 1 : -1) * (h * 60 + m);
  }
  if (!s.empty()) return bad;
  return timestamp{date_of(civil).days * day_ns + hour * hour_ns + minute * minute_ns + second * second_ns + ns - offset_min * minute_ns};
}

}  // namespace tomnext
