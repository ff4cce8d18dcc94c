// The command line as a whole: from arguments to an action, and from an action to an exit code.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "actors/app/command.hpp"

namespace tomnext::app {

/// The version that `tomnext --version` prints; CMake's project version.
std::string version();

/// A command line, taken apart. Without an action there is nothing to do but to print `text` (help, version, or what was wrong).
struct parsed_line {
  action run;
  bool json = false;
  exit_code code = exit_code::ok;
  std::string text;
};

/// Arguments without the program's name. Runs nothing.
parsed_line parse(const std::vector<std::string>& arguments, const std::vector<command>& commands);

/// Parses, runs, prints errors once. The whole of main().
int run_tool(const std::vector<std::string>& arguments, const std::vector<command>& commands, std::ostream& out, std::ostream& err);

}  // namespace tomnext::app
