#include "actors/replay/trade_list.hpp"

#include <fmt/format.h>

#include <cmath>

#include "actors/replay/csv_text.hpp"

namespace tomnext::replay {
namespace {

// Entries that wait are replaced at each bar: of those that never filled only the newest matter.
constexpr std::size_t protections_max = 64;
// Fills of one reaction come before what any of them did to positions.
constexpr std::size_t fills_max = 16'384;

}  // namespace

trade_list::trade_list(const config::deployment& d) : protections_(d.strategies.size()) {
  for (const auto& s : d.strategies) {
    bars_.push_back(s.bars);
    closed_.push_back(0);
    trades_in_.push_back(s.instrument);
  }
}

void trade_list::take(const header&, const bar_closed& e) {
  for (std::size_t i = 0; i < bars_.size(); ++i) closed_[i] += e.instrument == trades_in_[i] && e.spec() == bars_[i] ? 1 : 0;
}

void trade_list::take(const header&, const order_intended& e) {
  if (!e.parent || e.strategy.value == 0 || e.strategy.value > protections_.size()) return;
  auto& all = protections_[e.strategy.value - 1];
  auto& p = all[e.parent];
  if (e.kind == order_kind::limit) p.take_profit = e.limit;
  else p.stop_loss = e.trigger;
  if (all.size() > protections_max) all.erase(all.begin());
}

void trade_list::take(const header& h, const order_filled& e) {
  fills_.emplace_back(h.seq, e.at_price);
  if (fills_.size() > fills_max) fills_.pop_front();
}

void trade_list::take(const header&, const source_state_changed& e) { ended_ = e.state == source_state::ended; }

// What fills after the last bar was worked on that bar.
std::uint64_t trade_list::bar_of(strategy_id strategy) const {
  if (strategy.value == 0 || strategy.value > closed_.size()) return 0;
  const auto n = closed_[strategy.value - 1];
  return ended_ && n > 0 ? n - 1 : n;
}

void trade_list::take(const header& h, const position_changed& e) {
  while (!fills_.empty() && fills_.front().first < h.cause) fills_.pop_front();
  const double price = fills_.empty() ? 0.0 : fills_.front().second.to_double();
  auto& o = open_[e.position];
  const double changed = std::fabs(static_cast<double>(e.net.value - o.net.value)) / static_cast<double>(quantity::one);
  if (e.change == position_change::opened) {
    o = {};
    o.t.strategy = e.strategy;
    o.t.instrument = e.instrument;
    o.t.entry_bar = bar_of(e.strategy);
    o.t.entered = h.at;
    if (e.strategy.value > 0 && e.strategy.value <= protections_.size()) {
      auto& all = protections_[e.strategy.value - 1];
      if (const auto found = all.find(e.order); found != all.end()) {
        o.t.stop_loss = found->second.stop_loss;
        o.t.take_profit = found->second.take_profit;
        all.erase(found);
      }
    }
  }
  if (e.change == position_change::opened || e.change == position_change::added) {
    const double size = e.change == position_change::opened ? std::fabs(e.net.to_double()) : changed;
    o.entered_value += size * price;
    o.entered_size += size;
    if (std::llabs(e.net.value) > std::llabs(o.t.size.value)) o.t.size = e.net;
  } else {
    o.left_value += changed * price;
    o.left_size += changed;
  }
  o.net = e.net;
  o.t.commission.value += e.commission.value;
  o.t.profit.value += e.realised.value - e.commission.value;
  if (e.change != position_change::closed) return;
  o.t.exit_bar = bar_of(o.t.strategy);
  o.t.left = h.at;
  o.t.entry_price = o.entered_value / o.entered_size;
  o.t.exit_price = o.left_value / o.left_size;
  trades_.push_back(o.t);
  open_.erase(e.position);
}

std::string to_csv(const std::vector<trade>& trades, const config::deployment& d) {
  std::string out = "strategy,instrument,size,entry_bar,exit_bar,entered,left,entry_price,exit_price,stop_loss,take_profit,profit,commission\n";
  const auto optional = [](price p) { return p ? p.to_string() : std::string(); };
  for (const auto& t : trades) {
    const auto name = csv_text(d.strategies.at(t.strategy.value - 1).name.view());
    out += fmt::format("{},{},{},{},{},{},{},{:.9f},{:.9f},{},{},{},{}\n", name, d.instruments.at(t.instrument.value - 1).symbol.view(), t.size.to_string(),
                       t.entry_bar, t.exit_bar, to_string(t.entered), to_string(t.left), t.entry_price, t.exit_price, optional(t.stop_loss),
                       optional(t.take_profit), tomnext::to_string(t.profit, d.account.minor_units), tomnext::to_string(t.commission, d.account.minor_units));
  }
  return out;
}

}  // namespace tomnext::replay
