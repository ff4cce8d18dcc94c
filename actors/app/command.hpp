// What a command is. Adding one is one file that defines a `command`, plus one line in commands.hpp.
#pragma once
#include <CLI/CLI.hpp>

#include <functional>
#include <ostream>
#include <vector>

#include "actors/app/exit_code.hpp"
#include "domain/base/result.hpp"

namespace tomnext::app {

/// Where a running command writes: results to `out`, progress and messages to `err`. With `json`, `out` gets JSON and nothing else.
struct session {
  std::ostream& out;
  std::ostream& err;
  bool json = false;
};

/// What a parsed command line asks for. An error is printed once, by the caller.
using action = std::function<result<exit_code>(session&)>;

struct command {
  const char* name;
  const char* description;  ///< one line
  const char* example;      ///< a whole command line, "tomnext …"; a test parses it
  /// Declares options and arguments, and returns what to do with them. --help, --json and the example are added for every command. Null where only
  /// its parts can be run.
  action (*add)(CLI::App&);
  std::vector<command> parts = {};  ///< subcommands, such as `log verify`
};

}  // namespace tomnext::app
