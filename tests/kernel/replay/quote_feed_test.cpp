#include "actors/replay/quotes_ahead.hpp"

#include <chrono>
#include <thread>
#include <tuple>

#include "actors/replay/backtest.hpp"
#include "actors/replay/import.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/wire.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using tests::has_part;
using tests::market_folder;

namespace {

config::deployment loaded_feed(const std::string& text) {
  auto d = config::load_text(text, "feed.yaml", "", {});
  if (!d) FAIL(d.error().message);
  return *d;
}

std::string fxcm(const std::string& bid, const std::string& ask, const std::string& symbol, const std::string& more = "") {
  return "data: [{format: fxcm-m1, bid: " + bid + ", ask: " + ask + ", instrument: " + symbol + "}" + more + "]\naccount: {currency: USD, balance: 1000000}\n";
}

std::vector<replay::judged_quote> read_all(replay::quote_feed& feed, std::size_t at_once = 1'000) {
  std::vector<replay::judged_quote> all, part(at_once);
  for (;;) {
    auto n = feed.read(part);
    if (!n) FAIL(n.error().message);
    if (*n == 0) return all;
    all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*n));
  }
}

bool same(const replay::judged_quote& a, const replay::judged_quote& b) {
  if (a.is.index() != b.is.index()) return false;
  return a.accepted() != nullptr ? persistence::encode_to_string(event({}, *a.accepted())) == persistence::encode_to_string(event({}, *b.accepted()))
                                 : persistence::encode_to_string(event({}, *a.rejected())) == persistence::encode_to_string(event({}, *b.rejected()));
}

std::unique_ptr<replay::quote_feed> opened(const config::deployment& d, std::uint64_t after = 0) {
  auto feed = replay::open_feed(d, after);
  if (!feed) FAIL(feed.error().message);
  return std::move(*feed);
}

// Three minutes, of which the second has a bid that is no number, and the third a negative one.
struct dirty {
  market_folder folder{"dirty"};
  std::string bid = folder.file("bid.csv"), ask = folder.file("ask.csv");
  dirty() {
    std::ofstream(bid) << "timestamp,open,high,low,close\n2012-02-01 00:00:00+00:00,1.5,1.5,1.5,1.5\n2012-02-01 00:01:00+00:00,1.5,nan,1.5,1.5\n"
                          "2012-02-01 00:02:00+00:00,1.5,1.6,-1.5,1.5\n";
    std::ofstream(ask) << "timestamp,open,high,low,close\n2012-02-01 00:00:00+00:00,1.6,1.6,1.6,1.6\n2012-02-01 00:01:00+00:00,1.6,1.6,1.6,1.6\n"
                          "2012-02-01 00:02:00+00:00,1.6,1.6,1.6,1.6\n";
  }
};

}  // namespace

TEST_CASE("sources are merged by time, at one time in the order of the list, numbered from 1", "[feed]") {
  market_folder folder("merge");
  const auto eur = tests::made_pair(folder, "EUR", "USD", 5, 4, 5, 3'000);
  const auto d = loaded_feed(
      fxcm(eur.bid_file, eur.ask_file, "EUR/USD", ", {format: fxcm-m1, bid: " + tests::bid_file() + ", ask: " + tests::ask_file() + ", instrument: GBP/USD}"));
  const auto all = read_all(*opened(d));
  std::uint64_t position = 0, together = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].position() == ++position);
    if (i == 0) continue;
    CHECK_FALSE(all[i].time() < all[i - 1].time());
    if (all[i].time() != all[i - 1].time()) continue;
    ++together;
    CHECK(all[i - 1].accepted()->instrument == instrument_id{1});
    CHECK(all[i].accepted()->instrument == instrument_id{2});
  }
  CHECK(together > 5'000);
}

TEST_CASE("a feed opened at a position goes on with the same verdicts", "[feed]") {
  const auto d = loaded_feed("data: [{format: lean-tick, files: [" + tests::shipped_data("lean/20140505_quote.zip") +
                             "], instrument: EUR/USD}]\n"
                             "quality: {spike_threshold: 0.5, spike_window: 8}\naccount: {currency: USD, balance: 1}\n");
  const auto whole = read_all(*opened(d));
  std::uint64_t spikes = 0;
  for (const auto& q : whole) spikes += q.accepted() != nullptr && (q.accepted()->flags & quote_flag::spike) != 0;
  REQUIRE(spikes > 50);  // so that the judge's memory matters
  for (const std::uint64_t after : {1u, 100u, 511u, 33'333u, 58'142u, 58'143u}) {
    auto feed = opened(d, after);
    const auto rest = read_all(*feed, 777);
    REQUIRE(rest.size() == whole.size() - after);
    bool equal = true;
    for (std::size_t i = 0; i < rest.size(); ++i) equal = equal && same(rest[i], whole[i + after]);
    CHECK(equal);
    CHECK(feed->figures().accepted == 58'143);
    CHECK(feed->figures().crossed == 4'987);
  }
  auto beyond = replay::open_feed(d, 58'144);
  REQUIRE_FALSE(beyond);
  CHECK_THAT(beyond.error().message, has_part("58143") && has_part("58144"));
}

namespace {

// A feed of `count` quotes that then ends or fails.
class numbered_feed final : public replay::quote_feed {
 public:
  numbered_feed(std::uint64_t count, bool fails) : count_(count), fails_(fails) {}
  result<std::size_t> read(std::span<replay::judged_quote> out) override {
    std::size_t n = 0;
    // Not whole batches: a source may have less at a time.
    for (; n < std::min<std::size_t>(out.size(), 1 + position_ % 700) && position_ < count_; ++n) {
      quote_accepted q;
      q.source_position = ++position_;
      out[n].is = q;
    }
    if (n == 0 && fails_) return error(errc::malformed_line, "the end");
    figures_.accepted = position_;
    return n;
  }
  const replay::feed_figures& figures() const override { return figures_; }
  const std::vector<std::string>& rejects() const override { return rejects_; }

 private:
  std::uint64_t count_, position_ = 0;
  bool fails_;
  replay::feed_figures figures_;
  std::vector<std::string> rejects_;
};

}  // namespace

TEST_CASE("quotes read ahead on another thread come whole and in order, then the end or the error", "[feed]") {
  for (const std::uint64_t count : {0u, 1u, 1'023u, 1'024u, 1'025u, 50'000u})
    for (const bool fails : {false, true}) {
      replay::quotes_ahead quotes(std::make_unique<numbered_feed>(count, fails));
      std::uint64_t next = 1, wrong = 0;
      const auto done = replay::for_each_batch(quotes, {}, [&](std::span<const replay::judged_quote> batch) -> result<bool> {
        for (const auto& q : batch) wrong += q.position() == next++ ? 0 : 1;
        return true;
      });
      CHECK((wrong == 0 && next == count + 1));
      CHECK(bool(done) == !fails);
      if (!fails) CHECK(quotes.figures().accepted == count);
      else CHECK(done.error().message == "the end");
    }
}

TEST_CASE("whoever wants no more quotes leaves the reading thread behind at any point", "[feed]") {
  for (std::uint64_t batches = 0; batches < 20; ++batches) {
    replay::quotes_ahead quotes(std::make_unique<numbered_feed>(1'000'000, false));
    std::uint64_t seen = 0;
    CHECK(replay::for_each_batch(quotes, {}, [&](std::span<const replay::judged_quote>) -> result<bool> { return seen++ < batches; }));
    CHECK(seen == batches + 1);
  }
  replay::quotes_ahead quotes(std::make_unique<numbered_feed>(1'000'000, false));
  std::uint64_t told = 0;
  const auto stopped = replay::for_each_batch(
      quotes, [&](std::uint64_t taken) { return (told = taken) < 5'000; }, [](std::span<const replay::judged_quote>) -> result<bool> { return true; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::cancelled);
  CHECK(told >= 5'000);
}

TEST_CASE("a feed has no thread of its own, not even of a log, unless it is opened for a long job", "[feed]") {
  market_folder folder("threads");
  auto files = loaded_feed(fxcm(tests::bid_file(), tests::ask_file(), "GBP/USD"));
  REQUIRE(replay::import_files({files.data, files.instruments, files.quality, folder.file("log"), {}}));
  const auto d = loaded_feed("data: [{log: " + folder.file("log") + "}]\ninstruments: {GBP/USD: {}}\naccount: {currency: USD, balance: 1}\n");
  // The store, and what checks memory, start threads of their own when they like.
  const auto threads = [] {
    int ours = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string name;
      std::getline(std::ifstream(task.path() / "comm"), name);
      ours += name.starts_with("tomnext.") ? 1 : 0;
    }
    return ours;
  };
  // One that has just begun has no name yet, and one that has ended may still be listed.
  const auto become = [&](int wanted) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5); threads() != wanted; std::this_thread::yield())
      if (std::chrono::steady_clock::now() > end) return false;
    return true;
  };
  auto feed = opened(d);
  std::vector<replay::judged_quote> some(100);
  REQUIRE(feed->read(some));
  CHECK(become(0));
  auto ahead = replay::open_quotes_ahead(replay::feed_of(d));
  REQUIRE(ahead);
  REQUIRE((*ahead)->next());
  CHECK(become(2));  // one decodes, one judges
  ahead->reset();
  CHECK(become(0));
}

TEST_CASE("malformed lines and prices that are not positive stop by default", "[feed]") {
  dirty f;
  auto d = loaded_feed(fxcm(f.bid, f.ask, "GBP/USD"));
  auto stopped = replay::run_backtest(d, {f.folder.file("log"), {}});
  REQUIRE_FALSE(stopped);
  CHECK_THAT(stopped.error().message, has_part("bid.csv:3: high: "));
  CHECK_FALSE(std::filesystem::exists(f.folder.file("log")));
  std::ofstream(f.bid) << "timestamp,open,high,low,close\n2012-02-01 00:00:00+00:00,1.5,-0.5,1.5,1.5\n";
  std::ofstream(f.ask) << "timestamp,open,high,low,close\n2012-02-01 00:00:00+00:00,1.6,1.6,1.6,1.6\n";
  stopped = replay::run_backtest(d, {f.folder.file("log"), {}});
  REQUIRE_FALSE(stopped);
  CHECK_THAT(stopped.error().message, has_part("bid.csv:2: ") && has_part("-0.5") && has_part("must be positive"));
}

TEST_CASE("told to reject, they become events with file and line, and are counted", "[feed]") {
  dirty f;
  auto d = loaded_feed(fxcm(f.bid, f.ask, "GBP/USD") + "quality: {malformed_lines: reject}\n");
  auto feed = opened(d);
  const auto all = read_all(*feed);
  std::vector<quote_rejected> rejected;
  for (const auto& q : all)
    if (q.rejected() != nullptr) rejected.push_back(*q.rejected());
  REQUIRE(rejected.size() == 3);  // the line, its ask minute, and one negative price
  CHECK(rejected[0].reason == quote_rejection::malformed);
  CHECK(rejected[0].place == text("bid.csv:3"));
  CHECK(rejected[1].reason == quote_rejection::malformed);
  CHECK(rejected[1].place == text("ask.csv:3"));
  CHECK(rejected[2].reason == quote_rejection::non_positive);
  CHECK(rejected[2].place == text("bid.csv:4"));
  CHECK(feed->figures().accepted == 7);
  CHECK(feed->figures().rejected == 3);
  REQUIRE(feed->rejects().size() == 3);
  CHECK_THAT(feed->rejects()[0], has_part("bid.csv:3: high: "));
  auto r = replay::run_backtest(d, {});
  REQUIRE(r);
  CHECK(r->ticks == 7);
  CHECK(r->rejected_ticks == 3);
}

TEST_CASE("an import is a log of quotes, and a back-test of it is the same as of the files", "[import]") {
  market_folder folder("import");
  auto d = config::load(tests::shipped_data("demo.yaml"), {});
  REQUIRE(d);
  replay::import_settings s{d->data, d->instruments, d->quality, folder.file("quotes"), {}};
  auto report = replay::import_files(s);
  if (!report) FAIL(report.error().message);
  CHECK(report->rows == 120'468);
  CHECK(report->accepted == 120'468);
  CHECK(report->rejects.empty());
  CHECK_THAT(report->to_json(), has_part("\"rows\":120468") && has_part(report->head_hash));
  auto from_log = config::load(tests::shipped_data("demo.yaml"), {{"data", "[{log: " + folder.file("quotes") + "}]"}});
  if (!from_log) FAIL(from_log.error().message);
  auto a = replay::run_backtest(*d, {}), b = replay::run_backtest(*from_log, {});
  if (!b) FAIL(b.error().message);
  CHECK(b->ticks == 120'468);
  CHECK(tomnext::to_string(b->final_balance, 2) == "962062.51");
  CHECK(b->state_hash == a->state_hash);
  CHECK(b->events == a->events);
  // Twice into one place is refused; the first import stays.
  auto again = replay::import_files(s);
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error().message, has_part("there is a log already"));
  // A log that holds another pair than the deployment knows.
  auto other = *from_log;
  other.instruments[0].symbol = "EUR/USD";
  auto refused = replay::run_backtest(other, {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, has_part("GBP/USD") && has_part("instruments"));
}

TEST_CASE("logs of several markets are merged as their files are, at one time in the order of the list", "[import]") {
  market_folder folder("logs");
  const auto eur = tests::made_pair(folder, "EUR", "USD", 5, 4, 5, 2'000), gbp = tests::made_pair(folder, "GBP", "USD", 5, 1, 1, 2'000);
  const auto source = [](const oracle::pair_data& p, const std::string& symbol) {
    return "{format: fxcm-m1, bid: " + p.bid_file + ", ask: " + p.ask_file + ", instrument: " + symbol + "}";
  };
  const std::string account = "]\naccount: {currency: USD, balance: 1000000}\n";
  for (const auto& [pair, symbol, log] : {std::tuple{eur, "EUR/USD", "eur"}, {gbp, "GBP/USD", "gbp"}}) {
    const auto d = loaded_feed("data: [" + source(pair, symbol) + account);
    REQUIRE(replay::import_files({d.data, d.instruments, d.quality, folder.file(log), {}}));
  }
  const auto of_files = loaded_feed("data: [" + source(eur, "EUR/USD") + ", " + source(gbp, "GBP/USD") + account);
  const std::string instruments = "]\ninstruments: {EUR/USD: {}, GBP/USD: {}}" + account.substr(1);
  const auto of_logs = loaded_feed("data: [{log: " + folder.file("eur") + "}, {log: " + folder.file("gbp") + "}" + instruments);
  const auto files = read_all(*opened(of_files)), logs = read_all(*opened(of_logs));
  REQUIRE(files.size() == logs.size());
  REQUIRE(files.size() > 10'000);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < files.size(); ++i) differing += same(files[i], logs[i]) ? 0 : 1;
  CHECK(differing == 0);
  // Listed the other way round, the other pair goes first where both have a quote.
  const auto turned = read_all(*opened(loaded_feed("data: [{log: " + folder.file("gbp") + "}, {log: " + folder.file("eur") + "}" + instruments)));
  REQUIRE(turned.size() == logs.size());
  CHECK(turned[0].time() == turned[1].time());
  CHECK(turned[0].accepted()->instrument == logs[1].accepted()->instrument);
  CHECK(turned[1].accepted()->instrument == logs[0].accepted()->instrument);
}

TEST_CASE("an import is whole or absent", "[import]") {
  dirty f;
  auto d = loaded_feed(fxcm(f.bid, f.ask, "GBP/USD"));
  replay::import_settings s{d.data, d.instruments, d.quality, f.folder.file("quotes"), {}};
  auto stopped = replay::import_files(s);
  REQUIRE_FALSE(stopped);
  CHECK_THAT(stopped.error().message, has_part("bid.csv:3"));
  s.quality.malformed = config::malformed_lines::reject;
  s.on_progress = [](std::uint64_t) { return false; };
  auto cancelled = replay::import_files(s);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& x : std::filesystem::directory_iterator(f.folder.path)) ++left;
  CHECK(left == 2);
  s.on_progress = {};
  auto report = replay::import_files(s);
  REQUIRE(report);
  CHECK(report->rows == 10);
  CHECK(report->accepted == 7);
  CHECK(report->rejected == 3);
  REQUIRE(report->rejects.size() == 3);
  // Read back: what was rejected stays so, with its place.
  auto from_log = loaded_feed("data: [{log: " + s.log + "}]\ninstruments: {GBP/USD: {}}\naccount: {currency: USD, balance: 1}\n");
  auto feed = opened(from_log);
  const auto all = read_all(*feed);
  REQUIRE(all.size() == 10);
  CHECK(feed->figures().rejected == 3);
  const auto first = std::find_if(all.begin(), all.end(), [](const auto& q) { return q.rejected() != nullptr; });
  CHECK(first->rejected()->place == text("bid.csv:3"));
}

TEST_CASE("bars as the feed: each minute its bid bar, then its quote, numbered as one source, and read on from anywhere", "[feed]") {
  auto d = loaded_feed("data: [{format: fxcm-m1, bid: " + tests::bid_file() + ", ask: " + tests::ask_file() +
                       ", instrument: GBP/USD, stamp: close, as: bars_as_feed}]\naccount: {currency: USD, balance: 1000000}\n");
  auto feed = opened(d);
  const auto all = read_all(*feed);
  REQUIRE(all.size() == 60'234);
  CHECK(feed->figures().accepted == 60'234);
  for (std::size_t i = 0; i < all.size(); i += 2) {
    const auto &bar = all[i], &quote = all[i + 1];
    REQUIRE((bar.bar() != nullptr && quote.accepted() != nullptr));
    REQUIRE((bar.position() == i + 1 && quote.position() == i + 2 && bar.time() == quote.time()));
    REQUIRE((bar.bar()->bar.close == quote.accepted()->bid && bar.bar()->bar.spec() == bar_spec{60, price_side::bid} &&
             bar.bar()->bar.closed_at - bar.bar()->bar.opened_at == minute_ns));
  }
  for (const std::uint64_t after : {1u, 2u, 777u, 60'233u}) {
    const auto rest = read_all(*opened(d, after));
    REQUIRE(rest.size() == all.size() - after);
    CHECK((rest[0].position() == after + 1 && rest[0].is.index() == all[after].is.index() && rest[0].time() == all[after].time()));
  }
}

TEST_CASE("a bar that is no bar of this market is refused like a quote", "[feed]") {
  const dirty files;
  auto d = loaded_feed("data: [{format: fxcm-m1, bid: " + files.bid + ", ask: " + files.ask +
                       ", instrument: GBP/USD, as: bars_as_feed}]\naccount: {currency: USD, balance: 1000000}\nquality: {malformed_lines: reject}\n");
  auto feed = opened(d);
  const auto all = read_all(*feed);
  // A bar and its quote; a line that cannot be read, and the ask without its bid; a low that is negative, and the quote behind it, which is not.
  CHECK(feed->figures().accepted == 3);
  CHECK(feed->figures().rejected == all.size() - 3);
  CHECK(std::any_of(feed->rejects().begin(), feed->rejects().end(),
                    [](const auto& r) { return r.find("low -1.5: prices must be positive") != std::string::npos; }));
}
