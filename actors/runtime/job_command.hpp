// What operators ask of jobs, as commands of the log: who wants what and why is durable before anything is done about it.
#pragma once
#include <string>
#include <string_view>

#include "actors/protocols.hpp"
#include "domain/base/words.hpp"

namespace tomnext::actors {

enum class job_verb : std::uint8_t { pause, resume, run };

/// The command's event says of the job no more than this number: a hash of its name. What it led to names the job, and names the command as its cause.
[[nodiscard]] std::uint32_t job_target(std::string_view job);

/// Of {"who", "why", "idempotency_key", "expected_version"}, of which only `who` must be there. errc::bad_request says what is wrong, and what is allowed.
[[nodiscard]] result<offered_input> job_command_of(job_verb verb, std::string_view job, const std::string& body);

}  // namespace tomnext::actors
