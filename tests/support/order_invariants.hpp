// I4, I5 and I6 of a recorded log, folded from its events alone and independently of the services: whatever faults a node went through, this holds of its log.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "domain/events/event.hpp"

namespace tomnext::tests {

class order_invariants {
 public:
  /// The next event of the log. Once something is broken, nothing more is looked at.
  void take(const event& e) {
    if (!broken_.empty()) return;
    seq_ = e.head.seq;
    if (const auto* limits = e.get_if<limits_set>()) limits_ = *limits;
    if (const auto* approved = e.get_if<order_approved>()) approve(*approved);
    if (const auto* submitted = e.get_if<order_submitted>()) known(submitted->order, "submitted");
    if (const auto* sent = e.get_if<send_started>(); sent != nullptr && sent->request == venue_request::order) send(*sent);
    if (const auto* filled = e.get_if<order_filled>()) fill(*filled);
    if (const auto* rejected = e.get_if<order_rejected>()) end(rejected->order, "rejected");
    if (const auto* cancelled = e.get_if<order_cancelled>()) end(cancelled->order, "cancelled");
    if (const auto* expired = e.get_if<order_expired>()) end(expired->order, "expired");
    if (const auto* released = e.get_if<reservation_released>()) release(*released);
  }
  /// What is broken so far, with the event's seq; empty: nothing.
  [[nodiscard]] const std::string& broken() const { return broken_; }
  /// At the end, when faults have stopped and everything was answered.
  [[nodiscard]] std::string broken_at_end() const {
    if (!broken_.empty()) return broken_;
    for (const auto& [id, o] : orders_)
      if (!o.ended) return "order " + std::to_string(id) + " reached no end";
    return {};
  }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t fills() const { return fills_; }
  [[nodiscard]] std::uint64_t orders() const { return orders_.size(); }

 private:
  struct order {
    order_approved approved;
    std::int64_t filled = 0, reserved = 0;
    bool sent = false, ended = false;
    std::set<std::uint64_t> executions;
  };
  struct exposure {
    std::int64_t net = 0, reserved_buys = 0, reserved_sells = 0;
  };

  void fail(const std::string& why) { broken_ = "event " + std::to_string(seq_) + ": " + why; }
  order* known(order_id id, const char* what) {
    const auto found = orders_.find(id.value);
    if (found != orders_.end()) return &found->second;
    fail("order " + std::to_string(id.value) + " " + what + ", and was never approved");
    return nullptr;
  }
  std::int64_t& reserved(const order& o) {
    auto& x = exposures_[o.approved.instrument.value];
    return o.approved.direction == side::buy ? x.reserved_buys : x.reserved_sells;
  }
  void check_exposure(instrument_id instrument) {
    const auto& x = exposures_[instrument.value];
    const auto allowed = limits_.position_max.value;
    if (allowed == 0) return;  // no limit
    if (x.net + x.reserved_buys > allowed || -x.net + x.reserved_sells > allowed)
      fail("the exposure of instrument " + std::to_string(instrument.value) + " is beyond its limit of " + std::to_string(allowed));
  }
  void approve(const order_approved& a) {
    auto [at, fresh] = orders_.try_emplace(a.order.value);
    if (!fresh) return fail("order " + std::to_string(a.order.value) + " is approved twice");
    at->second.approved = a;
    at->second.reserved = a.reserved.value;
    reserved(at->second) += a.reserved.value;
    if (!a.reduce_only && limits_.notional_max.value != 0 && a.notional.value > limits_.notional_max.value)
      return fail("order " + std::to_string(a.order.value) + " is larger than one order may be");
    if (!a.reduce_only) check_exposure(a.instrument);
  }
  void send(const send_started& s) {
    auto* o = known(s.order, "sent");
    if (o == nullptr) return;
    if (o->sent) return fail("client order id " + std::to_string(s.order.value) + " is sent twice");
    if (s.size != o->approved.size || s.direction != o->approved.direction || s.instrument != o->approved.instrument)
      return fail("order " + std::to_string(s.order.value) + " is sent as another than was approved");
    o->sent = true;
    ++sent_;
  }
  void fill(const order_filled& f) {
    auto* o = known(f.order, "filled");
    if (o == nullptr) return;
    if (!o->sent) return fail("order " + std::to_string(f.order.value) + " is filled, and was never sent");
    if (!o->executions.insert(f.execution).second) return fail("execution " + std::to_string(f.execution) + " is booked twice");
    o->filled += f.size.value;
    ++fills_;
    if (o->filled > o->approved.size.value) return fail("order " + std::to_string(f.order.value) + " is filled beyond its size");
    if (f.leaves.value != o->approved.size.value - o->filled) return fail("order " + std::to_string(f.order.value) + " leaves another size than is open");
    const auto held = std::min(o->reserved, f.size.value);
    o->reserved -= held;
    reserved(*o) -= held;
    exposures_[f.instrument.value].net += f.direction == side::buy ? f.size.value : -f.size.value;
    if (f.leaves.value == 0) o->ended = true;
    check_exposure(f.instrument);
  }
  void end(order_id id, const char* what) {
    auto* o = known(id, what);
    if (o == nullptr) return;
    if (o->ended) return fail("order " + std::to_string(id.value) + " is " + what + ", and had ended");
    o->ended = true;
  }
  void release(const reservation_released& r) {
    auto* o = known(r.order, "released");
    if (o == nullptr) return;
    if (r.released.value > o->reserved) return fail("more of order " + std::to_string(r.order.value) + " is released than was reserved");
    o->reserved -= r.released.value;
    reserved(*o) -= r.released.value;
  }

  std::uint64_t seq_ = 0, sent_ = 0, fills_ = 0;
  limits_set limits_;
  std::map<std::uint64_t, order> orders_;
  std::map<std::uint32_t, exposure> exposures_;
  std::string broken_;
};

}  // namespace tomnext::tests
