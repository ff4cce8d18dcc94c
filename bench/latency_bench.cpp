// Quote in, simulated order out, through the live node with all nine services: from the moment the ingress offers a quote to the moment the order's
// send_started is sequenced, and durable. Beside it, in the same run, the same number of hand-overs between bare actors, and one bare write + fdatasync.
#include <sys/prctl.h>

#include <fstream>
#include <future>
#include <map>
#include <mutex>

#include <spdlog/spdlog.h>

#include "actors/app/node.hpp"
#include "actors/replay/backtest.hpp"
#include "actors/replay/group_builder.hpp"
#include "actors/replay/kernel.hpp"
#include "actors/replay/prepare.hpp"
#include "bench/bare_hops.hpp"
#include "bench/harness.hpp"
#include "bench/raw_file.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;

namespace {

// The market's time runs fifty times as fast: bars of one second close fifty times a second, and each turns the position around.
constexpr int market_pace = 50;
constexpr timestamp market_begins{1'329'213'600 * second_ns};  // 2012-02-14 10:00 UTC, an hour without a boundary

// ---- the market ------------------------------------------------------------------------------------

std::string configuration_text(const std::string& quotes, const std::string& model, unsigned threads) {
  return "data: [{log: " + quotes +
         "}]\n"
         "instruments: {EUR/USD: {}}\n"
         "quality: {spike_threshold: 0}\n"  // the market below is nothing but spikes
         "account: {currency: USD, balance: 10000000, positions: hedging}\n"
         "venue: {commission_rate: 0.00002}\n"
         "risk: {position_max: 10000000, orders_per_second_max: 1000}\n"
         "models: [{name: trend, file: " +
         model +
         ", instrument: EUR/USD, features: [ema_20, log_return_1, atr_14, spread]}]\n"
         "strategies: [{kind: ema_cross, name: quick, instrument: EUR/USD, bars: 1s-mid, fast: 1, slow: 2, size: 100000}]\n"
         "node: {threads: " +
         std::to_string(threads) + ", pace: x" + std::to_string(market_pace) + "}\n";
}

/// Half a pip up and down within each bar, ten pips up from one bar to the next and down again: the averages cross at every bar.
std::vector<quote_accepted> market_of(instrument_id instrument, double quotes_per_s, double seconds) {
  std::vector<quote_accepted> all;
  const double per_market_second = quotes_per_s / market_pace;
  const auto count = static_cast<std::uint64_t>(quotes_per_s * seconds);
  for (std::uint64_t i = 0; i < count; ++i) {
    quote_accepted q;
    q.instrument = instrument;
    q.source_time = market_begins + static_cast<std::int64_t>((static_cast<double>(i) + 0.5) * 1e9 / per_market_second);
    const std::int64_t bar = (q.source_time - market_begins) / second_ns;
    q.bid = {1'310'000'000 + (bar % 2) * 1'000'000 + static_cast<std::int64_t>(i % 2) * 50'000};
    q.ask = {q.bid.value + 100'000};
    q.source_position = i + 1;
    all.push_back(q);
  }
  return all;
}

void write_market(const std::string& directory, const config::deployment& d, const std::vector<quote_accepted>& quotes) {
  const auto log = must(persistence::open_log(directory, {}));
  replay::group_builder builder(log->head().epoch, [&](persistence::group_ref g) { must(log->append({&g, 1})); });
  std::uint64_t seq = 0;
  const auto add = [&](const auto& e, timestamp at, std::uint64_t position) {
    header h;
    h.seq = h.correlation = ++seq;
    h.position = position;
    h.at = at;
    h.host = replay::market_ingress;
    builder.begin_reaction();
    builder.append(h, e);
  };
  add(log_declared{log_purpose::market_data, "made by latency_bench"}, market_begins, 0);
  for (const auto& i : d.instruments) add(i, market_begins, 0);
  for (const auto& q : quotes) add(q, q.source_time, q.source_position);
  builder.flush();
}

// ---- what is seen ----------------------------------------------------------------------------------

using instant = stopwatch::time_point;

/// First moments by root input: the seq that everything about it carries as its correlation.
struct observed {
  std::map<std::uint64_t, timestamp> timers;      // roots that are timers: when they were due
  std::map<std::uint64_t, std::uint64_t> quotes;  // roots that are quotes: their position
  std::map<std::uint64_t, instant> root, bar, intended, approved, sent, reported;
};
/// Keeps what the feeds show. Each member is touched by one actor only until the node has ended.
struct watch {
  std::vector<instant> offered;  // by position of the quote
  observed sequenced, durable;

  static void see(observed& to, const persistence::group& g) {
    const auto now = stopwatch::now();
    for (const auto& e : g.events) {
      if (e.head.correlation == e.head.seq) to.root.emplace(e.head.seq, now);
      if (const auto* t = e.get_if<timer_fired>()) to.timers.emplace(e.head.seq, t->due);
      else if (const auto* q = e.get_if<quote_accepted>()) to.quotes.emplace(e.head.seq, q->source_position);
      else if (e.is<bar_closed>()) to.bar.emplace(e.head.correlation, now);
      else if (e.is<order_intended>()) to.intended.emplace(e.head.correlation, now);
      else if (e.is<order_approved>()) to.approved.emplace(e.head.correlation, now);
      else if (e.is<send_started>()) to.sent.emplace(e.head.correlation, now);
      else if (e.is<venue_order_reported>()) to.reported.emplace(e.head.correlation, now);
    }
  }
  void see_offer(const std::vector<actors::offered_input>& inputs) {
    const auto now = stopwatch::now();
    for (const auto& i : inputs)
      if (const auto* q = i.what.get_if<quote_accepted>()) offered.at(q->source_position) = now;
  }
};

/// Of one round, in microseconds from the offer.
struct round_figures {
  std::vector<double> sent, sent_durable, reported, late;
  std::vector<double> admission, bar, intent, approval, submission;  // the way to `sent`, stage by stage
};

// A bar's timer fires before the first quote beyond it: that quote is the one that came in. Another root is the quote itself.
std::size_t position_of(const observed& o, std::uint64_t root, const std::vector<quote_accepted>& quotes) {
  if (const auto q = o.quotes.find(root); q != o.quotes.end()) return q->second;
  const auto t = o.timers.find(root);
  if (t == o.timers.end()) return 0;
  const auto beyond = std::upper_bound(quotes.begin(), quotes.end(), t->second, [](timestamp due, const quote_accepted& q) { return due < q.source_time; });
  return beyond == quotes.end() ? 0 : beyond->source_position;  // the end of the source fires what is left: no quote came in
}

round_figures figures_of(const watch& w, const std::vector<quote_accepted>& quotes) {
  round_figures f;
  const auto add = [&](std::vector<double>& to, const std::map<std::uint64_t, instant>& seen) {
    for (const auto& [root, when] : seen)
      if (const auto p = position_of(w.sequenced, root, quotes); p != 0) to.push_back(microseconds(when - w.offered.at(p)));
  };
  add(f.sent, w.sequenced.sent);
  add(f.reported, w.sequenced.reported);
  add(f.sent_durable, w.durable.sent);
  const auto& o = w.sequenced;
  const auto stage = [&](std::vector<double>& to, const std::map<std::uint64_t, instant>& from, const std::map<std::uint64_t, instant>& until) {
    for (const auto& [root, sent] : o.sent)
      if (from.contains(root) && until.contains(root)) to.push_back(microseconds(until.at(root) - from.at(root)));
  };
  for (const auto& [root, sent] : o.sent)
    if (const auto p = position_of(o, root, quotes); p != 0 && o.root.contains(root)) f.admission.push_back(microseconds(o.root.at(root) - w.offered.at(p)));
  stage(f.bar, o.root, o.bar);
  stage(f.intent, o.bar, o.intended);
  stage(f.approval, o.intended, o.approved);
  stage(f.submission, o.approved, o.sent);
  // How late the ingress itself was, against the fastest offer: an open loop that falls behind shows here.
  const auto late_of = [&](std::size_t i) {
    const auto due = std::chrono::nanoseconds((quotes[i].source_time - quotes[0].source_time) / market_pace);
    return microseconds(w.offered[i + 1] - w.offered[1] - due);
  };
  for (std::size_t i = 0; i < quotes.size(); ++i) f.late.push_back(late_of(i));
  return f;
}

round_figures run(const scratch_folder& folder, const std::string& model, unsigned threads, double quotes_per_s, double seconds) {
  const auto market = folder / "market", live = folder / "live";
  auto d = must(config::load_text(configuration_text(market, model, threads), "latency_bench", ".", {}));
  const auto quotes = market_of(d.instruments.front().instrument, quotes_per_s, seconds);
  write_market(market, d, quotes);
  must(replay::prepare(d));
  auto parts = must(replay::load_models(d, ""));

  watch w;
  w.offered.resize(quotes.size() + 1);
  app::node_options options;
  options.log = must(persistence::open_log(live, {}));
  options.directory = live;
  options.tap = [&](const persistence::group& g) { watch::see(w.sequenced, g); };
  options.offered = [&](const std::vector<actors::offered_input>& inputs) { w.see_offer(inputs); };
  const auto log = options.log;
  const auto durable_feed = must(log->subscribe_from(1, [&](const persistence::group_ref& g) { watch::see(w.durable, *g); }));
  {
    auto n = must(app::node::start(d, std::move(parts), std::move(options)));
    const auto outcome = n->wait();
    if (outcome.code != app::exit_code::ok) stop({errc::actor_down, outcome.message});
    n->stop();
  }
  std::filesystem::remove_all(market);
  auto f = figures_of(w, quotes);
  if (f.sent.empty()) stop({errc::invalid_argument, "no order was sent: there is nothing to measure"});
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  harness h("latency_bench", "Quote in, simulated order out, through the live node: sequenced and durable.");
  double seconds = 4;
  std::vector<double> rates{1'000, 10'000};
  h.options().add_option("--seconds", seconds, "length of a round")->check(CLI::Range(1.0, 600.0))->capture_default_str();
  h.options().add_option("--rates", rates, "quotes per second, open loop")->check(CLI::Range(100.0, 100'000.0))->capture_default_str();
  unsigned threads = 2;
  h.options().add_option("--threads", threads, "workers that the node's actors share")->check(CLI::Range(1, 64))->capture_default_str();
  h.parse(argc, argv);
  spdlog::set_level(spdlog::level::err);
  ::prctl(PR_SET_TIMERSLACK, 1'000ul, 0ul, 0ul, 0ul);
  const std::string model = std::string(TOMNEXT_SOURCE_DIR) + "/tests/data/ml/gbtree_binary_logistic_missing.model.json";

  for (const double rate : rates) {
    std::vector<double> sent50, sent99, durable50, durable99, reported50, reported99, late50, late99, stages[5], hops50, hops99, raw50, raw99, orders;
    for (int i = 0; i < rounds; ++i) {
      const scratch_folder folder(h.folder());
      const auto f = run(folder, model, threads, rate, seconds);
      const auto both = [](std::vector<double>& p50, std::vector<double>& p99, const std::vector<double>& all) {
        p50.push_back(quantile(all, 0.5));
        p99.push_back(quantile(all, 0.99));
      };
      both(sent50, sent99, f.sent);
      both(durable50, durable99, f.sent_durable);
      both(reported50, reported99, f.reported);
      both(late50, late99, f.late);
      const std::vector<double>* each[] = {&f.admission, &f.bar, &f.intent, &f.approval, &f.submission};
      for (std::size_t k = 0; k < std::size(each); ++k) stages[k].push_back(median(*each[k]));
      both(hops50, hops99, bare_hops(f.sent.size()));
      both(raw50, raw99, raw_appends(folder / "raw", 200 * 500, 200));
      orders.push_back(static_cast<double>(f.sent.size()));
    }
    const auto name = [&](const char* what) { return std::to_string(static_cast<int>(rate / 1e3)) + " k quotes/s, " + what; };
    const char* hops = "the same hand-overs between bare actors";
    const char* disk = "one bare 500-byte write+fdatasync";
    h.add({name("order sequenced, p50"), median(sent50), "us", hops, median(hops50), 100});
    h.add({name("order sequenced, p99"), median(sent99), "us", hops, median(hops99), {}});
    h.add({name("order durable, p50"), median(durable50), "us", disk, median(raw50), {}});
    h.add({name("order durable, p99"), median(durable99), "us", disk, median(raw99), {}});
    h.add({name("venue's report sequenced, p50"), median(reported50), "us", disk, median(raw50), {}});
    h.add({name("venue's report sequenced, p99"), median(reported99), "us", disk, median(raw99), {}});
    h.add({name("ingress behind the market's time, p50"), median(late50), "us", "", 0, {}});
    h.add({name("ingress behind the market's time, p99"), median(late99), "us", "", 0, {}});
    std::string way;
    const char* names[] = {"offered -> timer sequenced", "-> bar", "-> intent", "-> approval", "-> sent"};
    for (std::size_t k = 0; k < std::size(names); ++k)
      way += (k == 0 ? "medians: " : ", ") + std::string(names[k]) + " " + std::to_string(static_cast<int>(median(stages[k]))) + " us";
    h.note(way);
    h.note(std::to_string(static_cast<int>(median(orders))) + " first orders a round at " + std::to_string(static_cast<int>(rate)) + " quotes/s");
  }
  h.print();
  return 0;
}
