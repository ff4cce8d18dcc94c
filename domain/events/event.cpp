#include "domain/events/event.hpp"

namespace tomnext {

std::string_view event_name(std::uint16_t type_number) {
  std::string_view name = "unknown";
  for_each_event_type([&]<class E>() {
    if (E::type_number == type_number) name = E::type_name;
  });
  return name;
}

std::uint16_t event_number(std::string_view name) {
  std::uint16_t number = 0;
  for_each_event_type([&]<class E>() {
    if (name == E::type_name) number = E::type_number;
  });
  return number;
}

std::uint32_t routing_key_of(const event& e) {
  std::uint32_t key = 0;
  visit(e, [&](const auto& payload) { key = routing_key(payload); });
  return key;
}

bool is_runtime_event(std::uint16_t type_number) {
  switch (type_number) {
    case host_activated::type_number:
    case host_recovered::type_number:
    case host_progressed::type_number:
    case input_parked::type_number:
    case actor_restarted::type_number:
    case queue_depth_crossed::type_number:
    case job_defined::type_number:
    case job_run_started::type_number:
    case job_run_ended::type_number:
    case job_runs_skipped::type_number:
    case job_paused::type_number:
    case job_resumed::type_number: return true;
    default: return false;
  }
}

}  // namespace tomnext
