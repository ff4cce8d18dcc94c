#include "actors/replay/decision_replay.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "persistence/filtered_scan.hpp"
#include "persistence/wire.hpp"

namespace tomnext::replay {
namespace {

/// Inputs that a host holds back, at most, until its next own event says what to do with them. A log never lets a host fall further behind.
constexpr std::size_t held_max = 65'536;

/// What a host does with its inputs at this place of the log.
enum class stage : std::uint8_t {
  waiting,   ///< for its activation, which says from where on it decides
  deciding,  ///< and is compared
  folding,   ///< another version decided here: inputs and recorded reactions are applied as they are
};

struct replayed_host {
  actors::host_core core;
  std::uint32_t version;
  stage now = stage::waiting;
  std::deque<event> expected;                   // decided here, not yet met in the log
  std::deque<event> held;                       // inputs, while waiting or folding
  std::optional<timestamp> said_at;             // of the newest input folded: what is said to it is said at this time
  std::map<std::uint64_t, std::string> parked;  // inputs that the host passed over, by seq, and why: it never had them
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
      hosts_.push_back({actors::host_core(std::move(h.definition), std::move(h.service)), version, stage::waiting, {}, {}, {}, {}});
    }
  }

  /// To be told of all that was parked before anything is taken: it is recorded behind the input, which here must not be decided on either.
  void passed_over(const event& e, const input_parked& p) {
    if (auto* h = owner(e.head.host)) h->parked.emplace(p.parked_seq, p.reason.view());
  }

  result<void> take(const event& e) {
    ++report_.events;
    if (auto* own = owner(e.head.host)) TOMNEXT_TRY(meet(*own, e));
    if (report_.difference) return {};
    for (auto& h : hosts_) {
      if (!h.core.definition().wants(e)) continue;
      ++report_.inputs;
      if (h.now == stage::deciding) TOMNEXT_TRY(decide(h, e));
      else TOMNEXT_TRY(hold(h, e));
    }
    return {};
  }

  result<decision_report> finish() {
    state_hasher hash;
    for (auto& h : hosts_) {
      if (h.now == stage::waiting) TOMNEXT_TRY(begin_deciding(h));
      fold(h, UINT64_MAX);
      report_.pending += h.expected.size();
      h.core.service().hash_into(hash);
    }
    report_.state_hash = hash.digest();
    return std::move(report_);
  }
  [[nodiscard]] bool differs() const { return report_.difference.has_value(); }

 private:
  replayed_host* owner(host_id id) {
    for (auto& h : hosts_)
      if (h.core.definition().id == id) return &h;
    return nullptr;
  }

  result<void> decide(replayed_host& h, const event& e) {
    if (const auto parked = h.parked.find(e.head.seq); parked != h.parked.end()) h.core.pass_over(e.head.seq, parked->second);
    TOMNEXT_TRY(h.core.take(e));
    for (auto& answer : h.core.reactions()) h.expected.insert(h.expected.end(), answer.events.begin(), answer.events.end());
    return {};
  }

  /// Decides what was held back, and from here on at once.
  result<void> begin_deciding(replayed_host& h) {
    h.now = stage::deciding;
    for (; !h.held.empty(); h.held.pop_front()) TOMNEXT_TRY(decide(h, h.held.front()));
    return {};
  }

  void fold(replayed_host& h, std::uint64_t through) {
    for (; !h.held.empty() && h.held.front().head.seq <= through; h.held.pop_front()) {
      if (h.parked.contains(h.held.front().head.seq)) continue;
      h.core.service().apply_input(h.held.front());
      h.said_at = h.held.front().head.at;
    }
  }

  result<void> hold(replayed_host& h, const event& e) {
    h.held.push_back(e);
    if (h.held.size() <= held_max) return {};
    // No activation so far: a log without marks, in which everything is decided.
    if (h.now == stage::waiting) return begin_deciding(h);
    fold(h, h.held.front().head.seq);
    return {};
  }

  result<void> activated(replayed_host& h, const event& e, const host_activated& a) {
    const auto& d = h.core.definition();
    if (a.name != text(std::string_view(d.name)))
      return error(errc::invalid_argument, "host " + std::to_string(d.id.value) + " of the log is " + std::string(a.name.view()) + ", of this configuration " +
                                               d.name + ": the configuration composes other hosts than the one that made the log");
    if (h.now != stage::deciding) fold(h, a.decides_after);
    if (a.service_version == h.version) return h.now == stage::deciding ? result<void>() : begin_deciding(h);
    report_.skipped.push_back({d.name, e.head.seq, a.service_version, h.version});
    report_.pending += h.expected.size();
    h.expected.clear();
    h.now = stage::folding;
    return {};
  }

  /// An event of one of the hosts: held against what was decided here.
  result<void> meet(replayed_host& h, const event& recorded) {
    if (const auto* a = recorded.get_if<host_activated>()) return activated(h, recorded, *a);
    if (actors::is_host_mark(recorded.head.type)) return {};
    if (h.now == stage::folding) {
      fold(h, recorded.head.cause);
      if (recorded.is<input_parked>()) return {};
      auto said = recorded;
      if (h.said_at) said.head.at = *h.said_at;
      h.core.service().apply_output(said);
      return {};
    }
    if (h.now == stage::waiting) TOMNEXT_TRY(begin_deciding(h));
    ++report_.compared;
    const auto& name = h.core.definition().name;
    if (h.expected.empty()) report_.difference = {recorded.head.seq, name, recorded, std::nullopt};
    // The reaction to an earlier input is missing, and a later one is there: nobody will write it any more.
    else if (h.expected.front().head.cause < recorded.head.cause) report_.difference = {h.expected.front().head.cause, name, recorded, h.expected.front()};
    else if (!same(h.expected.front(), recorded)) report_.difference = {recorded.head.seq, name, recorded, h.expected.front()};
    else h.expected.pop_front();
    return {};
  }

  std::vector<replayed_host> hosts_;
  decision_report report_;
};

// What was parked stands behind its input, at times far behind: all of it is looked for before anything is decided.
result<void> find_parked(const persistence::event_log& log, replayer& r, const std::function<bool(std::uint64_t)>& on_progress) {
  persistence::event_filter wanted;
  wanted.types[input_parked::type_number] = true;
  persistence::scan_progress go_on;
  if (on_progress) go_on = [&](std::uint64_t) { return on_progress(0); };
  auto scan = persistence::filtered_scan::open(log, wanted, {}, persistence::direction::forward, go_on);
  if (!scan) return scan.error();
  for (;;) {
    auto e = scan->next();
    if (!e) return e.error();
    if (*e == nullptr) return {};
    r.passed_over(**e, (*e)->as<input_parked>());
  }
}

}  // namespace

result<decision_report> replay_decisions(const persistence::event_log& log, std::vector<composed_host> hosts,
                                         const std::function<bool(std::uint64_t)>& on_progress) {
  replayer r(std::move(hosts));
  TOMNEXT_TRY(find_parked(log, r, on_progress));
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
