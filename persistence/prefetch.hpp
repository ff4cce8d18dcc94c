// Events that another thread has written: fetched from its caches while the ones before them are worked on.
#pragma once
#include <cstddef>
#include <vector>

#include "domain/events/event.hpp"

namespace tomnext::persistence {

/// Asks for the event a few places behind `i`: its envelope and the first hundred bytes of its payload, as many as most payloads have.
inline void prefetch_behind(const std::vector<event>& events, std::size_t i) {
  constexpr std::size_t ahead = 4, line = 64, lines = 3;
  if (i + ahead >= events.size()) return;
  const auto* at = reinterpret_cast<const char*>(&events[i + ahead]);
  for (std::size_t n = 0; n < lines; ++n) __builtin_prefetch(at + n * line);
}

}  // namespace tomnext::persistence
