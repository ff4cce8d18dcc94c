#include "actors/journal/snapshot_keeper.hpp"

#include <spdlog/spdlog.h>

#include "actors/runtime/feed_reader.hpp"

namespace tomnext::actors {

namespace {
constexpr auto feed_name = "journal/snapshots";
}

keeper_state::keeper_state(keeper_protocol::pointer self, std::shared_ptr<const persistence::snapshot_store> store, feed_protocol feed,
                           journal_protocol journal)
    : self_(self), store_(std::move(store)), feed_(std::move(feed)), journal_(std::move(journal)) {
  feed_wish wish;
  wish.name = feed_name;
  wish.wanted.types[host_progressed::type_number] = true;
  join_feed(self, feed_, std::move(wish));
  on_exit_order(self_, [this](const actor_error& reason) { stop(reason); });
}

// The hosts' last snapshots wait for their marks: when the journal has settled, these are durable, and when this reader has, they were heard of.
void keeper_state::stop(const actor_error& reason) {
  if (waiting_.empty() || reason != exit_reason::user_shutdown) return self_->quit(reason);
  const auto end = [this, reason] { self_->quit(reason); };
  ask(self_, journal_, std::chrono::seconds(3), settled_v)
      .then(
          [this, end](std::uint64_t) {
            ask(self_, feed_, std::chrono::seconds(1), settled_v, std::string(feed_name))
                .then([end](std::uint64_t) { end(); }, [end](const actor_error&) { end(); });
          },
          [end](const actor_error&) { end(); });
}

keeper_protocol::behavior_type keeper_state::behavior() {
  return {
      [this](snapshot_atom, std::uint32_t host, std::uint32_t incarnation, const snapshot_ref& state) {
        if (store_) waiting_[host] = {incarnation, state};
      },
      [this](durable_atom, const groups_ref& groups, const durable_ref& head) {
        on_durable(*groups, *head);
        return_credit(self_, feed_name, *groups, *head);
      },
  };
}

void keeper_state::on_durable(const std::vector<group_ref>& groups, const persistence::log_head& head) {
  if (waiting_.empty()) return;
  for (const auto& g : groups)
    for (const auto& e : g->events) {
      const auto* mark = e.get_if<host_progressed>();
      if (mark == nullptr || !mark->snapshot) continue;
      auto found = waiting_.find(e.head.host.value);
      if (found == waiting_.end() || found->second.incarnation != e.head.incarnation || found->second.state->covered != mark->consumed) continue;
      auto s = *found->second.state;
      s.mark = e.head.seq;
      s.at = head;
      waiting_.erase(found);
      // A snapshot is never needed for correctness: what cannot be stored is said, and recovery reads more of the log.
      if (auto stored = store_->put(s); !stored) spdlog::error("snapshot of {}: {}", s.key.host, stored.error().message);
    }
}

}  // namespace tomnext::actors
