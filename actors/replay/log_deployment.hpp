// The deployment that a log was made with, from the log alone: its configuration and models lie in the content store beside it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "actors/replay/composition.hpp"
#include "config/loader.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::replay {

/// What the first events of a log name. All of it stands before the first quote.
struct log_preamble {
  log_purpose purpose{};
  std::optional<hash256> configuration;
  std::vector<calendar_defined> calendar;
  std::vector<model_file_added> models;
};
result<log_preamble> preamble_of(const persistence::event_log& log);

/// From `from_seq` on, up to the next one, that configuration was in force: its hosts decided what comes after the event with that seq.
struct recorded_configuration {
  std::uint64_t from_seq = 0;
  hash256 content;
};
/// One, or of a fork of changed settings several, in the order of their seqs. Empty where the log names none before its first quote.
result<std::vector<recorded_configuration>> configurations_of(const persistence::event_log& log);

struct log_deployment {
  config::deployment deployment;
  composition_parts parts;
  hash256 configuration;                 ///< in the log's content store
  std::uint64_t configuration_hash = 0;  ///< as the activations name it, without the changed settings
};

/// What compose() needs to make the log's hosts again, with some settings changed for a "what if". `directory` is the log's. Of a fork it is the configuration
/// in force at `at_seq`.
/// errc::invalid_argument where the log names no configuration (an import, say); the content store's errors where a text or a model is gone or changed.
result<log_deployment> deployment_of_log(const persistence::event_log& log, const std::string& directory,
                                         const std::vector<config::override_setting>& overrides = {}, std::uint64_t at_seq = UINT64_MAX);

}  // namespace tomnext::replay
