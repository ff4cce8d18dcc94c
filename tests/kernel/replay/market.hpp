// Markets for tests: one month of real GBP/USD minutes, and pairs made from it by scaling, in files of the FXCM form.
#pragma once
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/kernel/replay/oracle.hpp"
#include "tests/support/shared_data.hpp"

namespace tomnext::tests {

/// A folder that is gone when the test ends.
struct market_folder {
  std::filesystem::path path;
  explicit market_folder(const std::string& name)
      : path(std::filesystem::temp_directory_path() / ("tomnext-test-" + name + "-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  market_folder(const market_folder&) = delete;
  market_folder& operator=(const market_folder&) = delete;
  ~market_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path / name).string(); }
};

inline std::string bid_file() { return shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz"); }
inline std::string ask_file() { return shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz"); }
inline oracle::pair_data gbp_usd() { return {"GBP", "USD", bid_file(), ask_file(), 5}; }

/// A pair whose prices are those of GBP/USD times numerator / denominator, with a wobble of its own; every 17th minute is missing.
inline oracle::pair_data made_pair(const market_folder& in, const std::string& base, const std::string& quote, int decimals, std::int64_t numerator,
                                   std::int64_t denominator, std::size_t minutes) {
  oracle::pair_data p{base, quote, in.file(base + quote + "-bid.csv"), in.file(base + quote + "-ask.csv"), decimals};
  for (const bool bid : {true, false}) {
    const auto rows = oracle::read_minutes(bid ? bid_file() : ask_file());
    std::ofstream out(bid ? p.bid_file : p.ask_file);
    out << "timestamp,open,high,low,close\n";
    const auto step = oracle::ten_to(9 - decimals);
    for (std::size_t i = 0; i < rows.size() && i < minutes; ++i) {
      if (i % 17 == 5) continue;
      const std::time_t s = rows[i].at_ms / 1000;
      std::tm t{};
      gmtime_r(&s, &t);
      char when[40];
      std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S+00:00", &t);
      out << when;
      const auto wobble = static_cast<std::int64_t>(i * 7919 % 101) - 50;
      for (const auto price : rows[i].prices) {
        const auto steps = price / denominator * numerator / step + wobble;
        char text[40];
        std::snprintf(text, sizeof text, ",%lld.%0*lld", static_cast<long long>(steps / oracle::ten_to(decimals)), decimals,
                      static_cast<long long>(steps % oracle::ten_to(decimals)));
        out << text;
      }
      out << "\n";
    }
  }
  return p;
}

}  // namespace tomnext::tests
