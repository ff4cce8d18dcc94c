#include "actors/data_pipeline/ingress_actor.hpp"

#include <algorithm>

#include "actors/replay/kernel.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t batch_max = 512;
constexpr auto source_deadline = 120s;
constexpr auto offer_deadline = 300s;
constexpr auto ready_deadline = 300s;
// At a recorded pace: how often the clock is looked at at least, and how long after its time a timer waits for a quote that may be on its way.
constexpr std::chrono::nanoseconds look_every = 2ms;
constexpr auto retry_after = 20ms;
constexpr std::uint32_t failures_max = 250;  // in a row: five seconds
constexpr std::int64_t timer_grace_ns = 10 * millisecond_ns;

}  // namespace

ingress_state::ingress_state(ingress_protocol::pointer self, ingress_settings settings) : self_(self), settings_(std::move(settings)), offer_(offer_deadline) {}

ingress_protocol::behavior_type ingress_state::behavior() {
  tell_later(self_, watch_every, watch_v);
  ask(self_, settings_.readiness(), ready_deadline, await_v)
      .then([this](bool) { settings_.ended_already ? finish() : offer_preamble(); }, [this](const actor_error& e) { failed(e, "waiting for the hosts"); });
  return {
      [this](watch_atom) {
        if (offer_.missed(monotonic_now(self_))) return self_->quit(to_caf({errc::timed_out, "offering inputs: no answer within the deadline"}));
        tell_later(self_, watch_every, watch_v);
      },
      [this](tick_atom) {
        if (std::exchange(again_, false)) settings_.ended_already ? finish() : offer_preamble();
        else step();
      },
  };
}

// An ordered stop refuses offers: then there is nothing left to do. Otherwise somebody who was asked was restarted: what he had taken is in the log, and
// this actor goes on from there, a moment later. Only where that does not help for long is it for the supervisor.
void ingress_state::failed(const actor_error& e, const char* doing) {
  const auto why = from_caf(e);
  offer_.answered();
  if (why.code == errc::cancelled) return self_->quit();
  // A full line, or a full log, is no failure of anybody: it ends when there is room.
  const bool waits = why.code == errc::overloaded || why.code == errc::log_full;
  if (!waits && ++failures_ > failures_max) return self_->quit(to_caf(why.within(doing)));
  quotes_.clear();
  again_ = true;
  tell_later(self_, retry_after, tick_v);
}

void ingress_state::offer(std::vector<offered_input> inputs, void (ingress_state::*then)()) {
  if (settings_.tap) settings_.tap(inputs);
  offer_.asked(monotonic_now(self_));
  ask_under_watch(self_, settings_.time_authority(), offer_v, inputs_ref(std::make_shared<const std::vector<offered_input>>(std::move(inputs))))
      .then(
          [this, then](std::uint64_t) {
            offer_.answered();
            failures_ = 0;
            (this->*then)();
          },
          [this](const actor_error& e) { failed(e, "offering inputs"); });
}

void ingress_state::offer_preamble() {
  std::vector<offered_input> inputs;
  for (const auto& e : settings_.preamble) inputs.push_back({e});
  offer(std::move(inputs), &ingress_state::find_position);
}

void ingress_state::find_position() {
  ask(self_, settings_.journal, 10s, position_v, replay::market_ingress.value)
      .then(
          [this](std::uint64_t position, std::int64_t now_ns) {
            position_ = position;
            last_time_ = timestamp{now_ns};
            const auto end = *settings_.end_position;
            end != 0 && position >= end ? finish() : fetch();
          },
          [this](const actor_error& e) { failed(e, "asking for its position"); });
}

void ingress_state::fetch() {
  ask(self_, settings_.source(), source_deadline, next_v, position_, batch_max)
      .then(
          [this](const quote_batch_ref& batch) {
            accepted_ = batch->accepted;
            rejected_ = batch->rejected;
            if (batch->ended) return end_source();
            quotes_.insert(quotes_.end(), batch->inputs.begin(), batch->inputs.end());
            position_ = quotes_.back().head.position;
            step();
          },
          [this](const actor_error& e) {
            // A file that cannot be read does not get better by reading it again.
            const auto why = from_caf(e);
            if (why.code == errc::timed_out || why.code == errc::actor_down) return failed(e, "reading the source");
            settings_.on_failure(why);
            self_->quit();
          });
}

timestamp ingress_state::market_time() const {
  const auto passed = std::chrono::nanoseconds(monotonic_now(self_) - clock_here_).count();
  return clock_market_ + static_cast<std::int64_t>(static_cast<double>(passed) * settings_.pace.times);
}

// Until the next quote is due: each enters at its own time, and not in bunches. What has become due meanwhile goes with it.
std::chrono::nanoseconds ingress_state::until_next() const {
  const auto market_ns = static_cast<double>(quotes_.front().head.at - market_time());
  return std::clamp(std::chrono::nanoseconds(static_cast<std::int64_t>(market_ns / settings_.pace.times)), std::chrono::nanoseconds(0), look_every);
}

bool ingress_state::due(const event& e) const { return settings_.pace.lockstep || e.head.at <= market_time(); }

void ingress_state::step() {
  if (quotes_.empty()) return fetch();
  if (!clock_set_) {
    clock_set_ = true;
    clock_market_ = quotes_.front().head.at;
    clock_here_ = monotonic_now(self_);
  }
  std::vector<offered_input> inputs;
  for (; !quotes_.empty() && inputs.size() < batch_max && due(quotes_.front()); quotes_.pop_front()) inputs.push_back({quotes_.front()});
  if (inputs.empty()) {
    tell(self_, settings_.time_authority(), time_is_v, market_time().ns - timer_grace_ns);
    return tell_later(self_, until_next(), tick_v);
  }
  last_time_ = inputs.back().what.head.at;
  offer(std::move(inputs), &ingress_state::step);
}

void ingress_state::end_source() {
  header h;
  h.at = last_time_;
  h.host = replay::market_ingress;
  h.position = accepted_ + rejected_ + 1;  // the same in every life, so that the log takes the end once
  *settings_.end_position = h.position;
  source_state_changed ended{source_id{1}, source_state::ended, "market data", accepted_, rejected_};
  offer({{event(h, ended), true}}, &ingress_state::finish);
}

void ingress_state::finish() {
  ask(self_, settings_.journal, offer_deadline, settled_v)
      .then(
          [this](std::uint64_t) {
            settings_.on_end();
            self_->quit();
          },
          [this](const actor_error& e) { failed(e, "waiting for the end"); });
}

}  // namespace tomnext::actors
