// The part of `tomnext replay` that compares decisions.
#pragma once
#include <cstdint>
#include <string>

#include "actors/app/command.hpp"
#include "actors/app/config_options.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

struct verify_options {
  config_options configuration;
  std::uint64_t from_seq = 1, to_seq = UINT64_MAX;
};

/// Prints that all decisions are identical, or the first difference with its causes (exit_code::difference).
result<exit_code> verify(const persistence::event_log& log, const std::string& directory, const verify_options& o, session& s);

}  // namespace tomnext::app
