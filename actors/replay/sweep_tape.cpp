#include "actors/replay/sweep_tape.hpp"

#include <algorithm>
#include <string_view>

namespace tomnext::replay {
namespace {

/// Takes the place of a log.
class recorder {
 public:
  explicit recorder(sweep_tape& tape) : tape_(tape) {}
  void begin_reaction() {}
  template <class E> void append(const header& h, const E& e) {
    if constexpr (std::is_same_v<E, timer_fired>) {
      timer_ = e;
      fresh_ = true;
      from_timer_ = true;
    } else if (h.host.value < first_composed_host) {
      from_timer_ = false;
      if constexpr (std::is_same_v<E, quote_accepted>) ++quotes_;
      if constexpr (std::is_same_v<E, bar_closed>) tape_.bars.push_back(e);  // that the source tells
    } else if constexpr (!std::is_same_v<E, timer_armed> && !std::is_same_v<E, host_activated>) {
      put_out(h, e);
    }
  }

 private:
  template <class E> void put_out(const header& h, const E& e) {
    constexpr bool bar = std::is_same_v<E, bar_closed>;
    const bool in_place = from_timer_ && h.depth == 1 && (fresh_ || tape_.firings.back().bars == bar);
    if (!in_place && tape_.refusal.empty()) tape_.refusal = std::string(E::type_name) + " is put out in answer to a quote";
    if (fresh_ || !in_place) tape_.firings.push_back({timer_.due, timer_.target, quotes_, 0, bar ? tape_.bars.size() : tape_.others.size(), 0, bar});
    fresh_ = false;
    ++tape_.firings.back().count;
    if constexpr (bar) tape_.bars.push_back(e);
    else tape_.others.emplace_back(h, e);
    if constexpr (std::is_same_v<E, trading_day_rolled>)
      if (e.roll == roll_profile::new_york && !is_weekend(e.closed)) {
        tape_.days.push_back(e.closed);
        tape_.last_day_ended = h.at;
      }
  }

  sweep_tape& tape_;
  timer_fired timer_;
  bool fresh_ = false, from_timer_ = false;
  std::size_t quotes_ = 0;
};

void add_marks(sweep_tape& tape, const sweep_market& market) {
  std::size_t from = 0;
  std::vector<std::uint64_t> seen;
  const auto mark = [&](std::size_t to) {
    const auto begin = static_cast<std::ptrdiff_t>(tape.marks.size());
    seen.clear();
    for (std::size_t i = to; i-- > from;) {
      const auto& q = market.quotes[i];
      const std::uint64_t key = std::uint64_t{q.instrument.value} << 32 | q.flags;
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
      seen.push_back(key);
      tape.marks.push_back(static_cast<std::uint32_t>(i));
    }
    std::reverse(tape.marks.begin() + begin, tape.marks.end());
    from = to;
  };
  for (auto& f : tape.firings) {
    mark(f.quotes_before);
    f.marks_end = tape.marks.size();
  }
  mark(market.quotes.size());
  std::vector<std::uint64_t> kinds;
  for (const auto i : tape.marks) {
    const auto& q = market.quotes[i];
    const std::uint64_t key = std::uint64_t{q.instrument.value} << 32 | q.flags;
    const auto place = static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), key) - kinds.begin());
    if (place == kinds.size()) kinds.push_back(key);
    tape.mark_kind.push_back(static_cast<std::uint8_t>(std::min(place, std::size_t{64})));
  }
  // A bit for each, or no short cut.
  if (kinds.size() > 64) tape.refusal = "there are more than 64 combinations of instrument and flags";
  tape.mark_kinds = kinds.size() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << kinds.size()) - 1;
}

}  // namespace

bool reads_data_alone(const host_description& h) {
  const std::string_view service = h.service;
  return service == "data_pipeline" || service == "feature_store" || service == "analysis_engine";
}

result<sweep_tape> record_tape(const config::deployment& d, const composition_parts& parts, const sweep_market& market) {
  sweep_tape tape;
  // Days are told in any case.
  if (!d.models.empty()) tape.refusal = "models read features";
  if (std::any_of(market.others.begin(), market.others.end(), [](const auto& o) { return o.is.bar() != nullptr; })) tape.refusal = "the source tells bars";
  recorder log(tape);
  kernel<recorder> k(log);
  TOMNEXT_TRY(compose(d, parts, [&]<class S>(const host_description& h, S service) {
    if (std::string_view(h.service) == "data_pipeline") k.add(h, std::move(service));
  }));
  k.activate(0);
  preamble(d, {}, [&](const auto& e) { k.input(e, d.begins, configuration_ingress, 0); });
  play_market(market, market.quotes.size(), k, [](std::size_t) { return true; });
  k.end_of_data();
  if (k.failure()) return *k.failure();
  // The last day is a short one.
  if (k.now() > tape.last_day_ended) tape.days.push_back(next_weekday(tape.days.empty() ? date{utc_date(k.now()).days - 1} : tape.days.back()));
  if (tape.refusal.empty()) add_marks(tape, market);
  if (tape.refusal.empty()) return tape;
  tape.firings.clear();
  tape.others.clear();
  tape.marks.clear();
  return tape;
}

}  // namespace tomnext::replay
