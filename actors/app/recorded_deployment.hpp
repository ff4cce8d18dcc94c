// The deployment that a log was decided by, put together from the log alone: its configuration, calendar and models.
#pragma once
#include <string>

#include "actors/app/config_options.hpp"
#include "actors/replay/composition.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

struct recorded_deployment {
  config::deployment deployment;
  replay::composition_parts parts;
  hash256 configuration;                 ///< in the log's content store; zero where a file was given instead
  std::uint64_t configuration_hash = 0;  ///< as the log's activations name it, without the settings that were changed; 0 where a file was given
};

/// From the log in `directory`; where `from` names a file, that is the configuration, and the log gives the calendar alone. --set applies to either.
/// Of a fork it is the configuration in force at `at_seq`. errc::log_corrupt where the log names contents that its store does not have.
result<recorded_deployment> deployment_of(const persistence::event_log& log, const std::string& directory, const config_options& from,
                                          std::uint64_t at_seq = UINT64_MAX);

}  // namespace tomnext::app
