// An exact quotient in 128 bits: money on its way to where it is booked.
#pragma once
#include <optional>

#include "domain/base/decimal.hpp"

namespace tomnext::ledger {

/// numerator / denominator; the denominator is positive.
struct fraction {
  int128 numerator{0};
  int128 denominator{1};

  /// Times n / d (d > 0), with what is common taken out first. False where 128 bits do not hold it: the value is then of no use.
  [[nodiscard]] bool multiply(int128 n, int128 d);
  [[nodiscard]] bool multiply(const fraction& f) { return multiply(f.numerator, f.denominator); }
  /// Less n / d (d > 0).
  [[nodiscard]] bool subtract(const fraction& f);
  /// In units of 10^-decimals, rounded once; nothing where it does not fit 64 bits.
  [[nodiscard]] std::optional<std::int64_t> rounded(unsigned decimals, rounding mode) const;
};

}  // namespace tomnext::ledger
