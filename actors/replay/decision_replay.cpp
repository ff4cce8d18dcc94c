#include "actors/replay/decision_replay.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <exception>
#include <map>

#include "actors/replay/host_routes.hpp"
#include "actors/replay/read_ahead.hpp"
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
  early,     ///< folding what comes before the stretch that is asked for; then deciding
  folding,   ///< another version decided here: inputs and recorded reactions are applied as they are
};

/// First in, first out, in memory that stays: what is expected is nearly always met before the next input.
class expected_events {
 public:
  void add(const std::vector<event>& all) { events_.insert(events_.end(), all.begin(), all.end()); }
  [[nodiscard]] bool empty() const { return met_ == events_.size(); }
  [[nodiscard]] std::size_t size() const { return events_.size() - met_; }
  [[nodiscard]] const event& front() const { return events_[met_]; }
  void pop_front() {
    if (++met_ == events_.size()) clear();
    else if (met_ == forgotten_after) {
      events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(met_));
      met_ = 0;
    }
  }
  void clear() {
    events_.clear();
    met_ = 0;
  }

 private:
  static constexpr std::size_t forgotten_after = 1'024;
  std::vector<event> events_;
  std::size_t met_ = 0;
};

struct replayed_host {
  actors::host_core core;
  std::uint32_t version;
  stage now = stage::waiting;
  expected_events expected;                     // decided here, not yet met in the log
  std::deque<event> held;                       // inputs, while they are not decided on at once
  std::optional<timestamp> said_at;             // of the newest input folded: what is said to it is said at this time
  std::map<std::uint64_t, std::string> parked;  // inputs that the host passed over, by seq, and why: it never had them
};

/// Field by field, doubles bit by bit: what is equal so is the same bytes in the log.
struct equal_fields {
  bool all = true;
  template <class N, class T> void operator()(N, const char*, const T& a, const T& b) {
    if (all) all = equal(a, b);
  }
  template <class T> static bool equal(const T& a, const T& b) {
    if constexpr (std::is_same_v<T, double>) return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    else if constexpr (persistence::wire::is_list<T>::value) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return equal(x, y); });
    } else return a == b;
  }
};

bool same(const event& a, const event& b) {
  if (a.head.type != b.head.type || a.head.cause != b.head.cause || a.head.ordinal != b.head.ordinal) return false;
  equal_fields fields;
  visit(a, [&]<class E>(const E& payload) { E::describe(fields, payload, b.as<E>()); });
  return fields.all || persistence::encode_to_string(a) == persistence::encode_to_string(b);
}

class replayer {
 public:
  replayer(const std::vector<composed_host>& hosts, const decision_options& options) : options_(options) {
    for (const auto& h : hosts) {
      routes_.add(static_cast<std::uint32_t>(hosts_.size()), h.definition);
      hosts_.push_back({actors::host_core(h.definition, h.service), h.definition.version, stage::waiting, {}, {}, {}, {}});
    }
  }

  /// What a reading of the log has found: recorded behind the input, which here must not be decided on either.
  void passed_over(const event& e, const input_parked& p) {
    if (auto* h = owner(e.head.host)) h->parked.emplace(p.parked_seq, p.reason.view());
  }
  /// It was decided on what its host had passed over, or cannot be decided on: only knowing what was passed over may help.
  [[nodiscard]] bool meets_parked() const { return meets_parked_; }

  result<void> take(const event& e) {
    ++report_.events;
    if (auto* own = owner(e.head.host)) {
      TOMNEXT_TRY(meet(*own, e));
      if (report_.difference || meets_parked_) return {};
    }
    return routes_.each(e, [&](std::uint32_t index) -> result<void> {
      auto& h = hosts_[index];
      if (e.is<timer_fired>() && !h.core.definition().wants(e)) return {};
      ++report_.inputs;
      return h.now == stage::deciding ? decide(h, e) : hold(h, e);
    });
  }

  result<decision_report> finish() {
    state_hasher hash;
    for (auto& h : hosts_) {
      if (!report_.difference) {
        if (h.now == stage::waiting) TOMNEXT_TRY(begin(h));
        if (h.now == stage::early) TOMNEXT_TRY(begin_deciding(h));
      }
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
    const int index = routes_.owner(id);
    return index < 0 ? nullptr : &hosts_[static_cast<std::size_t>(index)];
  }

  result<void> decide(replayed_host& h, const event& e) {
    if (!h.parked.empty())
      if (const auto parked = h.parked.find(e.head.seq); parked != h.parked.end()) h.core.pass_over(e.head.seq, parked->second);
    meets_parked_ = true;  // until it is decided: neither an error nor an exception shall keep us from asking whether it was passed over
    TOMNEXT_TRY(h.core.take(e));
    meets_parked_ = false;
    for (auto& answer : h.core.reactions()) h.expected.add(answer.events);
    return {};
  }

  /// From its activation on, a host decides, or folds what comes before the stretch that is asked for.
  result<void> begin(replayed_host& h) {
    if (options_.from_seq <= 1) return begin_deciding(h);
    h.now = stage::early;
    return {};
  }
  /// Decides what was held back, and from here on at once.
  result<void> begin_deciding(replayed_host& h) {
    if (h.now == stage::early) fold(h, options_.from_seq - 1);
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
    if (h.now == stage::waiting) return begin(h);
    if (h.now == stage::early && h.held.front().head.seq >= options_.from_seq) return begin_deciding(h);
    fold(h, h.held.front().head.seq);
    return {};
  }

  result<void> activated(replayed_host& h, const event& e, const host_activated& a) {
    const auto& d = h.core.definition();
    if (a.name != text(std::string_view(d.name)))
      return error(errc::invalid_argument, "host " + std::to_string(d.id.value) + " of the log is " + std::string(a.name.view()) + ", of this configuration " +
                                               d.name + ": the configuration composes other hosts than the one that made the log");
    if (h.now != stage::deciding) fold(h, a.decides_after);
    const bool other_configuration = options_.configuration_hash && *options_.configuration_hash != a.configuration_hash;
    if (a.service_version == h.version && !other_configuration) return h.now == stage::deciding || h.now == stage::early ? result<void>() : begin(h);
    report_.skipped.push_back({d.name, e.head.seq, a.service_version, h.version, a.service_version == h.version});
    report_.pending += h.expected.size();
    h.expected.clear();
    h.now = stage::folding;
    return {};
  }

  void fold_recorded(replayed_host& h, const event& recorded) {
    fold(h, recorded.head.cause);
    if (recorded.is<input_parked>()) return;
    auto said = recorded;
    if (h.said_at) said.head.at = *h.said_at;
    h.core.service().apply_output(said);
  }

  /// An event of one of the hosts: held against what was decided here.
  result<void> meet(replayed_host& h, const event& recorded) {
    if (const auto* a = recorded.get_if<host_activated>()) return activated(h, recorded, *a);
    if (actors::is_host_mark(recorded.head.type)) return {};
    if (const auto* p = recorded.get_if<input_parked>(); p != nullptr && !h.parked.contains(p->parked_seq)) {
      meets_parked_ = true;
      return {};
    }
    if (h.now == stage::waiting) TOMNEXT_TRY(begin(h));
    if (h.now == stage::early && recorded.head.cause >= options_.from_seq) TOMNEXT_TRY(begin_deciding(h));
    if (h.now != stage::deciding) {
      fold_recorded(h, recorded);
      return {};
    }
    ++report_.compared;
    const auto& name = h.core.definition().name;
    if (h.expected.empty()) report_.difference = {recorded.head.seq, name, recorded, std::nullopt};
    // The reaction to an earlier input is missing, and a later one is there: nobody will write it any more.
    else if (h.expected.front().head.cause < recorded.head.cause) report_.difference = {h.expected.front().head.cause, name, recorded, h.expected.front()};
    else if (!same(h.expected.front(), recorded)) report_.difference = {recorded.head.seq, name, recorded, h.expected.front()};
    else h.expected.pop_front();
    return {};
  }

  const decision_options& options_;
  host_routes routes_;
  std::vector<replayed_host> hosts_;
  decision_report report_;
  bool meets_parked_ = false;
};

// What was parked stands behind its input, at times far behind: all of it is looked for before anything is decided.
result<void> find_parked(const persistence::event_log& log, replayer& r, const decision_options& options) {
  persistence::event_filter wanted;
  wanted.types[input_parked::type_number] = true;
  persistence::scan_progress go_on;
  if (options.on_progress) go_on = [&](std::uint64_t) { return options.on_progress(0); };
  auto scan = persistence::filtered_scan::open(log, wanted, {}, persistence::direction::forward, go_on);
  if (!scan) return scan.error();
  for (;;) {
    auto e = scan->next();
    if (!e) return e.error();
    if (*e == nullptr) return {};
    r.passed_over(**e, (*e)->as<input_parked>());
  }
}

// Up to the end, the first difference, or the first input that its host had passed over.
result<void> read(const persistence::event_log& log, replayer& r, const decision_options& options) {
  auto scan = read_ahead::begin(log, 1);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return {};
    for (const auto& e : (*g)->events) {
      if (e.head.seq > options.to_seq) return {};
      try {
        TOMNEXT_TRY(r.take(e));
      } catch (const std::exception& x) {
        return error(errc::poisonous_input, "event " + std::to_string(e.head.seq) + ": an exception escapes a service: " + x.what());
      }
      if (r.differs() || r.meets_parked()) return {};
    }
    if (options.on_progress && !options.on_progress((*g)->last_seq())) return error(errc::cancelled, "cancelled at event " + std::to_string((*g)->last_seq()));
  }
}

}  // namespace

result<decision_report> replay_decisions(const persistence::event_log& log, std::vector<composed_host> hosts, const decision_options& options) {
  std::vector<std::string> begun;
  begun.reserve(hosts.size());
  for (const auto& h : hosts) begun.push_back(h.service->save());
  replayer first(hosts, options);
  const auto once = read(log, first, options);
  if (!first.meets_parked()) {
    if (!once) return once.error();
    return first.finish();
  }
  for (std::size_t i = 0; i < hosts.size(); ++i)
    if (!hosts[i].service->load(begun[i])) return error(errc::invalid_argument, hosts[i].definition.name + ": its first state cannot be read back");
  replayer again(hosts, options);
  TOMNEXT_TRY(find_parked(log, again, options));
  TOMNEXT_TRY(read(log, again, options));
  return again.finish();
}

}  // namespace tomnext::replay
