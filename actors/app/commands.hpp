// The table of commands: one line each, in the order of the help.
#pragma once
#include <vector>

#include "actors/app/command.hpp"

// X(name): the command that `name_command()` returns, from command_name.cpp.
#define TOMNEXT_COMMANDS(X) \
  X(import)                 \
  X(bars)                   \
  X(backtest)               \
  X(sweep)                  \
  X(check_strategy)         \
  X(report)                 \
  X(run)                    \
  X(replay)                 \
  X(log)                    \
  X(why)                    \
  X(state)                  \
  X(actors)                 \
  X(jobs)

namespace tomnext::app {

#define TOMNEXT_DECLARE(name) command name##_command();
TOMNEXT_COMMANDS(TOMNEXT_DECLARE)
#undef TOMNEXT_DECLARE

inline std::vector<command> all_commands() {
#define TOMNEXT_LIST(name) name##_command(),
  return {TOMNEXT_COMMANDS(TOMNEXT_LIST)};
#undef TOMNEXT_LIST
}

}  // namespace tomnext::app
