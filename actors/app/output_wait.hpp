// Pauses of a command that prints again and again.
#pragma once
#include <chrono>

#include "actors/app/interrupts.hpp"

namespace tomnext::app {

enum class wake { look, stop };

/// Waits; stops where a signal asks for it, or where nobody reads stdout any more.
[[nodiscard]] wake wait_for_output(std::chrono::milliseconds pause, const interrupts& asked);

}  // namespace tomnext::app
