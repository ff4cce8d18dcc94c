// A position with its average entry price as an exact rational, not a rounded price.
#pragma once
#include <optional>

#include "domain/base/decimal.hpp"
#include "domain/base/market.hpp"
#include "domain/base/money.hpp"

namespace tomnext::ledger {

/// Signed size and average entry price numerator / denominator (in units of 10^-9), reduced. Flat: size 0.
/// Additions alone never lengthen the fraction: its denominator divides the size. A reduction followed by an addition does, each time, so that a netting
/// position that several strategies enlarge and reduce for months would outgrow any width. Where 128 bits no longer hold what is computed with it, the
/// fraction is rounded half to even to 2^-32 of 10^-9, and exact() says so: less than 10^-9 of the quote currency on a position of a thousand million, until it is flat again.
class position {
 public:
  [[nodiscard]] quantity size() const { return size_; }
  [[nodiscard]] bool flat() const { return size_.value == 0; }
  /// For people: the nearest double.
  [[nodiscard]] double average_price() const;

  /// False once the average had to be rounded.
  [[nodiscard]] bool exact() const { return exact_; }

  /// A fill that opens or adds: the same direction as the position. errc::overflow where size or average do not fit; the position is then as it was.
  result<void> add(side direction, quantity filled, price at);
  /// A fill against the position of at most its size. Returns the realised profit in minor units of the quote currency, rounded half away from zero.
  result<amount> reduce(quantity filled, price at, std::uint32_t minor_units);
  /// What closing all of it at `at` would realise.
  [[nodiscard]] result<amount> unrealised(price at, std::uint32_t minor_units) const;

  template <class Archive> void archive(Archive& a) { a(size_, numerator_, denominator_, exact_); }

 private:
  [[nodiscard]] result<amount> profit(std::int64_t signed_size, price at, std::uint32_t minor_units) const;
  quantity size_;
  int128 numerator_ = 0;
  int128 denominator_ = 1;
  bool exact_ = true;
};

}  // namespace tomnext::ledger
