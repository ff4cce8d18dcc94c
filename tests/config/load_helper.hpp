// A configuration that is valid, and what becomes of it after one edit.
#pragma once
#include <string>
#include <vector>

#include "config/loader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/texts.hpp"

namespace tomnext::tests {

/// The back-test file as the manual prints it, with real names for the dots.
inline const std::string printed_file =
    "data: [{format: fxcm-m1, bid: bid.csv.gz, ask: ask.csv.gz, instrument: GBP/USD, as: ticks, stamp: close}]     # or log: DIR\n"
    "bars: {without_updates: true}                    # defaults elsewhere: false\n"
    "quality: {flagged_quotes_trade: true}            # comparison mode; default false: crossed or spiking quotes never fill\n"
    "instruments: {GBP/USD: {price_precision: 5, displayed_size: 1000000}}\n"
    "account: {currency: GBP, balance: 1000000, positions: hedging}\n"
    "venue: {commission_rate: 0.00002, financing: none}\n"
    "strategies: [{kind: ema_cross, instrument: GBP/USD, bars: 5m-mid, fast: 10, slow: 20, size: 1000000, ema_seed: first_close}]\n";

inline result<config::deployment> load(const std::string& text, const std::vector<std::string>& settings = {}) {
  std::vector<config::override_setting> all;
  for (const auto& s : settings) {
    auto o = config::parse_override(s);
    if (!o) return o.error();
    all.push_back(*o);
  }
  return config::load_text(text, "test.yaml", "/data", all);
}

/// The printed file with one piece of its text replaced; a test that edits nothing is a broken test.
inline std::string edited(const std::string& from, const std::string& to) {
  auto text = printed_file;
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the file has no '" + from + "'");
  return text.replace(at, from.size(), to);
}

/// The message of a text that must be refused; "" where it was accepted.
inline std::string refusal(const std::string& text, const std::vector<std::string>& settings = {}) {
  auto d = load(text, settings);
  return d ? "" : d.error().message;
}


}  // namespace tomnext::tests

/// The refusal of an edit names its place (file:line and path) and says what is allowed.
#define CHECK_REFUSED(text, place, why)                   \
  do {                                                    \
    const auto message = ::tomnext::tests::refusal(text); \
    INFO("message: " << message);                         \
    CHECK(::tomnext::tests::has_text(message, place));    \
    CHECK(::tomnext::tests::has_text(message, why));      \
  } while (false)
