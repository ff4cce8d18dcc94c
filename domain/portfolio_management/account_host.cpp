#include "domain/portfolio_management/account_host.hpp"

#include <algorithm>

#include "domain/statistics/returns.hpp"

namespace tomnext::portfolio_management {

// ---- positions -------------------------------------------------------------------------------------

void account_host::apply(const header&, const order_filled& e) {
  if (e.account != configuration_.account) return;
  booked_ = {};
  if (configuration_.positions == position_mode::hedging) return fill(e.closes ? e.closes : position_id{e.order.value}, e, e.size, true);
  // Netting: what exceeds an opposite position closes it and opens the other way.
  const position_id id{e.instrument.value};
  auto found = positions_.find(id);
  const std::int64_t net = found == positions_.end() ? 0 : found->second.position.size().value;
  const bool opposite = net != 0 && (net > 0) != (e.direction == side::buy);
  const std::int64_t held = net < 0 ? -net : net;
  if (!opposite || e.size.value <= held) return fill(id, e, e.size, true);
  fill(id, e, quantity{held}, true);
  fill(id, e, quantity{e.size.value - held}, false);
}

void account_host::fill(position_id id, const order_filled& e, quantity size, bool takes_commission) {
  if (booked_.failure) return;
  auto found = positions_.find(id);
  const bool hedged = configuration_.positions == position_mode::hedging;
  if (hedged && e.closes && (found == positions_.end() || found->second.instrument != e.instrument)) {
    booked_.failure.emplace(errc::invalid_argument,
                            "a fill closes position " + std::to_string(id.value) + ", which is not open in instrument " + std::to_string(e.instrument.value));
    return;
  }
  auto h = found == positions_.end() ? held{e.instrument, e.strategy, {}, 0} : found->second;
  part p;
  p.position = id;
  p.takes_commission = takes_commission;
  const bool fresh = h.position.flat();
  // The other half of a flip belongs to whoever flipped it.
  if (fresh) h.strategy = e.strategy;
  p.strategy = h.strategy;
  if (fresh || (h.position.size().value > 0) == (e.direction == side::buy)) {
    if (auto added = h.position.add(e.direction, size, e.at_price); !added) booked_.failure = added.error();
    p.change = fresh ? position_change::opened : position_change::added;
  } else {
    auto profit = h.position.reduce(size, e.at_price, rates_.at(e.instrument).quote_minor_units);
    if (!profit) booked_.failure = profit.error();
    else p.profit = *profit;
    p.change = h.position.flat() ? position_change::closed : position_change::reduced;
  }
  if (booked_.failure) return;
  p.net = h.position.size();
  p.average_price = h.position.average_price();
  // A position that is closed is erased when its booking is applied: until then its earnings are needed.
  positions_.insert_or_assign(id, h);
  booked_.parts.push_back(p);
}

// ---- money -----------------------------------------------------------------------------------------

void account_host::decide(const header&, const account_opened& e, outbox& out) const {
  if (e.account != configuration_.account || opened_account_) return;
  out.emit(cash_moved{e.account, e.balance, e.balance, "opening balance", "configuration"});
}

void account_host::decide(const header&, const order_filled& e, outbox& out) const {
  if (e.account != configuration_.account) return;
  if (booked_.failure) return out.fail(booked_.failure->code, "the fill of order " + std::to_string(e.order.value) + ": " + booked_.failure->message);
  const auto& book = rates_.at(e.instrument);
  auto convert = [&](amount a) {
    return rates_.convert(a, book.quote, book.quote_minor_units, configuration_.in, configuration_.minor_units, e.direction, configuration_.conversion);
  };
  amount balance = balance_;
  for (const auto& p : booked_.parts) {
    auto realised = convert(p.profit);
    auto cost = convert(amount{p.takes_commission ? -e.commission.value : 0});
    if (!realised) return out.fail(realised.error().code, realised.error().message);
    if (!cost) return out.fail(cost.error().code, cost.error().message);
    const auto with_profit = add(balance, realised->value), with_both = with_profit ? add(*with_profit, cost->value) : std::nullopt;
    if (!with_both) return out.fail(errc::overflow, "the balance does not fit");
    balance = *with_both;
    position_changed c;
    c.account = e.account;
    c.position = p.position;
    c.strategy = p.strategy;
    c.instrument = e.instrument;
    c.order = e.order;
    c.change = p.change;
    c.net = p.net;
    c.average_price = p.average_price;
    c.realised = realised->value;
    c.commission = amount{-cost->value.value};
    c.balance = balance;
    c.conversion_rate = realised->effective_rate;
    c.conversion_position = realised->source_position;
    out.emit(c);
  }
  emit_value(balance, out);
}

// The opening balance is where equity begins, and no flow of the first day; whatever moves later is.
void account_host::apply(const header&, const cash_moved& e) {
  balance_ = e.balance;
  if (opened_account_) {
    day_flows_.value += e.moved.value;
    peak_equity_.value += e.moved.value;  // a withdrawal is no drawdown
    return;
  }
  opened_account_ = true;
  starting_equity_ = peak_equity_ = last_equity_ = day_start_ = e.balance;
}

void account_host::apply(const header&, const position_changed& e) {
  balance_ = e.balance;
  commission_.value += e.commission.value;
  day_realised_.value += e.realised.value;
  day_commission_.value += e.commission.value;
  auto found = positions_.find(e.position);
  if (found == positions_.end()) return;
  auto& h = found->second;
  h.earned += e.realised.value - e.commission.value;
  if (e.change == position_change::opened) ++opened_;
  if (e.change != position_change::closed) return;
  ++closed_;
  if (h.earned > 0) {
    ++wins_;
    gross_profit_ += h.earned;
  }
  if (h.earned < 0) {
    ++losses_;
    gross_loss_ -= h.earned;
  }
  if (h.position.flat()) positions_.erase(found);
  else h.earned = 0;  // a flip: the position lives on the other way
}

// ---- equity ----------------------------------------------------------------------------------------

std::vector<open_position> account_host::positions() const {
  std::vector<open_position> all;
  for (const auto& [id, h] : positions_)
    if (!h.position.flat()) all.push_back({id, h.instrument, h.strategy, h.position.size(), h.position.average_price()});
  return all;
}

result<account_valued> account_host::value(amount balance) const {
  amount unrealised;
  const auto too_large = [] { return error(errc::overflow, "the equity does not fit"); };
  for (const auto& [id, h] : positions_) {
    if (h.position.flat()) continue;
    const auto& book = rates_.at(h.instrument);
    const bool is_long = h.position.size().value > 0;
    if (book.bid.value <= 0 || book.ask.value <= 0)
      return error(errc::conversion_rate_missing,
                   "no quote of instrument " + std::to_string(h.instrument.value) + " yet to value position " + std::to_string(id.value) + " at");
    auto profit = h.position.unrealised(is_long ? book.bid : book.ask, book.quote_minor_units);
    if (!profit) return profit.error();
    auto in_account = rates_.convert(*profit, book.quote, book.quote_minor_units, configuration_.in, configuration_.minor_units,
                                     is_long ? side::sell : side::buy, configuration_.conversion);
    if (!in_account) return in_account.error();
    const auto sum = add(unrealised, in_account->value);
    if (!sum) return too_large();
    unrealised = *sum;
  }
  const auto equity = add(balance, unrealised);
  if (!equity) return too_large();
  account_valued v;
  v.account = configuration_.account;
  v.balance = balance;
  v.unrealised = unrealised;
  v.equity = *equity;
  v.peak_equity = std::max(peak_equity_, v.equity);
  v.drawdown = v.peak_equity.value > 0
                   ? (static_cast<double>(v.peak_equity.value) - static_cast<double>(v.equity.value)) / static_cast<double>(v.peak_equity.value)
                   : 0.0;
  return v;
}

void account_host::emit_value(amount balance, outbox& out) const {
  auto v = value(balance);
  if (!v) return out.fail(v.error().code, v.error().message);
  out.emit(*v);
}

void account_host::decide(const header& h, const trading_day_rolled& e, outbox& out) const {
  if (!opened_account_) return;
  amount balance = balance_;
  if (auto financed = finance(h, e, balance, out); !financed) return out.fail(financed.error().code, financed.error().message);
  if (e.roll != roll_profile::new_york) {
    if (out.size() > 0) emit_value(balance, out);
    return;
  }
  auto v = value(balance);
  if (!v) return out.fail(v.error().code, v.error().message);
  out.emit(*v);
  const amount financing{day_financing_.value + balance.value - balance_.value};
  out.emit(day_closed{configuration_.account, e.closed, day_start_, day_flows_, day_realised_, day_commission_, v->equity, financing});
}

void account_host::decide(const header&, const source_state_changed& e, outbox& out) const {
  if (e.state == source_state::ended && opened_account_) emit_value(balance_, out);
}

void account_host::apply(const header& h, const account_valued& e) {
  valued_at_ = h.at;
  peak_equity_ = e.peak_equity;
  last_equity_ = e.equity;
  max_drawdown_ = std::max(max_drawdown_, e.drawdown);
}

void account_host::apply(const header& h, const day_closed& e) {
  day_start_ = e.end_equity;
  day_flows_ = day_realised_ = day_commission_ = day_financing_ = amount{};
  if (is_weekend(e.day)) return;
  day_closed_at_ = h.at;
  if (daily_equity_.size() < equity_days_max) daily_equity_.push_back(whole(e.end_equity));
}

double account_host::whole(amount a) const { return static_cast<double>(a.value) / static_cast<double>(power_of_ten(configuration_.minor_units)); }

std::vector<double> account_host::daily_equity() const {
  std::vector<double> all;
  if (!opened_account_) return all;
  all.reserve(daily_equity_.size() + 2);
  all.push_back(whole(starting_equity_));
  all.insert(all.end(), daily_equity_.begin(), daily_equity_.end());
  if (valued_at_ > day_closed_at_) all.push_back(whole(last_equity_));
  return all;
}

account_statistics account_host::statistics() const {
  account_statistics s;
  s.positions_opened = opened_;
  s.positions_closed = closed_;
  s.wins = wins_;
  s.losses = losses_;
  if (starting_equity_.value > 0)
    s.total_return = static_cast<double>(last_equity_.value - starting_equity_.value) / static_cast<double>(starting_equity_.value);
  const auto returns = statistics::returns_of(daily_equity());
  s.sharpe = statistics::sharpe(returns);
  s.sortino = statistics::sortino(returns);
  if (closed_ > 0) s.win_rate = static_cast<double>(wins_) / static_cast<double>(closed_);
  if (gross_loss_ > 0) s.profit_factor = static_cast<double>(gross_profit_) / static_cast<double>(gross_loss_);
  s.max_drawdown = max_drawdown_;
  s.days = returns.size();
  return s;
}

}  // namespace tomnext::portfolio_management
