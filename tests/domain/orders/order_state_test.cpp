#include "domain/orders/order_state.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <rapidcheck.h>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::orders;

namespace {

using s = order_state;
using m = order_move;

// The table of legal moves between local states, row by row as it is published: written here as data, knowing nothing of how the code stores it.
const std::map<s, std::set<s>> table{
    {s::initialised, {s::denied, s::emulated, s::released, s::submitted, s::accepted, s::rejected, s::cancelled, s::expired, s::triggered}},
    {s::denied, {}},
    {s::emulated, {s::released, s::cancelled, s::expired}},
    {s::released, {s::submitted, s::denied, s::cancelled}},
    {s::submitted, {s::accepted, s::rejected, s::cancelled, s::expired, s::triggered, s::pending_update, s::pending_cancel, s::partially_filled, s::filled}},
    {s::accepted,
     {s::accepted, s::triggered, s::pending_update, s::pending_cancel, s::cancelled, s::expired, s::rejected, s::done_for_day, s::partially_filled, s::filled}},
    {s::triggered, {s::rejected, s::pending_update, s::pending_cancel, s::cancelled, s::expired, s::partially_filled, s::filled}},
    {s::partially_filled, {s::partially_filled, s::filled, s::pending_update, s::pending_cancel, s::cancelled, s::expired, s::done_for_day}},
    {s::done_for_day, {s::accepted, s::partially_filled, s::cancelled, s::expired}},
    {s::filled, {s::pending_update, s::partially_filled, s::accepted}},
    {s::cancelled, {}},
    {s::expired, {}},
    {s::rejected, {}},
};
// Pending orders: these end the pending state at once; the others are told of the state behind it (see the tests of pending orders).
const std::set<s> ends_pending{s::cancelled, s::expired, s::rejected, s::filled};

// The state that a move is named after. Moves that have none (update, refuse_change, bust, replace_up) have tests of their own.
const std::map<m, s> named_after{
    {m::deny, s::denied},
    {m::emulate, s::emulated},
    {m::release, s::released},
    {m::submit, s::submitted},
    {m::accept, s::accepted},
    {m::reject, s::rejected},
    {m::cancel, s::cancelled},
    {m::expire, s::expired},
    {m::trigger, s::triggered},
    {m::request_update, s::pending_update},
    {m::request_cancel, s::pending_cancel},
    {m::partial_fill, s::partially_filled},
    {m::fill, s::filled},
    {m::done_for_day, s::done_for_day},
};

constexpr std::array all_moves{m::deny,          m::emulate,      m::release, m::submit,         m::accept,         m::reject,
                               m::cancel,        m::expire,       m::trigger, m::request_update, m::request_cancel, m::update,
                               m::refuse_change, m::partial_fill, m::fill,    m::done_for_day,   m::bust,           m::replace_up};
static_assert(all_moves.size() == order_moves);

bool ended(s x) { return x == s::cancelled || x == s::expired || x == s::rejected; }
bool pending(s x) { return x == s::pending_update || x == s::pending_cancel; }

order_status in(s state) {
  order_status o;
  o.state = state;
  return o;
}
order_status after(order_status o, std::initializer_list<m> moves) {
  for (auto x : moves) {
    auto next = transition(o, x);
    INFO(to_string(o.state) << " orders " << to_string(x));
    REQUIRE(next);
    o = *next;
  }
  return o;
}
// Whether the move named after `to` is legal from `from`, by the table and its footnotes.
std::optional<s> expected(s from, m move) {
  const s to = named_after.at(move);
  if (ended(from) && (move == m::fill || move == m::partial_fill)) return from;                  // a late fill
  if (from == s::partially_filled && move == m::accept) return s::partially_filled;              // restated
  if (from == s::filled && (move == m::accept || move == m::partial_fill)) return std::nullopt;  // reached by replace_up and bust alone
  return table.at(from).contains(to) ? std::optional(to) : std::nullopt;
}

}  // namespace

TEST_CASE("every state meets every move: legal ones lead where the table says, illegal ones name state and move and change nothing") {
  std::size_t legal = 0, illegal = 0;
  for (const auto& [from, row] : table)
    for (const auto& [move, to] : named_after) {
      INFO(to_string(from) << " orders " << to_string(move));
      auto found = transition(in(from), move);
      const auto wanted = expected(from, move);
      REQUIRE(found.has_value() == wanted.has_value());
      if (found) {
        ++legal;
        CHECK(found->state == *wanted);
        CHECK(found->late_fill == ended(from));
        CHECK_FALSE(found->outcome_unknown);
      } else {
        ++illegal;
        CHECK(found.error().code == errc::illegal_transition);
        CHECK(found.error().message == std::string(to_string(from)) + " orders cannot " + std::string(to_string(move)));
      }
    }
  CHECK(legal == 60);  // 55 entries of the table, less the two that replace_up and bust reach, six late fills and one restatement
  CHECK(legal + illegal == 13 * 14);
}

TEST_CASE("each target of the table is reached by some move") {
  for (const auto& [from, row] : table)
    for (s to : row) {
      bool reached = false;
      for (auto move : all_moves) {
        auto next = transition(in(from), move);
        reached = reached || (next && next->state == to);
      }
      auto nothing_left = bust(in(from), 0);
      reached = reached || (nothing_left && nothing_left->state == to);
      INFO(to_string(from) << " to " << to_string(to));
      CHECK(reached);
    }
}

TEST_CASE("moves that answer need something to answer") {
  for (const auto& [from, row] : table)
    for (auto move : {m::update, m::refuse_change}) {
      INFO(to_string(from) << " orders " << to_string(move));
      CHECK_FALSE(transition(in(from), move));
    }
  for (const auto& [from, row] : table) {
    INFO(to_string(from));
    CHECK(transition(in(from), m::replace_up).has_value() == (from == s::filled));
    CHECK(transition(in(from), m::bust).has_value() == (from == s::filled || from == s::partially_filled || ended(from)));
  }
}

TEST_CASE("pending orders meet every move, whatever is behind them") {
  for (s prior : {s::submitted, s::accepted, s::triggered, s::partially_filled, s::filled})
    for (auto asked : {m::request_update, m::request_cancel}) {
      if (prior == s::filled && asked == m::request_cancel) {
        CHECK_FALSE(transition(in(prior), asked));
        continue;
      }
      const auto from = after(in(prior), {asked});
      REQUIRE(from.state == named_after.at(asked));
      REQUIRE(from.prior == prior);
      for (const auto& [move, to] : named_after) {
        INFO(to_string(prior) << ", " << to_string(from.state) << " orders " << to_string(move));
        auto found = transition(from, move);
        if (ends_pending.contains(to)) {
          REQUIRE(found);
          CHECK(found->state == to);
        } else if (pending(to)) {
          REQUIRE(found);
          CHECK(found->state == to);
          CHECK(found->prior == prior);
          CHECK(found->in_flight.size() == 2);
        } else if (move == m::partial_fill || move == m::accept || (move == m::trigger && (prior == s::submitted || prior == s::accepted))) {
          REQUIRE(found);
          CHECK(found->state == from.state);
          CHECK(found->in_flight == from.in_flight);
          const s behind = move != m::accept ? to : prior == s::submitted ? s::accepted : prior;
          CHECK(found->prior == behind);
          CHECK(after(*found, {m::refuse_change}).state == behind);
        } else {
          CHECK_FALSE(found);
        }
      }
    }
}

TEST_CASE("a refusal leads back to the prior state, after the last request of a chain") {
  auto o = after(in(s::accepted), {m::request_update, m::request_update, m::request_cancel});
  CHECK(o.state == s::pending_cancel);
  CHECK(o.in_flight == std::vector{pending_request::update, pending_request::update, pending_request::cancel});
  o = after(o, {m::update});
  CHECK(o.state == s::pending_cancel);
  o = after(o, {m::refuse_change});
  CHECK(o.in_flight == std::vector{pending_request::cancel});
  o = after(o, {m::partial_fill});
  CHECK(o.state == s::pending_cancel);
  o = after(o, {m::refuse_change});
  CHECK(o.state == s::partially_filled);
  CHECK(o.in_flight.empty());
}

TEST_CASE("a refusal that says what it refuses answers that kind, although an older request waits") {
  auto o = after(in(s::accepted), {m::request_update, m::request_cancel});
  auto refused = refuse(o, pending_request::cancel);
  REQUIRE(refused);
  CHECK(refused->state == s::pending_update);
  CHECK(refused->in_flight == std::vector{pending_request::update});
  CHECK_FALSE(refuse(*refused, pending_request::cancel));
  CHECK(after(*refused, {m::update}).state == s::accepted);
}

TEST_CASE("an update answers the oldest update, also behind a cancel that waits") {
  auto o = after(in(s::accepted), {m::request_cancel, m::request_update, m::update});
  CHECK(o.state == s::pending_cancel);
  CHECK(o.in_flight == std::vector{pending_request::cancel});
  CHECK_FALSE(transition(o, m::update));
}

TEST_CASE("a cancel that came too late is refused after the fill, and the order stays filled") {
  auto o = after(in(s::submitted), {m::accept, m::request_cancel, m::fill});
  CHECK(o.state == s::filled);
  CHECK(o.in_flight == std::vector{pending_request::cancel});
  o = after(o, {m::refuse_change});
  CHECK(o.state == s::filled);
  CHECK(o.in_flight.empty());
}

TEST_CASE("a cancel answers its request; an update asked for before it is refused later") {
  auto o = after(in(s::accepted), {m::request_update, m::request_cancel, m::cancel});
  CHECK(o.state == s::cancelled);
  CHECK(o.in_flight == std::vector{pending_request::update});
  CHECK_FALSE(transition(o, m::update));
  o = after(o, {m::refuse_change});
  CHECK(o.state == s::cancelled);
  CHECK(o.in_flight.empty());
}

TEST_CASE("requests in flight are bounded") {
  auto o = in(s::accepted);
  for (std::size_t i = 0; i < in_flight_max; ++i) o = after(o, {m::request_update});
  auto more = transition(o, m::request_cancel);
  REQUIRE_FALSE(more);
  CHECK(more.error().message.find("16 requests in flight") != std::string::npos);
}

TEST_CASE("a late fill opens reconciliation and does not revive the order") {
  for (s state : {s::cancelled, s::expired, s::rejected})
    for (auto move : {m::fill, m::partial_fill}) {
      auto o = after(in(state), {move});
      CHECK(o.state == state);
      CHECK(o.late_fill);
      CHECK(after(o, {move, m::bust}).state == state);
    }
  CHECK_FALSE(transition(in(s::denied), m::fill));
}

TEST_CASE("busts take fills back one by one") {
  CHECK(bust(in(s::filled), 1)->state == s::partially_filled);
  CHECK(bust(in(s::filled), 0)->state == s::accepted);
  // Two fills taken back one by one end where one fill of the same size does.
  CHECK(bust(*bust(in(s::filled), 1), 0)->state == s::accepted);
  const auto o = after(in(s::accepted), {m::partial_fill, m::request_cancel});
  auto b = bust(o, 0);
  REQUIRE(b);
  CHECK(b->state == s::pending_cancel);
  CHECK(b->prior == s::accepted);
  for (s nothing_filled : {s::submitted, s::accepted, s::triggered}) CHECK_FALSE(bust(after(in(nothing_filled), {m::request_cancel}), 0));
}

TEST_CASE("a filled order is replaced upwards, at once or by request") {
  CHECK(after(in(s::filled), {m::replace_up}).state == s::partially_filled);
  const auto asked = after(in(s::filled), {m::request_update});
  CHECK(after(asked, {m::refuse_change}).state == s::filled);
  const auto grown = after(asked, {m::replace_up});
  CHECK(grown.state == s::partially_filled);
  CHECK(grown.in_flight.empty());
  CHECK_FALSE(transition(after(in(s::accepted), {m::request_update}), m::replace_up));
}

TEST_CASE("the outcome is unknown for sent orders only, until the venue is heard again") {
  for (std::size_t i = 0; i < order_states; ++i) {
    const auto state = static_cast<s>(i);
    INFO(to_string(state));
    const bool sent = pending(state) || (table.contains(state) && (state == s::submitted || state == s::accepted || state == s::triggered ||
                                                                   state == s::partially_filled || state == s::done_for_day));
    auto unknown = mark_unknown(in(state));
    REQUIRE(unknown.has_value() == sent);
    if (unknown) CHECK(unknown->state == state);
  }
  const auto unknown = *mark_unknown(in(s::submitted));
  CHECK(after(unknown, {m::request_cancel}).outcome_unknown);  // our own request tells nothing
  CHECK_FALSE(after(unknown, {m::request_cancel, m::refuse_change}).outcome_unknown);
  CHECK_FALSE(after(unknown, {m::accept}).outcome_unknown);
}

TEST_CASE("random walks: a final state is left by the moves of the table only, requests in flight stay bounded, pending means something is in flight") {
  CHECK(rc::check("random walks", [] {
    order_status o;
    const auto length = *rc::gen::inRange<std::size_t>(1, 60);
    for (std::size_t i = 0; i < length; ++i) {
      const auto move = all_moves[*rc::gen::inRange<std::size_t>(0, all_moves.size())];
      const auto next = transition(o, move);
      if (!next) continue;
      RC_ASSERT(next->in_flight.size() <= in_flight_max);
      RC_ASSERT(!pending(next->state) || !next->in_flight.empty());
      RC_ASSERT(!pending(next->prior));
      if (is_final(o.state) && next->state != o.state)
        RC_ASSERT(o.state == s::filled && (move == m::request_update || move == m::replace_up || move == m::bust));
      RC_ASSERT(!o.late_fill || next->late_fill);
      RC_ASSERT(!next->late_fill || ended(next->state));
      o = *next;
    }
  }));
}
