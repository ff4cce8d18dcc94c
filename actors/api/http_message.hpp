// What a handler sees of HTTP: plain requests and answers, and the one envelope that every error leaves in.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::api {

struct http_request {
  std::string method;  ///< "GET", "HEAD" or "POST"
  std::string path;    ///< decoded, begins with '/'; holds no control characters
  std::string query;   ///< as sent, without the '?'; see query_value
  std::string body;
  std::string correlation_id;  ///< the client's, or a fresh one; the answer carries it in X-Correlation-Id
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones: "Allow", "Retry-After"
};

/// Answers one request: from any thread, at most once; later calls do nothing. Never called: the client gets a 503 at the deadline.
using responder = std::function<void(http_response)>;
/// Called on the server's thread: it must not block. It may answer at once or hand the responder to somebody else.
using http_handler = std::function<void(http_request, responder)>;

/// The first parameter of that name, decoded; nothing where it is missing or its escapes are malformed. "flag" without '=' is the empty string.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// %41 becomes 'A', and '+' a space where it comes from a query. Nothing where a '%' is not followed by two hexadecimal digits.
enum class plus_sign { literal, space };
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, plus_sign plus);

/// The envelope {"code","message","details","correlation_id"}. `code` is a stable word for programs, `message` a sentence for people.
/// `details` is a JSON object; text that is none is sent as {"text": …}.
[[nodiscard]] http_response problem(unsigned status, std::string_view code, std::string_view message, std::string_view correlation_id,
                                    std::string_view details = "{}");

/// The envelope for an error of ours: the status follows from its code (bad input 400, unknown 404, conflict 409, busy 503, …, else 500).
[[nodiscard]] http_response problem(const error& e, std::string_view correlation_id);

}  // namespace tomnext::api
