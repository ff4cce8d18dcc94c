// What the process tells its caller. One enum, documented in `tomnext --help` and in README.md.
#pragma once
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::app {

enum class exit_code : int {
  ok = 0,
  usage = 2,           ///< the command line: an unknown command or option, a missing argument
  configuration = 3,   ///< a configuration file, or a --set
  input_data = 4,      ///< market data or a model file: missing, truncated, malformed
  log = 5,             ///< the event log: I/O, corrupt, locked
  difference = 6,      ///< a comparison found a difference
  journal_died = 7,    ///< the node ended because its journal did; a restart goes on
  service_failed = 8,  ///< a service could not go on
  cancelled = 130,     ///< SIGINT or SIGTERM, in order
};

/// The exit code of an error that ends a command. Total: a new errc without one is a compiler warning, hence an error.
exit_code exit_code_of(errc code);
/// "0 ok, 2 usage, …": one line per code, for the help.
std::string exit_code_help();

}  // namespace tomnext::app
