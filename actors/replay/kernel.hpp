// The back-test kernel: all hosts in one thread, typed lanes instead of mailboxes, simulated time.
// The order is the one that lockstep reproduces with actors: breadth first, by (cause, host rank, ordinal).
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include "domain/base/archive.hpp"
#include "domain/base/outbox.hpp"
#include "domain/events/event.hpp"

namespace tomnext::replay {

/// Identities of what is not a composed host. Composed hosts follow, in rank order.
inline constexpr host_id configuration_ingress{1}, market_ingress{2}, timer_authority{3}, operator_ingress{4}, supervision_ingress{5};
inline constexpr std::uint32_t first_composed_host = 16;

/// A host as composed: its name, the instrument it is for (0: all), and which service it runs.
struct host_description {
  host_id id;
  std::string name;       ///< "strategy_execution/cross"
  const char* service{};  ///< "strategy_execution"
  std::uint32_t version{};
  std::uint32_t state_version{};
  std::uint32_t instrument{};
};

/// Timers by due time; at one time by the rank of the host and the timer's number.
class timer_queue {
 public:
  struct armed {
    timestamp due;
    host_id target;
    timer_id timer;
    std::uint32_t generation;
    std::uint64_t armed_by;
    bool operator<(const armed& o) const {  // for a heap with the earliest on top
      return std::tie(o.due, o.target, o.timer, o.generation) < std::tie(due, target, timer, generation);
    }
  };
  void arm(const timer_armed& e, std::uint64_t seq) {
    heap_.push({e.due, e.target, e.timer, e.generation, seq});
    next_ = heap_.top().due;
  }
  armed pop() {
    auto a = heap_.top();
    heap_.pop();
    next_ = heap_.empty() ? never : heap_.top().due;
    return a;
  }
  [[nodiscard]] timestamp next() const { return next_; }
  /// True where one fires before a timer of that host that is due then.
  [[nodiscard]] bool any_before(timestamp due, host_id target) const { return next_ < due || (next_ == due && !heap_.empty() && heap_.top().target < target); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  static constexpr timestamp never{INT64_MAX};
  std::priority_queue<armed> heap_;
  timestamp next_ = never;
};

/// Log: where events go, `void begin_reaction()`, `template <E> void append(const header&, const E&)`. A reaction is never split over groups.
template <class Log> class kernel {
 public:
  explicit kernel(Log& log) : log_(log) { next_.reserve(64); }
  kernel(const kernel&) = delete;
  kernel& operator=(const kernel&) = delete;

  /// Takes a host over. instrument 0: it hears of all instruments.
  template <class S> S& add(const host_description& d, S service) {
    auto kept = std::make_shared<S>(std::move(service));
    hosts_.push_back({d, kept, [](void* s, state_hasher& h) { h(*static_cast<S*>(s)); }});
    subscribe(*kept, d, typename S::inputs{});
    return *kept;
  }

  /// Goes on from a past moment, in which the hosts that were added have their states of then: the last seq and time, and the timers that are armed.
  void resume(std::uint64_t seq, timestamp now, const std::vector<timer_queue::armed>& timers) {
    seq_ = seq;
    now_ = now;
    for (const auto& t : timers) timers_.arm(timer_armed{t.target, t.timer, t.generation, t.due}, t.armed_by);
  }

  /// Behind the log's declaration: each host decides from the beginning on, or what is later than `decides_after`. Decision replay reads from them which
  /// version decided, under which configuration.
  void activate(std::uint64_t configuration_hash, std::uint64_t decides_after = 0) {
    log_.begin_reaction();
    for (const auto& x : hosts_) {
      host_activated a;
      a.name = std::string_view(x.description.name);
      a.service_version = x.description.version;
      a.state_version = x.description.state_version;
      a.decides_after = decides_after;
      a.configuration_hash = configuration_hash;
      header h;
      h.seq = h.correlation = ++seq_;
      h.at = now_;
      h.host = x.description.id;
      h.type = host_activated::type_number;
      h.version = host_activated::schema_version;
      ++counts_[host_activated::type_number];
      log_.append(h, a);
    }
  }

  /// One input from outside, and everything that follows from it.
  template <class E> void input(const E& e, timestamp at, host_id from, std::uint64_t position, std::uint64_t cause = 0) {
    header h;
    h.seq = ++seq_;
    h.cause = cause;
    h.position = position;
    h.correlation = h.seq;
    h.at = now_ = at > now_ ? at : now_;
    h.host = from;
    h.type = E::type_number;
    h.version = E::schema_version;
    ++counts_[E::type_number];
    log_.begin_reaction();
    log_.append(h, e);
    publish(h, e);
    drain();
  }

  /// A quote, accepted or rejected, after the timers that are due before it.
  template <class Quote> void quote(const Quote& q) {
    while (timers_.next() < q.source_time) [[unlikely]] fire();
    input(q, q.source_time, market_ingress, q.source_position);
  }
  /// A bar that the source tells, likewise.
  void bar(const bar_closed& b, std::uint64_t position) {
    while (timers_.next() < b.closed_at) fire();
    input(b, b.closed_at, market_ingress, position);
  }
  /// An input from outside as a log has it, after the timers that are due before it; where it says that a source has ended, also after those due just then.
  void recorded(const event& e) {
    const auto* s = e.get_if<source_state_changed>();
    const bool ends = s != nullptr && s->state == source_state::ended;
    while (!failure_ && (timers_.next() < e.head.at || (ends && timers_.next() <= e.head.at))) fire();
    visit(e, [&](const auto& payload) { input(payload, e.head.at, e.head.host, e.head.position); });
  }
  /// What a host that runs elsewhere put out when a timer of its own fired: told where it would have been put out here. `tell` is called with a function
  /// that publishes one payload.
  template <class Tell> void elsewhere(timestamp due, host_id target, Tell&& tell) {
    while (timers_.any_before(due, target)) [[unlikely]] fire();
    if (failure_) return;
    header h;
    h.at = now_ = due > now_ ? due : now_;
    h.host = target;
    h.depth = 1;
    tell([&]<class E>(const E& e) {
      h.seq = h.correlation = ++seq_;
      h.type = E::type_number;
      h.version = E::schema_version;
      ++counts_[E::type_number];
      publish(h, e);
    });
    drain();
  }
  /// A quote that came earlier and that nobody answers: hosts hear of it now, and time stands.
  void remember(const quote_accepted& q) {
    header h;
    h.seq = h.correlation = ++seq_;
    h.position = q.source_position;
    h.at = q.source_time;
    h.host = market_ingress;
    h.type = quote_accepted::type_number;
    h.version = quote_accepted::schema_version;
    publish(h, q);
  }
  /// When the next timer is due; later than any time where none is armed.
  [[nodiscard]] timestamp next_timer() const { return timers_.next(); }
  /// The end of the data counts as a later tick: what is due by now fires.
  void end_of_data() { pass(now_); }
  /// Time goes on to `t` without anything from outside.
  void pass(timestamp t) {
    while (timers_.next() <= t && !failure_) fire();
  }

  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }
  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] timestamp now() const { return now_; }
  [[nodiscard]] std::uint64_t count(std::uint16_t type) const { return counts_[type]; }
  /// One hash over the states of all hosts, in rank order.
  [[nodiscard]] std::uint64_t state_hash() const {
    state_hasher h;
    for (const auto& x : hosts_) x.hash(x.service.get(), h);
    return h.digest();
  }
  /// Each host's own hash, to find which one differs.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> state_hashes() const {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& x : hosts_) {
      state_hasher h;
      x.hash(x.service.get(), h);
      all.emplace_back(x.description.name, h.digest());
    }
    return all;
  }

 private:
  struct hosted {
    host_description description;
    std::shared_ptr<void> service;
    void (*hash)(void*, state_hasher&);
  };
  template <class E> struct slot {
    void* service;
    host_id id;
    void (*deliver)(kernel&, void*, host_id, const header&, const E&);
  };
  template <class E> using lane = std::array<std::vector<slot<E>>, instruments_max>;
  template <class... E> static std::tuple<lane<E>...> lanes_of(type_list<E...>);

  template <class S, class... E> void subscribe(S& s, const host_description& d, type_list<E...>) { (subscribe_one<S, E>(s, d), ...); }
  template <class S, class E> void subscribe_one(S& s, const host_description& d) {
    static_assert(applies<S, E> || decides<S, E>, "a declared input that nobody handles");
    constexpr bool keyed = requires(const E& e) { e.instrument.value; };
    for (std::uint32_t i = 0; i < instruments_max; ++i) {
      const bool wanted = keyed ? (d.instrument == 0 || d.instrument == i) : i == 0;
      if (!wanted) continue;
      std::get<lane<E>>(*lanes_)[i].push_back(
          {&s, d.id, [](kernel& k, void* p, host_id me, const header& h, const E& e) { k.process(*static_cast<S*>(p), me, h, e); }});
    }
  }
  template <class E> void publish(const header& h, const E& e) {
    for (auto& s : std::get<lane<E>>(*lanes_)[routing_key(e)]) {
      if (s.id == h.host) continue;
      if constexpr (requires { e.target == s.id; }) {
        if (e.target != s.id) continue;
      }
      s.deliver(*this, s.service, s.id, h, e);
    }
  }
  // The life of a host: apply the input, decide, apply each own output.
  template <class S, class E> void process(S& s, host_id id, const header& h, const E& e) {
    if constexpr (applies<S, E>) s.apply(h, e);
    if constexpr (decides<S, E>) {
      const std::size_t first = next_.size();
      outbox out(next_, h, id, 0);
      std::as_const(s).decide(h, e, out);
      if (out.failure()) [[unlikely]]
        return fail(id, h, *out.failure());
      if (next_.size() != first) [[unlikely]]
        sequence(s, h, first);
    }
  }
  template <class S> [[gnu::noinline]] void sequence(S& s, const header& cause, std::size_t first) {
    if (cause.depth >= cause_depth_max) {
      failure_.emplace(errc::poisonous_input,
                       "the chain of causes is longer than " + std::to_string(cause_depth_max) + ": services answer each other in a loop");
      return;
    }
    log_.begin_reaction();
    for (std::size_t i = first; i < next_.size(); ++i) {
      auto& own = next_[i];
      own.head.seq = ++seq_;
      ++counts_[own.head.type];
      own_output(s, own, typename S::outputs{});
    }
  }
  template <class S, class... O> void own_output(S& s, const event& own, type_list<O...>) {
    const bool declared = ((own.is<O>() && (own_output_of<S, O>(s, own), true)) || ...);
    if (!declared) [[unlikely]]
      std::abort();  // a proposal that the service did not declare
  }
  template <class S, class O> void own_output_of(S& s, const event& own) {
    const O& o = own.as<O>();
    log_.append(own.head, o);
    if constexpr (std::is_same_v<O, timer_armed>) timers_.arm(o, own.head.seq);
    if constexpr (applies<S, O>) s.apply(own.head, o);
  }
  void drain() {
    while (!next_.empty() && !failure_) {
      std::swap(now_told_, next_);
      for (const auto& e : now_told_) {
        if (failure_) break;
        visit(e, [&]<class E>(const E& payload) { publish(e.head, payload); });
      }
      now_told_.clear();
    }
    next_.clear();
  }
  [[gnu::noinline]] void fire() {
    auto a = timers_.pop();
    input(timer_fired{a.target, a.timer, a.generation, a.due}, a.due, timer_authority, 0, a.armed_by);
    if (failure_)
      while (timers_.size() > 0) timers_.pop();
  }
  [[gnu::noinline]] void fail(host_id id, const header& h, const error& e) {
    if (failure_) return;
    std::string name;
    for (const auto& x : hosts_)
      if (x.description.id == id) name = x.description.name;
    failure_.emplace(e.within(name + " at event " + std::to_string(h.seq) + " (" + to_string(h.at) + ")"));
  }

  Log& log_;
  std::uint64_t seq_ = 0;
  timestamp now_{};
  std::array<std::uint64_t, event_numbers> counts_{};
  timer_queue timers_;
  // Sequenced and not yet published, where hosts put their reactions; and what is being published meanwhile, which therefore stays in its place.
  std::vector<event> next_, now_told_;
  std::vector<hosted> hosts_;
  std::optional<error> failure_;
  std::unique_ptr<decltype(lanes_of(all_events{}))> lanes_ = std::make_unique<decltype(lanes_of(all_events{}))>();
};

/// Keeps nothing: the fastest back-test.
struct null_log {
  void begin_reaction() {}
  template <class E> void append(const header&, const E&) {}
};

}  // namespace tomnext::replay
