// Services that trade nothing, but whose every decision depends on all that they applied, in order: what is lost, doubled or swapped shows at once.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/replay/kernel.hpp"
#include "actors/runtime/hosted_service.hpp"
#include "tests/sim/model/random.hpp"

namespace tomnext::tests {

using sim::mix;

// What an event says, as one number; and an event that says a number.
inline std::uint64_t content(const quote_accepted& e) { return static_cast<std::uint64_t>(e.bid.value) + e.source_position; }
inline std::uint64_t content(const bar_closed& e) { return static_cast<std::uint64_t>(e.open.value); }
inline std::uint64_t content(const feature_vector_updated& e) { return e.schema; }
inline std::uint64_t content(const signal_proposed& e) { return e.signal.value; }
inline std::uint64_t content(const reservation_released& e) { return e.order.value; }
inline std::uint64_t content(const timer_armed& e) { return e.generation; }
inline std::uint64_t content(const timer_fired& e) { return e.generation; }

template <class E> E saying(std::uint64_t number, instrument_id about) {
  E e;
  e.instrument = about;
  if constexpr (std::is_same_v<E, bar_closed>) e.open = {static_cast<std::int64_t>(number >> 1)};
  if constexpr (std::is_same_v<E, feature_vector_updated>) e.schema = number;
  if constexpr (std::is_same_v<E, signal_proposed>) e.signal = {number};
  if constexpr (std::is_same_v<E, reservation_released>) e.order = {number};
  return e;
}

/// Answers an input, or is silent, as the digest of its state has it. May arm one timer, and arms it anew while it runs.
template <class Inputs, class Outputs> class small_service {
 public:
  static constexpr const char* service = "small";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = Inputs;
  using outputs = Outputs;

  small_service(host_id self, std::uint32_t about) : self_(self), about_(about) {}

  template <class E>
  requires(contains<E, Inputs> || contains<E, Outputs>) void apply(const header& h, const E& e) {
    if constexpr (std::is_same_v<E, timer_armed>) generation_ = e.generation;
    if constexpr (std::is_same_v<E, timer_fired>) {
      live_firing_ = e.generation == generation_;
      if (!live_firing_) return;
    }
    digest_ = mix(mix(mix(digest_, content(e)), E::type_number), h.ordinal);
    // An own output is applied before it has its stamp.
    if (h.host != self_) digest_ = mix(digest_, static_cast<std::uint64_t>(h.at.ns));
  }
  template <class E>
  requires(contains<E, Inputs>) void decide(const header& h, const E& e, outbox& out) const {
    if constexpr (std::is_same_v<E, timer_fired>)
      if (!live_firing_) return;
    if (h.depth >= depth_max) return;
    sim::random_source choice(mix(digest_, content(e)));
    propose(h, choice, out, Outputs{});
  }
  template <class Archive> void archive(Archive& a) { a(digest_, generation_, live_firing_); }

 private:
  static constexpr std::uint8_t depth_max = 6;

  template <class... O> void propose(const header& h, sim::random_source& choice, outbox& out, type_list<O...>) const {
    // Twice, so that a reaction may have two of a kind.
    for (int round = 0; round < 2; ++round) ((choice.chance(22) && (emit<O>(h, choice, out), true)), ...);
  }
  template <class O> void emit(const header& h, sim::random_source& choice, outbox& out) const {
    if constexpr (std::is_same_v<O, timer_armed>)
      out.emit(
          timer_armed{self_, timer_id{1}, generation_ + 1 + static_cast<std::uint32_t>(out.size()), h.at + static_cast<std::int64_t>(choice.below(5'000))});
    else out.emit(saying<O>(choice.next(), instrument_id{about_ != 0 ? about_ : 1 + static_cast<std::uint32_t>(choice.below(2))}));
  }

  host_id self_;
  std::uint32_t about_;
  std::uint64_t digest_ = 1;
  std::uint32_t generation_ = 0;
  bool live_firing_ = false;
};

// Bars and limits both release and read what is released: each hears the other, and not itself.
using bars_service = small_service<type_list<quote_accepted, timer_fired, reservation_released>, type_list<bar_closed, timer_armed, reservation_released>>;
using features_service = small_service<type_list<bar_closed, quote_accepted>, type_list<feature_vector_updated>>;
using signals_service = small_service<type_list<feature_vector_updated, bar_closed>, type_list<signal_proposed>>;
using limits_service =
    small_service<type_list<signal_proposed, quote_accepted, timer_fired, reservation_released>, type_list<reservation_released, timer_armed>>;

/// In rank order: two instruments with a host each in front, and hosts for all behind them. There is a loop: what limits release, bars read.
template <class Add> void compose_small(Add&& add) {
  std::uint32_t next = replay::first_composed_host;
  auto host = [&]<class S>(std::type_identity<S>, const char* name, std::uint32_t about) {
    const host_id id{next++};
    add(replay::host_description{id, name, S::service, S::version, S::state_version, about}, S(id, about));
  };
  host(std::type_identity<bars_service>{}, "bars:1", 1);
  host(std::type_identity<bars_service>{}, "bars:2", 2);
  host(std::type_identity<features_service>{}, "features", 0);
  host(std::type_identity<signals_service>{}, "signals:1", 1);
  host(std::type_identity<signals_service>{}, "signals:2", 2);
  host(std::type_identity<limits_service>{}, "limits", 0);
}

struct small_host {
  actors::host_definition definition;
  std::shared_ptr<actors::hosted_service> service;
};

/// All of them with their first state.
inline std::vector<small_host> small_hosts() {
  std::vector<small_host> all;
  compose_small([&]<class S>(const replay::host_description& d, S service) {
    small_host h;
    h.definition = {d.id, d.name, d.service, d.version, d.state_version, d.instrument, {}};
    [&]<class... E>(type_list<E...>) { ((h.definition.inputs[E::type_number] = true), ...); }(typename S::inputs{});
    h.service = std::make_shared<actors::typed_service<S>>(std::move(service));
    all.push_back(std::move(h));
  });
  return all;
}

/// Quotes on two instruments, a microsecond or so apart, from source position 1.
inline std::vector<quote_accepted> some_quotes(sim::random_source& random, std::uint64_t count) {
  std::vector<quote_accepted> quotes;
  timestamp at{1'000'000};
  for (std::uint64_t i = 1; i <= count; ++i) {
    quote_accepted q;
    q.instrument = {1 + static_cast<std::uint32_t>(random.below(2))};
    q.bid = {static_cast<std::int64_t>(1 + random.below(1'000'000'000))};
    q.source_time = at = at + static_cast<std::int64_t>(random.below(3'000));
    q.source_position = i;
    quotes.push_back(q);
  }
  return quotes;
}

struct kept_log {
  std::vector<event> events;
  void begin_reaction() {}
  template <class E> void append(const header& h, const E& e) { events.emplace_back(h, e); }
};

/// What the one-thread kernel makes of the quotes.
struct kernel_run {
  std::vector<event> log;
  std::vector<std::uint64_t> state_hashes;  ///< in rank order
};
inline kernel_run run_in_kernel(const std::vector<quote_accepted>& quotes) {
  kept_log log;
  replay::kernel<kept_log> k(log);
  compose_small([&](const replay::host_description& d, auto service) { k.add(d, std::move(service)); });
  for (const auto& q : quotes) k.quote(q);
  k.end_of_data();
  kernel_run run{std::move(log.events), {}};
  for (const auto& [name, hash] : k.state_hashes()) run.state_hashes.push_back(hash);
  return run;
}

}  // namespace tomnext::tests
