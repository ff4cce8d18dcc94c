// The rules of laws 4 to 9 that the model can do without, one at a time: each is a plausible weaker reading that the checks must refute.
#pragma once
#include <cstddef>
#include <string_view>

namespace tomnext::sim {

enum class broken_rule : unsigned char {
  none,
  // recovery
  fold_all_then_propose,
  recovery_proposes_nothing,
  restart_reads_durable_prefix,
  apply_sees_own_seq,
  parked_input_applied,
  // snapshots
  snapshot_stored_at_once,
  snapshot_ignores_outputs_in_flight,
  snapshot_without_own_cursor,
  snapshot_survives_new_fold,
  tail_by_seq,
  tail_cursor_stuck,
  // appends
  appends_reordered,
  reaction_split,
  no_fence,
  fence_by_position,
  journal_restarted_alone,
  // the outside
  keys_in_memory,
  timer_generation_ignored,
  effect_on_durable_cause,
  effect_on_sequenced,
  send_not_announced,
  acknowledged_when_sequenced,
  // activation
  build_without_mark,
  mark_at_head,
  new_host_decides_history,
  stop_without_mark,
  quiet_host_unmarked,
  count
};

/// The reading in words, for the report of a test.
[[nodiscard]] constexpr std::string_view describe(broken_rule rule) {
  switch (rule) {
    case broken_rule::none: return "the rules as designed";
    case broken_rule::fold_all_then_propose: return "recovery folds everything recorded, then proposes what is missing";
    case broken_rule::recovery_proposes_nothing: return "recovery only folds";
    case broken_rule::restart_reads_durable_prefix: return "a restarted host reads to the durable mark, not through its registration";
    case broken_rule::apply_sees_own_seq: return "apply of an own output sees its seq";
    case broken_rule::parked_input_applied: return "recovery applies an input that was parked";
    case broken_rule::snapshot_stored_at_once: return "a snapshot is stored before its mark is durable";
    case broken_rule::snapshot_ignores_outputs_in_flight: return "a snapshot is stored while own outputs are in flight";
    case broken_rule::snapshot_without_own_cursor: return "a snapshot tells the inputs that it holds, not the own outputs";
    case broken_rule::snapshot_survives_new_fold: return "a snapshot of another fold is used";
    case broken_rule::tail_by_seq: return "the tail's own outputs begin behind the snapshot's last input";
    case broken_rule::tail_cursor_stuck: return "own outputs that the snapshot holds are not skipped";
    case broken_rule::appends_reordered: return "appends of one host overtake each other";
    case broken_rule::reaction_split: return "a reaction is spread over several groups";
    case broken_rule::no_fence: return "appends of an earlier incarnation are taken";
    case broken_rule::fence_by_position: return "the journal refuses positions that it has instead of earlier incarnations";
    case broken_rule::journal_restarted_alone: return "the journal restarts alone, the hosts go on";
    case broken_rule::keys_in_memory: return "idempotency keys are remembered in memory only";
    case broken_rule::timer_generation_ignored: return "a timer's generation is not looked at";
    case broken_rule::effect_on_durable_cause: return "an effect leaves when its cause is durable";
    case broken_rule::effect_on_sequenced: return "an effect leaves when it is sequenced";
    case broken_rule::send_not_announced: return "bytes leave without a durable send_started";
    case broken_rule::acknowledged_when_sequenced: return "a client is answered when the outcome is sequenced";
    case broken_rule::build_without_mark: return "a new build writes no activation mark";
    case broken_rule::mark_at_head: return "a recovered host's mark says the head, not what was decided";
    case broken_rule::new_host_decides_history: return "a new host decides on what was before it";
    case broken_rule::stop_without_mark: return "an ordered stop writes no mark";
    case broken_rule::quiet_host_unmarked: return "a host with nothing to say writes no mark";
    case broken_rule::count: break;
  }
  return "no rule";
}

}  // namespace tomnext::sim
