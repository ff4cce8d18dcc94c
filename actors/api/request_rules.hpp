// What a request must look like before a handler sees it, as plain functions of its text.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "actors/api/http_message.hpp"

namespace tomnext::api {

/// True for "localhost", 127.0.0.0/8 and [::1], each with or without a port. A page of a stranger whose name is rebound to 127.0.0.1
/// still sends its own name in Host: that is how DNS rebinding is told apart. Any port passes: tunnels change it.
[[nodiscard]] bool is_loopback_authority(std::string_view authority);

/// True where an Origin header may call us: "http(s)://" and a loopback authority. "null" may not.
[[nodiscard]] bool is_loopback_origin(std::string_view origin);

/// 1 to 64 letters, digits, '-', '_' or '.': safe to repeat in headers, logs and terminals.
[[nodiscard]] bool is_correlation_id(std::string_view text);

/// 128 random bits in hexadecimal.
[[nodiscard]] std::string fresh_correlation_id();

/// Splits a request target ("/a%20b?x=1") into decoded path and raw query. Refuses with errc::bad_request: other forms than "/…", malformed escapes,
/// an encoded '/' (it would be taken for a separator) and control characters.
struct request_target {
  std::string path;
  std::string query;
};
[[nodiscard]] result<request_target> split_target(std::string_view target);

/// True where the text can stand in a header line: no control characters.
[[nodiscard]] bool is_header_text(std::string_view text);

}  // namespace tomnext::api
