#include "domain/calendar/cron_fields.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace tomnext::calendar {
namespace {

// Longer than what a person writes, and short enough for an event.
constexpr std::size_t text_max = 127;

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> day_names{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

/// One field's name and values. `names` stand for first_name, first_name + 1, …
struct field_kind {
  std::string_view name;
  unsigned min, max;
  std::string_view allowed;
  std::span<const std::string_view> names = {};
  unsigned first_name = 0;
};

constexpr std::string_view lists = "lists, ranges and steps of them: 5  1,15  10-20  */10  10-50/20";
constexpr field_kind second_field{"second", 0, 59, "0 to 59"}, minute_field{"minute", 0, 59, "0 to 59"}, hour_field{"hour", 0, 23, "0 to 23"};
constexpr field_kind day_field{"day of month", 1, 31, "1 to 31, L, L-n, nW, LW"};
constexpr field_kind month_field{"month", 1, 12, "1 to 12 or JAN to DEC", month_names, 1};
constexpr field_kind week_day_field{"day of week", 0, 7, "0 to 7 or SUN to SAT (0 and 7 are Sunday), d#n, dL", day_names, 0};

struct shorthand {
  std::string_view name, meaning;
};
constexpr std::array<shorthand, 7> shorthands{{{"@hourly", "0 * * * *"},
                                               {"@daily", "0 0 * * *"},
                                               {"@midnight", "0 0 * * *"},
                                               {"@weekly", "0 0 * * 0"},
                                               {"@monthly", "0 0 1 * *"},
                                               {"@yearly", "0 0 1 1 *"},
                                               {"@annually", "0 0 1 1 *"}}};

std::vector<std::string_view> parts_of(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const auto end = text.find_first_of(separators, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

std::string upper(std::string_view text) {
  std::string s(text);
  for (auto& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return s;
}

std::optional<unsigned> number(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

/// Reads one field; the first error ends it.
class field_reader {
 public:
  field_reader(const field_kind& kind, std::string_view text) : kind_(kind), text_(text), spelt_(upper(text)) {}

  /// Calls special(element) for what is neither `*`, a value nor a range; false from it is an error.
  template <class Special> result<std::uint64_t> read(Special special) {
    std::uint64_t bits = 0;
    for (const auto element : parts_of(spelt_, ",")) {
      if (element.empty()) return wrong("an empty place in its list");
      if (special(element)) continue;
      auto some = plain(element);
      if (!some) return some.error();
      bits |= *some;
    }
    return bits;
  }
  /// A value by its number or name.
  [[nodiscard]] std::optional<unsigned> value(std::string_view text) const {
    const auto named = std::find(kind_.names.begin(), kind_.names.end(), text);
    if (named != kind_.names.end()) return kind_.first_name + static_cast<unsigned>(named - kind_.names.begin());
    const auto n = number(text);
    return n && *n >= kind_.min && *n <= kind_.max ? n : std::nullopt;
  }
  [[nodiscard]] bool begins_with_star() const { return spelt_.front() == '*'; }
  [[nodiscard]] bool has_rhythm() const { return spelt_.find_first_of("*/") != std::string::npos; }
  [[nodiscard]] error wrong(const std::string& what) const {
    return {errc::invalid_argument,
            std::string(kind_.name) + " '" + std::string(text_) + "': " + what + "; allowed are " + std::string(kind_.allowed) + ", and " + std::string(lists)};
  }

 private:
  result<std::uint64_t> plain(std::string_view element) const {
    const auto slash = element.find('/');
    const auto range = element.substr(0, slash);
    unsigned step = 1;
    if (slash != std::string_view::npos) {
      const auto n = number(element.substr(slash + 1));
      if (!n || *n < 1 || *n > kind_.max) return wrong("the step of '" + std::string(element) + "' is no number from 1 to " + std::to_string(kind_.max));
      step = *n;
    }
    unsigned from = kind_.min, to = kind_.max == 7 ? 6 : kind_.max;
    if (range != "*") {
      const auto dash = range.find('-');
      const auto low = value(range.substr(0, dash));
      const auto high = dash == std::string_view::npos ? low : value(range.substr(dash + 1));
      if (!low || !high) return wrong("'" + std::string(range) + "' is none of its values");
      if (*low > *high) return wrong("the range '" + std::string(range) + "' ends before it begins");
      // Others read a/n as a alone, or as a up to the end.
      if (dash == std::string_view::npos && slash != std::string_view::npos)
        return wrong("a step needs a range before it: " + std::string(range) + "-" + std::to_string(to) + "/" + std::to_string(step));
      from = *low, to = *high;
    }
    std::uint64_t bits = 0;
    for (unsigned v = from; v <= to; v += step) bits |= std::uint64_t{1} << (kind_.max == 7 ? v % 7 : v);
    return bits;
  }

  const field_kind& kind_;
  std::string_view text_;
  std::string spelt_;
};

result<std::uint64_t> read_plain(const field_kind& kind, std::string_view text, bool* rhythm = nullptr) {
  field_reader reader(kind, text);
  if (rhythm != nullptr) *rhythm = *rhythm || reader.has_rhythm();
  return reader.read([](std::string_view) { return false; });
}

// L, L-n, nW, LW.
bool special_day(const field_reader& reader, std::string_view element, cron::fields& f) {
  if (element == "L") return f.days_before_last |= 1, true;
  if (element == "LW") return f.last_weekday = true;
  if (element.starts_with("L-")) {
    const auto n = number(element.substr(2));
    if (!n || *n < 1 || *n > 30) return false;
    return f.days_before_last |= std::uint64_t{1} << *n, true;
  }
  if (!element.ends_with('W')) return false;
  const auto n = reader.value(element.substr(0, element.size() - 1));
  if (!n) return false;
  return f.nearest_weekdays |= std::uint64_t{1} << *n, true;
}

// d#n, dL.
bool special_week_day(const field_reader& reader, std::string_view element, cron::fields& f) {
  if (const auto hash = element.find('#'); hash != std::string_view::npos) {
    const auto d = reader.value(element.substr(0, hash));
    const auto n = number(element.substr(hash + 1));
    if (!d || !n || *n < 1 || *n > 5) return false;
    return f.nth_week_days[*n] |= std::uint64_t{1} << *d % 7, true;
  }
  if (!element.ends_with('L')) return false;
  const auto d = reader.value(element.substr(0, element.size() - 1));
  if (!d) return false;
  return f.last_week_days |= std::uint64_t{1} << *d % 7, true;
}

result<void> read_days(std::string_view days, std::string_view week_days, cron::fields& f) {
  field_reader day_reader(day_field, days == "?" ? "*" : days);
  auto by_day = day_reader.read([&](std::string_view element) { return special_day(day_reader, element, f); });
  if (!by_day) return by_day.error();
  field_reader week_day_reader(week_day_field, week_days == "?" ? "*" : week_days);
  auto by_week_day = week_day_reader.read([&](std::string_view element) { return special_week_day(week_day_reader, element, f); });
  if (!by_week_day) return by_week_day.error();
  f.days = *by_day;
  f.week_days = *by_week_day;
  f.any_day = day_reader.begins_with_star();
  f.any_week_day = week_day_reader.begins_with_star();
  return {};
}

std::vector<std::string_view> words_of(std::string_view text) {
  auto words = parts_of(text, " \t");
  std::erase_if(words, [](std::string_view w) { return w.empty(); });
  return words;
}

std::string allowed_shorthands() {
  std::string all;
  for (const auto& s : shorthands) all += (all.empty() ? "" : " ") + std::string(s.name);
  return all;
}

}  // namespace

result<cron_reading> read_cron(std::string_view text) {
  if (text.size() > text_max)
    return error(errc::invalid_argument,
                 "a cron expression of " + std::to_string(text.size()) + " bytes; at most " + std::to_string(text_max) + " are allowed");
  auto words = words_of(text);
  if (words.size() == 1 && words[0].front() == '@') {
    const auto known = std::find_if(shorthands.begin(), shorthands.end(), [&](const shorthand& s) { return upper(s.name) == upper(words[0]); });
    if (known == shorthands.end()) return error(errc::invalid_argument, "'" + std::string(words[0]) + "' is none of " + allowed_shorthands());
    words = words_of(known->meaning);
  }
  if (words.size() != 5 && words.size() != 6)
    return error(errc::invalid_argument,
                 "'" + std::string(text) + "' has " + std::to_string(words.size()) +
                     " fields; a cron expression has five (minute, hour, day of month, month, day of week), or six with the second first, or is one of " +
                     allowed_shorthands());
  cron_reading r;
  r.values.seconds = 1;
  const std::size_t at = words.size() - 5;
  if (at == 1) {
    auto seconds = read_plain(second_field, words[0]);
    if (!seconds) return seconds.error();
    r.values.seconds = *seconds;
  }
  auto minutes = read_plain(minute_field, words[at], &r.periodic);
  if (!minutes) return minutes.error();
  auto hours = read_plain(hour_field, words[at + 1], &r.periodic);
  if (!hours) return hours.error();
  auto months = read_plain(month_field, words[at + 3]);
  if (!months) return months.error();
  r.values.minutes = *minutes, r.values.hours = *hours, r.values.months = *months;
  if (auto days = read_days(words[at + 2], words[at + 4], r.values); !days) return days.error();
  return r;
}

}  // namespace tomnext::calendar
