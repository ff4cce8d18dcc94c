#include "actors/monitoring_alerting/alert_channel.hpp"

#include <spdlog/spdlog.h>

namespace tomnext::actors {

channel_protocol::behavior_type alert_channel_state::behavior() {
  return {[this](durable_atom, const groups_ref& groups, const durable_ref& head) {
    for (const auto& g : *groups)
      for (const auto& e : g->events) {
        const auto* a = e.get_if<alert_changed>();
        if (a == nullptr) continue;
        const bool firing = a->state == alert_state::firing;
        spdlog::log(firing ? spdlog::level::warn : spdlog::level::info, "alert {} #{} {}: {} ({} of {})", firing ? "firing" : "resolved", e.head.seq,
                    a->subject.view(), a->summary.view(), a->value, a->threshold);
      }
    return_credit(self_, feed_name, *groups, *head);
  }};
}

}  // namespace tomnext::actors
