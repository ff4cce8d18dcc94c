#include "actors/replay/decision_replay.hpp"

#include <algorithm>
#include <deque>

#include "persistence/wire.hpp"

namespace tomnext::replay {
namespace {

struct replayed_host {
  actors::host_core core;
  std::deque<event> expected;   // decided here, not yet met in the log
  std::uint32_t version;
  bool compares = true;
};

bool same(const event& a, const event& b) {
  return a.head.type == b.head.type && a.head.cause == b.head.cause && a.head.ordinal == b.head.ordinal &&
         persistence::encode_to_string(a) == persistence::encode_to_string(b);
}

class replayer {
 public:
  explicit replayer(std::vector<composed_host> hosts) {
    for (auto& h : hosts) {
      const auto version = h.definition.version;
      hosts_.push_back({actors::host_core(std::move(h.definition), std::move(h.service)), {}, version});
    }
  }

  result<void> take(const event& e) {
    ++report_.events;
    if (auto* own = owner(e.head.host)) TOMNEXT_TRY(compare(*own, e));
    if (report_.difference) return {};
    for (auto& h : hosts_) {
      if (!h.core.definition().wants(e)) continue;
      ++report_.inputs;
      TOMNEXT_TRY(h.core.take(e));
      for (auto& answer : h.core.reactions()) h.expected.insert(h.expected.end(), answer.events.begin(), answer.events.end());
    }
    return {};
  }

  decision_report finish() {
    state_hasher hash;
    for (const auto& h : hosts_) {
      report_.pending += h.expected.size();
      h.core.service().hash_into(hash);
    }
    report_.state_hash = hash.digest();
    return std::move(report_);
  }
  [[nodiscard]] bool differs() const { return report_.difference.has_value(); }

 private:
  replayed_host* owner(host_id id) {
    for (auto& h : hosts_) if (h.core.definition().id == id) return &h;
    return nullptr;
  }

  result<void> compare(replayed_host& h, const event& recorded) {
    if (const auto* a = recorded.get_if<host_activated>()) {
      h.compares = a->service_version == h.version;
      if (!h.compares) report_.skipped.push_back({h.core.definition().name, recorded.head.seq, a->service_version, h.version});
      return {};
    }
    if (actors::is_host_mark(recorded.head.type)) return {};
    if (!h.compares) {
      // Another version decided this: its outputs are folded as they are, and what this one would have said is dropped.
      while (!h.expected.empty() && h.expected.front().head.cause <= recorded.head.cause) h.expected.pop_front();
      return {};
    }
    ++report_.compared;
    if (h.expected.empty()) {
      report_.difference = {recorded.head.seq, h.core.definition().name, recorded, std::nullopt};
    } else if (!same(h.expected.front(), recorded)) {
      // What was decided for an earlier input and never recorded comes first.
      report_.difference = {recorded.head.seq, h.core.definition().name, recorded, h.expected.front()};
    } else {
      h.expected.pop_front();
    }
    return {};
  }

  std::vector<replayed_host> hosts_;
  decision_report report_;
};

}  // namespace

result<decision_report> replay_decisions(const persistence::event_log& log, std::vector<composed_host> hosts,
                                         const std::function<bool(std::uint64_t)>& on_progress) {
  replayer r(std::move(hosts));
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (const auto& e : (*g)->events) {
      TOMNEXT_TRY(r.take(e));
      if (r.differs()) return r.finish();
    }
    if (on_progress && !on_progress((*g)->last_seq())) return error(errc::cancelled, "cancelled at event " + std::to_string((*g)->last_seq()));
  }
  return r.finish();
}

}  // namespace tomnext::replay
