#include "tests/node_sim/mutants.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "actors/runtime/instrumented.hpp"

namespace tomnext::tests {
namespace {

/// A keeper that does not wait: it takes what is durable now for the mark.
struct early_keeper_state {
  early_keeper_state(keeper_protocol::pointer, std::shared_ptr<const persistence::snapshot_store> store_, std::shared_ptr<persistence::event_log> log_)
      : store(std::move(store_)), log(std::move(log_)) {}
  keeper_protocol::behavior_type behavior() {
    return {[this](snapshot_atom, std::uint32_t, std::uint32_t, const snapshot_ref& state) {
              auto s = *state;
              s.at = log->head();
              s.mark = s.at.seq;
              if (s.covered <= s.mark) (void)store->put(s);
            },
            [](durable_atom, const groups_ref&, const durable_ref&) {}};
  }
  std::shared_ptr<const persistence::snapshot_store> store;
  std::shared_ptr<persistence::event_log> log;
};

void send_twice(answer_batch& batch) {
  for (auto& r : batch.reactions)
    for (std::size_t i = 0; i < r.events.size(); ++i) {
      if (!r.events[i].is<send_started>()) continue;
      auto again = r.events[i];
      again.head.ordinal = static_cast<std::uint16_t>(r.events.back().head.ordinal + 1);
      r.events.push_back(again);
      break;
    }
}

void split(answer_batch& batch) {
  std::vector<reaction> all;
  for (auto& r : batch.reactions) {
    if (r.events.size() < 2 || r.is_mark()) {
      all.push_back(std::move(r));
      continue;
    }
    const auto middle = r.events.begin() + static_cast<std::ptrdiff_t>(r.events.size() / 2);
    all.push_back({r.cause, {r.events.begin(), middle}});
    all.push_back({r.cause, {middle, r.events.end()}});
  }
  batch.reactions = std::move(all);
}

}  // namespace

const char* word_of(mutant m) {
  switch (m) {
    case mutant::none: return "none";
    case mutant::alert_when_sequenced: return "an alert leaves when it is sequenced";
    case mutant::venue_before_durable: return "the venue hears of an order before it is durable";
    case mutant::lost_restart: return "hosts are not started again";
    case mutant::double_send: return "an order is sent twice";
    case mutant::unbounded_queue: return "credit without regard to what is durable";
    case mutant::early_snapshot: return "snapshots before their marks are durable";
    case mutant::split_reaction: return "a reaction in two appends";
    case mutant::no_fence: return "no fence, and no append numbers";
  }
  return "?";
}

void change_parts(mutant m, app::node_parts& parts) {
  if (m == mutant::venue_before_durable)
    for (auto& h : parts.hosts) h.definition.durable_inputs = {};
  if (m == mutant::alert_when_sequenced)
    parts.tap = [tap = parts.tap](const persistence::group& g) {
      tap(g);
      for (const auto& e : g.events)
        if (e.is<alert_changed>()) spdlog::warn("alert firing #{}", e.head.seq);
    };
}

void change_group(mutant m, actors::supervised_group& group, const app::node_parts& parts) {
  for (auto& child : group.children) {
    const auto is_host = std::any_of(parts.hosts.begin(), parts.hosts.end(), [&](const auto& h) { return h.definition.name == child.name; });
    if (m == mutant::lost_restart && is_host) child.restart = restart_kind::temporary;
    if (m == mutant::early_snapshot && child.name == app::name_of::keeper)
      child.start = [f = parts.figures, store = parts.snapshots, log = parts.log](parent_actor& p) {
        return pointer_of(spawn_actor<keeper_protocol, early_keeper_state>(p, f, {app::name_of::keeper, "adapter", app::name_of::node}, store, log));
      };
  }
}

void change_messages(mutant m, message_faults& faults, const app::node_parts& parts) {
  if (m == mutant::double_send) faults.on_answers = send_twice;
  if (m == mutant::split_reaction) faults.on_answers = split;
  if (m != mutant::no_fence) return;
  // Each append is taken for one of the present life: those that the log knows, and one more for each registration since.
  const auto present = std::make_shared<std::map<std::uint32_t, std::uint32_t>>();
  auto scan = parts.log->scan(1);
  while (scan) {
    auto g = (*scan)->next();
    if (!g || !*g) break;
    for (const auto& e : (*g)->events) {
      auto& latest = (*present)[e.head.host.value];
      latest = std::max(latest, e.head.incarnation);
    }
  }
  faults.on_enroll = [present](std::uint32_t host) { ++(*present)[host]; };
  // And what it has it does not know again: by its cause an append looks like a new one.
  faults.on_answers = [present](answer_batch& batch) {
    const auto now = (*present)[batch.host.value];
    if (batch.incarnation >= now) return;
    batch.incarnation = now;
    for (auto& r : batch.reactions) r.cause = UINT64_MAX;
  };
}

}  // namespace tomnext::tests
