// raw clock in this file: correlation ids of requests are drawn at random; no decision reads them.
#include "actors/api/request_rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <random>

namespace tomnext::api {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() && is_digit(text.front()) && value >= 1 && value <= 65535;
}

/// Four decimal numbers of at most 255, the first one 127.
bool is_loopback_v4(std::string_view host) {
  std::array<unsigned, 4> numbers{};
  const char* at = host.data();
  const char* const end = host.data() + host.size();
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    if (at == end || !is_digit(*at)) return false;
    const auto [next, failed] = std::from_chars(at, end, numbers[i]);
    if (failed != std::errc() || numbers[i] > 255) return false;
    at = next;
  }
  return at == end && numbers[0] == 127;
}

}  // namespace

bool is_loopback_authority(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[')) {
    if (host_end == std::string_view::npos) return false;
    host = authority.substr(0, host_end + 1);
    port = authority.substr(host_end + 1);
  } else if (host_end != std::string_view::npos) {
    host = authority.substr(0, host_end);
    port = authority.substr(host_end);
  }
  if (!port.empty() && (port.size() < 2 || port.front() != ':' || !is_port(port.substr(1)))) return false;
  return equals_ignoring_case(host, "localhost") || host == "[::1]" || is_loopback_v4(host);
}

bool is_loopback_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return is_loopback_authority(origin.substr(scheme.size()));
  return false;
}

bool is_correlation_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
}

std::string fresh_correlation_id() {
  static constexpr std::string_view digits = "0123456789abcdef";
  thread_local std::mt19937_64 source = [] {
    std::random_device entropy;
    std::seed_seq seed{entropy(), entropy(), entropy(), entropy()};
    return std::mt19937_64(seed);
  }();
  std::string id;
  for (int word = 0; word < 2; ++word)
    for (auto [bits, i] = std::pair(source(), 0); i < 16; ++i, bits >>= 4) id += digits[bits & 15u];
  return id;
}

result<request_target> split_target(std::string_view target) {
  if (!target.starts_with('/')) return error(errc::bad_request, "the request target must begin with '/': a full URL, '*' or host:port is not served here");
  const auto question = target.find('?');
  const auto raw = target.substr(0, question);
  auto path = percent_decoded(raw, plus_sign::literal);
  if (!path) return error(errc::bad_request, "the path has a '%' that is not followed by two hexadecimal digits");
  if (std::any_of(path->begin(), path->end(), is_control)) return error(errc::bad_request, "the path holds a control character");
  if (std::count(path->begin(), path->end(), '/') != std::count(raw.begin(), raw.end(), '/'))
    return error(errc::bad_request, "the path holds an encoded '/' (%2F); write EURUSD for EUR/USD, or pass the value as a query parameter");
  std::string query(question == std::string_view::npos ? std::string_view() : target.substr(question + 1));
  if (std::any_of(query.begin(), query.end(), is_control)) return error(errc::bad_request, "the query holds a control character");
  return request_target{std::move(*path), std::move(query)};
}

bool is_header_text(std::string_view text) { return std::none_of(text.begin(), text.end(), is_control); }

}  // namespace tomnext::api
