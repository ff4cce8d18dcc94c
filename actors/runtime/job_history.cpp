#include "actors/runtime/job_history.hpp"

#include "actors/runtime/job_events.hpp"

namespace tomnext::actors {

void job_history::apply(const event& e) {
  if (e.head.seq <= through_) return;
  through_ = e.head.seq;
  if (const auto change = change_of(e)) records_.apply(*change);
}

}  // namespace tomnext::actors
