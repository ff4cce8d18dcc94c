// The guard of one book: every intended order passes here, and nothing reaches a venue without its approval.
#pragma once
#include <array>
#include <deque>
#include <optional>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/events/books.hpp"
#include "domain/risk_management/exposure.hpp"
#include "domain/risk_management/pre_trade.hpp"

namespace tomnext::risk_management {

struct risk_configuration {
  risk_limits limits;           ///< in force until the first limits_set
  bool flagged_quotes_price{};  ///< comparison mode: crossed or spiking quotes price orders too
};

/// As many idempotency keys of operator commands are remembered, at most; the oldest goes first.
inline constexpr std::size_t command_keys_max = 1024;

/// One host per book: all accounts and instruments that share the limits. It answers each order_intended with exactly one order_approved or order_denied
/// (see `check` for the order of the checks), holds the exposure of approved orders until they end, and owns the trading state.
///
/// Kill switch: `halt`, `reduce`, `resume`. Tightening works for anyone; loosening needs a named operator, and without one is ignored.
/// A repeated idempotency key is ignored; an empty key is never a repetition. Every accepted command is answered by a trading_state_changed,
/// also where the state was that already.
class risk_host {
 public:
  static constexpr const char* service = "risk_management";
  static constexpr std::uint32_t version = 2;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<limits_set, instrument_defined, account_opened, quote_accepted, order_intended, order_change_intended, order_filled, order_rejected,
                           order_cancelled, order_expired, operator_commanded>;
  using outputs = type_list<order_approved, order_denied, change_approved, trading_state_changed, reservation_released>;

  risk_host(host_id, risk_configuration configuration) : configuration_(configuration) {}

  void apply(const header&, const limits_set& e) { limits_ = risk_limits{e.position_max, e.notional_max, e.orders_per_second_max, e.price_collar}; }
  void apply(const header&, const instrument_defined& e);
  void apply(const header&, const account_opened& e) { exposure_.declare(e.account, e.positions); }
  void apply(const header&, const quote_accepted& e) {
    if ((e.flags != 0 && !configuration_.flagged_quotes_price) || e.instrument.value >= instruments_max) return;
    quotes_[e.instrument.value] = {e.bid, e.ask};
  }
  void apply(const header&, const order_filled& e);
  void apply(const header& h, const operator_commanded& e);
  // its own outputs
  void apply(const header& h, const order_approved& e);
  void apply(const header&, const order_denied&) {}
  void apply(const header&, const change_approved&) {}
  void apply(const header&, const trading_state_changed& e) { state_ = e.state; }
  void apply(const header&, const reservation_released& e) { exposure_.release(e.order); }

  void decide(const header& h, const order_intended& e, outbox& out) const;
  void decide(const header& h, const order_change_intended& e, outbox& out) const;
  void decide(const header&, const order_filled& e, outbox& out) const {
    if (!e.leaves) release(e.order, "filled for less", out);
  }
  void decide(const header&, const order_rejected& e, outbox& out) const { release(e.order, "rejected", out); }
  void decide(const header&, const order_cancelled& e, outbox& out) const { release(e.order, "cancelled", out); }
  void decide(const header&, const order_expired& e, outbox& out) const { release(e.order, "expired", out); }
  void decide(const header& h, const operator_commanded& e, outbox& out) const;

  [[nodiscard]] trading_state state() const { return state_; }
  [[nodiscard]] const exposure_book& exposures() const { return exposure_; }
  [[nodiscard]] const risk_limits& limits() const { return limits_ ? *limits_ : configuration_.limits; }

  template <class Archive> void archive(Archive& a) { a(limits_, terms_, quotes_, exposure_, state_, approvals_, commands_); }

 private:
  struct command_key {
    text key;
    std::uint64_t seq{};  // of the command that used it first
    template <class Archive> void archive(Archive& a) { a(key, seq); }
  };
  void release(order_id order, std::string_view why, outbox& out) const;
  [[nodiscard]] pre_trade_view view_of(const header& h, const order_intended& e) const;
  [[nodiscard]] std::uint32_t approvals_since(timestamp after) const;
  [[nodiscard]] const command_key* find_command(const text& key) const;
  [[nodiscard]] bool permitted(const operator_commanded& e) const;

  risk_configuration configuration_;
  std::optional<risk_limits> limits_;
  std::array<instrument_terms, instruments_max> terms_{};
  std::array<top_of_book, instruments_max> quotes_{};
  exposure_book exposure_;
  trading_state state_ = trading_state::active;
  std::deque<timestamp> approvals_;
  std::deque<command_key> commands_;
};

}  // namespace tomnext::risk_management
