#include "domain/venue/venue_host.hpp"

#include <algorithm>

namespace tomnext::venue {

void venue_host::apply(const header&, const instrument_defined& e) {
  if (e.instrument.value >= instruments_max || e.price_precision > price::scale) return;
  auto& b = books_[e.instrument.value];
  b.displayed = e.displayed_size;
  b.step = price{power_of_ten(price::scale - e.price_precision)};
}

void venue_host::apply(const header&, const venue_order_reported& e) {
  // A refusal takes the id too: what was answered once is never answered differently.
  taken_.insert(e.order);
  next_venue_order_ = std::max(next_venue_order_, e.venue_order + 1);
  next_execution_ = std::max(next_execution_, e.execution + 1);
}

void venue_host::decide(const header&, const send_started& e, outbox& out) const {
  venue_order_reported report;
  report.order = e.order;
  report.instrument = e.instrument;
  report.leaves = e.size;
  auto refuse = [&](const char* why) {
    report.report = venue_report::rejected;
    report.reason = why;
    out.emit(report);
  };
  if (taken_.contains(e.order)) return refuse("duplicate client order id");
  if (e.kind != order_kind::market) return refuse("this venue takes market orders only");
  if (e.direction == side::none) return refuse("an order buys or sells");
  if (e.size.value <= 0) return refuse("quantity is not positive");
  const bool known = e.instrument.value < instruments_max && books_[e.instrument.value].step.value > 0;
  if (!known) return refuse("unknown instrument");

  const auto& book = books_[e.instrument.value];
  const bool buy = e.direction == side::buy;
  const price top = buy ? book.ask : book.bid;
  if (top.value <= 0) return refuse("no quote yet");
  const quantity told = buy ? book.ask_size : book.bid_size;
  const quantity shown = told.value > 0 ? told : book.displayed;
  const quantity at_top{shown.value > 0 ? std::min(shown.value, e.size.value) : e.size.value};
  const auto worse = add(top, price{sign(e.direction) * book.step.value});
  if (at_top < e.size && (!worse || worse->value <= 0)) return refuse("there is no price one step worse");

  report.venue_order = next_venue_order_;
  report.report = venue_report::acknowledged;
  out.emit(report);
  auto fill = [&](quantity size, price at_price, std::uint64_t execution) {
    report.report = venue_report::filled;
    report.execution = execution;
    report.size = size;
    report.at_price = at_price;
    report.leaves.value -= size.value;
    out.emit(report);
  };
  fill(at_top, top, next_execution_);
  if (report.leaves.value > 0) fill(report.leaves, *worse, next_execution_ + 1);
}

}  // namespace tomnext::venue
