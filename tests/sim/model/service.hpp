// A service as law 5 wants it: apply is the only change, decide the only proposal, and neither knows anything but the state and the event.
#pragma once
#include <cstdint>
#include <map>

#include "tests/sim/model/event.hpp"
#include "tests/sim/model/rules.hpp"
#include "tests/sim/model/topology.hpp"

namespace tomnext::sim {

constexpr std::uint8_t depth_max = 5;
constexpr unsigned timer_slots = 2;

/// Two builds in a row share a fold and decide differently; every second one changes the fold and the inputs too.
[[nodiscard]] constexpr unsigned fold_version_of(unsigned build) { return build / 2; }

struct state {
  struct timer {
    unsigned generation = 0;
    bool armed = false;
  };
  std::uint64_t digest = 1;           ///< of everything applied, in order
  std::uint64_t source_position = 0;  ///< an ingress's last raw item
  std::map<unsigned, timer> timers;
  std::map<std::uint64_t, std::uint64_t> done;  ///< commands by key, with their result
  bool firing_is_live = false;                  ///< what decide must know of the firing just applied

  [[nodiscard]] std::uint64_t fingerprint() const;
};

/// What a host is, besides its state.
struct host_role {
  int host;
  unsigned build;
  const topology* wiring;
  broken_rule broken = broken_rule::none;

  [[nodiscard]] bool reads(const event& e) const { return wiring->reads(host, fold_version_of(build), e); }
};

void apply_input(const host_role& role, state& s, const event& e);
/// `seq` is 0 under the rules: an own output is applied before it has one.
void apply_output(const host_role& role, state& s, const event& e, seq_number seq = 0);
/// The reaction to an input that was applied.
reaction decide(const host_role& role, const state& s, const event& input, seq_number input_seq);
/// The service cannot answer this input: it is passed over.
bool is_poisonous(const host_role& role, const event& e);
/// One live input: applied, decided, its outputs applied; a poisonous one is parked and leaves the state alone.
reaction react(const host_role& role, state& s, const event& input, seq_number input_seq);
/// An ingress's next quote, and the state after it.
event take_item(const host_role& role, state& s, seq_number position);

}  // namespace tomnext::sim
