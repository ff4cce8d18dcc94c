#include "actors/replay/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "persistence/json.hpp"

namespace tomnext::replay {
namespace {

// How far back the quotes of a bar or the book of a fill are looked for, in events.
constexpr std::uint64_t look_back_max = 4'000'000;
constexpr std::uint64_t look_back_step = 65'536;

template <class Take> result<void> each_event(const persistence::event_log& log, std::uint64_t from, std::uint64_t to, Take take) {
  auto scan = log.scan(from);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g || (*g)->first_seq() > to) return {};
    for (const auto& e : (*g)->events)
      if (e.head.seq >= from && e.head.seq <= to) take(e);
  }
}

price price_of(const quote_accepted& q, price_side from) {
  if (from == price_side::bid) return q.bid;
  if (from == price_side::ask) return q.ask;
  return price{q.bid.value + (q.ask.value - q.bid.value) / 2};
}

// The quotes that gave a bar its four prices, each named once.
result<void> add_quotes_of(const persistence::event_log& log, const event& bar_event, cause_node& node) {
  const auto& bar = bar_event.as<bar_closed>();
  if (bar.ticks == 0) return {};
  std::vector<event> quotes;
  const std::uint64_t seq = bar_event.head.seq;
  const std::int64_t right_open = bar.interval == bar_interval::right_open ? 1 : 0;
  const timestamp first = bar.opened_at - right_open, last = bar.closed_at - right_open;
  for (std::uint64_t reach = look_back_step; quotes.size() < bar.ticks && reach <= look_back_max; reach *= 4) {
    quotes.clear();
    const std::uint64_t from = seq > reach ? seq - reach : 1;
    TOMNEXT_TRY(each_event(log, from, seq, [&](const event& e) {
      const auto* q = e.get_if<quote_accepted>();
      if (q != nullptr && q->instrument == bar.instrument && q->source_time > first && q->source_time <= last) quotes.push_back(e);
    }));
    if (from == 1) break;
  }
  auto add = [&](const char* role, price wanted, bool from_back) {
    auto matches = [&](const event& e) { return price_of(e.as<quote_accepted>(), bar.from) == wanted; };
    std::optional<event> found;
    if (from_back) {
      for (auto i = quotes.rbegin(); i != quotes.rend() && !found; ++i)
        if (matches(*i)) found = *i;
    } else {
      for (auto i = quotes.begin(); i != quotes.end() && !found; ++i)
        if (matches(*i)) found = *i;
    }
    if (!found) return;
    for (auto& c : node.causes) {
      if (c.what.head.seq != found->head.seq) continue;
      c.role += std::string(", ") + role;
      return;
    }
    node.causes.push_back({*found, role, {}});
  };
  add("open", bar.open, false);
  add("high", bar.high, false);
  add("low", bar.low, false);
  add("close", bar.close, true);
  return {};
}

result<void> add_book_of(const persistence::event_log& log, const event& report, cause_node& node) {
  const auto instrument = report.as<venue_order_reported>().instrument;
  std::optional<event> book;
  for (std::uint64_t reach = 4'096; !book && reach <= look_back_max; reach *= 16) {
    const std::uint64_t from = report.head.seq > reach ? report.head.seq - reach : 1;
    TOMNEXT_TRY(each_event(log, from, report.head.seq, [&](const event& e) {
      const auto* q = e.get_if<quote_accepted>();
      if (q != nullptr && q->instrument == instrument) book = e;
    }));
    if (from == 1) break;
  }
  if (book) node.causes.push_back({*book, "book", {}});
  return {};
}

result<void> explain(const persistence::event_log& log, cause_node& node, int depth) {
  const event& e = node.what;
  // A bar that its source told was made of nothing in this log.
  if (e.is<bar_closed>() && e.head.cause != 0) TOMNEXT_TRY(add_quotes_of(log, e, node));
  if (e.is<venue_order_reported>() && e.as<venue_order_reported>().report == venue_report::filled) TOMNEXT_TRY(add_book_of(log, e, node));
  // A periodic timer was armed by its own last firing, and so on to the beginning: that says nothing more about this event.
  if (e.is<timer_armed>() || e.head.cause == 0 || depth >= cause_depth_max) return {};
  auto cause = event_at(log, e.head.cause);
  if (!cause) return cause.error();
  node.causes.insert(node.causes.begin(), {*cause, "cause", {}});
  return explain(log, node.causes.front(), depth + 1);
}

void draw(const cause_node& n, const std::string& indent, std::string& out) {
  for (std::size_t i = 0; i < n.causes.size(); ++i) {
    const auto& c = n.causes[i];
    const bool last = i + 1 == n.causes.size();
    out += indent + (last ? "└─ " : "├─ ") + (c.role == "cause" ? "" : c.role + ": ") + persistence::to_line(c.what) + "\n";
    draw(c, indent + (last ? "   " : "│  "), out);
  }
}

}  // namespace

result<event> event_at(const persistence::event_log& log, std::uint64_t seq) {
  if (seq == 0 || seq > log.head().seq) return error(errc::invalid_argument, fmt::format("there is no event {}: the log holds 1 to {}", seq, log.head().seq));
  auto scan = log.scan(seq);
  if (!scan) return scan.error();
  auto g = (*scan)->next();
  if (!g) return g.error();
  if (!*g || (*g)->first_seq() > seq || (*g)->last_seq() < seq) return error(errc::log_gap, fmt::format("event {} is missing", seq));
  return (*g)->events[static_cast<std::size_t>(seq - (*g)->first_seq())];
}

result<event> last_of(const persistence::event_log& log, std::uint16_t type_number) {
  const auto head = log.head().seq;
  for (std::uint64_t reach = look_back_step; head > 0; reach *= 4) {
    std::optional<event> found;
    const std::uint64_t from = head > reach ? head - reach : 1;
    TOMNEXT_TRY(each_event(log, from, head, [&](const event& e) {
      if (e.head.type == type_number) found = e;
    }));
    if (found) return *found;
    if (from == 1) break;
  }
  return error(errc::invalid_argument, fmt::format("the log holds no {}", event_name(type_number)));
}

result<cause_node> why(const persistence::event_log& log, std::uint64_t seq) {
  auto e = event_at(log, seq);
  if (!e) return e.error();
  cause_node root{*e, "", {}};
  TOMNEXT_TRY(explain(log, root, 0));
  return root;
}

std::string to_tree(const cause_node& n) {
  std::string out = persistence::to_line(n.what) + "\n";
  draw(n, "", out);
  return out;
}

std::string to_json(const cause_node& n) {
  std::string out = fmt::format("{{\"role\":\"{}\",\"event\":{},\"causes\":[", n.role, persistence::to_json(n.what));
  for (std::size_t i = 0; i < n.causes.size(); ++i) out += (i == 0 ? "" : ",") + to_json(n.causes[i]);
  return out + "]}";
}

}  // namespace tomnext::replay
