// The trades of a run: each position from its opening to its close, as the events tell it.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/deployment.hpp"
#include "domain/events/event.hpp"

namespace tomnext::replay {

/// A position that was opened and closed. Bars are those of its strategy, counted from 0; in the profile next_bar_open a fill belongs to the bar on which it
/// was worked, at other venues to the bar that had not closed yet. Money is in minor units of the account.
struct trade {
  strategy_id strategy;
  instrument_id instrument;
  quantity size;  ///< signed: + long; the largest it was
  std::uint64_t entry_bar{}, exit_bar{};
  timestamp entered, left;
  double entry_price{}, exit_price{};  ///< averages over its fills
  price stop_loss, take_profit;        ///< of the order that opened it; 0: none
  amount profit;                       ///< net of commission
  amount commission;
};

/// Listens to what is appended, and keeps the trades; what is still open at the end is none.
class trade_list {
 public:
  explicit trade_list(const config::deployment& d);
  void take(const header&, const bar_closed& e);
  void take(const header&, const order_intended& e);
  void take(const header& h, const order_filled& e);
  void take(const header& h, const position_changed& e);
  void take(const header&, const source_state_changed& e);
  template <class E> static constexpr bool wanted = contains<E, type_list<bar_closed, order_intended, order_filled, position_changed, source_state_changed>>;
  [[nodiscard]] const std::vector<trade>& trades() const { return trades_; }

 private:
  struct protection {
    price stop_loss, take_profit;
  };
  struct open_trade {
    trade t;
    double entered_value{}, left_value{}, entered_size{}, left_size{};
    quantity net;
  };
  [[nodiscard]] std::uint64_t bar_of(strategy_id strategy) const;

  std::vector<bar_spec> bars_;                               // by strategy, index = id − 1
  std::vector<std::uint64_t> closed_;                        // bars so far, by strategy
  std::vector<instrument_id> trades_in_;                     // by strategy
  std::vector<std::map<order_id, protection>> protections_;  // of the newest entries, by strategy
  std::deque<std::pair<std::uint64_t, price>> fills_;        // the newest, by seq: what they did to positions tells them as its cause
  std::map<position_id, open_trade> open_;
  std::vector<trade> trades_;
  bool ended_ = false;
};

/// One line a trade, with a header; prices with nine decimals at most, times in UTC.
std::string to_csv(const std::vector<trade>& trades, const config::deployment& d);

/// A log that tells a trade_list, an equity_curve and the like what goes by.
template <class Log, class... Listener> class listened_log {
 public:
  explicit listened_log(Log& log, Listener&... listeners) : log_(log), listeners_(listeners...) {}
  void begin_reaction() { log_.begin_reaction(); }
  template <class E> void append(const header& h, const E& e) {
    log_.append(h, e);
    (tell<Listener>(h, e), ...);
  }

 private:
  template <class L, class E> void tell(const header& h, const E& e) {
    if constexpr (L::template wanted<E>) std::get<L&>(listeners_).take(h, e);
  }
  Log& log_;
  std::tuple<Listener&...> listeners_;
};

}  // namespace tomnext::replay
