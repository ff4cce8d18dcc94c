// The host of one venue session: it owns the orders, gives them their identity, and turns the venue's reports into what happened to them.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/orders/id_set.hpp"
#include "domain/orders/order_state.hpp"

namespace tomnext::trading_gateway {

struct gateway_configuration {
  rate commission_rate;  ///< of the notional in the quote currency
};

/// Orders that have ended and are still remembered, so that late fills find them; and executions, so that repeated ones are recognised.
/// Which ids were ever used is remembered beyond that, by orders::id_set.
inline constexpr std::size_t ended_orders_max = 65'536;

/// An order that has not ended, as people read it.
struct open_order {
  order_id order;
  strategy_id strategy;
  instrument_id instrument;
  side direction{};
  quantity size, filled;
  orders::order_state state{};
};

/// An approval becomes order_submitted and send_started in one reaction: the client order id (the order's own id) is durable before anything is sent,
/// and none is sent twice, however long ago the first time was. Executions are taken once, by execution id. A fill of an ended order is a fact, and
/// marked late. A report that the state machine does not allow, about an order that was never sent, or a fill without id, size or price, is counted,
/// and changes nothing.
class gateway_host {
 public:
  static constexpr const char* service = "trading_gateway";
  static constexpr std::uint32_t version = 2;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<instrument_defined, order_approved, change_approved, venue_order_reported>;
  using outputs = type_list<order_submitted, send_started, order_acknowledged, order_rejected, order_filled, order_cancelled, order_expired, order_triggered,
                            order_amended, order_change_refused>;

  gateway_host(host_id, gateway_configuration configuration) : configuration_(configuration) {}

  void apply(const header&, const instrument_defined& e) {
    if (e.instrument.value < instruments_max) minor_units_[e.instrument.value] = e.quote_minor_units;
  }
  void apply(const header&, const venue_order_reported& e);
  // its own outputs
  void apply(const header&, const order_submitted& e);
  void apply(const header&, const order_acknowledged& e) { move(e.order, orders::order_move::accept); }
  void apply(const header&, const order_rejected& e);
  void apply(const header&, const order_filled& e);
  void apply(const header&, const order_cancelled& e) { end(e.order, orders::order_move::cancel); }
  void apply(const header&, const order_expired& e);
  void apply(const header&, const send_started& e);
  void apply(const header&, const order_triggered& e) { move(e.order, orders::order_move::trigger); }
  void apply(const header&, const order_amended& e);
  void apply(const header&, const order_change_refused& e) { move(e.order, orders::order_move::refuse_change); }

  void decide(const header& h, const order_approved& e, outbox& out) const;
  void decide(const header& h, const change_approved& e, outbox& out) const;
  void decide(const header& h, const venue_order_reported& e, outbox& out) const;

  [[nodiscard]] std::uint64_t unexpected_reports() const { return unexpected_; }
  [[nodiscard]] std::size_t open_orders() const;
  /// In the order of their ids.
  [[nodiscard]] std::vector<open_order> orders_open() const;

  template <class Archive> void archive(Archive& a) { a(minor_units_, orders_, taken_, ended_, executions_, execution_order_, unexpected_); }

 private:
  struct order {
    strategy_id strategy;
    signal_id signal;
    account_id account;
    instrument_id instrument;
    side direction{};
    quantity size, filled;
    position_id closes;
    orders::order_status status;
    template <class Archive> void archive(Archive& a) { a(strategy, signal, account, instrument, direction, size, filled, closes, status); }
  };
  [[nodiscard]] static orders::order_move move_of(const order& o, const venue_order_reported& e);
  [[nodiscard]] bool expected(const venue_order_reported& e) const;
  void move(order_id id, orders::order_move m);
  void end(order_id id, orders::order_move m);

  gateway_configuration configuration_;
  std::array<std::uint32_t, instruments_max> minor_units_{};
  std::map<order_id, order> orders_;
  orders::id_set taken_;        // every id that was ever submitted, or expired before it was
  std::deque<order_id> ended_;  // oldest first
  std::set<std::uint64_t> executions_;
  std::deque<std::uint64_t> execution_order_;
  std::uint64_t unexpected_ = 0;
};

}  // namespace tomnext::trading_gateway
