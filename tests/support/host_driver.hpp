// Drives one host as a runtime does: apply the input, decide, apply each own output; keeps its timers and fires them in order.
#pragma once
#include <cstdint>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

#include "domain/base/outbox.hpp"

namespace tomnext::tests {

/// The payloads of one type, in order.
template <class E> std::vector<E> only(const std::vector<event>& events) {
  std::vector<E> found;
  for (const auto& e : events)
    if (const auto* payload = e.template get_if<E>()) found.push_back(*payload);
  return found;
}

/// Owns a host. Every call returns the outputs that it caused, own timers included; `all()` has all since the beginning.
template <class Host> class host_driver {
 public:
  explicit host_driver(Host host, host_id self = host_id{16}) : host_(std::move(host)), self_(self) {}

  /// One input at that time. Timers are left alone.
  template <class E> std::vector<event> input(const E& e, timestamp at) {
    const std::size_t first = all_.size();
    header h;
    h.seq = h.correlation = ++seq_;
    h.at = now_ = at > now_ ? at : now_;
    h.type = E::type_number;
    h.version = E::schema_version;
    process(h, e);
    return since(first);
  }
  /// Timers due strictly before `at` fire, then the input comes: the order of quotes and timers.
  template <class E> std::vector<event> after_timers(const E& e, timestamp at) {
    const std::size_t first = all_.size();
    while (due_before(at)) fire();
    input(e, at);
    return since(first);
  }
  std::vector<event> quote(const quote_accepted& q) { return after_timers(q, q.source_time); }
  /// Fires what is due at `until` or earlier. A timer armed meanwhile counts too.
  std::vector<event> fire_through(timestamp until) {
    const std::size_t first = all_.size();
    while (due_before(until + 1)) fire();
    return since(first);
  }

  Host& host() { return host_; }
  const Host& host() const { return host_; }
  /// Continues with another life of the host (recovered from its archive, say); timers and numbering go on.
  void replace(Host host) { host_ = std::move(host); }
  [[nodiscard]] const std::vector<event>& all() const { return all_; }
  template <class E> [[nodiscard]] std::vector<E> all_of() const { return only<E>(all_); }
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }
  [[nodiscard]] timestamp now() const { return now_; }
  /// The first failure that the host reported.
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

 private:
  struct later {
    bool operator()(const timer_armed& a, const timer_armed& b) const {
      return std::tie(a.due, a.target, a.timer, a.generation) > std::tie(b.due, b.target, b.timer, b.generation);
    }
  };
  [[nodiscard]] bool due_before(timestamp at) const { return !timers_.empty() && timers_.top().due < at; }
  void fire() {
    const timer_armed t = timers_.top();
    timers_.pop();
    input(timer_fired{t.target, t.timer, t.generation, t.due}, t.due);
  }
  template <class E> void process(const header& h, const E& e) {
    if constexpr (applies<Host, E>) host_.apply(h, e);
    if constexpr (decides<Host, E>) {
      std::vector<event> reaction;
      outbox out(reaction, h, self_, 0);
      std::as_const(host_).decide(h, e, out);
      if (out.failure()) {
        if (!failure_) failure_ = out.failure();
        return;
      }
      for (auto& own : reaction) {
        apply_own(own, typename Host::outputs{});
        own.head.seq = ++seq_;
        if (const auto* t = own.template get_if<timer_armed>()) timers_.push(*t);
        all_.push_back(own);
      }
    }
  }
  template <class... O> void apply_own(const event& own, type_list<O...>) { (apply_one<O>(own), ...); }
  template <class O> void apply_one(const event& own) {
    if constexpr (applies<Host, O>) {
      if (const auto* payload = own.template get_if<O>()) host_.apply(own.head, *payload);
    }
  }
  [[nodiscard]] std::vector<event> since(std::size_t first) const { return {all_.begin() + static_cast<std::ptrdiff_t>(first), all_.end()}; }

  Host host_;
  host_id self_;
  std::priority_queue<timer_armed, std::vector<timer_armed>, later> timers_;
  std::vector<event> all_;
  std::uint64_t seq_ = 0;
  timestamp now_{};
  std::optional<error> failure_;
};

}  // namespace tomnext::tests
