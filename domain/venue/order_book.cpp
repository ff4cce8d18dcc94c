#include "domain/venue/order_book.hpp"

#include <limits>
#include <utility>

namespace tomnext::venue {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view by_other_side = "the other side has filled", nothing_left = "nothing is left to reduce";

// No pair has prices beyond a million: room for arithmetic.
constexpr price price_max = price::whole(1'000'000);
bool priced(price p) { return p.value >= 0 && p <= price_max; }

bool one_of_its_kinds(order_kind k) { return k <= order_kind::trailing_stop; }

}  // namespace

// ---- looking things up -----------------------------------------------------------------------------

const venue_order* order_book::find(order_id order) const {
  const auto found = places_.find(order);
  return found == places_.end() ? nullptr : &orders_.at(found->second);
}

venue_order* order_book::at(order_id order) { return const_cast<venue_order*>(std::as_const(*this).find(order)); }

quantity order_book::held(position_id position) const {
  const auto found = held_.find(position);
  return found == held_.end() ? quantity{} : found->second;
}

// A netting account has one position here, which has no name of its own.
position_id order_book::position_of(const order_request& r) const {
  if (rules_.positions == position_mode::netting) return {};
  if (r.closes) return r.closes;
  return position_id{r.parent ? r.parent.value : r.order.value};
}

std::int64_t order_book::reducible(const venue_order& o) const {
  return std::max<std::int64_t>(-sign(o.terms.direction) * held(position_of(o.terms)).value, 0);
}

// ---- requests --------------------------------------------------------------------------------------

std::string_view order_book::fault_of(const order_request& r, timestamp at) const {
  if (find(r.order) != nullptr) return "duplicate client order id";
  if (r.direction != side::buy && r.direction != side::sell) return "an order buys or sells";
  if (r.size.value <= 0) return "quantity is not positive";
  if (!one_of_its_kinds(r.kind)) return "this venue does not know this kind of order";
  if (!priced(r.limit) || !priced(r.trigger) || !priced(r.trail)) return "a price beyond what any pair has";
  if (has_limit(r.kind) && r.limit.value <= 0) return "a limit order needs a positive limit price";
  if (has_trigger(r.kind) && r.trigger.value <= 0) return "a stop order needs a positive trigger price";
  if (r.kind == order_kind::trailing_stop && r.trail.value <= 0) return "a trailing stop needs a positive distance";
  if (r.validity > time_in_force::good_till_date) return "this venue does not know this time in force";
  if (immediate(r.validity) && r.kind != order_kind::market && r.kind != order_kind::limit) return "what waits for a trigger cannot be immediate";
  if (r.validity == time_in_force::good_till_date && r.expires <= at) return "good till a time that has passed";
  if (r.parent) {
    const auto* parent = find(r.parent);
    if (parent == nullptr) return "the parent order does not work";
    if (parent->reduces()) return "what reduces a position has no children";
    if (parent->terms.direction == r.direction) return "a child closes what its parent opens";
    if (r.kind == order_kind::market || immediate(r.validity)) return "a child waits for a price";
    if (r.size > parent->terms.size) return "a child is not larger than its parent";
  }
  if (r.oco) {
    const auto* other = find(r.oco);
    if (other == nullptr) return "the other side does not work";
    if (other->terms.oco) return "the other side has one already";
  }
  if (r.reduce_only && !r.parent && reducible({r, {}, {}, {}, {}, false, 0}) == 0) return "there is nothing to reduce";
  if (orders_.size() >= working_orders_max) return "the book is full";
  if (rejects(rules_.models, r.order)) return "rejected by the model of rejects";
  return {};
}

void order_book::reject(const order_request& r, std::string_view why) { answers_.push_back({answer_kind::rejected, r.order, {}, {}, r.size, why}); }

void order_book::submit(const order_request& r, timestamp at, price market) {
  if (const auto why = fault_of(r, at); !why.empty()) return reject(r, why);
  venue_order o;
  o.terms = r;
  o.released = r.parent ? quantity{} : r.size;
  o.works_from = at + latency(rules_.models, r.order);
  if (r.kind == order_kind::trailing_stop && !r.parent) {
    const std::int64_t behind = sign(r.direction) * r.trail.value;
    if (r.trigger.value <= 0 && market.value <= 0) return reject(r, "there is no price to trail yet");
    o.best = r.trigger.value > 0 ? shifted(r.trigger, -behind) : market;
    o.terms.trigger = shifted(o.best, behind);
  }
  if (auto* other = this->at(r.oco); r.oco && other != nullptr) other->terms.oco = r.order;
  places_.emplace(r.order, next_place_);
  say(answer_kind::accepted, orders_.emplace(next_place_++, o).first->second, {});
}

void order_book::cancel(order_id order, std::string_view why) {
  if (find(order) == nullptr) {
    answers_.push_back({answer_kind::change_refused, order, {}, {}, {}, "the order does not work"});
    return;
  }
  end(order, answer_kind::cancelled, why);
}

void order_book::amend(const amendment& a, timestamp at) {
  auto* o = this->at(a.order);
  const auto refuse = [&](std::string_view why) {
    answers_.push_back({answer_kind::change_refused, a.order, {}, {}, o != nullptr ? o->leaves() : quantity{}, why});
  };
  if (o == nullptr) return refuse("the order does not work");
  auto& t = o->terms;
  const auto negative = a.size.value < 0 || a.limit.value < 0 || a.trigger.value < 0 || a.trail.value < 0;
  if (negative || !priced(a.limit) || !priced(a.trigger) || !priced(a.trail)) return refuse("a value beyond what any order has");
  if (a.size && a.size <= o->filled) return refuse("not more than is filled");
  if (const auto* parent = find(t.parent); a.size && parent != nullptr && a.size > parent->terms.size) return refuse("a child is not larger than its parent");
  if (a.limit && !has_limit(t.kind)) return refuse("this kind of order has no limit");
  if (a.trigger && !has_trigger(t.kind)) return refuse("this kind of order has no trigger of its own");
  if (a.trigger && o->triggered) return refuse("the order has triggered already");
  if (a.trail && t.kind != order_kind::trailing_stop) return refuse("this kind of order trails nothing");
  if (a.expires.ns != 0 && (t.validity != time_in_force::good_till_date || a.expires <= at)) return refuse("it cannot be good till then");
  if (a.size) {
    t.size = a.size;
    if (!o->child()) o->released = a.size;
  }
  if (a.limit) t.limit = a.limit;
  if (a.trigger) t.trigger = a.trigger;
  if (a.expires.ns != 0) t.expires = a.expires;
  if (a.trail) {
    t.trail = a.trail;
    if (o->best) follow(*o, o->best);
  }
  answers_.push_back({answer_kind::amended, a.order, t.size, {}, o->leaves(), {}});
}

// ---- how orders end --------------------------------------------------------------------------------

void order_book::say(answer_kind kind, const venue_order& o, std::string_view why) { answers_.push_back({kind, o.terms.order, {}, {}, o.leaves(), why}); }

void order_book::end(order_id order, answer_kind kind, std::string_view why) {
  const auto found = places_.find(order);
  if (found == places_.end()) return;
  const venue_order ended = orders_.at(found->second);
  orders_.erase(found->second);
  places_.erase(found);
  if (kind != answer_kind::filled) say(kind, ended, why);
  after_end(ended);
}

// The parent opens nothing more: its children are as large as what it has opened.
void order_book::after_end(const venue_order& ended) {
  if (auto* other = at(ended.terms.oco); ended.terms.oco && other != nullptr) other->terms.oco = {};
  if (ended.child()) return;
  std::vector<order_id> idle;
  for (auto& [place, o] : orders_) {
    if (o.terms.parent != ended.terms.order) continue;
    if (o.released == o.filled) {
      idle.push_back(o.terms.order);
    } else if (o.released < o.terms.size) {
      o.terms.size = o.released;
      answers_.push_back({answer_kind::amended, o.terms.order, o.terms.size, {}, o.leaves(), "its parent has ended"});
    }
  }
  for (const auto order : idle) end(order, answer_kind::cancelled, ended.filled ? nothing_left : "its parent has ended without a fill");
}

void order_book::expire(timestamp now) {
  std::vector<order_id> over;
  for (const auto& [place, o] : orders_)
    if (o.terms.validity == time_in_force::good_till_date && o.terms.expires <= now) over.push_back(o.terms.order);
  for (const auto order : over) end(order, answer_kind::expired, "its time is over");
}

void order_book::end_day() {
  std::vector<order_id> over;
  for (const auto& [place, o] : orders_)
    if (o.terms.validity == time_in_force::day) over.push_back(o.terms.order);
  for (const auto order : over) end(order, answer_kind::expired, "the day is over");
}

void order_book::expire_all(std::string_view why) {
  while (!orders_.empty()) end(orders_.begin()->second.terms.order, answer_kind::expired, why);
}

// ---- how orders fill -------------------------------------------------------------------------------

void order_book::trigger(venue_order& o) {
  if (o.triggered) return;
  o.triggered = true;
  answers_.push_back({answer_kind::triggered, o.terms.order, {}, o.terms.trigger, o.leaves(), {}});
}

void order_book::follow(venue_order& o, price seen) {
  const side protects = opposite(o.terms.direction);  // a selling stop follows a rising price
  o.best = o.best ? worse(protects, o.best, seen) : seen;
  const price stands = shifted(o.best, sign(o.terms.direction) * o.terms.trail.value);
  o.terms.trigger = o.terms.trigger ? worse(protects, o.terms.trigger, stands) : stands;
}

std::int64_t order_book::slippage(const venue_order& o) const { return slippage_steps(rules_.models, o.terms.order, o.draws) * rules_.step.value; }

quantity order_book::fillable(venue_order& o) {
  quantity size = o.open();
  if (o.reduces()) {
    size = {std::min(size.value, reducible(o))};
    if (size.value <= 0) {
      if (o.child() && find(o.terms.parent) != nullptr) o.released = o.filled;
      else end(o.terms.order, answer_kind::cancelled, nothing_left);
      return {};
    }
  }
  if (o.terms.validity == time_in_force::fill_or_kill) return size;
  return filled_share(rules_.models, o.terms.order, o.draws, size, rules_.quantity_step);
}

bool order_book::fill(order_id order, quantity size, price at_price, rate spread) {
  auto* o = at(order);
  if (o == nullptr || size.value <= 0) return o != nullptr;
  ++o->draws;
  const bool netting = rules_.positions == position_mode::netting;
  const price opens_at{
      mul_div(at_price.value, rate::one + sign(o->terms.direction) * spread.value, rate::one, rounding::half_away_from_zero).value_or(at_price.value)};
  // One fill, unless a spread parts what closes from what opens.
  const bool whole = o->reduces() || opens_at == at_price;
  const std::int64_t closing = whole ? size.value : netting ? std::min(size.value, reducible(*o)) : 0;
  for (const auto& [part, part_price] : {std::pair{closing, at_price}, std::pair{size.value - closing, opens_at}}) {
    if (part <= 0) continue;
    o->filled.value += part;
    answers_.push_back({answer_kind::filled, order, {part}, part_price, o->leaves(), {}});
  }
  const position_id position = position_of(o->terms);
  auto& held = held_[position];
  const std::int64_t change = sign(o->terms.direction) * size.value;
  held = add(held, quantity{change}).value_or(quantity{change > 0 ? most : -most});
  if (!held) held_.erase(position);
  const venue_order filled = *o;
  for (auto& [place, child] : orders_) {
    if (child.terms.parent != order) continue;
    child.released.value += size.value;
    if (child.terms.kind == order_kind::trailing_stop && !child.best) follow(child, at_price);
  }
  if (!filled.leaves()) end(order, answer_kind::filled, {});
  after_fill(filled, size, position);
  return find(order) != nullptr;
}

void order_book::after_fill(const venue_order& filled, quantity size, position_id position) {
  if (filled.terms.oco) end(filled.terms.oco, answer_kind::cancelled, by_other_side);
  if (filled.child()) {
    std::vector<order_id> idle;
    for (auto& [place, o] : orders_) {
      if (o.terms.parent != filled.terms.parent || o.terms.order == filled.terms.order) continue;
      o.released = {std::max(o.released.value - size.value, o.filled.value)};
      if (o.released == o.filled) idle.push_back(o.terms.order);
    }
    for (const auto order : idle) end(order, answer_kind::cancelled, by_other_side);
    // Who begins to leave enters no further: a stop that was hit would otherwise sell at once what its parent buys later.
    if (find(filled.terms.parent) != nullptr) end(filled.terms.parent, answer_kind::cancelled, "its bracket has begun to close");
  }
  drop_idle_reducers(position);
}

// What reduces a position ends with it; a child whose parent still works goes back to sleep.
void order_book::drop_idle_reducers(position_id position) {
  std::vector<order_id> idle;
  for (auto& [place, o] : orders_) {
    if (!o.reduces() || position_of(o.terms) != position || reducible(o) > 0) continue;
    if (o.child() && find(o.terms.parent) != nullptr) o.released = o.filled;
    else idle.push_back(o.terms.order);
  }
  for (const auto order : idle) end(order, answer_kind::cancelled, nothing_left);
}

}  // namespace tomnext::venue
