// Messages that overtake what waits in a mailbox: kill switch, cancels and stops.
#pragma once
#include <chrono>
#include <utility>

#include "actors/runtime/caf.hpp"

namespace tomnext::actors {

/// As ask and ask_under_watch in caf.hpp, before everything that waits and is not urgent itself; a mailbox with a limit always takes it.
template <class Self, class To, class... T> auto ask_urgently(Self* self, const To& to, std::chrono::milliseconds deadline, T&&... content) {
  // As the framework's own duration: this CAF forgets the priority of a request whose deadline is given in std::chrono.
  return self->template request<caf::message_priority::high>(to, caf::duration(deadline), std::forward<T>(content)...);
}
template <class Self, class To, class... T> auto ask_urgently_under_watch(Self* self, const To& to, T&&... content) {
  return self->template request<caf::message_priority::high>(to, caf::duration(caf::infinite), std::forward<T>(content)...);
}

}  // namespace tomnext::actors
