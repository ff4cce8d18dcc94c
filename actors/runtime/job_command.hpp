// What operators ask of jobs, as commands of the log: who wants what and why is durable before anything is done about it.
#pragma once
#include <string>
#include <string_view>

#include "actors/protocols.hpp"
#include "domain/base/words.hpp"

namespace tomnext::actors {

enum class job_verb : std::uint8_t { pause, resume, run };

/// Their numbers among operator_command, whose own list ends before them. No service takes them for its own.
inline constexpr operator_command run_job_command{8}, pause_job_command{9}, resume_job_command{10};
// Whoever gives these numbers another meaning there is told here: they are in logs.
static_assert(word_of(run_job_command).empty() || word_of(run_job_command) == "run_job");
static_assert(word_of(pause_job_command).empty() || word_of(pause_job_command) == "pause_job");
static_assert(word_of(resume_job_command).empty() || word_of(resume_job_command) == "resume_job");

/// The command's event says of the job no more than this number: a hash of its name. What it led to names the job, and names the command as its cause.
[[nodiscard]] std::uint32_t job_target(std::string_view job);

/// Of {"who", "why", "idempotency_key", "expected_version"}, of which only `who` must be there. errc::bad_request says what is wrong, and what is allowed.
[[nodiscard]] result<offered_input> job_command_of(job_verb verb, std::string_view job, const std::string& body);

}  // namespace tomnext::actors
