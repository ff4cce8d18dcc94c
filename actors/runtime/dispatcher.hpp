// Who gets which events of the sequenced feed: by type and key, one merged stream per host, in seq order. Part of the journal's actor.
#pragma once
#include <algorithm>
#include <deque>

#include "actors/protocols.hpp"

namespace tomnext::actors {

/// A group is handed on whole, to those hosts that want something in it: hosts pick their events themselves, and nothing is copied.
class dispatcher {
 public:
  /// Hosts are told in this order, which decides nothing but who waits for a worker first: those on the way from a quote to its order, then all others.
  void define(const host_definition& d) {
    const auto behind = std::find_if(hosts_.begin(), hosts_.end(), [&](const entry& e) { return urgency(e.definition) > urgency(d); });
    hosts_.insert(behind, {d, {}, 0, 0, false, {}});
  }

  void attach(host_id host, const host_protocol& who, std::uint64_t head) {
    auto* h = find(host);
    if (h == nullptr) return;
    // The log tells it the rest. What an earlier life left unanswered, in this node or the one before, stays so until this one has recovered.
    const bool owes = !h->attached || h->answered_to < h->delivered_to;
    h->who = who;
    h->attached = true;
    h->delivered_to = head;
    h->held.clear();
    if (!owes) h->answered_to = head;
  }
  void answered(host_id host, std::uint64_t seq) {
    if (auto* h = find(host)) h->answered_to = std::max(h->answered_to, seq);
  }
  template <class Self> void publish(Self* self, const group_ref& group) {
    for (auto& h : hosts_) {
      if (!wanted(h.definition, *group)) continue;
      h.delivered_to = group->last_seq();
      if (!h.attached) continue;
      if (!h.held.empty() || needs_durability(h.definition, *group)) h.held.push_back(group);
      else tell_urgently(self, h.who, deliver_v, group);
    }
  }
  /// The log is durable up to here: what waited for that goes on, and what had to wait behind it.
  template <class Self> void made_durable(Self* self, std::uint64_t seq) {
    for (auto& h : hosts_)
      for (; !h.held.empty() && (h.held.front()->last_seq() <= seq || !needs_durability(h.definition, *h.held.front())); h.held.pop_front())
        tell_urgently(self, h.who, deliver_v, h.held.front());
  }
  [[nodiscard]] bool waits_for_durability(host_id host) const {
    for (const auto& h : hosts_)
      if (h.definition.id == host) return h.definition.waits_for_durability();
    return false;
  }
  /// This host has still to answer something that was delivered to it.
  [[nodiscard]] bool owes(host_id host) const {
    for (const auto& h : hosts_)
      if (h.definition.id == host) return h.answered_to < h.delivered_to;
    return true;
  }
  /// It has answered this, or has nothing more to answer.
  [[nodiscard]] bool has_answered(host_id host, std::uint64_t seq) const {
    for (const auto& h : hosts_)
      if (h.definition.id == host) return h.answered_to >= std::min(seq, h.delivered_to);
    return true;
  }
  /// Every host has answered what was delivered to it.
  [[nodiscard]] bool caught_up() const {
    for (const auto& h : hosts_)
      if (h.answered_to < h.delivered_to) return false;
    return true;
  }
  /// The lowest seq that some host has still to answer, or head + 1.
  [[nodiscard]] std::uint64_t answered_below(std::uint64_t head) const {
    std::uint64_t lowest = head;
    for (const auto& h : hosts_)
      if (h.answered_to < h.delivered_to) lowest = std::min(lowest, h.answered_to);
    return lowest;
  }
  /// The host that is furthest behind, for people; empty where none is.
  [[nodiscard]] std::string slowest() const {
    const entry* worst = nullptr;
    for (const auto& h : hosts_)
      if (h.answered_to < h.delivered_to && (worst == nullptr || h.answered_to < worst->answered_to)) worst = &h;
    return worst != nullptr ? worst->definition.name : std::string();
  }

 private:
  struct entry {
    host_definition definition;
    host_protocol who;
    std::uint64_t delivered_to;
    std::uint64_t answered_to;
    bool attached;
    std::deque<group_ref> held;  // until durable; bounded by the journal's window
  };
  static int urgency(const host_definition& d) {
    for (const char* on_the_way : {"data_pipeline", "strategy_execution", "risk_management", "trading_gateway"})
      if (d.service == on_the_way) return 0;
    return 1;
  }
  static bool needs_durability(const host_definition& d, const persistence::group& g) {
    for (const auto& e : g.events)
      if (d.durable_inputs[e.head.type] && d.wants(e)) return true;
    return false;
  }
  static bool wanted(const host_definition& d, const persistence::group& g) {
    for (const auto& e : g.events)
      if (d.wants(e)) return true;
    return false;
  }
  entry* find(host_id id) {
    for (auto& h : hosts_)
      if (h.definition.id == id) return &h;
    return nullptr;
  }
  std::vector<entry> hosts_;
};

}  // namespace tomnext::actors
