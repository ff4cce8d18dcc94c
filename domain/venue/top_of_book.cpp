#include "domain/venue/top_of_book.hpp"

namespace tomnext::venue {
namespace {

struct offer {
  price top;
  quantity shown;  // 0: not limited
};
offer offer_for(side direction, const top_view& q) { return direction == side::buy ? offer{q.ask, q.ask_size} : offer{q.bid, q.bid_size}; }

// One price step worse; 0 where there is none.
price one_step_worse(const order_book& book, side direction, price p) { return add(p, price{sign(direction) * book.rules().step.value}).value_or(price{}); }

bool triggers(order_book& book, venue_order& o, price top) {
  const auto kind = o.terms.kind;
  if (o.triggered || kind == order_kind::market || kind == order_kind::limit) return true;
  if (kind == order_kind::trailing_stop) order_book::follow(o, top);
  // A stop waits until the price is as bad as its trigger, a market-if-touched until it is as good.
  const bool hit =
      kind == order_kind::market_if_touched ? no_worse(o.terms.direction, top, o.terms.trigger) : no_worse(o.terms.direction, o.terms.trigger, top);
  if (hit) book.trigger(o);
  return hit;
}

// Fills what the quote gives. The order may be gone afterwards.
void take(order_book& book, venue_order& o, const offer& from) {
  const auto order = o.terms.order;
  const bool limited = has_limit(o.terms.kind), kill = o.terms.validity == time_in_force::fill_or_kill;
  const std::int64_t slips = limited ? 0 : book.slippage(o);
  const price top = shifted(from.top, sign(o.terms.direction) * slips), beyond = one_step_worse(book, o.terms.direction, top);
  const bool none_beyond = beyond.value <= 0 || (limited && !no_worse(o.terms.direction, beyond, o.terms.limit));
  const quantity whole = o.open(), wanted = book.fillable(o);
  if (!wanted) return;
  const quantity at_top{from.shown.value > 0 ? std::min(from.shown.value, wanted.value) : wanted.value};
  if (top.value <= 0) return;
  if (kill && (wanted < whole || (at_top < wanted && none_beyond))) return;
  if (book.fill(order, at_top, top) && at_top < wanted && !none_beyond) book.fill(order, {wanted.value - at_top.value}, beyond);
}

void meet(order_book& book, venue_order& o, const top_view& q) {
  const auto order = o.terms.order;
  const auto from = offer_for(o.terms.direction, q);
  if (from.top.value <= 0) return;
  if (triggers(book, o, from.top) && (!has_limit(o.terms.kind) || no_worse(o.terms.direction, from.top, o.terms.limit))) take(book, o, from);
  if (const auto* left = book.find(order); left != nullptr && immediate(left->terms.validity)) book.cancel(order, "not filled at once");
}

}  // namespace

void submit(order_book& book, const order_request& r, const top_view& q) {
  const auto from = offer_for(r.direction, q);
  if (r.kind == order_kind::market && r.direction != side::none && r.size.value > 0) {
    if (from.top.value <= 0) return book.reject(r, "no quote yet");
    if (from.shown.value > 0 && from.shown < r.size && one_step_worse(book, r.direction, from.top).value <= 0)
      return book.reject(r, "there is no price one step worse");
  }
  book.submit(r, q.at, from.top);
  const auto* accepted = book.find(r.order);
  if (accepted == nullptr || book.answers().back().kind == answer_kind::rejected) return;
  book.each(
      q.at, [&](const venue_order& o) { return o.terms.order == r.order; }, [&](venue_order& o) { meet(book, o, q); });
}

void work(order_book& book, const top_view& q) {
  book.expire(q.at);
  book.each(
      q.at, [](const venue_order&) { return true; }, [&](venue_order& o) { meet(book, o, q); });
}

}  // namespace tomnext::venue
