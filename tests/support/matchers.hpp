// Matchers whose names differ between Catch2 2.x and 3.x.
#pragma once
#include <string>

#include "tests/support/catch.hpp"

namespace tomnext::tests {

/// The text has this part.
inline auto has_part(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}

}  // namespace tomnext::tests
