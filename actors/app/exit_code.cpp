#include "actors/app/exit_code.hpp"

namespace tomnext::app {

exit_code exit_code_of(errc code) {
  switch (code) {
    case errc::invalid_argument:
    case errc::bad_request: return exit_code::usage;
    case errc::configuration_syntax:
    case errc::configuration_key:
    case errc::configuration_value:
    case errc::unknown_instrument: return exit_code::configuration;
    // Arithmetic fails on figures that came from outside: a price too large, a rate of zero. A conversion rate is missing because its quotes are.
    case errc::overflow:
    case errc::division_by_zero:
    case errc::not_a_decimal:
    case errc::file_unreadable:
    case errc::file_truncated:
    case errc::malformed_line:
    case errc::unsupported_format:
    case errc::conversion_rate_missing: return exit_code::input_data;
    case errc::log_io:
    case errc::log_corrupt:
    case errc::log_gap:
    case errc::log_newer_version:
    case errc::log_full:
    case errc::stale_incarnation:
    case errc::log_locked:
    case errc::snapshot_invalid:
    case errc::version_conflict:
    case errc::log_key:
    case errc::log_archived:
    case errc::retention_refused:
    case errc::signature_invalid:
    case errc::decode_failed: return exit_code::log;
    case errc::illegal_transition:
    case errc::limit_breached:
    case errc::poisonous_input:
    case errc::timed_out:
    case errc::actor_down:
    case errc::overloaded:
    case errc::not_ready:
    case errc::network_io: return exit_code::service_failed;
    case errc::cancelled: return exit_code::cancelled;
  }
  return exit_code::service_failed;
}

std::string exit_code_help() {
  return "Exit codes:\n"
         "    0  ok\n"
         "    2  usage: an unknown command or option, a missing argument\n"
         "    3  configuration: a file or a --set that is not valid\n"
         "    4  input data: market data or a model file, missing, truncated or malformed\n"
         "    5  log: input/output, corrupt, or locked by another process\n"
         "    6  a comparison found a difference\n"
         "    7  the journal died and the node with it; a restart goes on\n"
         "    8  a service could not go on\n"
         "  130  cancelled by SIGINT or SIGTERM, in order\n";
}

}  // namespace tomnext::app
