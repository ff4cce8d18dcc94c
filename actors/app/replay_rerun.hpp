// The part of `tomnext replay` that runs a log once more with other settings, and compares what comes of it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "actors/app/command.hpp"
#include "actors/app/config_options.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

struct rerun_command_options {
  config_options configuration;         ///< without a file: the recorded one, with the settings
  std::optional<std::uint64_t> at_seq;  ///< of a fork; nothing: from the first quote on
  std::string into;                     ///< directory of the new log; empty: nothing is kept
  bool encrypt = false;
  std::uint32_t shown = 20;  ///< differing decisions in text
};

/// Prints both runs side by side. exit_code::ok whatever they came to: a difference is what was asked for.
result<exit_code> rerun(const persistence::event_log& log, const std::string& directory, const rerun_command_options& o, session& s);

}  // namespace tomnext::app
