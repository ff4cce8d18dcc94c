#include "actors/api/utf8.hpp"

#include <cstdint>

namespace tomnext::api {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

/// Bytes of the well-formed sequence at the beginning of the text, 0 where there is none.
std::size_t sequence_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF ? 2 : first >= 0xE0 && first <= 0xEF ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(text[i])) return 0;
  // The second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
  const auto second = static_cast<unsigned char>(text[1]);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto n = sequence_length(text);
    if (n == 0) out += "\xEF\xBF\xBD";
    else out += text.substr(0, n);
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

std::string printable(std::string_view text) {
  const auto valid = valid_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto c = static_cast<unsigned char>(valid[i]);
    const bool high_control = c == 0xC2 && static_cast<unsigned char>(valid[i + 1]) < 0xA0;
    if (c == '\n' || c == '\r' || c == '\t') out += ' ';
    else if (c < 0x20 || c == 0x7F || high_control) out += '?';
    else out += valid[i];
    if (high_control) ++i;
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += is_continuation(c) ? 0 : 1;
  return n;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t bytes = 0;
  for (std::size_t shown = 0; shown < columns; ++bytes)
    if (bytes + 1 >= text.size() || !is_continuation(text[bytes + 1])) ++shown;
  // `bytes` ends the columns-th character; one less makes room for the ellipsis.
  do --bytes;
  while (is_continuation(text[bytes]));
  return std::string(text.substr(0, bytes)) + "…";
}

}  // namespace tomnext::api
