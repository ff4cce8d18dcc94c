#include "domain/venue/venue_host.hpp"

#include <algorithm>

namespace tomnext::venue {
namespace {

venue_report report_of(answer_kind k) {
  switch (k) {
    case answer_kind::accepted: return venue_report::acknowledged;
    case answer_kind::rejected: return venue_report::rejected;
    case answer_kind::triggered: return venue_report::triggered;
    case answer_kind::filled: return venue_report::filled;
    case answer_kind::cancelled: return venue_report::cancelled;
    case answer_kind::expired: return venue_report::expired;
    case answer_kind::amended: return venue_report::amended;
    case answer_kind::change_refused: return venue_report::change_refused;
  }
  return venue_report::rejected;
}

order_request request_of(const send_started& e) {
  order_request r;
  r.order = e.order;
  r.direction = e.direction;
  r.kind = e.kind;
  r.validity = e.validity;
  r.size = e.size;
  r.limit = e.limit;
  r.trigger = e.trigger;
  r.trail = e.trail;
  r.expires = e.expires;
  r.reduce_only = e.reduce_only;
  r.closes = e.closes;
  r.parent = e.parent;
  r.oco = e.oco;
  return r;
}

price mid_of(price bid, price ask) { return {bid.value + (ask.value - bid.value) / 2}; }

}  // namespace

// ---- what it learns --------------------------------------------------------------------------------

book_rules venue_host::rules_of(const market& m) const { return {configuration_.positions, m.step, m.quantity_step, configuration_.models}; }

void venue_host::apply(const header&, const instrument_defined& e) {
  if (e.instrument.value >= instruments_max || e.price_precision > price::scale) return;
  auto& m = markets_[e.instrument.value];
  m.displayed = e.displayed_size;
  m.step = price{power_of_ten(price::scale - e.price_precision)};
  m.quantity_step = e.quantity_step;
}

top_view venue_host::top_of(const market& m, timestamp at) const {
  const auto shown = [&](quantity told) { return told.value > 0 ? told : m.displayed; };
  return {m.bid, m.ask, shown(m.bid_size), shown(m.ask_size), at};
}

void venue_host::collect(instrument_id instrument, market& m) {
  for (const auto& a : m.book.take_answers()) said_.push_back({instrument, a});
}

// Orders that rest meet the quote; or the bar that they are worked on goes on.
void venue_host::show(market& m, const quote_accepted& e, timestamp at) {
  if (by_bars()) {
    const auto spec = configuration_.bars_of[e.instrument.value];
    const price p = spec.from == price_side::bid ? e.bid : spec.from == price_side::ask ? e.ask : mid_of(e.bid, e.ask);
    bar_opened_ = spec.step_s > 0 && m.bar.add(p, e.source_time, spec.step_s);
    return;
  }
  m.book.use(rules_of(m));
  work(m.book, top_of(m, at));
  collect(e.instrument, m);
}

void venue_host::apply(const header& h, const timer_fired& e) {
  begin();
  const instrument_id instrument{e.timer.value};
  if (e.target != self_ || !by_bars() || instrument.value >= instruments_max) return;
  auto& m = markets_[instrument.value];
  if (!m.bar.is_open() || m.bar.generation() != e.generation || h.at < m.bar.closes_at()) return;
  m.bar.close();
  m.book.use(rules_of(m));
  work(m.book, m.bar.bar(), configuration_.bars);
  collect(instrument, m);
}

void venue_host::apply(const header& h, const send_started& e) {
  begin();
  const auto r = request_of(e);
  const bool known = e.instrument.value < instruments_max && markets_[e.instrument.value].known();
  const auto refuse = [&](std::string_view why) { said_.push_back({e.instrument, {answer_kind::rejected, r.order, {}, {}, r.size, why}}); };
  if (e.request == venue_request::cancel) {
    if (!known) return;
    auto& m = markets_[e.instrument.value];
    m.book.cancel(e.order, "cancelled on request");
    return collect(e.instrument, m);
  }
  if (taken_.contains(e.order)) return refuse("duplicate client order id");
  if (e.direction == side::none) return refuse("an order buys or sells");
  if (e.size.value <= 0) return refuse("quantity is not positive");
  if (!known) return refuse("unknown instrument");
  send(markets_[e.instrument.value], e, h.at);
  collect(e.instrument, markets_[e.instrument.value]);
}

void venue_host::send(market& m, const send_started& e, timestamp at) {
  const auto r = request_of(e);
  m.book.use(rules_of(m));
  if (!by_bars()) return submit(m.book, r, top_of(m, at));
  if (configuration_.bars_of[e.instrument.value].step_s == 0) return m.book.reject(r, "no bars of this instrument are worked");
  m.book.submit(r, at, m.bar.bar().close);
  // Nothing comes after the last bar: what closes is filled at its open.
  if (ended_) finish(m.book, m.bar.bar(), configuration_.bars);
}

void venue_host::apply(const header&, const trading_day_rolled&) {
  begin();
  for (std::uint32_t i = 1; i < instruments_max; ++i)
    if (auto& m = markets_[i]; m.book.size() > 0) {
      m.book.end_day();
      collect(instrument_id{i}, m);
    }
}

void venue_host::apply(const header&, const source_state_changed& e) {
  begin();
  ended_ = e.state == source_state::ended;
  if (!ended_) return;
  for (std::uint32_t i = 1; i < instruments_max; ++i)
    if (auto& m = markets_[i]; m.book.size() > 0) {
      m.book.use(rules_of(m));
      if (by_bars()) finish(m.book, m.bar.bar(), configuration_.bars);
      else m.book.expire_all("the data has ended");
      collect(instrument_id{i}, m);
    }
}

// A refusal takes the id too: what was answered once is never answered differently.
void venue_host::apply(const header&, const venue_order_reported& e) {
  if (e.report == venue_report::change_refused) return;
  taken_.insert(e.order);
  next_venue_order_ = std::max(next_venue_order_, e.venue_order + 1);
  next_execution_ = std::max(next_execution_, e.execution + 1);
  const bool over = e.report == venue_report::rejected || e.report == venue_report::cancelled || e.report == venue_report::expired ||
                    (e.report == venue_report::filled && !e.leaves);
  if (over) orders_.erase(e.order);
  else if (e.report == venue_report::acknowledged) orders_[e.order] = e.venue_order;
}

void venue_host::apply(const header&, const timer_armed& e) {
  if (e.timer.value < instruments_max) markets_[e.timer.value].bar.armed(e.generation);
}

// ---- what it says ----------------------------------------------------------------------------------

void venue_host::answer_quote(const quote_accepted& e, outbox& out) const {
  if (bar_opened_) {
    const auto& bar = markets_[e.instrument.value].bar;
    out.emit(timer_armed{self_, timer_id{e.instrument.value}, bar.generation() + 1, bar.closes_at()});
  }
  tell(out);
}

void venue_host::tell(outbox& out) const {
  std::uint64_t execution = next_execution_;
  std::map<order_id, std::uint64_t> fresh;  // accepted just now
  std::uint64_t number = next_venue_order_;
  for (const auto& [instrument, a] : said_) {
    venue_order_reported report;
    report.order = a.order;
    report.instrument = instrument;
    report.report = report_of(a.kind);
    report.size = a.size;
    report.at_price = a.at_price;
    report.leaves = a.leaves;
    report.reason = a.why;
    if (a.kind == answer_kind::accepted) fresh[a.order] = number++;
    if (const auto just = fresh.find(a.order); just != fresh.end()) report.venue_order = just->second;
    else if (const auto known = orders_.find(a.order); known != orders_.end()) report.venue_order = known->second;
    if (a.kind == answer_kind::filled) report.execution = execution++;
    out.emit(report);
  }
}

}  // namespace tomnext::venue
