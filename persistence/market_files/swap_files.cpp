#include "persistence/market_files/swap_files.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>

#include "persistence/market_files/fields.hpp"
#include "persistence/market_files/line_reader.hpp"

namespace tomnext::persistence {
namespace {

struct place_of_money {
  std::string_view location, code;
};
// Whose rates are a currency's own. The euro's members have theirs too, but money of their own no more.
constexpr std::array<place_of_money, 29> places{{{"AUS", "AUD"}, {"BRA", "BRL"}, {"CAN", "CAD"}, {"CHE", "CHF"}, {"CHL", "CLP"},  {"CHN", "CNY"},
                                                 {"COL", "COP"}, {"CRI", "CRC"}, {"CZE", "CZK"}, {"DNK", "DKK"}, {"EA19", "EUR"}, {"GBR", "GBP"},
                                                 {"HUN", "HUF"}, {"IDN", "IDR"}, {"IND", "INR"}, {"ISL", "ISK"}, {"ISR", "ILS"},  {"JPN", "JPY"},
                                                 {"KOR", "KRW"}, {"MEX", "MXN"}, {"NOR", "NOK"}, {"NZL", "NZD"}, {"POL", "PLN"},  {"RUS", "RUB"},
                                                 {"SAU", "SAR"}, {"SWE", "SEK"}, {"TUR", "TRY"}, {"USA", "USD"}, {"ZAF", "ZAR"}}};

error bad(const std::string& why) { return {errc::malformed_line, why}; }

/// A column that is asked for by name; `required` or not.
struct column {
  std::string_view name;
  bool required = true;
  std::size_t at = columns_max;  // columns_max: it is not there
};

/// Walks over the rows of a file: `take` gets the fields in the order of `wanted`, empty where a column is not there.
result<void> each_row(const std::string& path, std::span<column> wanted, const std::function<result<void>(std::span<const std::string_view>)>& take) {
  auto bytes = open_plain_or_gzip(path);
  if (!bytes) return bytes.error();
  line_reader lines(std::move(*bytes), path);
  std::string_view line;
  auto more = lines.next(line);
  if (!more) return more.error();
  const auto refuse_header = [&](const std::string& why) {
    std::string names;
    for (const auto& c : wanted)
      if (c.required) names += (names.empty() ? "" : ", ") + std::string(c.name);
    return error(errc::unsupported_format, path + ":1: " + why + "; the header must name " + names);
  };
  if (!*more) return refuse_header("the file is empty");
  const auto unquoted = [](std::string_view s) { return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? s.substr(1, s.size() - 2) : s; };
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  const fields header(line);
  if (header.count > columns_max) return refuse_header("more than " + std::to_string(columns_max) + " columns");
  for (auto& c : wanted) {
    for (std::size_t i = 0; i < header.count; ++i) {
      if (unquoted(header.at[i]) != c.name) continue;
      if (c.at != columns_max) return refuse_header("two columns '" + std::string(c.name) + "'");
      c.at = i;
    }
    if (c.required && c.at == columns_max) return refuse_header("no column '" + std::string(c.name) + "' in " + quoted(line));
  }
  std::vector<std::string_view> row(wanted.size());
  for (std::uint64_t rows = 0;; ++rows) {
    more = lines.next(line);
    if (!more) return more.error();
    if (!*more) return {};
    if (line.empty()) continue;
    if (rows == swap_rows_max) return error(errc::malformed_line, lines.place() + ": more than " + std::to_string(swap_rows_max) + " rows");
    const fields f(line);
    if (f.count != header.count)
      return bad(std::to_string(f.count) + " columns in " + quoted(line) + "; the header has " + std::to_string(header.count)).within(lines.place());
    for (std::size_t i = 0; i < wanted.size(); ++i) row[i] = wanted[i].at == columns_max ? std::string_view() : unquoted(f.at[wanted[i].at]);
    if (auto taken = take(row); !taken) return taken.error().within(lines.place());
  }
}

// −1 where it is no whole number of at most four digits.
int whole(std::string_view s) {
  if (s.empty() || s.size() > 4) return -1;
  int v = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return -1;
    v = v * 10 + (c - '0');
  }
  return v;
}

result<date> date_in(std::string_view s, std::string_view what) {
  const auto refuse = [&] { return bad(std::string(what) + ": " + quoted(s) + " is no date such as 2012-02-01"); };
  if (s.size() != 10 || s[4] != '-' || s[7] != '-') return refuse();
  const auto y = whole(s.substr(0, 4)), m = whole(s.substr(5, 2)), d = whole(s.substr(8, 2));
  if (y < 1900 || y > 2200 || m < 1 || d < 1) return refuse();
  const civil_date civil{y, static_cast<unsigned>(m), static_cast<unsigned>(d)};
  if (!valid(civil)) return refuse();
  return date_of(civil);
}

result<rate> number_in(std::string_view s, std::string_view what, unsigned decimals) {
  auto v = parse_decimal(s, decimals);
  if (!v) return bad(std::string(what) + ": " + v.error().message);
  return rate{*v};
}

// "2012-02", or "2012-Q1" as its first month; −1 where it is neither.
std::int32_t month_in(std::string_view s, bool quarterly) {
  if (s.size() != 7 || s[4] != '-' || (quarterly && s[5] != 'Q')) return -1;
  const int year = whole(s.substr(0, 4)), part = whole(s.substr(quarterly ? 6 : 5));
  if (year < 1900 || year > 2200 || part < 1 || part > (quarterly ? 4 : 12)) return -1;
  return year * 12 + (part - 1) * (quarterly ? 3 : 1);
}

}  // namespace

std::int32_t interest_table::month_of(date d) {
  const auto c = civil_of(d);
  return c.year * 12 + static_cast<std::int32_t>(c.month) - 1;
}

date interest_table::first_of(std::int32_t month) { return date_of({month / 12, static_cast<unsigned>(month % 12) + 1, 1}); }

std::optional<rate> interest_table::at(currency c, std::int32_t month) const {
  const auto found = of_.find(c);
  if (found == of_.end()) return std::nullopt;
  const auto& s = found->second;
  if (const auto m = s.monthly.find(month); m != s.monthly.end()) return m->second;
  if (const auto q = s.quarterly.find(month - month % 3); q != s.quarterly.end()) return q->second;
  return std::nullopt;
}

bool interest_table::add(currency c, bool quarterly, std::int32_t month, rate value) {
  auto& s = of_[c];
  return (quarterly ? s.quarterly : s.monthly).emplace(month, value).second;
}

result<interest_table> read_interest_rates(const std::string& path) {
  interest_table table;
  std::array<column, 5> wanted{{{"LOCATION"}, {"MEASURE"}, {"FREQUENCY"}, {"TIME"}, {"Value"}}};
  TOMNEXT_TRY(each_row(path, wanted, [&](std::span<const std::string_view> row) -> result<void> {
    const bool quarterly = row[2] == "Q";
    const auto place = std::find_if(places.begin(), places.end(), [&](const auto& p) { return p.location == row[0]; });
    if (row[1] != "PC_PA" || (!quarterly && row[2] != "M") || place == places.end()) return {};
    const auto month = month_in(row[3], quarterly);
    if (month < 0) return bad("TIME: " + quoted(row[3]) + (quarterly ? " is no quarter such as 2012-Q1" : " is no month such as 2012-02"));
    // A percentage with ten decimals is a share with twelve.
    auto share = number_in(row[4], "Value", rate::scale - 2);
    if (!share) return share.error();
    if (!table.add(*currency::parse(place->code), quarterly, month, *share)) return bad("a second rate of " + std::string(row[0]) + " for " + quoted(row[3]));
    return {};
  }));
  return table;
}

result<std::vector<swap_row>> read_swap_rates(const std::string& path) {
  std::vector<swap_row> rows;
  std::array<column, 6> wanted{{{"date"}, {"instrument"}, {"long"}, {"short"}, {"through", false}, {"nights", false}}};
  TOMNEXT_TRY(each_row(path, wanted, [&](std::span<const std::string_view> row) -> result<void> {
    auto first = date_in(row[0], "date");
    if (!first) return first.error();
    auto last = row[4].empty() ? first : date_in(row[4], "through");
    if (!last) return last.error();
    if (*last < *first) return bad("through: " + quoted(row[4]) + " lies before the row's date");
    auto of_long = number_in(row[2], "long", rate::scale), of_short = number_in(row[3], "short", rate::scale);
    if (!of_long) return of_long.error();
    if (!of_short) return of_short.error();
    const int nights = row[5].empty() ? 0 : whole(row[5]);
    if (nights < 0 || (nights == 0 && !row[5].empty()) || nights > 366) return bad("nights: " + quoted(row[5]) + " is not from 1 to 366");
    rows.push_back({std::string(row[1]), *first, *last, *of_long, *of_short, static_cast<std::uint32_t>(nights)});
    return {};
  }));
  return rows;
}

result<std::vector<swap_statement_row>> read_swap_statement(const std::string& path) {
  std::vector<swap_statement_row> rows;
  std::array<column, 3> wanted{{{"date"}, {"instrument"}, {"amount"}}};
  TOMNEXT_TRY(each_row(path, wanted, [&](std::span<const std::string_view> row) -> result<void> {
    auto day = date_in(row[0], "date");
    if (!day) return day.error();
    auto booked = number_in(row[2], "amount", rate::scale);
    if (!booked) return booked.error();
    rows.push_back({std::string(row[1]), *day, *booked});
    return {};
  }));
  return rows;
}

}  // namespace tomnext::persistence
