#include "domain/venue/next_bar_open.hpp"

#include <optional>
#include <set>

namespace tomnext::venue {
namespace {

bool reaches_up(const bar_view& b, price p) { return b.high >= p; }
bool reaches_down(const bar_view& b, price p) { return b.low <= p; }
// The bar has a price as bad, or as good, as p for whom trades in that direction.
bool as_bad(side d, const bar_view& b, price p) { return d == side::buy ? reaches_up(b, p) : reaches_down(b, p); }
bool as_good(side d, const bar_view& b, price p) { return d == side::buy ? reaches_down(b, p) : reaches_up(b, p); }

bool closes_at_market(const venue_order& o) { return o.terms.kind == order_kind::market && o.reduces(); }
bool protects(const venue_order& o) { return o.reduces() && (o.terms.kind == order_kind::stop || o.terms.kind == order_kind::trailing_stop); }

std::optional<price> at_limit(const venue_order& o, const bar_view& b) {
  const side d = o.terms.direction;
  if (immediate(o.terms.validity)) return no_worse(d, b.open, o.terms.limit) ? std::optional(b.open) : std::nullopt;
  if (!as_good(d, b, o.terms.limit)) return std::nullopt;
  return better(d, b.open, o.terms.limit);
}

// Where the bar fills it, before slippage. A stop-limit that triggers beyond its limit rests.
std::optional<price> price_on(order_book& book, venue_order& o, const bar_view& b) {
  const side d = o.terms.direction;
  if (o.triggered) return has_limit(o.terms.kind) ? at_limit(o, b) : std::optional(b.open);
  switch (o.terms.kind) {
    case order_kind::market: return b.open;
    case order_kind::limit: return at_limit(o, b);
    case order_kind::market_if_touched:
      if (!as_good(d, b, o.terms.trigger)) return std::nullopt;
      book.trigger(o);
      return better(d, b.open, o.terms.trigger);
    case order_kind::stop:
    case order_kind::stop_limit:
    case order_kind::trailing_stop: break;
  }
  if (!as_bad(d, b, o.terms.trigger)) {
    if (o.terms.kind == order_kind::trailing_stop) order_book::follow(o, d == side::sell ? b.high : b.low);
    return std::nullopt;
  }
  book.trigger(o);
  const price p = worse(d, b.open, o.terms.trigger);
  if (o.terms.kind == order_kind::stop_limit && !no_worse(d, p, o.terms.limit)) return std::nullopt;
  return p;
}

/// One bar's work: which brackets were entered on it, and whose children are tested on it all the same.
class bar_work {
 public:
  bar_work(order_book& book, const bar_view& bar, const bar_rules& rules, timestamp now) : book_(book), bar_(bar), rules_(rules), now_(now) {}

  void all() {
    pass(closes_at_market);
    pass(protects);
    pass([](const venue_order& o) { return !closes_at_market(o) && !protects(o); });
    test_children();
  }
  void pass(bool (*wanted)(const venue_order&)) {
    book_.each(
        now_, [&](const venue_order& o) { return wanted(o) && !entered_.contains(o.terms.parent) && !worked_.contains(o.terms.order); },
        [&](venue_order& o) { meet(o); });
  }

 private:
  // The children of what was entered on this bar, stops before profits.
  void test_children() {
    if (tested_.empty()) return;
    for (const bool stops : {true, false})
      book_.each(
          now_, [&](const venue_order& o) { return tested_.contains(o.terms.parent) && protects(o) == stops; }, [&](venue_order& o) { meet(o); });
  }
  void meet(venue_order& o) {
    const auto order = o.terms.order;
    const auto kind = o.terms.kind;
    const bool was_triggered = o.triggered;
    worked_.insert(order);
    if (const auto p = price_on(book_, o, bar_)) {
      const quantity size = book_.fillable(o);
      if (size.value > 0) {
        const std::int64_t slips = has_limit(kind) ? 0 : book_.slippage(o);
        const price at{std::max<std::int64_t>(shifted(*p, sign(o.terms.direction) * slips).value, 1)};
        if (!o.reduces()) entered(order, kind, was_triggered);
        book_.fill(order, size, at, rules_.spread);
      }
    }
    if (const auto* left = book_.find(order); left != nullptr && immediate(left->terms.validity)) book_.cancel(order, "not filled at the open");
  }

  void entered(order_id parent, order_kind kind, bool was_triggered) {
    entered_.insert(parent);
    if (kind == order_kind::market || was_triggered) tested_.insert(parent);
    else if (kind == order_kind::stop && profit_alone_is_certain(parent)) tested_.insert(parent);
  }
  // A stop entry and its profit lie in the same direction, so the profit was reached after the entry; a bar that reaches the loss too leaves that open.
  bool profit_alone_is_certain(order_id parent) {
    bool certain = true;
    book_.each_child(parent, [&](const venue_order& o) {
      // A trailing stop stands nowhere before the entry.
      if (o.terms.kind == order_kind::trailing_stop || (protects(o) && as_bad(o.terms.direction, bar_, o.terms.trigger))) certain = false;
    });
    return certain;
  }

  order_book& book_;
  const bar_view& bar_;
  const bar_rules& rules_;
  timestamp now_;
  std::set<order_id> entered_, tested_, worked_;
};

}  // namespace

void work(order_book& book, const bar_view& bar, const bar_rules& rules) {
  book.expire(bar.opened_at);
  bar_work(book, bar, rules, bar.opened_at).all();
}

void finish(order_book& book, const bar_view& last, const bar_rules& rules) {
  constexpr timestamp whenever{INT64_MAX};  // what was sent at the close of the last bar came after its open
  bar_work w(book, last, rules, whenever);
  if (rules.entries_at_end) w.all();
  else w.pass(closes_at_market);
  book.expire_all("the data has ended");
}

}  // namespace tomnext::venue
