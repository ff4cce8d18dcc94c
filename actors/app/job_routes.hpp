// The jobs of a node over HTTP: how they stand, and what operators ask of them.
#pragma once
#include <memory>
#include <string_view>

#include "actors/app/errand.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/job_board.hpp"

namespace tomnext::app {

inline constexpr std::string_view jobs_path = "/api/v1/jobs";
[[nodiscard]] inline bool is_job_path(std::string_view path) {
  return path.starts_with(jobs_path) && (path.size() == jobs_path.size() || path[jobs_path.size()] == '/');
}

/// GET /api/v1/jobs, GET /api/v1/jobs/NAME; POST /api/v1/jobs/NAME/pause, /resume, /run with {"who", "why", "idempotency_key", "expected_version"}, answered
/// with {"seq": of the command, "status": what came of it} once that is durable. 404: no such job; 409: it makes no sense now.
void answer_of_jobs(actors::actor_system& system, const std::shared_ptr<actors::directory>& directory, const std::shared_ptr<actors::job_board>& board,
                    const api::http_request& q, const errand& e);

}  // namespace tomnext::app
