// Text and figures for a page: everything that comes from outside is escaped, every figure has its unit.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/base/money.hpp"
#include "domain/base/time.hpp"

namespace tomnext::replay::html {

/// For element content and quoted attributes. What is no UTF-8, control characters and marks that turn the direction of writing become U+FFFD.
std::string escaped(std::string_view s);

/// "−1,234.50": a true minus, digits in threes.
std::string money(amount a, unsigned decimals);
std::string money(double value, unsigned decimals);
/// "−3.79 %" of −0.0379.
std::string percent(double fraction, int decimals = 2);
std::string ratio(double x, int decimals = 2);
/// "1 h 25 min", "3 d 4 h", "42 s"
std::string duration(double seconds);
/// "2012-02-01 00:05"
std::string minute(timestamp t);

/// "n/a" and why, in small print.
std::string absent(std::string_view why);

}  // namespace tomnext::replay::html
