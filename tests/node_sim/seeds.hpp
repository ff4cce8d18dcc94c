// Seeds that failed once, and why: they run first.
#pragma once
#include <cstdint>

namespace tomnext::tests {

struct remembered_seed {
  std::uint64_t seed;
  const char* why;
};
inline constexpr remembered_seed remembered_seeds[] = {
    {1, "the first of all"},
};

}  // namespace tomnext::tests
