// What hand-overs between actors cost alone: a token that passes between a sequencer and four others in turn, as a quote does that becomes an order
// (ingress, time authority, journal, then aggregator, strategy, risk and gateway, with the journal between them).
#pragma once
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "actors/runtime/caf.hpp"
#include "bench/harness.hpp"

namespace tomnext::bench {

namespace detail {
TOMNEXT_ATOM(token, "benchToken");

using hop = actors::typed<actors::answer<void>(token_atom, std::int64_t)>;
inline constexpr std::int64_t hops = 10;

struct round_trips {
  std::vector<double> took;
  stopwatch::time_point begun;
  std::promise<void> done;
};

/// The one in the middle: hands on to the others in turn, and measures whole passages.
class middle final : public hop::base {
 public:
  middle(actors::spawn_config& c, std::shared_ptr<round_trips> r, std::vector<hop> others, std::size_t n)
      : hop::base(c), trips_(std::move(r)), others_(std::move(others)), left_(n) {}

 protected:
  hop::behavior_type make_behavior() override {
    return {[this](token_atom, std::int64_t n) {
      if (n == 0) begin();
      else if (n >= hops) end();
      else actors::tell(this, others_[static_cast<std::size_t>(n) / 2 % others_.size()], token_v, n + 1);
    }};
  }

 private:
  // Each passage after a pause, as between orders: workers have gone to sleep meanwhile.
  void begin() {
    trips_->begun = stopwatch::now();
    actors::tell(this, others_.front(), token_v, std::int64_t{1});
  }
  void end() {
    trips_->took.push_back(microseconds(stopwatch::now() - trips_->begun));
    if (--left_ == 0) return trips_->done.set_value();
    actors::tell_later(this, std::chrono::milliseconds(1), token_v, std::int64_t{0});
  }
  std::shared_ptr<round_trips> trips_;
  std::vector<hop> others_;
  std::size_t left_;
};
class other final : public hop::base {
 public:
  explicit other(actors::spawn_config& c) : hop::base(c) {}

 protected:
  hop::behavior_type make_behavior() override {
    return {[this](token_atom, std::int64_t n) { actors::tell(this, actors::handle_of<hop>(current_sender()), token_v, n + 1); }};
  }
};
}  // namespace detail

/// Microseconds of `passages` passages of ten hand-overs each.
inline std::vector<double> bare_hops(std::size_t passages) {
  struct settings : actors::system_config {
    settings() { actors::configure(*this, 2); }
  } config;
  actors::actor_system system{config};
  auto trips = std::make_shared<detail::round_trips>();
  std::vector<detail::hop> others;
  for (int i = 0; i < 4; ++i) others.push_back(system.spawn<detail::other>());
  const detail::hop middle = system.spawn<detail::middle>(trips, others, passages);
  actors::tell_from_outside(middle, detail::token_v, std::int64_t{0});
  trips->done.get_future().wait();
  for (const auto& a : others) actors::exit_now(actors::pointer_of(a), actors::exit_reason::kill);
  actors::exit_now(actors::pointer_of(middle), actors::exit_reason::kill);
  return trips->took;
}

}  // namespace tomnext::bench
