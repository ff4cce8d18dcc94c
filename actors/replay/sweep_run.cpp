#include "actors/replay/sweep_run.hpp"

#include <algorithm>
#include <concepts>

#include "actors/replay/backtest.hpp"
#include "actors/replay/prepare.hpp"

namespace tomnext::replay {
namespace {

using portfolio_management::account_host;

// Between two looks at whether to go on: a few milliseconds.
constexpr std::size_t steps_between_asks = 65'536;

/// A host that answers quotes can say whether it waits for any, with an order that rests, say: while it does not, quotes may be left out.
template <class S>
concept says_when_it_waits = requires(const S& s) {
  { s.waits_for_quotes() } -> std::convertible_to<bool>;
};

/// Takes the place of a log: before anything follows from anything, hosts hear of the quotes that were put off until it matters.
class deferred_quotes {
 public:
  void begin_reaction() {
    if (first_ != last_) [[unlikely]]
      play();
  }
  template <class E> void append(const header&, const E&) {}
  /// The quotes of the tape's marks up to `last` came.
  void put_off(std::size_t last) { last_ = last; }
  [[nodiscard]] bool puts_off() const { return first_ != last_; }
  /// They were told otherwise.
  void skip(std::size_t last) { first_ = last_ = last; }
  void start(kernel<deferred_quotes>& k, const sweep_market& market, const sweep_tape& tape) {
    kernel_ = &k;
    market_ = &market;
    tape_ = &tape;
  }
  /// The last quote of each kind among those put off, in their order.
  void play();

 private:
  kernel<deferred_quotes>* kernel_ = nullptr;
  const sweep_market* market_ = nullptr;
  const sweep_tape* tape_ = nullptr;
  std::size_t first_ = 0, last_ = 0;  // marks
  std::vector<std::uint32_t> wanted_;
};

void deferred_quotes::play() {
  const auto first = std::exchange(first_, last_);
  wanted_.clear();
  std::uint64_t seen = 0;
  for (std::size_t i = last_; i-- > first && seen != tape_->mark_kinds;) {
    const std::uint64_t kind = std::uint64_t{1} << tape_->mark_kind[i];
    if ((seen & kind) != 0) continue;
    seen |= kind;
    wanted_.push_back(tape_->marks[i]);
  }
  for (auto q = wanted_.rbegin(); q != wanted_.rend(); ++q) kernel_->remember(market_->quotes[*q]);
}

/// Some of a deployment's hosts in a kernel.
class point_run {
 public:
  explicit point_run(const sweep_ask& go_on) : go_on_(go_on) {}

  template <class Wanted> result<void> begin(const config::deployment& d, const composition_parts& parts, Wanted&& wanted) {
    TOMNEXT_TRY(compose(d, parts, [&]<class S>(const host_description& h, S service) {
      if (!wanted(h)) return;
      auto& kept = kernel_.add(h, std::move(service));
      if constexpr (std::is_same_v<S, account_host>) account_ = &kept;
      if constexpr (contains<quote_accepted, typename S::inputs> && decides<S, quote_accepted>) {
        if constexpr (says_when_it_waits<S>) waiting_.push_back([&kept] { return std::as_const(kept).waits_for_quotes(); });
        else takes_every_quote_ = true;
      }
      // Its answer to a bar may be by prices that were put off.
      if constexpr (contains<quote_accepted, typename S::inputs> && decides<S, bar_closed>) takes_every_quote_ = true;
    }));
    kernel_.input(declaration_of(log_purpose::backtest), d.begins, configuration_ingress, 0);
    kernel_.activate(0);
    preamble(d, {}, [&](const auto& e) { kernel_.input(e, d.begins, configuration_ingress, 0); });
    return state();
  }
  result<void> play(const sweep_market& market, const sweep_tape& tape) {
    std::size_t quote = 0, steps = 0;
    log_.start(kernel_, market, tape);
    for (const auto& f : tape.firings) {
      stretch(market, quote, f.quotes_before, f.due, f.marks_end);
      quote = f.quotes_before;
      if (!f.bars) log_.begin_reaction();  // whoever hears of anything but a bar may look at prices
      kernel_.elsewhere(f.due, f.target, [&](auto&& publish) {
        for (std::size_t i = f.first; i < f.first + f.count; ++i) {
          if (f.bars) publish(tape.bars[i]);
          else visit(tape.others[i], publish);
        }
      });
      if (++steps % steps_between_asks == 0) TOMNEXT_TRY(state());
    }
    stretch(market, quote, market.quotes.size(), market.quotes.back().source_time, tape.marks.size());
    if (log_.puts_off()) {
      log_.begin_reaction();
      kernel_.quote(market.quotes.back());  // time goes on to it
    }
    // Nobody here hears of rejected quotes, but time goes on with those behind the last accepted one.
    const auto before_a_quote = [&](const sweep_market::other& o) { return o.before < market.quotes.size(); };
    for (auto o = std::partition_point(market.others.begin(), market.others.end(), before_a_quote); o != market.others.end(); ++o) hear(kernel_, o->is);
    return state();
  }
  result<void> play_whole(const sweep_market& market) {
    result<void> stopped;
    play_market(market, market.quotes.size(), kernel_, [&](std::size_t i) {
      if (i % steps_between_asks == steps_between_asks - 1) stopped = state();
      return static_cast<bool>(stopped);
    });
    if (!stopped) return stopped;
    return state();
  }
  result<sweep_figures> end(const feed_figures& fed) {
    kernel_.end_of_data();
    kernel_.input(source_state_changed{source_id{1}, source_state::ended, "market data", fed.accepted, fed.rejected}, kernel_.now(), market_ingress, 0);
    TOMNEXT_TRY(state());
    sweep_figures r;
    r.orders = kernel_.count(order_submitted::type_number);
    r.fills = kernel_.count(order_filled::type_number);
    r.denied_orders = kernel_.count(order_denied::type_number);
    r.rejected_orders = kernel_.count(order_rejected::type_number);
    r.open_positions = account_->open_positions();
    r.statistics = account_->statistics();
    r.positions = r.statistics.positions_opened;
    r.commission = account_->commission();
    r.financing = account_->financing();
    r.final_balance = account_->balance();
    r.daily_equity = account_->daily_equity();
    r.state_hashes = kernel_.state_hashes();
    return r;
  }

 private:
  // Quotes between two firings. Where no timer of ours fires among them and nobody answers them, the last ones tell all that is heard later.
  // `until`: no quote of the stretch is later. The quotes themselves are not touched, as each is a miss of all caches.
  void stretch(const sweep_market& market, std::size_t first, std::size_t last, timestamp until, std::size_t marks_end) {
    if (first == last) return;
    if (!takes_every_quote_ && kernel_.next_timer() >= until && !anyone_waits()) {
      log_.put_off(marks_end);
      return;
    }
    log_.begin_reaction();
    log_.skip(marks_end);
    for (; first < last; ++first) kernel_.quote(market.quotes[first]);
  }
  [[nodiscard]] bool anyone_waits() const {
    for (const auto& w : waiting_)
      if (w()) return true;
    return false;
  }
  result<void> state() const {
    if (kernel_.failure()) return *kernel_.failure();
    if (go_on_ && !go_on_()) return error(errc::cancelled, "cancelled");
    return {};
  }

  deferred_quotes log_;
  kernel<deferred_quotes> kernel_{log_};
  const sweep_ask& go_on_;
  const account_host* account_ = nullptr;
  bool takes_every_quote_ = false;
  std::vector<std::function<bool()>> waiting_;
};

/// The first thing that differs.
std::optional<std::string> difference(const sweep_figures& some, const sweep_figures& all) {
  if (some.final_balance != all.final_balance) return "final balance";
  if (some.commission != all.commission) return "commission";
  if (some.financing != all.financing) return "financing";
  if (some.orders != all.orders || some.fills != all.fills || some.positions != all.positions || some.denied_orders != all.denied_orders ||
      some.rejected_orders != all.rejected_orders || some.open_positions != all.open_positions)
    return "orders";
  if (some.daily_equity != all.daily_equity) return "daily equity";
  for (const auto& s : some.state_hashes)
    if (std::find(all.state_hashes.begin(), all.state_hashes.end(), s) == all.state_hashes.end()) return "the state of " + s.first;
  return std::nullopt;
}

}  // namespace

result<sweep_runner> sweep_runner::make(config::deployment d, const progress& on_progress) {
  TOMNEXT_TRY(prepare(d));
  auto parts = load_models(d, "");
  if (!parts) return parts.error();
  auto market = read_market(d, on_progress);
  if (!market) return market.error();
  return of(std::move(d), std::move(*parts), std::move(*market));
}

result<sweep_runner> sweep_runner::of(config::deployment prepared, composition_parts parts, sweep_market market) {
  sweep_runner r;
  r.d_ = std::move(prepared);
  r.parts_ = std::move(parts);
  r.market_ = std::move(market);
  auto tape = record_tape(r.d_, r.parts_, r.market_);
  if (!tape) return tape.error();
  r.tape_ = std::move(*tape);
  return r;
}

result<sweep_figures> sweep_runner::run(const config::deployment& d, const sweep_ask& go_on) const {
  if (!tape_.refusal.empty()) return run_whole(d, go_on);
  point_run r(go_on);
  TOMNEXT_TRY(r.begin(d, parts_, [](const host_description& h) { return !reads_data_alone(h); }));
  TOMNEXT_TRY(r.play(market_, tape_));
  return r.end(market_.figures);
}

result<sweep_figures> sweep_runner::run_whole(const config::deployment& d, const sweep_ask& go_on) const {
  point_run r(go_on);
  TOMNEXT_TRY(r.begin(d, parts_, [](const host_description&) { return true; }));
  TOMNEXT_TRY(r.play_whole(market_));
  return r.end(market_.figures);
}

result<std::optional<std::string>> sweep_runner::check_tape(const config::deployment& d, const sweep_ask& go_on) {
  if (!tape_.refusal.empty()) return std::optional<std::string>{};
  auto some = run(d, go_on);
  if (!some) return some.error();
  auto all = run_whole(d, go_on);
  if (!all) return all.error();
  auto differs = difference(*some, *all);
  if (differs) tape_.refusal = *differs + " depends on each quote";
  return differs;
}

}  // namespace tomnext::replay
