// Money: an amount in the minor units of a currency. Rounded only where it is booked, and by name.
#pragma once
#include <string>

#include "domain/base/decimal.hpp"
#include "domain/base/text.hpp"

namespace tomnext {

/// An ISO 4217 code: three capital letters. Metals are XAU, XAG, XPT, XPD.
struct currency {
  bounded_text<3> code;
  constexpr auto operator<=>(const currency&) const = default;
  constexpr explicit operator bool() const { return !code.empty(); }
  static result<currency> parse(std::string_view text);
};

/// Decimals of the minor unit by ISO 4217 (JPY 0, HUF 2, KWD 3, …); two where the code is not listed.
unsigned minor_units(currency c);

/// Minor units of the currency named beside it: cents, yen.
struct amount {
  using rep = std::int64_t;
  std::int64_t value{};
  constexpr auto operator<=>(const amount&) const = default;
  constexpr explicit operator bool() const { return value != 0; }
};

/// "962062.51"
std::string to_string(amount a, unsigned decimals);

}  // namespace tomnext
