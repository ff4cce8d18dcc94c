#include "domain/risk_management/pre_trade.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "domain/ledger/notional.hpp"

namespace tomnext::risk_management {
namespace {

constexpr std::int64_t beyond = std::numeric_limits<std::int64_t>::max();
constexpr unsigned minor_units_max = 9;
using refusal = std::optional<verdict>;

refusal refuse(limit_kind limit, std::int64_t value, std::int64_t allowed, std::string_view reason) { return verdict{limit, value, allowed, reason, {}, {}}; }

std::int64_t clamp(int128 v) { return static_cast<std::int64_t>(std::clamp<int128>(v, -int128{beyond}, beyond)); }

bool has_limit_price(order_kind kind) { return kind == order_kind::limit || kind == order_kind::stop_limit; }

refusal check_form(const order_intended& o, const pre_trade_view& v) {
  if (!v.terms.known) return refuse(limit_kind::unknown_instrument, o.instrument.value, 0, "the instrument is not defined");
  if (o.direction != side::buy && o.direction != side::sell) {
    return refuse(limit_kind::validity, static_cast<std::int64_t>(o.direction), 0, "an order buys or sells");
  }
  if (v.order_open) return refuse(limit_kind::validity, 0, 0, "an order of this id is still open");
  if (o.parent && !v.parent_open) return refuse(limit_kind::validity, 0, 0, "its parent is not an approved order");
  if (o.valid_until.ns != 0 && v.at > o.valid_until) return refuse(limit_kind::validity, v.at.ns, o.valid_until.ns, "the intent is too old");
  return {};
}

refusal check_quantity(const order_intended& o, const pre_trade_view& v) {
  const std::int64_t step = v.terms.step.value;
  if (o.size.value <= 0) return refuse(limit_kind::quantity_step, o.size.value, step, "the quantity is not positive");
  if (step > 0 && o.size.value % step != 0) return refuse(limit_kind::quantity_step, o.size.value, step, "the quantity is no multiple of its step");
  // The rest of a partly filled order may be smaller than what the venue lets one open.
  if (!o.reduce_only && o.size < v.terms.minimum) {
    return refuse(limit_kind::quantity_step, o.size.value, v.terms.minimum.value, "the quantity is below the minimum");
  }
  return {};
}

refusal check_state(const order_intended& o, const pre_trade_view& v) {
  const bool reduces = o.reduce_only || (v.netting && o.size <= v.closable);
  const auto wanted = reduces ? trading_state::reducing : trading_state::active;
  if (v.state <= wanted) return {};
  return refuse(limit_kind::trading_state, static_cast<std::int64_t>(v.state), static_cast<std::int64_t>(wanted),
                v.state == trading_state::halted ? "trading is halted" : "only reduce-only orders pass");
}

refusal check_reduce_only(const order_intended& o, const pre_trade_view& v) {
  if (!o.reduce_only || o.size <= v.closable) return {};
  return refuse(limit_kind::reduce_only, o.size.value, v.closable.value, "more than there is to close");
}

refusal check_price(const order_intended& o, const pre_trade_view& v) {
  const bool collar = v.limits.price_collar.value != 0;
  const bool priced = has_limit_price(o.kind);
  const bool needed = o.reduce_only ? collar && priced : collar || v.limits.notional_max.value != 0;
  if (needed && !v.quote.known()) return refuse(limit_kind::no_price, 0, 0, "no usable quote yet");
  if (!priced) return {};
  if (o.limit.value <= 0) return refuse(limit_kind::price_collar, rate::one, v.limits.price_collar.value, "the limit price is not positive");
  if (!collar) return {};
  // |limit / ((bid + ask) / 2) − 1| without rounding the mid; rounded up, so that above the collar stays above it.
  const int128 both = int128{v.quote.bid.value} + v.quote.ask.value;
  const int128 apart = 2 * int128{o.limit.value} - both;
  const auto found = divide((apart < 0 ? -apart : apart) * rate::one, both, rounding::away_from_zero).value_or(beyond);
  if (found <= v.limits.price_collar.value) return {};
  return refuse(limit_kind::price_collar, found, v.limits.price_collar.value, "the limit price is too far from the mid");
}

std::optional<amount> notional_of(quantity size, price p, std::uint32_t minor_units) {
  if (minor_units > minor_units_max) return std::nullopt;
  return ledger::notional(p, size, minor_units);
}

refusal check_notional(const order_intended& o, const pre_trade_view& v, const std::optional<amount>& notional) {
  const amount allowed = v.limits.notional_max;
  if (o.reduce_only || !v.quote.known()) return {};
  if (!notional) return refuse(limit_kind::notional, beyond, allowed.value, "the notional does not fit");
  if (!allowed || *notional <= allowed) return {};
  return refuse(limit_kind::notional, notional->value, allowed.value, "the notional is above its limit");
}

refusal check_position(const order_intended& o, const pre_trade_view& v) {
  if (o.reduce_only) return {};
  // Directed, not absolute: after a limit was tightened, an order against the position is still welcome.
  const int128 worst = v.worst_in_direction + o.size.value;
  const auto allowed = v.limits.position_max.value;
  if (worst <= (allowed != 0 ? allowed : beyond)) return {};
  return refuse(limit_kind::position, clamp(worst), allowed, "the position would pass its limit");
}

refusal check_rate(const order_intended& o, const pre_trade_view& v) {
  const auto allowed = std::min(v.limits.orders_per_second_max, approvals_kept);
  if (o.reduce_only || allowed == 0 || v.recent_approvals < allowed) return {};
  return refuse(limit_kind::orders_per_second, std::int64_t{v.recent_approvals} + 1, allowed, "too many orders within a second");
}

}  // namespace

verdict check(const order_intended& order, const pre_trade_view& view) {
  if (auto r = check_form(order, view)) return *r;

  verdict found;
  std::optional<amount> notional;
  if (view.quote.known()) {
    found.reference_price = view.quote.at(order.direction);
    notional = notional_of(order.size, found.reference_price, view.terms.quote_minor_units);
    found.notional = notional.value_or(amount{});
  }
  refusal r = check_quantity(order, view);
  if (order.parent) return r ? *r : found;
  if (!r) r = check_state(order, view);
  if (!r) r = check_reduce_only(order, view);
  if (!r) r = check_price(order, view);
  if (!r) r = check_notional(order, view, notional);
  if (!r) r = check_position(order, view);
  if (!r) r = check_rate(order, view);
  return r ? *r : found;
}

}  // namespace tomnext::risk_management
