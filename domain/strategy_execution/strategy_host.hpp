// The host of one strategy: its life, its signals, its positions, and the orders it intends.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/strategy_execution/aggregation.hpp"
#include "domain/strategy_execution/plan.hpp"
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
  bar_spec bars;
  quantity size;
  stop_policy at_end{};
  bool sole_trader = true;  ///< no other strategy trades this instrument in this account
  bool confirm_by_model{};  ///< waits for a signal_confirmation_given before it intends an order
  std::int64_t intent_valid_ns = 2 * second_ns;
  std::int64_t confirmation_timeout_ns = 50 * millisecond_ns;
};

/// One host per strategy. "Flat, long, short" looks at the instrument's net position over all strategies of the account;
/// what it closes are its own positions only, less what is on its way to be closed. A reversal closes first, then enters. While an entry is in flight no
/// other signal is proposed. The outcome of a signal is that of its entry order: rejected, expired, or completed, also where it was filled in part.
/// A stop closes what is open and waits for what is in flight; what could not be closed leaves the strategy failed, and a further stop tries again.
/// An entry that waits for its price is cancelled by the strategy's next opinion, by a pause and by a stop; its stop-loss and take-profit are orders of its
/// own from the beginning, which the market lets sleep until the entry fills. They close no position by themselves in what is told here: a position with
/// protection can still be closed whole.
/// Closing orders are reduce-only where they are sure to be: always in a hedging account; in a netting account where its net position holds as much.
class strategy_host {
 public:
  static constexpr const char* service = "strategy_execution";
  static constexpr std::uint32_t version = 2;
  static constexpr std::uint32_t state_version = 2;
  using inputs = type_list<instrument_defined, bar_closed, signal_confirmation_given, order_approved, order_denied, order_submitted, order_rejected,
                           order_filled, order_cancelled, order_expired, timer_fired, source_state_changed, operator_commanded>;
  using outputs =
      type_list<strategy_registered, strategy_state_changed, signal_proposed, signal_stage_changed, order_intended, order_change_intended, timer_armed>;

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
  void apply(const header& h, const operator_commanded& e);
  // its own outputs
  void apply(const header&, const strategy_registered&) { registered_ = true; }
  void apply(const header&, const strategy_state_changed& e) { state_ = e.state; }
  void apply(const header&, const signal_proposed& e);
  void apply(const header&, const signal_stage_changed& e);
  void apply(const header&, const order_intended& e);
  void apply(const header&, const order_change_intended& e);
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
    a(state_, registered_, net_, own_, orders_, next_order_, next_signal_, signal_, signal_direction_, signal_score_, signal_entry_, signal_waiting_,
      timer_generation_, keeps_positions_, commands_);
    archive_logic(a);
  }

 private:
  struct own_order {
    signal_id signal;
    bool entry{};
    position_id closes;  // of its own; 0 for an entry
    quantity remaining, filled;
    bool waits{};        // an entry that is not at the market
    bool protects{};     // the stop-loss or take-profit of an entry
    bool cancel_sent{};  // its cancel is on its way
    template <class Archive> void archive(Archive& a) { a(signal, entry, closes, remaining, filled, waits, protects, cancel_sent); }
  };
  /// The order that the input just applied has ended. Lives from apply to decide of one input only: nothing to archive.
  struct ended_order {
    order_id order;
    own_order was;
  };
  struct command_key {
    text key;
    std::uint64_t seq{};
    template <class Archive> void archive(Archive& a) { a(key, seq); }
  };
  static constexpr std::size_t command_keys_max = 256;
  void archive_logic(state_writer& a) { logic_->save(a); }
  void archive_logic(state_reader& a) { logic_->load(a); }
  void archive_logic(state_hasher& a) { logic_->hash(a); }
  void order_ended(order_id order);
  [[nodiscard]] bool hedges() const { return configuration_.positions == position_mode::hedging; }
  [[nodiscard]] bool trades() const { return state_ == strategy_state::running; }
  [[nodiscard]] bool already(side direction) const { return direction == side::buy ? net_.value > 0 : net_.value < 0; }
  [[nodiscard]] bool entry_in_flight() const;
  [[nodiscard]] bool in_flight() const;
  [[nodiscard]] quantity own_net() const;
  void cancel_waiting(std::string_view why, outbox& out) const;
  void protect(const header& h, signal_id signal, std::uint32_t& n, order_id entry, const opinion& o, outbox& out) const;
  [[nodiscard]] order_intended intent(const header& h, signal_id signal, std::uint32_t n, side direction, quantity size) const;
  [[nodiscard]] quantity closable(position_id position) const;
  [[nodiscard]] const own_order* entry_of(order_id order) const;
  [[nodiscard]] bool concerns(const operator_commanded& e) const;
  [[nodiscard]] const command_key* find_command(const text& key) const;
  void act(const header& h, const opinion& o, std::optional<double> model, signal_id signal, outbox& out) const;
  void act_on_waiting(const header& h, std::optional<double> model, outbox& out) const;
  void intend_closing(const header& h, signal_id signal, std::uint32_t& n, outbox& out) const;
  void intend(const header& h, signal_id signal, std::uint32_t n, side direction, quantity size, position_id closes, outbox& out) const;
  void stage(signal_id signal, signal_stage to, std::string_view why, outbox& out) const;
  void drop_waiting_signal(std::string_view why, outbox& out) const;
  void enter_state(strategy_state to, std::string_view why, outbox& out) const;
  void end_of_order(const header& h, order_id order, signal_stage to, std::string_view why, outbox& out) const;
  void stop(const header& h, std::string_view why, outbox& out) const;
  void close_or_stop(const header& h, outbox& out) const;
  void settle(const header& h, std::string_view why, outbox& out) const;

  host_id self_;
  strategy_configuration configuration_;
  std::unique_ptr<strategy> logic_;

  strategy_state state_ = strategy_state::created;
  bool registered_ = false;
  quantity net_;                          // over all strategies of the account, signed
  std::map<position_id, quantity> own_;   // what it opened itself, signed
  std::map<order_id, own_order> orders_;  // not yet ended
  ended_order ended_;
  std::uint32_t next_order_ = 1;
  std::uint32_t next_signal_ = 1;
  signal_id signal_;  // the newest
  side signal_direction_{};
  double signal_score_{};
  entry_terms signal_entry_;
  bool signal_waiting_ = false;  // for its confirmation
  std::uint32_t timer_generation_ = 0;
  bool keeps_positions_ = false;      // the source has ended, and at_end says keep
  std::deque<command_key> commands_;  // the newest, oldest first
};

}  // namespace tomnext::strategy_execution
