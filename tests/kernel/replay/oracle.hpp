// A second opinion on back-tests: straight loops over ticks, written from the acceptance rules alone. It shares no code with the engine.
#pragma once
#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace oracle {

__extension__ using wide = __int128;

// ---- data ------------------------------------------------------------------------------------------

struct minute {
  std::int64_t at_ms;
  std::array<std::int64_t, 4> prices;
};  // prices in units of 10^-9

inline std::int64_t nano_price(const std::string& text) {
  const auto point = text.find('.');
  std::string digits = text.substr(0, point), decimals = point == std::string::npos ? "" : text.substr(point + 1);
  decimals.resize(9, '0');
  return std::stoll(digits + decimals);
}

inline std::vector<minute> read_minutes(const std::string& path) {
  gzFile f = gzopen(path.c_str(), "rb");
  if (f == nullptr) throw std::runtime_error("cannot open " + path);
  std::vector<minute> all;
  char line[256];
  gzgets(f, line, sizeof line);
  while (gzgets(f, line, sizeof line) != nullptr) {
    std::tm t{};
    char o[32], h[32], l[32], c[32];
    if (std::sscanf(line, "%d-%d-%d %d:%d:%d+00:00,%31[^,],%31[^,],%31[^,],%31[^\r\n]", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, o,
                    h, l, c) != 10)
      throw std::runtime_error(std::string("cannot read ") + line);
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    all.push_back({std::int64_t{timegm(&t)} * 1000, {nano_price(o), nano_price(h), nano_price(l), nano_price(c)}});
  }
  gzclose(f);
  return all;
}

struct pair_data {
  std::string base, quote, bid_file, ask_file;
  int decimals;
};  // of a price
struct tick {
  std::int64_t at_ms;
  int pair;
  std::int64_t bid, ask;
};

/// Each pair's ticks, merged by time; at one time in the order of the list.
inline std::vector<tick> read_ticks(const std::vector<pair_data>& pairs, std::int64_t stamp_to_close_ms) {
  std::vector<std::vector<tick>> each;
  for (int p = 0; p < static_cast<int>(pairs.size()); ++p) {
    const auto bid = read_minutes(pairs[static_cast<std::size_t>(p)].bid_file), ask = read_minutes(pairs[static_cast<std::size_t>(p)].ask_file);
    if (bid.size() != ask.size()) throw std::runtime_error("bid and ask differ in length");
    std::vector<tick> ticks;
    for (std::size_t i = 0; i < bid.size(); ++i)
      for (std::size_t k = 0; k < 4; ++k)
        ticks.push_back({bid[i].at_ms + stamp_to_close_ms - 300 + 100 * static_cast<std::int64_t>(k), p, bid[i].prices[k], ask[i].prices[k]});
    each.push_back(std::move(ticks));
  }
  std::vector<tick> all;
  std::vector<std::size_t> next(each.size(), 0);
  for (;;) {
    std::size_t best = each.size();
    for (std::size_t p = 0; p < each.size(); ++p)
      if (next[p] < each[p].size() && (best == each.size() || each[p][next[p]].at_ms < each[best][next[best]].at_ms)) best = p;
    if (best == each.size()) return all;
    all.push_back(each[best][next[best]++]);
  }
}

// ---- the account -----------------------------------------------------------------------------------

inline std::int64_t ten_to(int n) { return n == 0 ? 1 : 10 * ten_to(n - 1); }
/// Half away from zero.
inline std::int64_t rounded(wide n, wide d) {
  if (d < 0) {
    n = -n;
    d = -d;
  }
  const wide half = (n < 0 ? -n : n) * 2 + d;
  const wide q = half / (2 * d);
  return static_cast<std::int64_t>(n < 0 ? -q : q);
}
inline int digits_of(const std::string& currency) { return currency == "JPY" ? 0 : 2; }

struct strategy_settings {
  int pair;
  int fast, slow;
  std::int64_t step_s;
  char from;
  std::int64_t size;
};
struct settings {
  std::vector<pair_data> pairs;
  std::int64_t stamp_to_close_ms = 60'000;
  std::string account = "USD";
  std::int64_t balance = 0;  // minor units
  bool hedging = true;
  bool empty_bars = false;
  std::int64_t displayed = 0;       // units; 0: everything at the top
  std::int64_t commission_ppb = 0;  // of notional, in 10^-9
  std::vector<strategy_settings> strategies;
  /// Compatibility financing: percent a year, in 10^-9, by currency and month "2012-02". Empty: none.
  std::map<std::string, std::map<std::string, std::int64_t>> interest;
  bool bars_as_feed = false;  ///< each bid bar is seen by the strategies before its minute's book; bars are the file's own
};
struct outcome {
  std::int64_t balance = 0, financing = 0;
  std::uint64_t swaps = 0;
  std::uint64_t ticks = 0, bars = 0, orders = 0, fills = 0, positions = 0;
};

class run {
 public:
  explicit run(const settings& s) : s_(s), books_(s.pairs.size()), net_(s.pairs.size(), 0), logic_(s.strategies.size()) { out_.balance = s.balance; }

  outcome go() {
    if (s_.bars_as_feed) return go_by_bars();
    const auto ticks = read_ticks(s_.pairs, s_.stamp_to_close_ms);
    for (const auto& t : ticks) {
      while (fire_before(t.at_ms)) {}
      ++out_.ticks;
      books_[static_cast<std::size_t>(t.pair)] = {t.bid, t.ask};
      for (auto& b : bars_)
        if (b.pair == t.pair) b.add(t);
      open_bars(t);
      charge(t.at_ms);
    }
    if (!ticks.empty())
      while (fire_before(ticks.back().at_ms + 1)) {}
    for (std::size_t i = 0; i < s_.strategies.size(); ++i) queue_closing(i);
    drain();
    return out_;
  }

 private:
  struct book {
    std::int64_t bid = 0, ask = 0;
  };
  struct bar {
    int pair;
    std::int64_t step_ms;
    char from;
    std::int64_t closes_ms;
    wide open = 0, high = 0, low = 0, close = 0;  // doubled, so that a mid is whole
    int ticks = 0;
    void add(const tick& t) {
      const wide p = from == 'm' ? wide{t.bid} + t.ask : from == 'b' ? 2 * wide{t.bid} : 2 * wide{t.ask};
      if (ticks == 0) open = high = low = p;
      high = p > high ? p : high;
      low = p < low ? p : low;
      close = p;
      ++ticks;
    }
  };
  struct averages {
    double fast = 0, slow = 0;
    int seen = 0;
  };
  struct lot {
    std::size_t strategy;
    int pair;
    std::int64_t size;
    wide cost;
  };  // signed size; cost = Σ price · size
  struct order {
    std::size_t strategy;
    int pair;
    std::int64_t size;
    std::uint64_t closes;
    std::uint64_t id;
  };  // signed size

  // Bars of one (pair, spec) exist once, in the order in which strategies name them. They begin with the pair's first tick.
  void open_bars(const tick& t) {
    for (const auto& st : s_.strategies) {
      if (st.pair != t.pair) continue;
      bool known = false;
      for (const auto& b : bars_) known = known || (b.pair == st.pair && b.step_ms == st.step_s * 1000 && b.from == st.from);
      if (known) continue;
      bar b{st.pair, st.step_s * 1000, st.from, 0};
      b.closes_ms = (t.at_ms + b.step_ms - 1) / b.step_ms * b.step_ms;
      b.add(t);
      bars_.push_back(b);
    }
  }
  bool fire_before(std::int64_t ms) {
    bar* first = nullptr;
    for (auto& b : bars_) {
      if (b.closes_ms >= ms) continue;
      if (first == nullptr || b.closes_ms < first->closes_ms || (b.closes_ms == first->closes_ms && b.pair < first->pair)) first = &b;
    }
    if (first == nullptr) return false;
    if (first->ticks == 0) first->open = first->high = first->low = first->close;
    const bar closed = *first;
    first->ticks = 0;
    first->closes_ms += first->step_ms;
    if (closed.ticks == 0 && !s_.empty_bars) return true;
    see(closed);
    charge(closed.closes_ms);
    return true;
  }
  void see(const bar& b) {
    ++out_.bars;
    for (std::size_t i = 0; i < s_.strategies.size(); ++i) {
      const auto& st = s_.strategies[i];
      if (st.pair != b.pair || st.step_s * 1000 != b.step_ms || st.from != b.from) continue;
      auto& a = logic_[i];
      const double x = static_cast<double>(b.close) / 2e9;
      const double kf = 2.0 / (st.fast + 1), ks = 2.0 / (st.slow + 1);
      a.fast = a.seen == 0 ? x : kf * x + (1 - kf) * a.fast;
      a.slow = a.seen == 0 ? x : ks * x + (1 - ks) * a.slow;
      if (++a.seen < st.slow || (b.open == b.high && b.high == b.low && b.low == b.close)) continue;
      const bool up = a.fast >= a.slow;
      const auto net = net_[static_cast<std::size_t>(st.pair)];
      if (up ? net > 0 : net < 0) continue;
      queue_closing(i);
      queue_.push_back({i, st.pair, up ? st.size : -st.size, 0, ++orders_});
    }
    drain();
  }
  // One pair: the strategies see a minute's bid bar while the book is still that of the minute before.
  outcome go_by_bars() {
    const auto bids = read_minutes(s_.pairs[0].bid_file), asks = read_minutes(s_.pairs[0].ask_file);
    for (std::size_t i = 0; i < bids.size(); ++i) {
      const auto at = bids[i].at_ms + s_.stamp_to_close_ms;
      const auto& p = bids[i].prices;
      bar b{0, 60'000, 'b', at};
      b.open = 2 * wide{p[0]}, b.high = 2 * wide{p[1]}, b.low = 2 * wide{p[2]}, b.close = 2 * wide{p[3]};
      b.ticks = 1;
      see(b);
      charge(at);
      books_[0] = {p[3], asks[i].prices[3]};
      ++out_.ticks;
      charge(at);
    }
    for (std::size_t i = 0; i < s_.strategies.size(); ++i) queue_closing(i);
    drain();
    return out_;
  }
  // After each event has drained: once for each UTC day, at the first event at or after 22:00 UTC of the day that its first event has in UTC-5.
  void charge(std::int64_t now_ms) {
    if (s_.interest.empty()) return;
    constexpr std::int64_t day_ms = 86'400'000;
    if (now_ms / day_ms != utc_day_) {
      utc_day_ = now_ms / day_ms;
      boundary_ms_ = (now_ms - 5 * 3'600'000) / day_ms * day_ms + 22 * 3'600'000;
      charged_ = false;
    }
    if (charged_ || now_ms < boundary_ms_) return;
    charged_ = true;
    const auto weekday = (boundary_ms_ / day_ms + 4) % 7;  // 0 = Sunday
    const std::int64_t times = weekday == 3 || weekday == 5 ? 3 : 1;
    const std::time_t s = now_ms / 1000;
    std::tm t{};
    gmtime_r(&s, &t);
    char month[16];
    std::strftime(month, sizeof month, "%Y-%m", &t);
    for (const auto& [id, l] : lots_) {
      const auto& p = s_.pairs[static_cast<std::size_t>(l.pair)];
      const auto& b = books_[static_cast<std::size_t>(l.pair)];
      const wide step = ten_to(9 - p.decimals);
      const wide mid = rounded(wide{b.bid} + b.ask, 2 * step) * step;
      const wide spread = wide{s_.interest.at(p.base).at(month)} - s_.interest.at(p.quote).at(month);
      const wide units = l.size < 0 ? -l.size : l.size;
      // units * mid (10^-9) * spread (10^-9) / 36500, in the quote currency: 10^-18 too small
      wide n = -units * mid * spread * times, d = wide{36'500} * ten_to(9);
      const wide g = ten_to(9);
      std::int64_t amount = 0;
      const std::int64_t to = ten_to(digits_of(s_.account));
      if (p.quote == s_.account) amount = rounded(n / 1000 * to, d / 1000 * g);
      else if (p.base == s_.account) amount = rounded(n / 1000 * 2 * to, d / 1000 * (wide{b.bid} + b.ask));
      else throw std::runtime_error("the oracle charges in base or quote currency only");
      out_.balance += amount;
      out_.financing += amount;
      ++out_.swaps;
    }
  }
  void queue_closing(std::size_t strategy) {
    if (s_.hedging) {
      for (const auto& [id, l] : lots_)
        if (l.strategy == strategy) queue_.push_back({strategy, l.pair, -l.size, id, ++orders_});
      return;
    }
    if (own_[strategy] != 0) queue_.push_back({strategy, s_.strategies[strategy].pair, -own_[strategy], 0, ++orders_});
  }
  void drain() {
    for (const auto& o : queue_) {
      ++out_.orders;
      const auto& b = books_[static_cast<std::size_t>(o.pair)];
      const bool buy = o.size > 0;
      const std::int64_t size = buy ? o.size : -o.size, top = buy ? b.ask : b.bid;
      const std::int64_t at_top = s_.displayed > 0 && s_.displayed < size ? s_.displayed : size;
      fill(o, at_top, top);
      const std::int64_t step = ten_to(9 - s_.pairs[static_cast<std::size_t>(o.pair)].decimals);
      if (size > at_top) fill(o, size - at_top, top + (buy ? step : -step));
    }
    queue_.clear();
  }
  void fill(const order& o, std::int64_t size, std::int64_t price) {
    ++out_.fills;
    const bool buy = o.size > 0;
    const std::int64_t signed_size = buy ? size : -size;
    const auto& p = s_.pairs[static_cast<std::size_t>(o.pair)];
    const int digits = digits_of(p.quote);
    const std::int64_t notional = rounded(wide{price} * size * ten_to(digits), ten_to(9));
    std::int64_t commission = rounded(wide{notional} * s_.commission_ppb, ten_to(9));
    net_[static_cast<std::size_t>(o.pair)] += signed_size;
    own_[o.strategy] += signed_size;
    const std::uint64_t key = !s_.hedging ? static_cast<std::uint64_t>(o.pair) + 1 : o.closes != 0 ? o.closes : (o.id << 1);
    auto found = lots_.find(key);
    std::int64_t left = signed_size;
    if (found != lots_.end() && (found->second.size > 0) != buy) {
      lot& l = found->second;
      const std::int64_t held = l.size < 0 ? -l.size : l.size, closing = size < held ? size : held;
      // closing · (price − cost / held), signed as the lot is
      const std::int64_t profit = rounded((wide{price} * l.size - l.cost) * closing * ten_to(digits), wide{held} * ten_to(9));
      book_money(convert(profit, p, o.pair, buy) - convert(commission, p, o.pair, buy));
      commission = 0;
      l.cost -= l.cost * closing / held;
      l.size += buy ? closing : -closing;
      left -= buy ? closing : -closing;
      if (l.size == 0) lots_.erase(found);
      if (left == 0) return;
      found = lots_.end();
    }
    if (found == lots_.end()) ++out_.positions;
    lot& l = lots_.try_emplace(key, lot{o.strategy, o.pair, 0, 0}).first->second;
    l.size += left;
    l.cost += wide{price} * left;
    book_money(-convert(commission, p, o.pair, buy));
  }
  void book_money(std::int64_t minor) { out_.balance += minor; }
  /// A sell uses the bid, a buy the ask; where only the inverse pair is quoted, the amount is divided by that side's price.
  std::int64_t convert(std::int64_t minor, const pair_data& traded, int, bool buy) const {
    if (traded.quote == s_.account || minor == 0) return minor;
    const std::int64_t to = ten_to(digits_of(s_.account)), from = ten_to(digits_of(traded.quote));
    for (std::size_t i = 0; i < s_.pairs.size(); ++i) {
      const std::int64_t rate = buy ? books_[i].ask : books_[i].bid;
      if (rate == 0) continue;
      if (s_.pairs[i].base == traded.quote && s_.pairs[i].quote == s_.account) return rounded(wide{minor} * rate * to, wide{from} * ten_to(9));
      if (s_.pairs[i].base == s_.account && s_.pairs[i].quote == traded.quote) return rounded(wide{minor} * ten_to(9) * to, wide{from} * rate);
    }
    throw std::runtime_error("no rate from " + traded.quote + " to " + s_.account);
  }

  settings s_;
  std::vector<book> books_;
  std::vector<std::int64_t> net_;
  std::map<std::size_t, std::int64_t> own_;
  std::vector<averages> logic_;
  std::vector<bar> bars_;
  std::map<std::uint64_t, lot> lots_;
  std::vector<order> queue_;
  std::uint64_t orders_ = 0;
  std::int64_t utc_day_ = INT64_MIN, boundary_ms_ = 0;
  bool charged_ = false;
  outcome out_;
};

}  // namespace oracle
