#include "domain/base/market.hpp"

#include <algorithm>
#include <array>
#include <charconv>

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

error refusal(std::string_view text, std::string_view why) {
  return {errc::invalid_argument, "bar specification '" + std::string(text.substr(0, 40)) + "': " + std::string(why) +
                                      "; allowed are a whole number, one of s m h d, '-' and one of bid ask mid, from 1s to 31d, as in 5m-mid"};
}

}  // namespace

result<bar_spec> parse_bar_spec(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash < 2) return refusal(text, "no step, unit and price side");
  const auto from = std::find(side_names.begin(), side_names.end(), text.substr(dash + 1));
  if (from == side_names.end()) return refusal(text, "unknown price side");
  const auto unit = std::find_if(units.begin(), units.end(), [&](const step_unit& u) { return u.letter == text[dash - 1]; });
  if (unit == units.end()) return refusal(text, "unknown unit");

  const std::string_view digits = text.substr(0, dash - 1);
  std::uint32_t count = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (failure != std::errc{} || end != digits.data() + digits.size()) return refusal(text, "the step is not a whole number");
  if (count == 0 || count > step_max_s / unit->seconds) return refusal(text, "the step is out of range");
  return bar_spec{count * unit->seconds, static_cast<price_side>(from - side_names.begin())};
}

std::string to_string(bar_spec spec) {
  const auto unit = std::find_if(units.begin(), units.end(), [&](const step_unit& u) { return spec.step_s % u.seconds == 0; });
  const auto from = static_cast<std::size_t>(spec.from);
  return std::to_string(spec.step_s / unit->seconds) + unit->letter + '-' + std::string(from < side_names.size() ? side_names[from] : "unknown");
}

}  // namespace tomnext
