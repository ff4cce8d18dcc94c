#include "actors/monitoring_alerting/collector.hpp"

#include "actors/replay/kernel.hpp"

namespace tomnext::actors {
namespace {

offered_input input_of(const auto& payload) {
  header h;
  h.host = replay::supervision_ingress;
  return {event(h, payload)};
}

}  // namespace

collector_protocol::behavior_type collector_state::behavior() {
  tell_later(self_, settings_.every, tick_v);
  return {[this](tick_atom) { look(); }};
}

void collector_state::look() {
  const auto notes = settings_.notes->waiting();
  const auto crossed = crossings();
  std::vector<offered_input> inputs;
  for (const auto& n : notes.notes) inputs.push_back(input_of(n));
  for (const auto& c : crossed) inputs.push_back(input_of(c));
  const auto again = [this] { tell_later(self_, settings_.every, tick_v); };
  if (inputs.empty()) return again();
  // What the log does not take now is offered again at the next look.
  ask(self_, settings_.time_authority(), std::chrono::seconds(10), urgent_v, inputs_ref(std::make_shared<const std::vector<offered_input>>(std::move(inputs))))
      .then(
          [this, again, crossed, behind = notes.behind](std::uint64_t) {
            settings_.notes->taken(behind);
            for (const auto& c : crossed) above_[std::string(c.actor.view())] = c.above;
            again();
          },
          [again](const actor_error&) { again(); });
}

std::vector<queue_depth_crossed> collector_state::crossings() const {
  std::vector<queue_depth_crossed> all;
  for (const auto& f : settings_.figures->figures()) {
    const text name{std::string_view(f.name)};
    const auto told = above_.find(std::string(name.view()));
    const bool above = told != above_.end() && told->second;
    const bool rises = !above && f.queue_depth > settings_.queue_watch_level;
    const bool falls = above && f.queue_depth < settings_.queue_watch_level / 2;
    if (rises || falls) all.push_back({name, f.queue_depth, settings_.queue_watch_level, rises});
  }
  return all;
}

}  // namespace tomnext::actors
