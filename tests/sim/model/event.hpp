// The model's events: what laws 4 to 9 need of an event, and no market.
#pragma once
#include <cstdint>
#include <vector>

namespace tomnext::sim {

using seq_number = std::uint64_t;  ///< 1 is the first event; 0 means "before all"
constexpr int outside = -1;        ///< host of an event that no host wrote

enum class kind : std::uint8_t {
  // from the outside
  command_requested,
  timer_fired,
  send_started,
  // an ingress host's own, made of a raw item and its state
  quote,
  // reactions
  output,
  effect,
  timer_armed,
  timer_answered,
  command_done,
  input_parked,
  // marks
  host_activated,
  host_progressed,
};

struct event {
  kind type{};
  std::uint8_t key{};    ///< routing
  std::uint8_t depth{};  ///< length of the chain of causes
  int host = outside;    ///< its writer
  int target = outside;  ///< of a command or a timer
  unsigned incarnation{};
  unsigned ordinal{};     ///< within its reaction
  seq_number position{};  ///< the last input that its writer had consumed: the cause
  std::uint64_t payload{};
  std::uint64_t id{};               ///< of an effect, a command's key; what the outside knows it by
  unsigned slot{};                  ///< which timer of the host
  unsigned generation{};            ///< of that timer
  std::uint64_t source_position{};  ///< of a quote: which item of its source it was made of
  unsigned build{};                 ///< of an activation: who decides from here on
};

/// Equal but for the life that wrote it: a second life proposes the same.
[[nodiscard]] inline bool same_content(const event& a, const event& b) {
  return a.type == b.type && a.key == b.key && a.depth == b.depth && a.host == b.host && a.target == b.target && a.ordinal == b.ordinal &&
         a.position == b.position && a.payload == b.payload && a.id == b.id && a.slot == b.slot && a.generation == b.generation;
}

/// Written by the runtime, not by the service: no state has it.
[[nodiscard]] inline bool is_mark(const event& e) { return e.type == kind::host_activated || e.type == kind::host_progressed; }

using reaction = std::vector<event>;

}  // namespace tomnext::sim
