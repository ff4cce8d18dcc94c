// Who gets which events of the sequenced feed: by type and key, one merged stream per host, in seq order. Part of the journal's actor.
#pragma once
#include <map>

#include "actors/protocols.hpp"

namespace tomnext::actors {

/// A group is handed on whole, to those hosts that want something in it: hosts pick their events themselves, and nothing is copied.
class dispatcher {
 public:
  void define(const host_definition& d) { hosts_.push_back({d, {}, 0, 0, 0}); }

  void attach(host_id host, const host_protocol& who, std::uint64_t head) {
    auto* h = find(host);
    if (h == nullptr) return;
    // The log tells it the rest. What an earlier life left unanswered, in this node or the one before, stays so until this one has recovered.
    const bool owes = !h->attached || h->answered_to < h->delivered_to;
    h->who = who;
    h->attached = true;
    h->delivered_to = head;
    if (!owes) h->answered_to = head;
  }
  void answered(host_id host, std::uint64_t seq) {
    if (auto* h = find(host)) h->answered_to = std::max(h->answered_to, seq);
  }
  template <class Self> void publish(Self* self, const group_ref& group) {
    for (auto& h : hosts_) {
      if (!wanted(h.definition, *group)) continue;
      h.delivered_to = group->last_seq();
      if (h.attached) tell(self, h.who, deliver_v, group);
    }
  }
  /// Every host has answered what was delivered to it.
  [[nodiscard]] bool caught_up() const {
    for (const auto& h : hosts_) if (h.answered_to < h.delivered_to) return false;
    return true;
  }
  /// The lowest seq that some host has still to answer, or head + 1.
  [[nodiscard]] std::uint64_t answered_below(std::uint64_t head) const {
    std::uint64_t lowest = head;
    for (const auto& h : hosts_) if (h.answered_to < h.delivered_to) lowest = std::min(lowest, h.answered_to);
    return lowest;
  }
  /// The host that is furthest behind, for people; empty where none is.
  [[nodiscard]] std::string slowest() const {
    const entry* worst = nullptr;
    for (const auto& h : hosts_) if (h.answered_to < h.delivered_to && (worst == nullptr || h.answered_to < worst->answered_to)) worst = &h;
    return worst != nullptr ? worst->definition.name : std::string();
  }

 private:
  struct entry {
    host_definition definition;
    host_protocol who;
    std::uint64_t delivered_to;
    std::uint64_t answered_to;
    bool attached;
  };
  static bool wanted(const host_definition& d, const persistence::group& g) {
    for (const auto& e : g.events) if (d.wants(e)) return true;
    return false;
  }
  entry* find(host_id id) {
    for (auto& h : hosts_) if (h.definition.id == id) return &h;
    return nullptr;
  }
  std::vector<entry> hosts_;
};

}  // namespace tomnext::actors
