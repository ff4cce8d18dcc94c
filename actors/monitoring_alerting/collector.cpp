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
  std::vector<offered_input> inputs;
  for (const auto& n : notes) inputs.push_back(input_of(n));
  for (auto& c : crossings()) inputs.push_back(std::move(c));
  const auto again = [this] { tell_later(self_, settings_.every, tick_v); };
  if (inputs.empty()) return again();
  // What the log does not take now is offered again at the next look.
  ask(self_, settings_.time_authority(), std::chrono::seconds(10), urgent_v, inputs_ref(std::make_shared<const std::vector<offered_input>>(std::move(inputs))))
      .then(
          [this, again, count = notes.size()](std::uint64_t) {
            settings_.notes->taken(count);
            again();
          },
          [again](const caf::error&) { again(); });
}

std::vector<offered_input> collector_state::crossings() {
  std::vector<offered_input> inputs;
  for (const auto& f : settings_.figures->figures()) {
    bool& above = above_[f.name];
    const bool rises = !above && f.queue_depth > settings_.queue_watch_level;
    const bool falls = above && f.queue_depth < settings_.queue_watch_level / 2;
    if (!rises && !falls) continue;
    above = rises;
    inputs.push_back(input_of(queue_depth_crossed{std::string_view(f.name), f.queue_depth, settings_.queue_watch_level, rises}));
  }
  return inputs;
}

}  // namespace tomnext::actors
