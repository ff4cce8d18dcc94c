// Requests of the command line to a node on this machine.
#pragma once
#include <chrono>
#include <string>

#include "actors/api/http_message.hpp"
#include "domain/base/result.hpp"

namespace tomnext::api {

/// Answers of more bytes are refused.
inline constexpr std::size_t answer_bytes_max = 16 << 20;

/// GET http://localhost[:port]/path, or another loopback address. `deadline` covers all of it. An answer is a value whatever its status.
/// errc::invalid_argument for a URL that is not plain http to a loopback address; errc::network_io where nothing listens, what listens does not speak
/// HTTP, or the answer is too large; errc::timed_out at the deadline.
[[nodiscard]] result<http_response> http_get(const std::string& url, std::chrono::milliseconds deadline);

/// POST with a JSON body; otherwise as http_get.
[[nodiscard]] result<http_response> http_post(const std::string& url, std::string body, std::chrono::milliseconds deadline);

}  // namespace tomnext::api
