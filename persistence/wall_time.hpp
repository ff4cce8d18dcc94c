// The time of day, for notes that lie beside a log. Nothing that is replayed asks for it.
#pragma once
#include <chrono>

#include "domain/base/time.hpp"

namespace tomnext::persistence {

inline timestamp wall_time() {
  using std::chrono::duration_cast, std::chrono::nanoseconds, std::chrono::system_clock;
  return {duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace tomnext::persistence
