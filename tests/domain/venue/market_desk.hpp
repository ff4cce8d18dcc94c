// Sends orders to a simulated book, shows it quotes and bars, and keeps what it answers.
#pragma once
#include <algorithm>
#include <vector>

#include "domain/venue/next_bar_open.hpp"
#include "domain/venue/top_of_book.hpp"
#include "tests/domain/trade_samples.hpp"
#include "tests/support/catch.hpp"

namespace tomnext::tests {

using venue::answer;
using venue::answer_kind;

inline venue::book_rules plain_rules(position_mode mode = position_mode::netting) {
  venue::book_rules r;
  r.positions = mode;
  r.step = at("0.00001");
  r.quantity_step = units(1);
  return r;
}

/// An order of `size` units; the rest is set by the test.
inline venue::order_request order(std::uint64_t id, side direction, std::int64_t size, order_kind kind = order_kind::market) {
  venue::order_request r;
  r.order = order_id{id};
  r.direction = direction;
  r.size = units(size);
  r.kind = kind;
  return r;
}
inline venue::order_request limit_order(std::uint64_t id, side direction, std::int64_t size, const char* limit) {
  auto r = order(id, direction, size, order_kind::limit);
  r.limit = at(limit);
  return r;
}
inline venue::order_request stop_order(std::uint64_t id, side direction, std::int64_t size, const char* trigger) {
  auto r = order(id, direction, size, order_kind::stop);
  r.trigger = at(trigger);
  return r;
}
inline venue::order_request child_of(std::uint64_t parent, venue::order_request r) {
  r.parent = order_id{parent};
  return r;
}

struct market_desk {
  explicit market_desk(venue::book_rules rules = plain_rules(), venue::bar_rules bars = {}) : book(rules), bars(bars) {}

  std::vector<answer> quote(const char* bid, const char* ask, std::int64_t bid_size = 0, std::int64_t ask_size = 0) {
    top = {at(bid), at(ask), units(bid_size), units(ask_size), now};
    venue::work(book, top);
    return take();
  }
  std::vector<answer> send(const venue::order_request& r) {
    top.at = now;
    venue::submit(book, r, top);
    return take();
  }
  std::vector<answer> send_for_bars(const venue::order_request& r) {
    book.submit(r, now, last.close);
    return take();
  }
  std::vector<answer> bar(const char* open, const char* high, const char* low, const char* close) {
    last = {now, at(open), at(high), at(low), at(close)};
    venue::work(book, last, bars);
    now = now + hour_ns;
    return take();
  }
  std::vector<answer> take() {
    auto some = book.take_answers();
    all.insert(all.end(), some.begin(), some.end());
    return some;
  }

  venue::order_book book;
  venue::bar_rules bars;
  venue::top_view top;
  venue::bar_view last;
  timestamp now = start;
  std::vector<answer> all;
};

inline std::vector<answer> fills(const std::vector<answer>& answers, std::uint64_t id) {
  std::vector<answer> found;
  for (const auto& a : answers)
    if (a.kind == answer_kind::filled && a.order == order_id{id}) found.push_back(a);
  return found;
}
inline bool says(const std::vector<answer>& answers, std::uint64_t id, answer_kind kind) {
  return std::any_of(answers.begin(), answers.end(), [&](const answer& a) { return a.order == order_id{id} && a.kind == kind; });
}
inline std::string why(const std::vector<answer>& answers, std::uint64_t id) {
  for (auto a = answers.rbegin(); a != answers.rend(); ++a)
    if (a->order == order_id{id} && !a->why.empty()) return std::string(a->why);
  return "";
}
/// The one fill there is, at that price; or -1 where there is another number of them.
inline price only_price(const std::vector<answer>& answers, std::uint64_t id) {
  const auto f = fills(answers, id);
  return f.size() == 1 ? f[0].at_price : price{-1};
}

}  // namespace tomnext::tests
