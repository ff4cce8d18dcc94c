#include "domain/risk_management/risk_host.hpp"

#include <map>
#include <string>

#include <rapidcheck.h>

#include "tests/domain/guard_driver.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::risk_management;
using tomnext::tests::only;

namespace {

using book = tests::guard_driver<risk_host>;
constexpr instrument_id pound{1};
constexpr account_id alice{1};
constexpr timestamp start{1'000 * second_ns};

instrument_defined definition() {
  instrument_defined d;
  d.instrument = pound;
  d.quantity_step = quantity::whole(1);
  d.quantity_min = quantity::whole(1);
  d.quote_minor_units = 2;
  return d;
}
account_opened account(position_mode mode) {
  account_opened a;
  a.account = alice;
  a.positions = mode;
  return a;
}
quote_accepted quote(std::int64_t bid, std::int64_t ask, std::uint32_t flags = 0) {
  quote_accepted q;
  q.instrument = pound;
  q.bid = {bid};
  q.ask = {ask};
  q.flags = flags;
  return q;
}
order_intended intent(std::uint64_t id, side direction, std::int64_t units) {
  order_intended o;
  o.order = order_id{id};
  o.strategy = strategy_id{3};
  o.signal = signal_id{4};
  o.account = alice;
  o.instrument = pound;
  o.direction = direction;
  o.size = quantity::whole(units);
  return o;
}
order_filled fill(std::uint64_t id, side direction, std::int64_t units, std::int64_t leaves) {
  order_filled f;
  f.order = order_id{id};
  f.account = alice;
  f.instrument = pound;
  f.direction = direction;
  f.size = quantity::whole(units);
  f.leaves = quantity::whole(leaves);
  return f;
}
order_cancelled cancelled(std::uint64_t id) {
  order_cancelled c;
  c.order = order_id{id};
  c.instrument = pound;
  return c;
}
operator_commanded command(operator_command what, const char* who, const char* key) {
  operator_commanded c;
  c.command = what;
  c.who = who;
  c.why = "drill";
  c.idempotency_key = key;
  return c;
}
book opened(risk_configuration c = {}, position_mode mode = position_mode::netting) {
  book b(c);
  b(start, definition());
  b(start, account(mode));
  return b;
}
bool approved(const std::vector<event>& out) {
  REQUIRE(out.size() == 1);
  return out[0].is<order_approved>();
}
limit_kind denied(const std::vector<event>& out) {
  REQUIRE(out.size() == 1);
  const auto* d = out[0].get_if<order_denied>();
  return d != nullptr ? d->limit : limit_kind::none;
}
risk_configuration position_limit(std::int64_t units) {
  risk_configuration c;
  c.limits.position_max = quantity::whole(units);
  return c;
}

}  // namespace

TEST_CASE("risk: an approval carries the order, what it reserves, and its price") {
  auto b = opened();
  b(start, quote(1'500'000'000, 1'600'000'000));
  const auto out = only<order_approved>(b(start, intent(1, side::buy, 1000)));
  REQUIRE(out.size() == 1);
  CHECK(out[0].order == order_id{1});
  CHECK(out[0].strategy == strategy_id{3});
  CHECK(out[0].signal == signal_id{4});
  CHECK(out[0].account == alice);
  CHECK(out[0].size == quantity::whole(1000));
  CHECK(out[0].reserved == quantity::whole(1000));
  CHECK(out[0].reference_price == price{1'600'000'000});
  CHECK(out[0].notional == amount{160'000});
}

TEST_CASE("risk: an instrument that is not defined, or has no lane, cannot be traded") {
  book b(risk_configuration{});
  CHECK(denied(b(start, intent(1, side::buy, 1))) == limit_kind::unknown_instrument);
  auto o = intent(1, side::buy, 1);
  o.instrument = instrument_id{instruments_max};
  CHECK(denied(b(start, o)) == limit_kind::unknown_instrument);
  auto q = quote(1, 1);
  q.instrument = o.instrument;
  CHECK(b(start, q).empty());
}

TEST_CASE("risk: flagged quotes price nothing, unless a comparison asks for it") {
  risk_configuration c;
  c.limits.notional_max = {1'000'000};
  for (const bool flagged : {false, true}) {
    c.flagged_quotes_price = flagged;
    auto b = opened(c);
    b(start, quote(1'500'000'000, 1'600'000'000, quote_flag::spike));
    CHECK(denied(b(start, intent(1, side::buy, 1))) == (flagged ? limit_kind::none : limit_kind::no_price));
  }
}

TEST_CASE("risk: reservations count against the position limit until the order ends, and only what is left is released") {
  auto b = opened(position_limit(1000));
  CHECK(approved(b(start, intent(1, side::buy, 1000))));
  CHECK(denied(b(start, intent(2, side::buy, 1))) == limit_kind::position);
  CHECK(approved(b(start, intent(3, side::sell, 1000))));  // the other direction has room of its own
  CHECK(b(start, fill(1, side::buy, 400, 600)).empty());
  CHECK(denied(b(start, intent(4, side::buy, 1))) == limit_kind::position);

  const auto released = only<reservation_released>(b(start, cancelled(1)));
  REQUIRE(released.size() == 1);
  CHECK(released[0].order == order_id{1});
  CHECK(released[0].released == quantity::whole(600));
  CHECK(released[0].instrument == pound);
  CHECK(b(start, cancelled(1)).empty());
  CHECK(denied(b(start, intent(5, side::buy, 601))) == limit_kind::position);
  CHECK(approved(b(start, intent(5, side::buy, 600))));
}

TEST_CASE("risk: an order that fills whole leaves nothing to release; every other end releases") {
  auto b = opened(position_limit(1000));
  b(start, intent(1, side::buy, 100));
  CHECK(b(start, fill(1, side::buy, 100, 0)).empty());
  CHECK(b.host().exposures().reservations() == 0);

  b(start, intent(2, side::buy, 100));
  CHECK(only<reservation_released>(b(start, fill(2, side::buy, 40, 0))).at(0).released == quantity::whole(60));
  b(start, intent(3, side::buy, 100));
  order_rejected rejected;
  rejected.order = order_id{3};
  CHECK(only<reservation_released>(b(start, rejected)).at(0).released == quantity::whole(100));
  b(start, intent(4, side::buy, 100));
  order_expired expired;
  expired.order = order_id{4};
  CHECK(only<reservation_released>(b(start, expired)).at(0).released == quantity::whole(100));
  CHECK(b.host().exposures().reservations() == 0);
  CHECK(b.host().exposures().of(pound).net == quantity::whole(140));
}

TEST_CASE("risk: a fill after the order's end still moves the position") {
  auto b = opened(position_limit(1000));
  b(start, intent(1, side::buy, 1000));
  b(start, cancelled(1));
  auto late = fill(1, side::buy, 1000, 0);
  late.late = true;
  CHECK(b(start, late).empty());
  CHECK(denied(b(start, intent(2, side::buy, 1))) == limit_kind::position);
}

TEST_CASE("risk: an order id that is still open is not approved again, and its reservation stays") {
  auto b = opened();
  CHECK(approved(b(start, intent(1, side::buy, 100))));
  CHECK(denied(b(start, intent(1, side::buy, 100))) == limit_kind::validity);
  CHECK(b.host().exposures().of(pound).reserved_buys == quantity::whole(100));
}

TEST_CASE("risk: at most N approvals within a second of event time; denials do not count") {
  risk_configuration c;
  c.limits.orders_per_second_max = 2;
  c.limits.position_max = quantity::whole(1000);
  auto b = opened(c);
  CHECK(approved(b(start, intent(1, side::buy, 1))));
  CHECK(denied(b(start, intent(2, side::buy, 5000))) == limit_kind::position);
  CHECK(approved(b(start + 10, intent(3, side::buy, 1))));
  CHECK(denied(b(start + 10, intent(4, side::buy, 1))) == limit_kind::orders_per_second);
  CHECK(denied(b(start + second_ns - 1, intent(4, side::buy, 1))) == limit_kind::orders_per_second);
  CHECK(approved(b(start + second_ns, intent(4, side::buy, 1))));  // the first is exactly a second old
  CHECK(denied(b(start + second_ns + 9, intent(5, side::buy, 1))) == limit_kind::orders_per_second);
  CHECK(approved(b(start + second_ns + 10, intent(5, side::buy, 1))));
}

TEST_CASE("risk: new limits hold from their event on") {
  auto b = opened();
  CHECK(approved(b(start, intent(1, side::buy, 5000))));
  limits_set l;
  l.position_max = quantity::whole(1000);
  CHECK(b(start, l).empty());
  CHECK(denied(b(start, intent(2, side::buy, 1))) == limit_kind::position);
}

TEST_CASE("risk: reduce-only closes what is open and no more, also while only reducing") {
  auto b = opened(position_limit(1000), position_mode::hedging);
  b(start, intent(1, side::buy, 1000));
  b(start, fill(1, side::buy, 1000, 0));
  b(start, command(operator_command::reduce, "", "k1"));

  CHECK(denied(b(start, intent(2, side::sell, 1))) == limit_kind::trading_state);
  auto closing = intent(3, side::sell, 600);
  closing.reduce_only = true;
  closing.closes = position_id{1};
  CHECK(approved(b(start, closing)));
  closing.order = order_id{4};
  CHECK(denied(b(start, closing)) == limit_kind::reduce_only);  // 600 of 1000 are on their way already
  closing.size = quantity::whole(400);
  CHECK(approved(b(start, closing)));
}

TEST_CASE("risk: the kill switch") {
  auto b = opened();
  const auto halted = only<trading_state_changed>(b(start, command(operator_command::halt, "ops", "k1")));
  REQUIRE(halted.size() == 1);
  CHECK(halted[0].state == trading_state::halted);
  CHECK(halted[0].who == text("ops"));
  CHECK(halted[0].why == text("drill"));
  CHECK(denied(b(start, intent(1, side::buy, 1))) == limit_kind::trading_state);

  SECTION("loosening needs a named operator, and a refused command leaves its key unused") {
    CHECK(b(start, command(operator_command::resume, "", "k2")).empty());
    CHECK(b(start, command(operator_command::resume, "  ", "k2")).empty());
    CHECK(b(start, command(operator_command::reduce, "", "k3")).empty());
    CHECK(b.host().state() == trading_state::halted);
    CHECK(only<trading_state_changed>(b(start, command(operator_command::resume, "ann", "k2"))).at(0).state == trading_state::active);
    CHECK(approved(b(start, intent(1, side::buy, 1))));
  }
  SECTION("a repeated key is ignored: a late repetition of the halt does not halt again") {
    b(start, command(operator_command::resume, "ann", "k2"));
    CHECK(b(start, command(operator_command::halt, "ops", "k1")).empty());
    CHECK(b.host().state() == trading_state::active);
    CHECK(b(start, command(operator_command::halt, "ops", "k3")).size() == 1);
    CHECK(b.host().state() == trading_state::halted);
  }
  SECTION("without a key every command is its own") {
    CHECK(b(start, command(operator_command::resume, "ann", "")).size() == 1);
    CHECK(b(start, command(operator_command::halt, "", "")).size() == 1);
    CHECK(b.host().state() == trading_state::halted);
  }
  SECTION("commands for others are none of its business") {
    CHECK(b(start, command(operator_command::pause_strategy, "ann", "k4")).empty());
    CHECK(b.host().state() == trading_state::halted);
  }
  SECTION("keys are bounded, the oldest goes first") {
    for (std::size_t i = 0; i < command_keys_max; ++i) b(start, command(operator_command::halt, "ops", ("n" + std::to_string(i)).c_str()));
    CHECK(b(start, command(operator_command::halt, "ops", "n0")).empty());
    CHECK(b(start, command(operator_command::halt, "ops", "k1")).size() == 1);
  }
}

// ---- random lives ----------------------------------------------------------------------------------

namespace {

struct open_order {
  side direction;
  std::int64_t left;
};

/// A venue that fills, cancels, expires and rejects at random what was approved, and strategies that intend at random.
class random_life {
 public:
  explicit random_life(book b) : book_(std::move(b)) {}

  std::vector<event> step(std::uint32_t r) {
    at_ = at_ + (r >> 8) % 400 * millisecond_ns;
    const std::int64_t size = 1 + (r >> 16) % 60;
    if (r % 8 < 4 || open_.empty()) return intend(r, size);
    auto it = open_.begin();
    std::advance(it, (r >> 3) % open_.size());
    return r % 8 < 7 ? fill_some(it, size) : end(it, r);
  }
  book& host() { return book_; }
  [[nodiscard]] std::int64_t reserved(side d) const {
    std::int64_t sum = 0;
    for (const auto& [id, o] : open_) sum += o.direction == d ? o.left : 0;
    return sum;
  }
  [[nodiscard]] std::int64_t net() const { return net_; }

 private:
  std::vector<event> intend(std::uint32_t r, std::int64_t size) {
    const side d = (r >> 4) % 2 != 0 ? side::buy : side::sell;
    auto o = intent(++next_, d, size);
    o.reduce_only = (r >> 5) % 3 == 0;
    const auto out = book_(at_, o);
    RC_ASSERT(out.size() == 1u);
    RC_ASSERT(out[0].is<order_approved>() != out[0].is<order_denied>());
    if (out[0].is<order_approved>()) open_[next_] = {d, size};
    return out;
  }
  std::vector<event> fill_some(std::map<std::uint64_t, open_order>::iterator it, std::int64_t size) {
    const auto filled = std::min(size, it->second.left);
    const auto id = it->first;
    const auto d = it->second.direction;
    it->second.left -= filled;
    net_ += sign(d) * filled;
    const auto left = it->second.left;
    if (left == 0) open_.erase(it);
    return book_(at_, fill(id, d, filled, left));
  }
  std::vector<event> end(std::map<std::uint64_t, open_order>::iterator it, std::uint32_t r) {
    const auto id = it->first;
    const auto left = it->second.left;
    open_.erase(it);
    order_rejected rejected;
    rejected.order = order_id{id};
    order_expired expired;
    expired.order = order_id{id};
    const auto out = (r >> 6) % 3 == 0 ? book_(at_, rejected) : (r >> 6) % 3 == 1 ? book_(at_, expired) : book_(at_, cancelled(id));
    RC_ASSERT(only<reservation_released>(out).at(0).released == quantity::whole(left));
    return out;
  }
  book book_;
  timestamp at_ = start;
  std::uint64_t next_ = 0;
  std::int64_t net_ = 0;
  std::map<std::uint64_t, open_order> open_;
};

}  // namespace

TEST_CASE("risk: exposure is within its limit at every prefix of every life of an account, and is what the orders say") {
  CHECK(rc::check([](const std::vector<std::uint32_t>& steps) {
    random_life life(opened(position_limit(100)));
    for (const auto r : steps) {
      life.step(r);
      const auto& e = life.host().host().exposures().of(pound);
      RC_ASSERT(e.net == quantity::whole(life.net()));
      RC_ASSERT(e.reserved_buys == quantity::whole(life.reserved(side::buy)));
      RC_ASSERT(e.reserved_sells == quantity::whole(life.reserved(side::sell)));
      RC_ASSERT(e.worst(side::buy) <= quantity::whole(100).value);
      RC_ASSERT(e.worst(side::sell) <= quantity::whole(100).value);
    }
  }));
}

TEST_CASE("risk: a host restored from its archive answers like the one that lived on") {
  CHECK(rc::check([](const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after) {
    auto c = position_limit(100);
    c.limits.orders_per_second_max = 5;
    random_life one(opened(c));
    one.host()(start, quote(1'500'000'000, 1'600'000'000));
    one.host()(start, command(operator_command::halt, "ops", "k1"));
    one.host()(start, command(operator_command::resume, "ann", "k2"));
    for (const auto r : before) one.step(r);

    random_life other = one;
    RC_ASSERT(tests::restart(other.host(), c, tests::saved(one.host())));
    RC_ASSERT(other.host()(start, command(operator_command::halt, "ops", "k1")).empty());
    RC_ASSERT(one.host()(start, command(operator_command::halt, "ops", "k1")).empty());
    for (const auto r : after) {
      const auto expected = one.step(r);
      const auto found = other.step(r);
      RC_ASSERT(expected.size() == found.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        RC_ASSERT(expected[i].head.type == found[i].head.type);
        visit(expected[i], [&]<class E>(const E& e) { RC_ASSERT(found[i].as<E>() == e); });
      }
    }
    RC_ASSERT(tests::saved(one.host()) == tests::saved(other.host()));
  }));
}

TEST_CASE("a bracket's children pass with their parent, hold no exposure, and carry their terms") {
  auto b = opened();
  auto child = intent(2, side::sell, 100);
  child.parent = order_id{1};
  child.kind = order_kind::stop;
  child.trigger = price{1'500'000'000};
  child.trail = price{7};
  child.expires = start + hour_ns;
  child.oco = order_id{3};
  child.reduce_only = true;
  const auto denied = only<order_denied>(b(start, child));
  REQUIRE(denied.size() == 1);
  CHECK(denied[0].reason == "its parent is not an approved order");
  REQUIRE(only<order_approved>(b(start, intent(1, side::buy, 100))).size() == 1);
  const auto approved = only<order_approved>(b(start, child));
  REQUIRE(approved.size() == 1);
  CHECK(approved[0].reserved == quantity{});
  CHECK(approved[0].trigger == child.trigger);
  CHECK(approved[0].trail == child.trail);
  CHECK(approved[0].expires == child.expires);
  CHECK(approved[0].parent == child.parent);
  CHECK(approved[0].oco == child.oco);
  auto none = child;
  none.order = order_id{4};
  none.size = quantity{};
  CHECK(only<order_denied>(b(start, none)).size() == 1);
  // What protects may be more than what is left to close: closing stays possible.
  b(start, fill(1, side::buy, 100, 0));
  auto close = intent(5, side::sell, 100);
  close.reduce_only = true;
  CHECK(only<order_approved>(b(start, close)).size() == 1);
}

TEST_CASE("a cancel is approved in every trading state") {
  for (const auto command : {operator_command::none, operator_command::reduce, operator_command::halt}) {
    auto b = opened();
    operator_commanded o;
    o.command = command;
    b(start, o);
    order_change_intended c;
    c.order = order_id{1};
    c.instrument = pound;
    c.why = "replaced";
    const auto approved = only<change_approved>(b(start, c));
    REQUIRE(approved.size() == 1);
    CHECK(approved[0].order == order_id{1});
    CHECK(approved[0].why == "replaced");
  }
}
