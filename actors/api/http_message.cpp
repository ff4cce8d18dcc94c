#include "actors/api/http_message.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace tomnext::api {
namespace {

using json = nlohmann::ordered_json;

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct answer_class {
  unsigned status;
  std::string_view code;
};

/// Total over errc: what a client can do about an error of ours.
answer_class answer_for(errc code) {
  switch (code) {
    case errc::not_a_decimal:
    case errc::malformed_line:
    case errc::unsupported_format:
    case errc::configuration_syntax:
    case errc::configuration_key:
    case errc::configuration_value:
    case errc::invalid_argument:
    case errc::bad_request:
    case errc::overflow:
    case errc::division_by_zero: return {400, "bad_request"};
    case errc::unknown_instrument: return {404, "unknown_instrument"};
    case errc::illegal_transition: return {409, "illegal_transition"};
    case errc::version_conflict: return {409, "version_conflict"};
    case errc::limit_breached: return {422, "limit_breached"};
    case errc::conversion_rate_missing: return {503, "conversion_rate_missing"};
    case errc::overloaded: return {503, "overloaded"};
    case errc::not_ready: return {503, "not_ready"};
    case errc::actor_down: return {503, "actor_down"};
    case errc::cancelled: return {503, "cancelled"};
    case errc::log_full: return {503, "log_full"};
    case errc::log_locked: return {503, "log_locked"};
    case errc::timed_out: return {504, "timed_out"};
    case errc::network_io: return {502, "network_io"};
    case errc::file_unreadable:
    case errc::file_truncated:
    case errc::poisonous_input:
    case errc::log_io:
    case errc::log_corrupt:
    case errc::log_gap:
    case errc::log_newer_version:
    case errc::stale_incarnation:
    case errc::snapshot_invalid:
    case errc::log_key:
    case errc::log_archived:
    case errc::retention_refused:
    case errc::signature_invalid:
    case errc::decode_failed: return {500, "internal_error"};
  }
  return {500, "internal_error"};
}

/// The number behind a word of a message.
std::optional<std::uint64_t> number_behind(const std::string& message, const std::string& word) {
  const auto at = message.rfind(word);
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t n = 0;
  const char* first = message.data() + at + word.size();
  if (std::from_chars(first, message.data() + message.size(), n).ec != std::errc()) return std::nullopt;
  return n;
}

/// A client that expected another version needs the actual one, not a text about it.
json details_of(const error& e) {
  json details{{"errc", static_cast<unsigned>(e.code)}};
  if (e.code != errc::version_conflict) return details;
  if (const auto expected = number_behind(e.message, "expected version ")) details["expected_version"] = *expected;
  if (const auto actual = number_behind(e.message, "actual version ")) details["actual_version"] = *actual;
  return details;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, plus_sign plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == plus_sign::space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hexadecimal(text[i + 1]);
      const int low = hexadecimal(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (percent_decoded(pair.substr(0, equals), plus_sign::space) != name) continue;
    if (equals == std::string_view::npos) return std::string();
    return percent_decoded(pair.substr(equals + 1), plus_sign::space);
  }
  return std::nullopt;
}

http_response problem(unsigned status, std::string_view code, std::string_view message, std::string_view correlation_id, std::string_view details) {
  json parsed = json::parse(details, nullptr, false);
  if (!parsed.is_object()) parsed = json{{"text", details}};
  const json envelope{{"code", code}, {"message", message}, {"details", std::move(parsed)}, {"correlation_id", correlation_id}};
  http_response answer;
  answer.status = status;
  answer.body = envelope.dump(-1, ' ', false, json::error_handler_t::replace);  // messages may quote bytes of the client that are no UTF-8
  return answer;
}

http_response problem(const error& e, std::string_view correlation_id) {
  const auto [status, code] = answer_for(e.code);
  auto answer = problem(status, code, e.message, correlation_id, details_of(e).dump());
  if (status == 503 && e.policy() == error_policy::retry) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

}  // namespace tomnext::api
