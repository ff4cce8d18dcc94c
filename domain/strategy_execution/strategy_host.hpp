// The host of one strategy: its life, its signals, its positions, and the orders it intends.
#pragma once
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/strategy_execution/aggregation.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {

/// What happens to open positions when the source of its prices ends.
enum class stop_policy : std::uint8_t { close = 0, keep = 1 };

struct strategy_configuration {
  strategy_id strategy;
  text name;
  std::string kind;
  std::map<std::string, std::string> parameters;
  instrument_id instrument;
  account_id account;
  position_mode positions{};
  /// No other strategy trades this instrument in this account. Where others do, and positions are netted, closing its own part may raise the account's
  /// net position: such an order is not reduce-only.
  bool sole_trader = true;
  bar_spec bars;
  quantity size;
  stop_policy at_end{};
  bool confirm_by_model{};               ///< waits for a signal_confirmation_given before it intends an order
  std::int64_t intent_valid_ns = 2 * second_ns;
  std::int64_t confirmation_timeout_ns = 50 * millisecond_ns;
};

/// One host per strategy. "Flat, long, short" looks at the instrument's net position over all strategies of the account;
/// what it closes are its own positions only. A reversal closes first, then enters.
class strategy_host {
 public:
  static constexpr const char* service = "strategy_execution";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<instrument_defined, bar_closed, signal_confirmation_given, order_approved, order_denied, order_submitted, order_rejected,
                           order_filled, order_cancelled, order_expired, timer_fired, source_state_changed, operator_commanded>;
  using outputs = type_list<strategy_registered, strategy_state_changed, signal_proposed, signal_stage_changed, order_intended, timer_armed>;

  strategy_host(host_id self, strategy_configuration configuration, std::unique_ptr<strategy> logic)
      : self_(self), configuration_(std::move(configuration)), logic_(std::move(logic)) {}

  void apply(const header&, const instrument_defined&) {}
  void apply(const header&, const bar_closed& e);
  void apply(const header&, const order_filled& e);
  void apply(const header&, const order_denied& e) { order_ended(e.order); }
  void apply(const header&, const order_rejected& e) { order_ended(e.order); }
  void apply(const header&, const order_cancelled& e) { order_ended(e.order); }
  void apply(const header&, const order_expired& e) { order_ended(e.order); }
  void apply(const header&, const source_state_changed& e);
  // its own outputs
  void apply(const header&, const strategy_registered&) { registered_ = true; }
  void apply(const header&, const strategy_state_changed& e) { state_ = e.state; }
  void apply(const header&, const signal_proposed& e);
  void apply(const header&, const signal_stage_changed& e);
  void apply(const header&, const order_intended& e);
  void apply(const header&, const timer_armed& e) { timer_generation_ = e.generation; }

  void decide(const header& h, const instrument_defined& e, outbox& out) const;
  void decide(const header& h, const bar_closed& e, outbox& out) const;
  void decide(const header& h, const signal_confirmation_given& e, outbox& out) const;
  void decide(const header& h, const order_approved& e, outbox& out) const;
  void decide(const header& h, const order_submitted& e, outbox& out) const;
  void decide(const header& h, const order_filled& e, outbox& out) const;
  void decide(const header& h, const order_denied& e, outbox& out) const;
  void decide(const header& h, const order_rejected& e, outbox& out) const;
  void decide(const header& h, const order_cancelled& e, outbox& out) const;
  void decide(const header& h, const order_expired& e, outbox& out) const;
  void decide(const header& h, const timer_fired& e, outbox& out) const;
  void decide(const header& h, const source_state_changed& e, outbox& out) const;
  void decide(const header& h, const operator_commanded& e, outbox& out) const;

  [[nodiscard]] strategy_state state() const { return state_; }
  [[nodiscard]] const strategy_configuration& configuration() const { return configuration_; }

  template <class Archive> void archive(Archive& a) {
    a(state_, registered_, net_, own_, orders_, next_order_, next_signal_, signal_, signal_direction_, signal_score_, signal_waiting_, timer_generation_);
    archive_logic(a);
  }

 private:
  struct own_order {
    signal_id signal;
    bool entry{};
    template <class Archive> void archive(Archive& a) { a(signal, entry); }
  };
  void archive_logic(state_writer& a) { logic_->save(a); }
  void archive_logic(state_reader& a) { logic_->load(a); }
  void archive_logic(state_hasher& a) { logic_->hash(a); }
  void order_ended(order_id order) { orders_.erase(order); }
  [[nodiscard]] bool trades() const { return state_ == strategy_state::running; }
  [[nodiscard]] bool closes_own(const order_intended& e) const;
  [[nodiscard]] const own_order* entry_of(order_id order) const;
  void act(const header& h, side direction, double score, signal_id signal, outbox& out) const;
  void intend_closing(const header& h, signal_id signal, std::uint32_t& n, outbox& out) const;
  void intend(const header& h, signal_id signal, std::uint32_t n, side direction, quantity size, position_id closes, outbox& out) const;
  void stage(signal_id signal, signal_stage to, std::string_view why, outbox& out) const;
  void enter_state(strategy_state to, std::string_view why, outbox& out) const;
  void end_of_order(order_id order, signal_stage to, std::string_view why, outbox& out) const;
  void stopped_if_flat(outbox& out) const;

  host_id self_;
  strategy_configuration configuration_;
  std::unique_ptr<strategy> logic_;

  strategy_state state_ = strategy_state::created;
  bool registered_ = false;
  quantity net_;                                 // over all strategies of the account, signed
  std::map<position_id, quantity> own_;          // what it opened itself, signed
  std::map<order_id, own_order> orders_;         // not yet ended
  std::uint32_t next_order_ = 1;
  std::uint32_t next_signal_ = 1;
  signal_id signal_;                             // the newest
  side signal_direction_{};
  double signal_score_{};
  bool signal_waiting_ = false;                  // for its confirmation
  std::uint32_t timer_generation_ = 0;
};

}  // namespace tomnext::strategy_execution
