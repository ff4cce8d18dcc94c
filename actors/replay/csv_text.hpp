// Names in CSV. They come from configurations: one that a spreadsheet would take for a formula is shown as text.
#pragma once
#include <string>
#include <string_view>

namespace tomnext::replay {

inline std::string csv_text(std::string_view s) {
  std::string out = "\"";
  if (!s.empty() && std::string_view("=+-@\t\r").find(s.front()) != std::string_view::npos) out += '\'';
  for (const char c : s) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace tomnext::replay
