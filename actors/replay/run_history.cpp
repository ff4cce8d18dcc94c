#include "actors/replay/run_history.hpp"

#include <algorithm>
#include <cmath>

#include "domain/ledger/notional.hpp"

namespace tomnext::replay {
namespace {

// A booking stands a few events behind its fill; a live log may have what else happened between them.
constexpr std::size_t fills_kept = 4'096;
constexpr std::uint64_t progress_every = 65'536;

bool is_known(instrument_id i) { return i.value != 0 && i.value < instruments_max; }
error too_large() { return {errc::overflow, "a sum of money does not fit"}; }
result<void> add_to(amount& sum, amount more) {
  const auto total = add(sum, more);
  if (!total) return too_large();
  sum = *total;
  return {};
}

quantity magnitude(quantity q) { return {q.value == INT64_MIN ? INT64_MAX : q.value < 0 ? -q.value : q.value}; }

// Of each run of eight points between two days' ends: the first, the lowest, the highest and the last. Points with flows and at a day's end stay.
std::vector<statistics::equity_point> thinned(const std::vector<statistics::equity_point>& all, const statistics::day_boundaries& days) {
  constexpr std::size_t run_length = 8;
  std::vector<statistics::equity_point> kept;
  kept.reserve(all.size() * 2 / 3);
  const auto day_of = [&](timestamp t) { return std::lower_bound(days.ends.begin(), days.ends.end(), t) - days.ends.begin(); };
  const auto at_end = [&](timestamp t) { return std::binary_search(days.ends.begin(), days.ends.end(), t); };
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from + 1;
    if (all[from].flow == 0 && !at_end(all[from].at))
      while (to < all.size() && to - from < run_length && all[to].flow == 0 && !at_end(all[to].at) && day_of(all[to].at) == day_of(all[from].at)) ++to;
    const auto [low, high] = std::minmax_element(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to),
                                                 [](const auto& a, const auto& b) { return a.equity < b.equity; });
    const auto lowest = static_cast<std::size_t>(low - all.begin()), highest = static_cast<std::size_t>(high - all.begin());
    for (std::size_t i = from; i < to; ++i)
      if (i == from || i == lowest || i == highest || i + 1 == to) kept.push_back(all[i]);
    from = to;
  }
  return kept;
}

}  // namespace

// ---- the market ------------------------------------------------------------------------------------

double history_fold::account_per_quote(const held& h, price at) const {
  const auto& book = rates_.at(h.p.instrument);
  const auto& account = history_.account;
  if (book.quote == account.in) return 1;
  if (book.base == account.in) return 1 / at.to_double();
  const amount thousand{1'000 * power_of_ten(book.quote_minor_units)};
  const auto converted = rates_.convert(thousand, book.quote, book.quote_minor_units, account.in, account.minor_units, side::sell, conversion_method::mid);
  return converted ? history_.whole(converted->value) / 1'000 : 0;
}

// The profit before costs that closing at this price would have given.
void history_fold::excursion(held& h, price at) const {
  const double rate = account_per_quote(h, at);
  if (rate == 0) {
    h.valued = false;
    return;
  }
  const double profit = history_.whole(h.gross) + h.p.net.to_double() * (at.to_double() - h.p.average_price) * rate;
  h.adverse = std::min(h.adverse.value_or(0), profit);
  h.favourable = std::max(h.favourable.value_or(0), profit);
}

void history_fold::apply(const quote_accepted& e) {
  if (e.flags != 0 || e.bid.value <= 0 || e.ask.value <= 0) return;
  rates_.update(e);
  auto found = history_.instruments.find(e.instrument);
  if (found == history_.instruments.end()) return;
  ++found->second.quotes;
  const double mid = (e.bid.to_double() + e.ask.to_double()) / 2;
  found->second.prices.add(e.source_time, mid);
  for (auto& h : open_[e.instrument.value]) {
    const price at = h.direction == side::buy ? e.bid : e.ask;
    const double p = at.to_double();
    if (h.lowest_price != 0 && p >= h.lowest_price && p <= h.highest_price) continue;
    h.lowest_price = h.lowest_price == 0 ? p : std::min(h.lowest_price, p);
    h.highest_price = std::max(h.highest_price, p);
    excursion(h, at);
  }
}

// ---- positions -------------------------------------------------------------------------------------

result<void> history_fold::apply(const header& h, const position_changed& e) {
  if (e.instrument.value == 0 || e.instrument.value >= instruments_max) return error(errc::log_corrupt, "a booking of no instrument");
  auto& of_instrument = open_[e.instrument.value];
  auto found = std::find_if(of_instrument.begin(), of_instrument.end(), [&](const held& x) { return x.p.position == e.position; });
  held* position = found == of_instrument.end() ? nullptr : &*found;
  if (e.change == position_change::opened) TOMNEXT_TRY(open(h, e, position));
  if (position == nullptr) return error(errc::log_corrupt, "a booking of position " + std::to_string(e.position.value) + ", which is not open");
  const auto fill = std::find_if(fills_.rbegin(), fills_.rend(), [&](const booked_fill& f) { return f.seq == h.cause; });
  if (fill == fills_.rend()) return error(errc::log_corrupt, "a booking that answers event " + std::to_string(h.cause) + ", which is no recent fill");
  auto& p = *position;
  const double before = magnitude(p.p.net).to_double(), after = magnitude(e.net).to_double(), at = fill->at.to_double();
  if (after > before) {
    p.entry_value += (after - before) * at;
    p.entry_size += after - before;
  } else {
    p.exit_value += (before - after) * at;
    p.exit_size += before - after;
  }
  const auto net = subtract(e.realised, e.commission);
  if (!net) return too_large();
  TOMNEXT_TRY(add_to(p.gross, e.realised));
  TOMNEXT_TRY(add_to(p.commission, e.commission));
  TOMNEXT_TRY(add_to(p.p.booked, *net));
  TOMNEXT_TRY(add_to(history_.bridge.commission, e.commission));
  TOMNEXT_TRY(add_to(balance_, *net));
  p.p.net = e.net;
  p.size_max = std::max(p.size_max, magnitude(e.net));
  if (e.change != position_change::closed) p.p.average_price = e.average_price;
  p.rate = e.conversion_rate.to_double();
  p.lowest_price = p.highest_price = 0;  // another size: what the same prices are worth is seen anew
  const double value = after * at * p.rate;
  (p.direction == side::buy ? long_ : short_) += value - p.value;
  p.value = value;
  if (e.change == position_change::closed) {
    TOMNEXT_TRY(close(h, p));
    of_instrument.erase(of_instrument.begin() + (position - of_instrument.data()));
    --open_count_;
  }
  expose(h.at);
  return {};
}

result<void> history_fold::open(const header& h, const position_changed& e, held*& position) {
  if (position != nullptr) return error(errc::log_corrupt, "position " + std::to_string(e.position.value) + " is opened twice");
  if (open_count_ == open_positions_max)
    return error(errc::invalid_argument, "more than " + std::to_string(open_positions_max) + " positions are open at once: too many for a report");
  held fresh;
  fresh.p.position = e.position;
  fresh.p.strategy = e.strategy;
  fresh.p.instrument = e.instrument;
  fresh.p.entered = h.at;
  fresh.opened_seq = h.seq;
  fresh.direction = e.net.value > 0 ? side::buy : side::sell;
  open_[e.instrument.value].push_back(fresh);
  ++open_count_;
  position = &open_[e.instrument.value].back();
  return {};
}

result<void> history_fold::close(const header& h, held& p) {
  if (history_.trades.size() == trades_max) return error(errc::invalid_argument, "more than " + std::to_string(trades_max) + " trades: too many for a report");
  run_trade t;
  t.position = p.p.position;
  t.profit = p.p.booked;
  t.commission = p.commission;
  t.financing = p.financing;
  t.opened_seq = p.opened_seq;
  t.closed_seq = h.seq;
  auto& f = t.figures;
  f.strategy = p.p.strategy;
  f.instrument = p.p.instrument;
  f.direction = p.direction;
  f.entered = p.p.entered;
  f.exited = h.at;
  f.entry_price = p.entry_size > 0 ? p.entry_value / p.entry_size : 0;
  f.exit_price = p.exit_size > 0 ? p.exit_value / p.exit_size : 0;
  f.quantity = p.size_max.to_double();
  f.profit = history_.whole(t.profit);
  f.commission = history_.whole(t.commission);
  if (p.valued) {
    // What was realised in the end was there to be had, whatever the quotes that were looked at.
    const double gross = history_.whole(p.gross);
    f.adverse_excursion = std::min({p.adverse.value_or(0), gross, 0.0});
    f.favourable_excursion = std::max({p.favourable.value_or(0), gross, 0.0});
  }
  TOMNEXT_TRY(add_to(history_.bridge.closed_trades, t.profit));
  history_.trades.push_back(t);
  return {};
}

void history_fold::expose(timestamp at) {
  if (open_count_ == 0) long_ = short_ = 0;  // no crumbs of floating point
  history_.exposure_steps.add({at, std::max(long_, 0.0), std::max(short_, 0.0)});
  history_.exposure.gross_max = std::max(history_.exposure.gross_max, long_ + short_);
}

// ---- money -----------------------------------------------------------------------------------------

result<void> history_fold::apply(const header& h, const cash_moved& e) {
  if (!opened_) {
    opened_ = true;
    history_.bridge.opening = balance_ = e.balance;
    history_.first = exposed_until_ = h.at;
    add_point({h.at, history_.whole(e.balance), 0});
    return {};
  }
  TOMNEXT_TRY(add_to(history_.bridge.flows, e.moved));
  TOMNEXT_TRY(add_to(pending_flow_, e.moved));
  return add_to(balance_, e.moved);
}

// Financing of a position is part of its result; what comes when it is closed already, or for none, is told apart.
result<void> history_fold::apply(const financing_booked& e) {
  if (e.booked.value == 0) return {};
  TOMNEXT_TRY(add_to(balance_, e.booked));
  TOMNEXT_TRY(add_to(history_.bridge.financing, e.booked));
  if (e.instrument.value < instruments_max)
    for (auto& h : open_[e.instrument.value])
      if (h.p.position == e.position) {
        TOMNEXT_TRY(add_to(h.financing, e.booked));
        return add_to(h.p.booked, e.booked);
      }
  return add_to(history_.bridge.financing_apart, e.booked);
}

result<void> history_fold::apply(const header& h, const account_valued& e) {
  const auto unexplained = subtract(e.balance, balance_);
  if (!unexplained) return too_large();
  TOMNEXT_TRY(add_to(history_.bridge.other, *unexplained));
  balance_ = e.balance;
  history_.unrealised = e.unrealised;
  add_point({h.at, history_.whole(e.equity), history_.whole(pending_flow_)});
  pending_flow_ = {};
  return {};
}

// A day ends a nanosecond before its boundary, with a valuation. That is the day's last point, and stands at the boundary: what is valued there or later
// belongs to the next day.
void history_fold::apply(const header& h, const day_closed& e) {
  auto& all = history_.equity;
  const timestamp boundary = h.at + 1;
  if (!all.empty() && all.back().at == h.at && e.account == history_.account.account &&
      std::binary_search(history_.day_ends.begin(), history_.day_ends.end(), boundary))
    all.back().at = boundary;
}

void history_fold::add_point(statistics::equity_point p) {
  auto& all = history_.equity;
  if (!all.empty()) p.at = std::max(p.at, all.back().at);
  all.push_back(p);
  if (all.size() < equity_points_max) return;
  // What cannot be thinned any further (flows, days' ends) is fewer than the days there are; the limit is soft by those.
  if (auto fewer = thinned(all, history_.boundaries()); fewer.size() < all.size()) {
    all = std::move(fewer);
    history_.equity_thinned = true;
  }
}

result<void> history_fold::apply(const calendar_defined& e) {
  if (e.roll != roll_profile::new_york) return {};  // reports are cut at 17:00 New York
  history_.tzdata_version = std::string(e.tzdata_version.view());
  if (history_.day_ends.empty()) history_.first_day = e.first_date;
  const std::int64_t from = e.first_date.days - history_.first_day.days;
  if (from < 0 || from > static_cast<std::int64_t>(history_.day_ends.size()))
    return error(errc::log_corrupt, "the calendar's page of " + to_string(e.first_date) + " does not follow the pages before it");
  history_.day_ends.resize(static_cast<std::size_t>(from));
  for (const auto t : e.boundaries) history_.day_ends.push_back(t);
  return {};
}

// ---- all of it -------------------------------------------------------------------------------------

result<void> history_fold::take(const event& e) {
  if (e.head.type < event_numbers) ++history_.counts[e.head.type];
  const auto from = [&](result<void> r) -> result<void> {
    if (!r) return r.error().within("event " + std::to_string(e.head.seq));
    return r;
  };
  if (opened_ && e.head.at > exposed_until_) {
    const auto passed = static_cast<double>(e.head.at - exposed_until_);
    (open_count_ == 0 ? flat_ns_ : long_ > 0 ? long_ns_ : short_ns_) += passed;
    if (long_ > 0 && short_ > 0) short_ns_ += passed;
    gross_ns_ += passed * (long_ + short_);
    exposed_until_ = e.head.at;
  }
  const auto& account = history_.account.account;
  const auto no_such = [&](const char* what) { return error(errc::log_corrupt, "event " + std::to_string(e.head.seq) + ": " + what); };
  switch (e.head.type) {
    case quote_accepted::type_number:
      if (!is_known(e.as<quote_accepted>().instrument)) return no_such("a quote of no instrument");
      apply(e.as<quote_accepted>());
      return {};
    case order_filled::type_number:
      if (e.as<order_filled>().account != account) return {};
      fills_.push_back({e.head.seq, e.as<order_filled>().at_price});
      if (fills_.size() > fills_kept) fills_.pop_front();
      return {};
    case position_changed::type_number: return e.as<position_changed>().account == account ? from(apply(e.head, e.as<position_changed>())) : result<void>();
    case account_valued::type_number: return e.as<account_valued>().account == account ? from(apply(e.head, e.as<account_valued>())) : result<void>();
    case day_closed::type_number: apply(e.head, e.as<day_closed>()); return {};
    case cash_moved::type_number: return e.as<cash_moved>().account == account ? from(apply(e.head, e.as<cash_moved>())) : result<void>();
    case financing_booked::type_number: return e.as<financing_booked>().account == account ? from(apply(e.as<financing_booked>())) : result<void>();
    case calendar_defined::type_number: return from(apply(e.as<calendar_defined>()));
    case account_opened::type_number:
      if (e.as<account_opened>().minor_units > ledger::minor_units_max) return no_such("an account in a currency of more than nine decimals");
      if (!account) history_.account = e.as<account_opened>();
      return {};
    case instrument_defined::type_number:
      if (const auto& i = e.as<instrument_defined>();
          !is_known(i.instrument) || i.price_precision > price::scale || std::max(i.base_minor_units, i.quote_minor_units) > ledger::minor_units_max)
        return no_such("an instrument with a number or decimals that none has");
      rates_.define(e.as<instrument_defined>());
      history_.instruments[e.as<instrument_defined>().instrument].terms = e.as<instrument_defined>();
      return {};
    case strategy_registered::type_number: {
      const auto& s = e.as<strategy_registered>();
      history_.strategies[s.strategy] = {std::string(s.name.view()), std::string(s.kind.view())};
      return {};
    }
    case configuration_set::type_number: history_.configuration = e.as<configuration_set>().content_hash; return {};
    case log_declared::type_number:
      history_.purpose = e.as<log_declared>().purpose;
      history_.made_by = std::string(e.as<log_declared>().description.view());
      return {};
    default: return {};
  }
}

result<run_history> history_fold::finish(const persistence::log_head& head) {
  if (!opened_) return error(errc::invalid_argument, "no account was opened in this log: there is nothing to report of");
  auto& h = history_;
  if (pending_flow_.value != 0) add_point({exposed_until_, h.equity.back().equity + h.whole(pending_flow_), h.whole(pending_flow_)});
  h.head = head;
  h.last = h.equity.back().at;
  // A calendar may end with the last date of its data, a few hours before the day of the last moment does: by that day it is longer here, and by no more,
  // whatever the log claims.
  if (!h.day_ends.empty() && h.day_ends.back() < h.last && h.day_ends.back().ns <= INT64_MAX - day_ns) {
    const timestamp next = h.day_ends.back() + day_ns;
    if (h.last <= next) h.day_ends.push_back(next);
  }
  h.bridge.final_balance = balance_;
  for (const auto& of_instrument : open_)
    for (const auto& p : of_instrument) {
      h.open_positions.push_back(p.p);
      TOMNEXT_TRY(add_to(h.bridge.open_positions, p.p.booked));
    }
  const double whole = static_cast<double>(exposed_until_ - h.first);
  if (whole > 0) {
    h.exposure.gross_mean = gross_ns_ / whole;
    h.exposure.long_share = long_ns_ / whole;
    h.exposure.short_share = short_ns_ / whole;
    h.exposure.flat_share = flat_ns_ / whole;
  }
  return std::move(history_);
}

result<run_history> history_of(const persistence::event_log& log, const std::function<bool(std::uint64_t)>& on_progress) {
  const auto head = log.head();
  history_fold fold;
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  std::uint64_t told = 0;
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (const auto& e : (*g)->events) TOMNEXT_TRY(fold.take(e));
    const auto seq = (*g)->last_seq();
    if (on_progress && seq >= told + progress_every) {
      told = seq;
      if (!on_progress(seq)) return error(errc::cancelled, "cancelled at event " + std::to_string(seq));
    }
    if (seq >= head.seq) break;
  }
  return fold.finish(head);
}

}  // namespace tomnext::replay
