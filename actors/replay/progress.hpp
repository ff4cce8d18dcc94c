// How a long run tells how far it is, and how it is stopped.
#pragma once
#include <cstdint>
#include <functional>

namespace tomnext::replay {

/// Called now and then with the number of quotes so far; false cancels (errc::cancelled), and nothing is left behind.
using progress = std::function<bool(std::uint64_t quotes)>;

}  // namespace tomnext::replay
