#include "actors/replay/html_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "actors/replay/digits.hpp"

namespace tomnext::replay::html {
namespace {

constexpr const char* replacement = "\xEF\xBF\xBD";

// The code point that begins at s[i], and its length in bytes; length 0 where there is none.
struct decoded {
  std::uint32_t point = 0;
  std::size_t length = 0;
};
decoded decode(std::string_view s, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[k])); };
  const std::uint32_t b = byte(i);
  if (b < 0x80) return {b, 1};
  const std::size_t n = b >= 0xF0 && b < 0xF5 ? 4 : b >= 0xE0 ? 3 : b >= 0xC2 ? 2 : 0;
  if (n == 0 || b >= 0xF5 || i + n > s.size()) return {};
  std::uint32_t point = b & (0xFFu >> (n + 1));
  for (std::size_t k = 1; k < n; ++k) {
    if ((byte(i + k) & 0xC0u) != 0x80u) return {};
    point = point << 6 | (byte(i + k) & 0x3Fu);
  }
  const bool longer_than_needed = (n == 3 && point < 0x800) || (n == 4 && point < 0x10000);
  if (longer_than_needed || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return {};
  return {point, n};
}

bool unwanted(std::uint32_t p) {
  if (p < 0x20) return p != '\n' && p != '\t';
  return (p >= 0x7F && p < 0xA0) || (p >= 0x200E && p <= 0x200F) || (p >= 0x202A && p <= 0x202E) || (p >= 0x2066 && p <= 0x2069) || p == 0x061C ||
         p == 0xFEFF || p == 0xFFFE || p == 0xFFFF;
}

std::string with_true_minus(std::string s) {
  if (!s.empty() && s[0] == '-') s.replace(0, 1, "\u2212");
  return s;
}
// A figure that rounds to zero has no sign.
std::string without_negative_zero(std::string s) {
  if (s.size() > 1 && s[0] == '-' && s.find_first_of("123456789") == std::string::npos) s.erase(0, 1);
  return s;
}
std::string fixed(double x, int decimals) { return without_negative_zero(fmt::format("{:.{}f}", x, decimals)); }

}  // namespace

std::string escaped(std::string_view s) {
  std::string out;
  out.reserve(s.size() + s.size() / 8);
  for (std::size_t i = 0; i < s.size();) {
    const auto d = decode(s, i);
    if (d.length == 0 || unwanted(d.point)) {
      out += replacement;
      i += d.length == 0 ? 1 : d.length;
      continue;
    }
    switch (d.point) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += s.substr(i, d.length);
    }
    i += d.length;
  }
  return out;
}

std::string money(amount a, unsigned decimals) { return with_true_minus(grouped(tomnext::to_string(a, decimals))); }
std::string money(double value, unsigned decimals) { return with_true_minus(grouped(fixed(value, static_cast<int>(decimals)))); }
std::string percent(double fraction, int decimals) { return with_true_minus(grouped(fixed(100 * fraction, decimals))) + "\u00A0%"; }
std::string ratio(double x, int decimals) { return with_true_minus(grouped(fixed(x, decimals))); }

std::string duration(double seconds) {
  const auto s = static_cast<std::int64_t>(std::llround(seconds));
  if (s < 60) return fmt::format("{}\u00A0s", s);
  if (s < 3600) return fmt::format("{}\u00A0min", s / 60);
  if (s < 86'400) return fmt::format("{}\u00A0h {}\u00A0min", s / 3600, s % 3600 / 60);
  return fmt::format("{}\u00A0d {}\u00A0h", s / 86'400, s % 86'400 / 3600);
}

std::string minute(timestamp t) {
  auto text = tomnext::to_string(t).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string absent(std::string_view why) { return "n/a <small>" + escaped(why) + "</small>"; }

}  // namespace tomnext::replay::html
