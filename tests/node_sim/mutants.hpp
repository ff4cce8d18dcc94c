// What a careless build would do: each is a small replacement in the tree of the simulated node, and each must be noticed.
#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include "actors/app/node_tree.hpp"
#include "tests/node_sim/message_faults.hpp"

namespace tomnext::tests {

enum class mutant : std::uint8_t {
  none,
  alert_when_sequenced,  ///< an effect before durability: alerts leave when they are sequenced
  venue_before_durable,  ///< another one: the venue hears of an order whose send_started could still be lost
  lost_restart,          ///< hosts are not started again
  double_send,           ///< an order is sent twice
  unbounded_queue,       ///< the journal gives credit whatever is not durable
  early_snapshot,        ///< snapshots are stored before their mark is durable
  split_reaction,        ///< a reaction goes to the journal in two appends
  no_fence,              ///< appends of earlier lives are taken
};
inline constexpr std::array all_mutants{mutant::alert_when_sequenced, mutant::venue_before_durable, mutant::lost_restart,   mutant::double_send,
                                        mutant::unbounded_queue,      mutant::early_snapshot,       mutant::split_reaction, mutant::no_fence};
const char* word_of(mutant m);

/// Before the tree is made.
void change_parts(mutant m, app::node_parts& parts);
/// Each group of the tree, before it is started.
void change_group(mutant m, actors::supervised_group& group, const app::node_parts& parts);
/// On the way to the journal.
void change_messages(mutant m, message_faults& faults, const app::node_parts& parts);

}  // namespace tomnext::tests
