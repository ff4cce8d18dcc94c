#include "actors/replay/strategy_check.hpp"

#include <deque>
#include <map>

#include "config/loader.hpp"
#include "domain/strategy_execution/strategy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/matchers.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using strategy_execution::opinion;
using strategy_execution::strategy;

namespace {

/// Long while the close is above the one `bars` ago: knows a window and nothing before it.
class window_strategy : public strategy {
 public:
  explicit window_strategy(std::size_t bars) : bars_(bars) {}
  void update(const bar_closed& bar) override {
    closes_.push_back(bar.close.to_double());
    if (closes_.size() > bars_) closes_.pop_front();
  }
  bool ready() const override { return closes_.size() == bars_; }
  std::optional<opinion> decide(const bar_closed&) const override { return opinion_of(closes_.back() >= closes_.front()); }
  void save(state_writer&) const override {}
  void load(state_reader&) override {}
  void hash(state_hasher&) const override {}

 protected:
  [[nodiscard]] opinion opinion_of(bool up) const { return {up ? side::buy : side::sell, up ? 1.0 : -1.0, closes_.back(), closes_.front()}; }
  std::size_t bars_;
  std::deque<double> closes_;
};

/// Keeps what it has seen in other runs, and goes by the close that came next then: a cache, say, that somebody filled with all of the data.
class remembering_strategy final : public window_strategy {
 public:
  remembering_strategy() : window_strategy(5) {}
  void update(const bar_closed& bar) override {
    window_strategy::update(bar);
    if (last_.ns != 0) next_close[last_] = bar.close.to_double();
    last_ = bar.closed_at;
  }
  std::optional<opinion> decide(const bar_closed& bar) const override {
    const auto known = next_close.find(bar.closed_at);
    return opinion_of(known == next_close.end() ? closes_.back() >= closes_.front() : known->second >= closes_.back());
  }
  static inline std::map<timestamp, double> next_close;

 private:
  timestamp last_{};
};

/// Says that it is ready at once, although it looks far back.
class hasty_strategy final : public window_strategy {
 public:
  hasty_strategy() : window_strategy(50) {}
  bool ready() const override { return !closes_.empty(); }
};

template <class S, class... A> strategy_execution::strategy_kind kind(const char* name, A... arguments) {
  return {name, "for tests", [arguments...](strategy_execution::parameters p) -> result<std::unique_ptr<strategy>> {
            TOMNEXT_TRY(p.finish());
            return std::unique_ptr<strategy>(std::make_unique<S>(arguments...));
          }};
}
const strategy_execution::registration window{kind<window_strategy>("test_window", std::size_t{30})},
    remembering{kind<remembering_strategy>("test_remembering")}, hasty{kind<hasty_strategy>("test_hasty")};

replay::sweep_runner runner_of(const std::string& strategy_kind) {
  auto d = config::load(tests::shipped_data("demo.yaml"),
                        {{"strategies", "[{kind: " + strategy_kind + ", name: s, instrument: GBP/USD, bars: 5m-mid, size: 1000}]"}});
  if (!d) FAIL(d.error().message);
  auto r = replay::sweep_runner::make(*d, {});
  if (!r) FAIL(r.error().message);
  return std::move(*r);
}
replay::look_ahead_check look_ahead(const std::string& strategy_kind) {
  const auto r = runner_of(strategy_kind);
  auto c = replay::check_look_ahead(r, 6, {});
  if (!c) FAIL(c.error().message);
  return *c;
}
replay::warm_up_check::strategy_warm_up warm_up(const std::string& strategy_kind, double tolerance) {
  const auto r = runner_of(strategy_kind);
  auto c = replay::check_warm_up(r, 10, tolerance, {});
  if (!c) FAIL(c.error().message);
  REQUIRE(c->strategies.size() == 1);
  return c->strategies[0];
}

}  // namespace

TEST_CASE("a strategy that sees closed bars alone does not look ahead", "[check]") {
  for (const char* name : {"ema_cross", "test_window"}) {
    INFO(name);
    const auto c = look_ahead(name);
    CHECK(c.clean());
    CHECK(c.cuts == 6);
    CHECK(c.decisions > 500);
    CHECK(c.early_bars == 0);
  }
}

TEST_CASE("a strategy that knows what came later is caught, and the first decision is told", "[check]") {
  remembering_strategy::next_close.clear();
  const auto c = look_ahead("test_remembering");
  CHECK_FALSE(c.clean());
  CHECK(c.differing_cuts == 6);
  REQUIRE(c.first);
  CHECK(c.first->shorter != c.first->longer);
  const auto text = replay::to_table(c, {});
  CHECK_THAT(text, tests::has_part("LOOKS AHEAD") && tests::has_part("signal_proposed"));
  CHECK_THAT(replay::to_json(c, {}), tests::has_part("\"clean\":false"));
}

TEST_CASE("bars that are told before the market has their quotes are caught", "[check]") {
  auto d = config::load(tests::shipped_data("demo.yaml"), {{"data.0.as", "bars_as_feed"}, {"strategies.0.bars", "1m-bid"}});
  if (!d) FAIL(d.error().message);
  auto r = replay::sweep_runner::make(*d, {});
  if (!r) FAIL(r.error().message);
  const auto c = replay::check_look_ahead(*r, 2, {});
  REQUIRE(c);
  CHECK_FALSE(c->clean());
  CHECK_FALSE(c->first);  // no decision knows more than its bar: the market is late
  CHECK(c->early_bars > 20'000);
  CHECK_THAT(c->first_early_bar, tests::has_part("was told before quote"));
  // And a sweep of it takes the whole way.
  CHECK(r->tape().refusal == "the source tells bars");
  CHECK(replay::check_warm_up(*r, 3, 1e-5, {})->strategies[0].starts == 3);
}

TEST_CASE("right-open bars are told before the quote on their boundary, which is none of theirs", "[check]") {
  auto d = config::load(tests::shipped_data("demo.yaml"), {{"strategies.0.bars", "5m-mid-right_open"}});
  if (!d) FAIL(d.error().message);
  auto r = replay::sweep_runner::make(*d, {});
  if (!r) FAIL(r.error().message);
  const auto c = replay::check_look_ahead(*r, 2, {});
  REQUIRE(c);
  CHECK(c->clean());
  CHECK(c->decisions > 100);
}

TEST_CASE("warm-up: a window is enough when it is full, an exponential average goes on remembering", "[check]") {
  const auto finite = warm_up("test_window", 0);
  CHECK(finite.starts == 10);
  CHECK(finite.declared_bars == 30);
  CHECK(finite.enough());

  const auto loose = warm_up("ema_cross", 1), near = warm_up("ema_cross", 1e-4), nearer = warm_up("ema_cross", 1e-7);
  CHECK(loose.declared_bars == 20);
  CHECK(loose.figure_bars == 20);
  CHECK(near.figure_bars > 20);
  // An average of 20 forgets a tenth a bar: three more decades take 69 bars, give or take what prices do.
  CHECK(nearer.figure_bars > near.figure_bars + 40);
  CHECK(nearer.figure_bars < near.figure_bars + 140);
  CHECK_FALSE(nearer.enough());

  const auto hasty_one = warm_up("test_hasty", 0);
  CHECK(hasty_one.declared_bars == 1);
  CHECK(hasty_one.figure_bars == 50);
  CHECK_FALSE(hasty_one.enough());
}

TEST_CASE("a check is refused without cuts, and cancelled when asked", "[check]") {
  const auto r = runner_of("test_window");
  CHECK_FALSE(replay::check_look_ahead(r, 0, {}));
  CHECK_FALSE(replay::check_warm_up(r, 0, 0, {}));
  CHECK_FALSE(replay::check_warm_up(r, 5, -1, {}));
  CHECK(replay::check_look_ahead(r, 5, [] { return false; }).error().code == errc::cancelled);
  CHECK(replay::check_warm_up(r, 5, 0, [] { return false; }).error().code == errc::cancelled);
}
