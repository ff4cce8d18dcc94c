// Text of unknown origin made safe for terminals and for formats that want UTF-8.
#pragma once
#include <string>
#include <string_view>

namespace tomnext::api {

/// The text with every byte that belongs to no well-formed UTF-8 sequence (RFC 3629) replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// Valid UTF-8 on one line: control characters (escape sequences begin with one) and U+0080 to U+009F become '?', line ends and tabs a space.
[[nodiscard]] std::string printable(std::string_view text);

/// How many characters a terminal shows, one column each: of valid UTF-8 without combining or wide characters.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// At most `columns` characters; what was cut shows as a final "…".
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);

}  // namespace tomnext::api
