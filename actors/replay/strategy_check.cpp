#include "actors/replay/strategy_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "actors/replay/digits.hpp"
#include "persistence/json.hpp"

namespace tomnext::replay {
namespace {

constexpr std::size_t quotes_between_asks = 65'536;
constexpr std::size_t decisions_max = 5'000'000;

/// Takes the place of a log: keeps what strategies decide, and watches that no bar comes before its quotes.
class witness {
 public:
  struct decision {
    event what;
    std::size_t quotes;  ///< that had come by then
  };
  void begin_reaction() {}
  template <class E> void append(const header& h, const E& e) {
    if constexpr (std::is_same_v<E, signal_proposed> || std::is_same_v<E, order_intended>) {
      if (decisions.size() < decisions_max) decisions.push_back({event(h, e), quotes});
    } else if constexpr (std::is_same_v<E, bar_closed>) {
      // A quote at the boundary is a right-open bar's no more.
      const timestamp last = e.closed_at - (e.interval == bar_interval::right_open ? 1 : 0);
      newest_[e.instrument.value] = std::max(newest_[e.instrument.value], last);
    } else if constexpr (std::is_same_v<E, quote_accepted>) {
      ++quotes;
      auto& bar = newest_[e.instrument.value];
      if (e.source_time > bar) return;
      if (early_bars++ == 0)
        first_early_bar =
            fmt::format("the bar that closes {} was told before quote {} of {}", tomnext::to_string(bar), e.source_position, tomnext::to_string(e.source_time));
      bar = never;  // each bar once
    }
  }
  std::vector<decision> decisions;
  std::size_t quotes = 0;
  std::uint64_t early_bars = 0;
  std::string first_early_bar;

 private:
  static constexpr timestamp never{INT64_MIN};
  std::array<timestamp, instruments_max> newest_ = [] {
    std::array<timestamp, instruments_max> all{};
    all.fill(never);
    return all;
  }();
};

/// The first `quotes` quotes through all hosts; the source does not end, so that nothing is closed because of it.
result<void> play(const sweep_runner& runner, std::size_t quotes, witness& log, const sweep_ask& go_on) {
  config::deployment d = runner.deployment();
  const auto& market = runner.market();
  const auto last = market.quotes[quotes - 1].source_time;
  // Days that such data would not have are not known either.
  const auto later = [&](const calendar_defined& page) { return !page.boundaries.empty() && page.boundaries[0] > last + day_ns; };
  std::erase_if(d.calendar, later);
  kernel<witness> k(log);
  TOMNEXT_TRY(compose(d, runner.parts(), [&]<class S>(const host_description& h, S service) { k.add(h, std::move(service)); }));
  k.input(declaration_of(log_purpose::backtest), d.begins, configuration_ingress, 0);
  k.activate(0);
  preamble(d, {}, [&](const auto& e) { k.input(e, d.begins, configuration_ingress, 0); });
  bool cancelled = false;
  play_market(market, quotes, k, [&](std::size_t i) {
    cancelled = i % quotes_between_asks == 0 && go_on && !go_on();
    return !cancelled && !k.failure();
  });
  if (cancelled) return error(errc::cancelled, "cancelled");
  if (k.failure()) return *k.failure();
  return {};
}

std::string text_of(const event& e) { return fmt::format("{} {} {}", tomnext::to_string(e.head.at), event_name(e.head.type), persistence::payload_json(e)); }

bool same(const event& a, const event& b) {
  return a.head.at == b.head.at && a.head.type == b.head.type && persistence::payload_json(a) == persistence::payload_json(b);
}

/// What a strategy wanted at a bar: the sign of its direction, and its two figures.
struct wish {
  bool ready = false, any = false;
  side direction{};
  double fast = 0, slow = 0;
};
wish wish_after(strategy_execution::strategy& s, const bar_closed& bar) {
  s.update(bar);
  wish w;
  w.ready = s.ready();
  if (!w.ready) return w;
  if (const auto o = s.decide(bar)) w = {true, true, o->direction, o->fast, o->slow};
  return w;
}
bool near(double a, double b, double tolerance) { return a == b || std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b)); }

}  // namespace

result<look_ahead_check> check_look_ahead(const sweep_runner& runner, std::size_t cuts, const sweep_ask& go_on) {
  if (cuts < 1 || cuts > cuts_max) return error(errc::invalid_argument, std::to_string(cuts) + " cuts; allowed are 1 to " + std::to_string(cuts_max));
  const auto all = runner.market().quotes.size();
  witness whole;
  TOMNEXT_TRY(play(runner, all, whole, go_on));
  look_ahead_check c;
  c.decisions = whole.decisions.size();
  c.early_bars = whole.early_bars;
  c.first_early_bar = whole.first_early_bar;
  for (std::size_t n = 1; n <= cuts; ++n) {
    const auto quotes = all * n / (cuts + 1);
    if (quotes == 0) continue;
    witness part;
    TOMNEXT_TRY(play(runner, quotes, part, go_on));
    ++c.cuts;
    std::optional<look_ahead_check::difference> found;
    const auto& cut = runner.market().quotes[quotes - 1].source_time;
    for (std::size_t i = 0; !found; ++i) {
      const bool here = i < part.decisions.size();
      // What a timer brought about behind the last quote waits for a later one in the shorter data.
      const bool there = i < whole.decisions.size() && (here || whole.decisions[i].quotes < quotes);
      if (!here && !there) break;
      if (here && there && same(part.decisions[i].what, whole.decisions[i].what)) continue;
      found = look_ahead_check::difference{cut, here ? text_of(part.decisions[i].what) : "", there ? text_of(whole.decisions[i].what) : ""};
    }
    if (!found) continue;
    ++c.differing_cuts;
    if (!c.first) c.first = std::move(found);
  }
  return c;
}

result<warm_up_check> check_warm_up(const sweep_runner& runner, std::size_t starts, double tolerance, const sweep_ask& go_on) {
  if (starts < 1 || starts > cuts_max) return error(errc::invalid_argument, std::to_string(starts) + " starts; allowed are 1 to " + std::to_string(cuts_max));
  if (!(tolerance >= 0 && tolerance <= 1)) return error(errc::invalid_argument, "the tolerance is a share from 0 to 1");
  warm_up_check w;
  w.tolerance = tolerance;
  for (const auto& s : runner.deployment().strategies) {
    warm_up_check::strategy_warm_up r;
    r.name = std::string(s.name.view());
    std::vector<bar_closed> bars;
    for (const auto& b : runner.tape().bars)
      if (b.instrument == s.instrument && b.spec() == s.bars) bars.push_back(b);
    std::vector<wish> wishes;
    auto reference = strategy_execution::make_strategy(s.kind, s.parameters);
    if (!reference) return reference.error();
    for (const auto& b : bars) wishes.push_back(wish_after(**reference, b));
    for (std::size_t n = 1; n <= starts; ++n) {
      // The first half of the bars are beginnings: each has as many bars again behind it.
      const auto begin = bars.size() / 2 * n / starts;
      auto late = strategy_execution::make_strategy(s.kind, s.parameters);
      if (!late) return late.error();
      std::uint64_t declared = 0, decided = 0, figured = 0;
      for (std::size_t i = begin; i < bars.size(); ++i) {
        const auto got = wish_after(**late, bars[i]);
        const auto seen = i - begin + 1;
        if (!got.ready) continue;
        if (declared == 0) declared = decided = figured = seen;
        const auto& wanted = wishes[i];
        // Differs here: it takes at least one bar more.
        if (got.any != wanted.any || got.direction != wanted.direction) decided = seen + 1;
        if (got.any && wanted.any && (!near(got.fast, wanted.fast, tolerance) || !near(got.slow, wanted.slow, tolerance))) figured = seen + 1;
      }
      if (declared == 0) continue;
      ++r.starts;
      r.declared_bars = std::max(r.declared_bars, declared);
      r.decision_bars = std::max(r.decision_bars, decided);
      r.figure_bars = std::max(r.figure_bars, figured);
      if (go_on && !go_on()) return error(errc::cancelled, "cancelled");
    }
    w.strategies.push_back(std::move(r));
  }
  return w;
}

std::string to_table(const look_ahead_check& c, const warm_up_check& w) {
  std::string out = fmt::format("look-ahead: {} decisions, data cut off at {} places\n", grouped(c.decisions), grouped(c.cuts));
  if (c.first) {
    out += fmt::format("  LOOKS AHEAD: {} of {} cuts differ; the first one, data until {}:\n", c.differing_cuts, c.cuts, tomnext::to_string(c.first->cut));
    out += "    with shorter data  " + (c.first->shorter.empty() ? "no decision" : c.first->shorter) + "\n";
    out += "    with all data      " + (c.first->longer.empty() ? "no decision" : c.first->longer) + "\n";
  }
  if (c.early_bars > 0)
    out += fmt::format("  LOOKS AHEAD: {} bars were told before the market had their last quotes, so that orders filled at older prices; {}\n",
                       grouped(c.early_bars), c.first_early_bar);
  if (c.clean()) out += "  none: what was decided before each cut is the same\n";
  out += fmt::format("\nwarm-up, figures within {:g} of their size\n", w.tolerance);
  for (const auto& s : w.strategies) {
    if (s.starts == 0) {
      out += fmt::format("  {}: never ready on these data\n", s.name);
      continue;
    }
    out += fmt::format("  {}: ready after {} bars", s.name, grouped(s.declared_bars));
    if (s.enough()) out += "; from there on it decides as with all the history\n";
    else
      out += fmt::format("; needs {} to decide as with all the history, {} for its figures to agree ({} beginnings)\n", grouped(s.decision_bars),
                         grouped(s.figure_bars), s.starts);
  }
  return out;
}

std::string to_json(const look_ahead_check& c, const warm_up_check& w) {
  nlohmann::ordered_json j;
  j["look_ahead"] = {{"clean", c.clean()}, {"decisions", c.decisions}, {"cuts", c.cuts}, {"differing_cuts", c.differing_cuts}, {"early_bars", c.early_bars}};
  if (c.first) j["look_ahead"]["first"] = {{"cut", tomnext::to_string(c.first->cut)}, {"shorter", c.first->shorter}, {"longer", c.first->longer}};
  if (c.early_bars > 0) j["look_ahead"]["first_early_bar"] = c.first_early_bar;
  j["warm_up"] = {{"tolerance", w.tolerance}};
  auto& all = j["warm_up"]["strategies"] = nlohmann::ordered_json::array();
  for (const auto& s : w.strategies)
    all.push_back({{"name", s.name},
                   {"starts", s.starts},
                   {"declared_bars", s.declared_bars},
                   {"decision_bars", s.decision_bars},
                   {"figure_bars", s.figure_bars},
                   {"enough", s.enough()}});
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tomnext::replay
