// A position with its average entry price as an exact rational: never rounded, whatever is added and taken away.
#pragma once
#include <optional>

#include "domain/base/decimal.hpp"
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"

namespace tomnext::ledger {

/// Signed size and average entry price numerator / denominator (in units of 10^-9), reduced. Flat: size 0.
class position {
 public:
  [[nodiscard]] quantity size() const { return size_; }
  [[nodiscard]] bool flat() const { return size_.value == 0; }
  /// For people: the nearest double.
  [[nodiscard]] double average_price() const;

  /// A fill that opens or adds: the same direction as the position. errc::overflow where the exact average does not fit in 128 bits.
  result<void> add(side direction, quantity filled, price at);
  /// A fill against the position of at most its size. Returns the realised profit in minor units of the quote currency, rounded half away from zero.
  result<amount> reduce(quantity filled, price at, std::uint32_t minor_units);
  /// What closing all of it at `at` would realise.
  [[nodiscard]] result<amount> unrealised(price at, std::uint32_t minor_units) const;

  template <class Archive> void archive(Archive& a) { a(size_, numerator_, denominator_); }

 private:
  [[nodiscard]] std::optional<quantity> add_sizes(side direction, quantity filled) const;
  [[nodiscard]] result<amount> profit(std::int64_t signed_size, price at, std::uint32_t minor_units) const;
  quantity size_;
  int128 numerator_ = 0;
  int128 denominator_ = 1;
};

}  // namespace tomnext::ledger
