#include "tests/sim/model/service.hpp"

namespace tomnext::sim {
namespace {

void stir(const host_role& role, state& s, const event& e) {
  s.digest = mix(mix(s.digest, e.payload), e.id + static_cast<std::uint64_t>(e.type));
  s.digest = mix(s.digest, fold_version_of(role.build));
}

std::uint64_t identity(int host, seq_number position, unsigned ordinal) { return mix(mix(mix(7, static_cast<std::uint64_t>(host)), position), ordinal); }

class proposals {
 public:
  proposals(const host_role& role, const event& input, seq_number input_seq) : role_(role), input_(input), input_seq_(input_seq) {}

  event& add(kind type, std::uint64_t payload) {
    event e;
    e.type = type;
    e.key = key_of(role_.host);
    e.depth = static_cast<std::uint8_t>(input_.depth + 1);
    e.host = role_.host;
    e.ordinal = static_cast<unsigned>(events.size());
    e.position = input_seq_;
    e.payload = payload;
    e.id = identity(role_.host, input_seq_, e.ordinal);
    return events.emplace_back(e);
  }
  reaction events;

 private:
  const host_role& role_;
  const event& input_;
  seq_number input_seq_;
};

}  // namespace

std::uint64_t state::fingerprint() const {
  std::uint64_t h = mix(digest, source_position);
  for (const auto& [slot, t] : timers) h = mix(mix(mix(h, slot), t.generation), t.armed ? 1 : 0);
  for (const auto& [key, result] : done) h = mix(mix(h, key), result);
  return h;
}

void apply_input(const host_role& role, state& s, const event& e) {
  s.firing_is_live = false;
  if (e.type == kind::timer_fired) {
    auto& t = s.timers[e.slot];
    const bool live = (t.armed && t.generation == e.generation) || role.broken == broken_rule::timer_generation_ignored;
    if (!live) return;
    if (t.generation == e.generation) t.armed = false;
    s.firing_is_live = true;
  }
  stir(role, s, e);
}

void apply_output(const host_role& role, state& s, const event& e, seq_number seq) {
  if (is_mark(e)) return;
  if (e.type == kind::timer_armed) s.timers[e.slot] = {e.generation, true};
  if (e.type == kind::command_done) s.done[e.id] = e.payload;
  if (e.type == kind::quote) s.source_position = e.source_position;
  stir(role, s, e);
  if (role.broken == broken_rule::apply_sees_own_seq) s.digest = mix(s.digest, seq);
}

reaction decide(const host_role& role, const state& s, const event& input, seq_number input_seq) {
  proposals out(role, input, input_seq);
  if (input.type == kind::timer_fired) {
    if (!s.firing_is_live) return {};
    auto& answer = out.add(kind::timer_answered, s.digest);
    answer.slot = input.slot;
    answer.generation = input.generation;
  }
  if (input.type == kind::command_requested) {
    if (s.done.contains(input.id) && role.broken != broken_rule::keys_in_memory) return {};
    out.add(kind::command_done, mix(s.digest, input.payload)).id = input.id;
  }
  if (input.depth >= depth_max) return out.events;
  // A build is a salt: another one decides otherwise on the same state.
  random_source choice(mix(mix(s.digest, input.payload), role.build));
  std::map<unsigned, unsigned> armed_here;
  for (int chance = 0; chance < 3; ++chance) {
    if (!choice.chance(role.wiring->output_percent())) continue;
    const auto which = choice.below(10);
    if (which < 6) out.add(kind::output, choice.next());
    else if (which < 8) out.add(kind::effect, choice.next());
    else {
      const auto slot = static_cast<unsigned>(choice.below(timer_slots));
      const auto known = s.timers.find(slot);
      auto& armed = out.add(kind::timer_armed, choice.next());
      armed.slot = slot;
      armed.generation = (known == s.timers.end() ? 0 : known->second.generation) + ++armed_here[slot];
    }
  }
  return out.events;
}

bool is_poisonous(const host_role& role, const event& e) {
  const bool may_be = e.type == kind::quote || e.type == kind::output || e.type == kind::effect;
  return may_be && mix(mix(e.payload, role.build), static_cast<std::uint64_t>(role.host)) % 31 == 0;
}

reaction react(const host_role& role, state& s, const event& input, seq_number input_seq) {
  if (is_poisonous(role, input)) {
    proposals out(role, input, input_seq);
    out.add(kind::input_parked, 0);
    return out.events;
  }
  apply_input(role, s, input);
  auto events = decide(role, s, input, input_seq);
  for (const auto& e : events) apply_output(role, s, e);
  return events;
}

event take_item(const host_role& role, state& s, seq_number position) {
  event e;
  e.type = kind::quote;
  e.key = key_of(role.host);
  e.host = role.host;
  e.position = position;
  e.source_position = s.source_position + 1;
  // The raw item is a function of where it stands in its source: re-reading gives the same again, the verdict on it depends on the state.
  e.payload = mix(s.digest, mix(static_cast<std::uint64_t>(role.host), e.source_position));
  e.id = mix(mix(11, static_cast<std::uint64_t>(role.host)), e.source_position);
  apply_output(role, s, e);
  return e;
}

}  // namespace tomnext::sim
