// Numbers of the command line that are counted: CLI11 reads "-1" as 2^64 − 1, "010" as eight, and what is too large as the largest.
#pragma once
#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdint>
#include <string>

namespace tomnext::app {

/// A check for options: decimal digits without a sign or a leading zero, from `least` up to `most`.
inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most = UINT64_MAX) {
  const auto check = [least, most](std::string& text) -> std::string {
    std::uint64_t n = 0;
    const auto* end = text.data() + text.size();
    const auto [read_to, why] = std::from_chars(text.data(), end, n);  // takes no sign
    const bool plain = why == std::errc{} && read_to == end && (text.size() == 1 || text.front() != '0');
    if (plain && n >= least && n <= most) return {};
    return "'" + text.substr(0, 40) + "' is no whole number from " + std::to_string(least) + " to " + std::to_string(most);
  };
  return {check, ""};
}

}  // namespace tomnext::app
