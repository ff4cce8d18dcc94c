// Fields of a CSV line: cut without copies, read exactly.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "domain/base/decimal.hpp"
#include "domain/base/time.hpp"

namespace tomnext::persistence {

/// Columns of one line, at most.
inline constexpr std::size_t columns_max = 32;

/// The fields of a line by comma. `count` may exceed columns_max: then only so many are kept.
struct fields {
  std::array<std::string_view, columns_max> at;
  std::size_t count = 0;

  explicit fields(std::string_view line) {
    for (;;) {
      const auto comma = line.find(',');
      if (count < columns_max) at[count] = line.substr(0, comma);
      ++count;
      if (comma == std::string_view::npos) return;
      line.remove_prefix(comma + 1);
    }
  }
};

/// Text such as "1.57597" in units of 10^-9. False for anything but digits with at most one point and a leading minus, and for more digits than fit
/// surely: the caller then asks parse_decimal, which knows why.
inline bool read_price(std::string_view text, price& out) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return false;
  std::int64_t value = 0;
  int decimals = -1;
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    const auto digit = static_cast<unsigned>(c) - '0';
    if (digit > 9) return false;
    value = value * 10 + digit;
    if (decimals >= 0) ++decimals;
  }
  const int digits = static_cast<int>(text.size()) - (decimals >= 0 ? 1 : 0);
  const int scaled = static_cast<int>(price::scale) - (decimals > 0 ? decimals : 0);
  if (digits == 0 || decimals == 0 || scaled < 0 || digits + scaled > 18) return false;
  value *= power_of_ten(static_cast<unsigned>(scaled));
  out.value = negative ? -value : value;
  return true;
}

/// A price, or why the text is none. `what` names the field.
inline result<price> price_of(std::string_view text, std::string_view what) {
  price p;
  if (read_price(text, p)) [[likely]]
    return p;
  const std::string name(what);
  if (text.empty()) return error(errc::malformed_line, name + " is empty; a decimal number such as 1.57597 is allowed");
  auto slow = price::parse(text);
  if (slow) return slow;
  return error(errc::malformed_line, name + ": " + slow.error().message + "; a decimal number with at most 9 decimals, such as 1.57597, is allowed");
}

/// "2012-02-01 00:00:00+00:00" by a short path, anything else of ISO 8601 by parse_timestamp.
inline result<timestamp> time_of(std::string_view t) {
  const auto two = [&](std::size_t i) { return static_cast<unsigned>(t[i] - '0') * 10 + static_cast<unsigned>(t[i + 1] - '0'); };
  const auto digits = [&](std::initializer_list<std::size_t> places) {
    for (auto i : places)
      if (t[i] < '0' || t[i] > '9') return false;
    return true;
  };
  if (t.size() == 25 && t.substr(19) == "+00:00" && t[4] == '-' && t[7] == '-' && t[10] == ' ' && t[13] == ':' && t[16] == ':' &&
      digits({0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18})) {
    const civil_date day{static_cast<int>(two(0) * 100 + two(2)), two(5), two(8)};
    if (valid(day) && day.year >= 1900 && day.year < 2200 && two(11) < 24 && two(14) < 60 && two(17) < 60)
      return start_of(date_of(day)) + two(11) * hour_ns + two(14) * minute_ns + two(17) * second_ns;
  }
  auto slow = parse_timestamp(t);
  if (slow) return slow;
  return error(errc::malformed_line, "timestamp: " + slow.error().message);
}

}  // namespace tomnext::persistence
