#include "domain/base/market.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tomnext {
namespace {

struct step_unit {
  char letter;
  std::uint32_t seconds;
};
// The largest first, so that 3600 s is written as 1h.
constexpr std::array units{step_unit{'d', 86'400}, step_unit{'h', 3'600}, step_unit{'m', 60}, step_unit{'s', 1}};
constexpr std::array<std::string_view, 3> side_names{"mid", "bid", "ask"};
constexpr std::uint32_t step_max_s = 31 * 86'400;

constexpr std::string_view right_open = "right_open", stamp_open = "stamp_open", offset = "offset_";

error refusal(std::string_view text, std::string_view why) {
  return {errc::invalid_argument, "bar specification '" + std::string(text.substr(0, 60)) + "': " + std::string(why) +
                                      "; allowed are a whole number, one of s m h d, '-' and one of bid ask mid, from 1s to 31d, as in 5m-mid; and behind it "
                                      "-right_open, -stamp_open, -offset_5h (less than the step)"};
}

/// "5m" as seconds; what is wrong with it where it is none.
std::string_view read_duration(std::string_view text, std::uint32_t& seconds) {
  if (text.size() < 2) return "no number and unit";
  const auto unit = std::find_if(units.begin(), units.end(), [&](const step_unit& u) { return u.letter == text.back(); });
  if (unit == units.end()) return "unknown unit";
  text.remove_suffix(1);
  std::uint32_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || end != text.data() + text.size()) return "not a whole number";
  if (count == 0 || count > step_max_s / unit->seconds) return "out of range";
  seconds = count * unit->seconds;
  return {};
}
std::string duration_text(std::uint32_t seconds) {
  const auto unit = std::find_if(units.begin(), units.end(), [&](const step_unit& u) { return seconds % u.seconds == 0; });
  return std::to_string(seconds / unit->seconds) + unit->letter;
}

/// What stands behind step and side.
std::string_view read_part(std::string_view part, bar_spec& spec) {
  if (part == right_open && spec.interval != bar_interval::right_open) spec.interval = bar_interval::right_open;
  else if (part == stamp_open && spec.stamp != bar_stamp::open) spec.stamp = bar_stamp::open;
  else if (part.starts_with(offset) && spec.offset_s == 0) {
    if (!read_duration(part.substr(offset.size()), spec.offset_s).empty() || spec.offset_s >= spec.step_s) return "the offset is no time below the step";
  } else {
    return "unknown, or twice, behind the price side";
  }
  return {};
}

}  // namespace

result<bar_spec> parse_bar_spec(std::string_view text) {
  auto next = [rest = text, ended = false]() mutable -> std::optional<std::string_view> {
    if (ended) return std::nullopt;
    const auto dash = rest.find('-');
    const auto part = rest.substr(0, dash);
    ended = dash == std::string_view::npos;
    if (!ended) rest.remove_prefix(dash + 1);
    return part;
  };
  const auto step = next(), side = next();
  if (!side || step->size() < 2) return refusal(text, "no step, unit and price side");
  bar_spec spec;
  const auto from = std::find(side_names.begin(), side_names.end(), *side);
  if (from == side_names.end()) return refusal(text, "unknown price side");
  spec.from = static_cast<price_side>(from - side_names.begin());
  if (const auto wrong = read_duration(*step, spec.step_s); !wrong.empty()) return refusal(text, "the step: " + std::string(wrong));
  while (const auto part = next())
    if (const auto wrong = read_part(*part, spec); !wrong.empty()) return refusal(text, wrong);
  return spec;
}

std::string to_string(bar_spec spec) {
  const auto from = static_cast<std::size_t>(spec.from);
  std::string all = duration_text(spec.step_s) + '-' + std::string(from < side_names.size() ? side_names[from] : "unknown");
  if (spec.interval == bar_interval::right_open) all += '-' + std::string(right_open);
  if (spec.stamp == bar_stamp::open) all += '-' + std::string(stamp_open);
  if (spec.offset_s != 0) all += '-' + std::string(offset) + duration_text(spec.offset_s);
  return all;
}

}  // namespace tomnext
