// The projection `order_blotter`: each order as it stands.
//
//   'o' order u64   order_row in our wire format
//   'v' venue's order u64   order u64: who an order number of the venue is
// Numbers in keys are big-endian. An order's id is its client order id.
#include <charconv>

#include "domain/base/words.hpp"
#include "persistence/bytes.hpp"
#include "persistence/json.hpp"
#include "persistence/projection.hpp"
#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

enum class order_state : std::uint8_t {
  intended = 0,
  approved = 1,
  denied = 2,
  submitted = 3,
  sent = 4,  ///< bytes left; no answer yet: unknown, not failed
  acknowledged = 5,
  partly_filled = 6,
  filled = 7,
  cancelled = 8,
  rejected = 9,
  expired = 10,
};
constexpr std::string_view word_of(order_state s) {
  return words::pick(std::to_array<std::string_view>({"intended", "approved", "denied", "submitted", "sent", "acknowledged", "partly_filled", "filled",
                                                      "cancelled", "rejected", "expired"}),
                     s);
}
constexpr bool has_ended(order_state s) { return s == order_state::denied || s >= order_state::filled; }

struct order_row {
  order_id order;
  strategy_id strategy;
  account_id account;
  instrument_id instrument;
  side direction{};
  order_kind kind{};
  order_state state{};
  quantity size;
  price limit;
  quantity filled;
  quantity leaves;
  std::uint64_t cost_high{}, cost_low{};  ///< Σ size × price of the fills, exactly: a 128-bit integer of 1e-11
  std::uint32_t fills{};
  amount notional;    ///< Σ of the fills', minor units of the quote currency
  amount commission;  ///< Σ of the fills', minor units of the quote currency
  std::uint64_t venue_order{};
  std::uint64_t first_seq{}, last_seq{};
  timestamp first_at, last_at;
  text why;  ///< of a denial, rejection, cancellation or expiry
  TOMNEXT_FIELDS(FIELD(1, order) FIELD(2, strategy) FIELD(3, account) FIELD(4, instrument) FIELD(5, direction) FIELD(6, kind) FIELD(7, state) FIELD(8, size)
                     FIELD(9, limit) FIELD(10, filled) FIELD(11, leaves) FIELD(12, cost_high) FIELD(13, cost_low) FIELD(14, fills) FIELD(15, notional)
                         FIELD(16, commission) FIELD(17, venue_order) FIELD(18, first_seq) FIELD(19, last_seq) FIELD(20, first_at) FIELD(21, last_at)
                             FIELD(22, why))
};

result<order_row> decode(std::string_view bytes) {
  order_row r;
  if (!wire::decode(bytes.data(), bytes.data() + bytes.size(), r)) return error(errc::log_corrupt, "order_blotter: a row cannot be read; reset the projection");
  return r;
}

int128 cost_of(const order_row& r) {
  __extension__ using wide = unsigned __int128;
  return static_cast<int128>(wide{r.cost_high} << 64 | r.cost_low);
}

/// What an order begins with: intent, approval, submission and denial say it in the same words, as far as they say it.
template <class E> void describe_order(order_row& r, const E& e) {
  r.strategy = e.strategy;
  r.account = e.account;
  r.instrument = e.instrument;
  if constexpr (requires { e.size; }) {
    r.direction = e.direction;
    r.kind = e.kind;
    r.size = e.size;
    r.limit = e.limit;
    r.leaves = e.size;
  }
}

/// An end is not taken back: what comes later (a late fill, say) changes figures, never the state.
void move_to(order_row& r, order_state next) {
  if (!has_ended(r.state)) r.state = next;
}
template <class E> void end(order_row& r, const E& e, order_state how, const text& why) {
  move_to(r, how);
  if constexpr (requires { e.leaves; }) r.leaves = e.leaves;
  r.why = why;
}

result<void> change(order_row& r, const order_intended& e) {
  describe_order(r, e);
  return {};
}
result<void> change(order_row& r, const order_approved& e) {
  describe_order(r, e);
  move_to(r, order_state::approved);
  return {};
}
result<void> change(order_row& r, const order_denied& e) {
  describe_order(r, e);
  end(r, e, order_state::denied, e.reason);
  return {};
}
result<void> change(order_row& r, const order_submitted& e) {
  describe_order(r, e);
  move_to(r, order_state::submitted);
  return {};
}
result<void> change(order_row& r, const send_started& e) {
  if (e.request != venue_request::order) return {};  // it names the order, and tells nothing of it
  if (r.size.value == 0) r.size = r.leaves = e.size;
  r.instrument = e.instrument;
  r.direction = e.direction;
  // A repeated attempt does not take back what the venue has answered meanwhile.
  if (r.state < order_state::sent) move_to(r, order_state::sent);
  return {};
}
result<void> change(order_row& r, const order_acknowledged& e) {
  r.venue_order = e.venue_order;
  if (r.state < order_state::acknowledged) move_to(r, order_state::acknowledged);
  return {};
}
result<void> change(order_row& r, const order_rejected& e) {
  end(r, e, order_state::rejected, e.reason);
  return {};
}
result<void> change(order_row& r, const order_cancelled& e) {
  end(r, e, order_state::cancelled, e.why);
  return {};
}
result<void> change(order_row& r, const order_expired& e) {
  end(r, e, order_state::expired, e.why);
  return {};
}
result<void> change(order_row& r, const order_amended& e) {
  r.size = e.size;
  r.leaves = e.leaves;
  return {};
}
result<void> change(order_row& r, const order_filled& e) {
  const auto filled = add(r.filled, e.size);
  const auto notional = add(r.notional, e.notional);
  const auto commission = add(r.commission, e.commission);
  int128 cost = 0;
  if (!filled || !notional || !commission || __builtin_add_overflow(cost_of(r), int128{e.size.value} * e.at_price.value, &cost))
    return error(errc::overflow, "the fills of order " + std::to_string(e.order.value) + " add up to more than can be counted");
  r.filled = *filled;
  r.notional = *notional;
  r.commission = *commission;
  r.cost_high = static_cast<std::uint64_t>(cost >> 64);
  r.cost_low = static_cast<std::uint64_t>(cost);
  r.leaves = e.leaves;
  r.strategy = e.strategy;
  r.account = e.account;
  r.instrument = e.instrument;
  r.direction = e.direction;
  ++r.fills;
  move_to(r, e.leaves.value == 0 ? order_state::filled : order_state::partly_filled);
  return {};
}

std::string as_json(const order_row& r) {
  std::string out = "{\"order\":" + std::to_string(r.order.value);
  auto number = [&](const char* name, std::uint64_t v) { out += std::string(",\"") + name + "\":" + std::to_string(v); };
  auto word = [&](const char* name, std::string_view v) { out += std::string(",\"") + name + "\":" + json_quoted(v); };
  word("state", word_of(r.state));
  number("strategy", r.strategy.value);
  number("account", r.account.value);
  number("instrument", r.instrument.value);
  word("direction", word_of(r.direction));
  word("kind", word_of(r.kind));
  word("size", r.size.to_string());
  if (r.limit) word("limit", r.limit.to_string());
  word("filled", r.filled.to_string());
  word("leaves", r.leaves.to_string());
  number("fills", r.fills);
  // For people; the exact average is cost / quantity.
  if (const auto average = divide(cost_of(r), r.filled.value, rounding::half_even)) word("average_price", price{*average}.to_string());
  out += ",\"notional\":" + std::to_string(r.notional.value) + ",\"commission\":" + std::to_string(r.commission.value);
  if (r.venue_order != 0) number("venue_order", r.venue_order);
  number("first_seq", r.first_seq);
  number("last_seq", r.last_seq);
  word("first_at", to_string(r.first_at));
  word("last_at", to_string(r.last_at));
  if (!r.why.empty()) word("why", r.why.view());
  return out + "}";
}

result<void> fold(const event& e, order_id order, projection_rows& rows, auto&& changed) {
  const auto key = ordered_key('o', order.value);
  auto stored = rows.get(key);
  if (!stored) return stored.error();
  order_row r;
  r.order = order;
  r.first_seq = e.head.seq;
  r.first_at = e.head.at;
  if (*stored) {
    auto before = decode(**stored);
    if (!before) return before.error();
    r = *before;
  }
  r.last_seq = e.head.seq;
  r.last_at = e.head.at;
  TOMNEXT_TRY(changed(r));
  rows.put(key, wire::encoded(r));
  return {};
}

class blotter final : public projection {
 public:
  [[nodiscard]] std::string_view name() const override { return "order_blotter"; }
  [[nodiscard]] std::uint32_t version() const override { return 2; }
  [[nodiscard]] std::string_view description() const override { return "each order: state, quantities, average price, commission, first and last event"; }
  [[nodiscard]] std::string_view keys() const override { return "an order id (which is its client order id), or venue:ID; none: every order"; }

  result<void> apply(const event& e, projection_rows& rows) const override {
    result<void> done;
    visit(e, [&]<class E>(const E& payload) {
      if constexpr (requires(order_row & r) { change(r, payload); }) done = fold(e, payload.order, rows, [&](order_row& r) { return change(r, payload); });
    });
    if (!done) return done;
    if (const auto* a = e.get_if<order_acknowledged>(); a != nullptr && a->venue_order != 0)
      rows.put(ordered_key('v', a->venue_order), ordered_key('o', a->order.value));
    return {};
  }

  result<void> answer(const projection_question& q, const projection_reader& rows, const projection_answer& each) const override {
    if (q.key.empty()) return tell_all(q.from_seq, rows, each);
    constexpr std::string_view venue = "venue:";
    const bool by_venue = q.key.starts_with(venue);
    const auto digits = std::string_view(q.key).substr(by_venue ? venue.size() : 0);
    std::uint64_t id = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size())
      return error(errc::invalid_argument, "order_blotter has no key '" + q.key + "'; it takes " + std::string(keys()));
    auto key = ordered_key('o', id);
    if (by_venue) {
      auto named = rows.get(ordered_key('v', id));
      if (!named) return named.error();
      if (!*named) return {};
      key = **named;
    }
    auto stored = rows.get(key);
    if (!stored) return stored.error();
    if (!*stored) return {};
    auto r = decode(**stored);
    if (!r) return r.error();
    (void)each(as_json(*r));
    return {};
  }

 private:
  static result<void> tell_all(std::uint64_t from_seq, const projection_reader& rows, const projection_answer& each) {
    std::optional<error> bad;
    TOMNEXT_TRY(rows.walk("o", {}, [&](std::string_view, std::string_view bytes) {
      auto r = decode(bytes);
      if (!r) bad = r.error();
      return r && (r->last_seq < from_seq || each(as_json(*r)));
    }));
    return bad ? result<void>(*bad) : result<void>{};
  }
};

}  // namespace

std::shared_ptr<const projection> order_blotter() { return std::make_shared<blotter>(); }

}  // namespace tomnext::persistence
