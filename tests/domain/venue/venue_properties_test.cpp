// Laws of the simulated market under random orders, prices and models.
#include <map>
#include <set>

#include <rapidcheck.h>

#include "tests/domain/venue/market_desk.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using kind = answer_kind;

namespace {

constexpr std::int64_t step = 10'000;  // 0.00001

/// A desk with a crowd of random orders, quoted by either profile, and a ledger of what must hold.
struct crowd {
  explicit crowd(bool bars) : by_bars(bars), desk(rules()) {}

  static venue::book_rules rules() {
    auto r = plain_rules(*rc::gen::element(position_mode::netting, position_mode::hedging));
    if (*rc::gen::inRange(0, 2) == 1) {
      r.models.seed = *rc::gen::inRange<std::uint64_t>(1, 1000);
      r.models.partial_fill_probability = *rate::parse("0.4");
      r.models.slippage_probability = *rate::parse("0.3");
      r.models.slippage_steps_max = 3;
      r.models.reject_probability = *rate::parse("0.1");
    }
    return r;
  }

  void some_order() {
    venue::order_request r = order(++sent, *rc::gen::element(side::buy, side::sell), *rc::gen::inRange(1, 50));
    r.kind = static_cast<order_kind>(*rc::gen::inRange(0, 6));
    const auto near = [&] { return price{at_price + step * *rc::gen::inRange(-30, 31)}; };
    if (venue::has_limit(r.kind)) r.limit = near();
    if (venue::has_trigger(r.kind)) r.trigger = near();
    if (r.kind == order_kind::trailing_stop) r.trail = price{step * *rc::gen::inRange(1, 20)};
    r.validity = static_cast<time_in_force>(*rc::gen::inRange(0, 5));
    r.expires = desk.now + hour_ns * *rc::gen::inRange(0, 6);
    r.reduce_only = *rc::gen::inRange(0, 4) == 0;
    if (sent > 1 && *rc::gen::inRange(0, 3) == 0) r.parent = order_id{static_cast<std::uint64_t>(*rc::gen::inRange<int>(1, static_cast<int>(sent)))};
    if (sent > 1 && *rc::gen::inRange(0, 5) == 0) r.oco = order_id{static_cast<std::uint64_t>(*rc::gen::inRange<int>(1, static_cast<int>(sent)))};
    requests[sent] = r;
    check(by_bars ? desk.send_for_bars(r) : desk.send(r));
  }
  // An entry near the price with both children: what partial fills and each side's share are tried on.
  void some_bracket() {
    const side d = *rc::gen::element(side::buy, side::sell);
    const std::int64_t size = *rc::gen::inRange(2, 60);
    const auto beyond = [&](side towards) { return price{at_price + sign(towards) * step * *rc::gen::inRange(1, 30)}; };
    auto entry = order(++sent, d, size, *rc::gen::element(order_kind::market, order_kind::limit));
    const auto parent = sent;
    if (venue::has_limit(entry.kind)) entry.limit = beyond(d);
    auto loss = child_of(parent, order(++sent, opposite(d), size, *rc::gen::element(order_kind::stop, order_kind::trailing_stop)));
    (loss.kind == order_kind::stop ? loss.trigger : loss.trail) = loss.kind == order_kind::stop ? beyond(opposite(d)) : price{10 * step};
    auto profit = child_of(parent, order(++sent, opposite(d), size, order_kind::limit));
    profit.limit = beyond(d);
    for (const auto& r : {entry, loss, profit}) {
      requests[r.order.value] = r;
      check(by_bars ? desk.send_for_bars(r) : desk.send(r));
    }
  }
  void some_change() {
    if (sent == 0) return;
    const order_id any{static_cast<std::uint64_t>(*rc::gen::inRange<int>(1, static_cast<int>(sent) + 1))};
    if (*rc::gen::inRange(0, 2) == 0) {
      desk.book.cancel(any, "no longer wanted");
    } else {
      venue::amendment a;
      a.order = any;
      a.size = units(*rc::gen::inRange(0, 60));
      const auto* o = desk.book.find(any);
      if (o != nullptr && venue::has_limit(o->terms.kind)) a.limit = price{at_price + step * *rc::gen::inRange(-30, 31)};
      desk.book.amend(a, desk.now);
      if (desk.book.answers().back().kind == kind::amended && a.limit) requests[any.value].limit = a.limit;
    }
    check(desk.take());
  }
  void some_price() {
    remember_triggers();
    at_price += step * *rc::gen::inRange(-25, 26);
    if (by_bars) {
      const auto part = [&](int least, int most) { return price{at_price + step * *rc::gen::inRange(least, most)}; };
      const price open = part(-10, 11), close = part(-10, 11);
      desk.last = {desk.now, open, price{std::max(open, close).value + step * *rc::gen::inRange(0, 20)},
                   price{std::min(open, close).value - step * *rc::gen::inRange(0, 20)}, close};
      desk.now = desk.now + hour_ns;
      venue::work(desk.book, desk.last, {});
    } else {
      desk.now = desk.now + hour_ns;
      desk.top = {price{at_price}, price{at_price + step * *rc::gen::inRange(0, 8)}, units(*rc::gen::inRange(0, 40)), units(*rc::gen::inRange(0, 40)),
                  desk.now};
      venue::work(desk.book, desk.top);
    }
    check(desk.take());
    check_triggers();
  }

  void check(const std::vector<answer>& answers) {
    for (const auto& a : answers) {
      auto& mine = ledger[a.order.value];
      RC_ASSERT((!mine.over || a.kind == kind::change_refused));  // nothing after the end
      const auto& r = requests[a.order.value];
      switch (a.kind) {
        case kind::accepted: mine.size = a.leaves; break;
        case kind::amended: mine.size = a.size; break;
        case kind::filled:
          RC_ASSERT(a.size.value > 0);
          mine.filled.value += a.size.value;
          RC_ASSERT(a.leaves.value == mine.size.value - mine.filled.value);  // what is filled and what is left is what was wanted
          RC_ASSERT(a.leaves.value >= 0);
          RC_ASSERT((!venue::has_limit(r.kind) || venue::no_worse(r.direction, a.at_price, r.limit)));
          if (!a.leaves) mine.over = true;
          net.value += sign(r.direction) * a.size.value;
          if (r.parent) closed_of[r.parent.value].value += a.size.value;
          break;
        case kind::rejected:
        case kind::cancelled:
        case kind::expired: mine.over = true; break;
        case kind::triggered:
        case kind::change_refused: break;
      }
      if (a.kind == kind::cancelled || a.kind == kind::expired) RC_ASSERT(a.leaves.value == mine.size.value - mine.filled.value);
    }
    for (const auto& [parent, closed] : closed_of) RC_ASSERT(closed <= ledger[parent].filled);  // children close no more than their parent has opened
    for (const auto& [id, r] : requests) {
      if (!r.oco || !ledger[id].filled) continue;
      // The pair was made only where the second was accepted.
      if (pairs.contains(id)) RC_ASSERT(!ledger[r.oco.value].filled || ledger[r.oco.value].filled == filled_before_pair[id]);
    }
    for (const auto& [id, r] : requests)
      if (r.oco && !pairs.contains(id) && says(answers, id, kind::accepted)) {
        pairs.insert(id);
        filled_before_pair[id] = ledger[r.oco.value].filled;
      }
    check_positions();
  }
  void check_positions() {
    quantity sum;
    for (std::uint64_t id = 0; id <= sent; ++id) sum.value += desk.book.held(position_id{id}).value;
    RC_ASSERT(sum == net);  // positions are the sum of the fills
  }
  void remember_triggers() {
    standing.clear();
    for (const auto& [id, r] : requests)
      if (const auto* o = desk.book.find(order_id{id}); o != nullptr && r.kind == order_kind::trailing_stop && o->terms.trigger)
        standing[id] = o->terms.trigger;
  }
  void check_triggers() {
    for (const auto& [id, trigger] : standing)
      if (const auto* o = desk.book.find(order_id{id})) {
        const bool tightened = o->buys() ? o->terms.trigger <= trigger : o->terms.trigger >= trigger;
        RC_ASSERT(tightened);
      }
  }

  struct line {
    quantity size, filled;
    bool over = false;
  };
  bool by_bars;
  market_desk desk;
  std::int64_t at_price = 1'570'000'000;
  std::uint64_t sent = 0;
  std::map<std::uint64_t, venue::order_request> requests;
  std::map<std::uint64_t, line> ledger;
  std::map<std::uint64_t, quantity> closed_of, filled_before_pair;
  std::map<std::uint64_t, price> standing;
  std::set<std::uint64_t> pairs;
  quantity net;
};

}  // namespace

TEST_CASE("the market's laws hold in every profile: quantity is conserved, limits and brackets are kept, trailing stops never go back") {
  for (const bool bars : {false, true})
    CHECK(rc::check(bars ? "bars" : "quotes", [bars] {
      crowd c(bars);
      const int turns = *rc::gen::inRange(1, 60);
      c.some_price();
      for (int i = 0; i < turns; ++i) {
        switch (*rc::gen::inRange(0, 6)) {
          case 0:
          case 1: c.some_order(); break;
          case 2: c.some_bracket(); break;
          case 3:
          case 4: c.some_price(); break;
          default: c.some_change();
        }
      }
      c.desk.book.expire_all("the end");
      c.check(c.desk.take());
      for (const auto& [id, l] : c.ledger) RC_ASSERT(l.over);  // every order has one end
    }));
}

TEST_CASE("reduce-only orders never turn a position, and a book that is stored goes on alike") {
  for (const bool bars : {false, true})
    CHECK(rc::check(bars ? "bars" : "quotes", [bars] {
      crowd c(bars);
      c.some_price();
      const int turns = *rc::gen::inRange(1, 40);
      for (int i = 0; i < turns; ++i) {
        *rc::gen::inRange(0, 2) == 0 ? c.some_order() : c.some_price();
        const auto before = saved(c.desk.book);
        venue::order_book other(c.desk.book.rules());
        RC_ASSERT(restore(other, before));
        auto r = order(100'000 + static_cast<std::uint64_t>(i), *rc::gen::element(side::buy, side::sell), 1'000);
        r.reduce_only = true;
        const auto held = other.held({});
        if (bars) {
          other.submit(r, c.desk.now, c.desk.last.close);
          venue::work(other, {c.desk.now, c.desk.last.close, c.desk.last.close, c.desk.last.close, c.desk.last.close}, {});
        } else {
          auto q = c.desk.top;
          q.at = c.desk.now;
          venue::submit(other, r, q);
        }
        for (const auto& a : other.take_answers())
          if (a.kind == kind::filled && a.order == r.order) {
            RC_ASSERT(a.size.value <= std::abs(held.value));
            RC_ASSERT((held.value > 0) == (r.direction == side::sell));
          }
        // The stored one and the living one meet the same price.
        venue::order_book twin(c.desk.book.rules());
        RC_ASSERT(restore(twin, before));
        venue::order_book living = c.desk.book;
        for (auto* b : {&twin, &living})
          venue::work(*b, {c.desk.now, price{c.at_price}, price{c.at_price + 20 * step}, price{c.at_price - 20 * step}, price{c.at_price}}, {});
        RC_ASSERT(twin.take_answers() == living.take_answers());
        RC_ASSERT(saved(twin) == saved(living));
      }
    }));
}
