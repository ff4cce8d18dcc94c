#include "persistence/projection_runner.hpp"

#include "persistence/memory_log.hpp"
#include "tests/persistence/projection_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

projection_list counters(std::initializer_list<std::shared_ptr<const projection>> more = {}) {
  projection_list all{std::make_shared<counting_projection>(), order_blotter(), event_index()};
  all.insert(all.end(), more);
  return all;
}

counting_projection::fails poison_at(std::set<std::uint64_t> seqs) {
  return [seqs](const event& e) {
    if (seqs.contains(e.head.seq)) throw std::runtime_error("event " + std::to_string(e.head.seq) + " is too much");
  };
}

struct said {
  std::vector<std::string> lines;
  projection_runner::notice_call listen() {
    return [this](const std::string& text) { lines.push_back(text); };
  }
  [[nodiscard]] bool about(const std::string& part) const {
    return std::any_of(lines.begin(), lines.end(), [&](const auto& l) { return l.find(part) != std::string::npos; });
  }
};

/// Runs until the store dies, opens it again, and so on, to the end. `lives`: the steps that each life has; the last one has all it needs.
std::uint64_t run_through_deaths(const projected_log& at, const projection_list& chosen, const projection_options& options,
                                 const std::function<std::uint64_t(std::uint64_t life)>& lives) {
  for (std::uint64_t life = 0;; ++life) {
    auto store = must(open_projections(at.directory));
    mortal_store mortal(*store, lives(life));
    try {
      const auto done = must(projection_runner(mortal, *at.log, options, {}).run(chosen, {}));
      for (const auto& s : done) REQUIRE(s.state == projection_state::current);
      return life;
    } catch (const killed&) {}
  }
}

void require_same_fold(const projected_log& at, const projection_list& chosen) {
  auto store = must(open_projections_for_reading(at.directory));
  for (const auto& p : chosen) {
    INFO(p->name());
    const auto expected = fold_from_scratch(*p, *at.log);
    REQUIRE_FALSE(expected.empty());
    REQUIRE(stored_rows(*store, *p) == expected);
  }
}

}  // namespace

TEST_CASE("a run folds the log to its head, and a second one has nothing to do") {
  projected_log at(1, 500);
  const auto chosen = counters();
  auto store = must(open_projections(at.directory));
  projection_runner runner(*store, *at.log, {}, {});
  for (const auto& s : must(runner.run(chosen, {}))) {
    CHECK(s.state == projection_state::current);
    CHECK(s.mark.offset == 500);
    CHECK(s.lag == 0);
  }
  at.writer.extend(*at.log, 37);
  for (const auto& p : chosen) {
    const auto s = must(status_of(*p, store.get(), *at.log));
    CHECK(s.state == projection_state::behind);
    CHECK(s.lag == 37);
    CHECK(s.head == 537);
  }
  must(runner.run(chosen, {}));
  must(runner.run(chosen, {}));
  store.reset();
  require_same_fold(at, chosen);
}

TEST_CASE("killed before or after any step, and run again: every event counts once") {
  const std::uint32_t batch = GENERATE(1u, 7u, 1000u);
  const auto chosen = counters();
  std::uint64_t points = 0;
  // One point after the other, until a run is over before it is reached. Small logs: what matters are the steps, not the events.
  for (std::uint64_t point = 1;; ++point) {
    projected_log at(2, 25);
    const auto deaths = run_through_deaths(at, chosen, {3, batch}, [&](std::uint64_t life) { return life == 0 ? point : UINT64_MAX; });
    require_same_fold(at, chosen);
    if (deaths == 0) break;
    ++points;
  }
  CHECK(points > 20);
}

TEST_CASE("killed again and again at random, while the log grows: every event counts once") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    generator g(seed);
    projected_log at(seed, 1 + g() % 200);
    const auto chosen = counters();
    const projection_options options{3, static_cast<std::uint32_t>(1 + g() % 40)};
    (void)run_through_deaths(at, chosen, options, [&](std::uint64_t life) {
      if (life < 12 && g() % 3 == 0) at.writer.extend(*at.log, g() % 50);
      return life < 12 ? 1 + g() % 250 : UINT64_MAX;
    });
    require_same_fold(at, chosen);
  }
}

namespace {
/// A mutant: rows first, then how far they go.
class two_write_store final : public projection_store {
 public:
  explicit two_write_store(projection_store& behind) : behind_(behind) {}
  [[nodiscard]] result<std::optional<projection_mark>> mark(std::string_view p) const override { return behind_.mark(p); }
  [[nodiscard]] result<std::optional<std::string>> get(std::string_view p, std::string_view key) const override { return behind_.get(p, key); }
  [[nodiscard]] result<std::unique_ptr<projection_reader>> reader(std::string_view p) const override { return behind_.reader(p); }
  result<void> commit(std::string_view p, std::span<const row_change> changes, const projection_mark& m) override {
    const auto before = must(behind_.mark(p)).value_or(projection_mark{m.version, 0, m.witness, projection_halt::none, 0, {}, {}});
    TOMNEXT_TRY(behind_.commit(p, changes, before));
    if (m.offset >= dies_at) throw killed{};
    return behind_.commit(p, {}, m);
  }
  result<void> clear(std::string_view p, const projection_mark& m) override { return behind_.clear(p, m); }
  std::uint64_t dies_at = 10;

 private:
  projection_store& behind_;
};
}  // namespace

TEST_CASE("the comparison notices a store that writes rows and offset apart") {
  projected_log at(2, 25);
  const counting_projection p;
  auto store = must(open_projections(at.directory));
  two_write_store mutant(*store);
  CHECK_THROWS_AS((void)projection_runner(mutant, *at.log, {3, 5}, {}).run({std::make_shared<counting_projection>()}, {}), killed);
  must(projection_runner(*store, *at.log, {3, 5}, {}).run({std::make_shared<counting_projection>()}, {}));
  CHECK(stored_rows(*store, p) != fold_from_scratch(p, *at.log));
}

TEST_CASE("a poisonous event parks its projection before it, and the others go on") {
  projected_log at(3, 100);
  const auto sick = std::make_shared<counting_projection>("sick", 1, poison_at({41}));
  const auto chosen = counters({sick});
  said heard;
  {
    auto store = must(open_projections(at.directory));
    const auto done = must(projection_runner(*store, *at.log, {3, 16}, heard.listen()).run(chosen, {}));
    for (std::size_t i = 0; i < 3; ++i) CHECK(done[i].state == projection_state::current);
    CHECK(done[3].state == projection_state::poisoned);
  }
  CHECK(heard.about("sick is parked before event 41"));
  // Durable, with the reason; the rows are those of the 40 events before, and nothing of the 41st.
  auto store = must(open_projections(at.directory));
  const auto s = must(status_of(*sick, store.get(), *at.log));
  CHECK(s.state == projection_state::poisoned);
  CHECK(s.mark.offset == 40);
  CHECK(s.mark.attempts == 3);
  CHECK(s.mark.reason == "event 41 is too much");
  CHECK(s.lag == 60);
  const counting_projection healthy("sick");
  CHECK(stored_rows(*store, *sick) == fold_from_scratch(healthy, *at.log, {}, 40));
  // Parked means parked: another run changes nothing, and says so.
  const auto again = must(projection_runner(*store, *at.log, {3, 16}, {}).run(chosen, {}));
  CHECK(again[3].state == projection_state::poisoned);
  CHECK(again[3].mark == s.mark);
}

TEST_CASE("skip passes over exactly the event that was parked at, and it is on record") {
  projected_log at(4, 100);
  const auto sick = std::make_shared<counting_projection>("sick", 1, poison_at({30, 31, 77}));
  auto store = must(open_projections(at.directory));
  projection_runner runner(*store, *at.log, {2, 16}, {});
  CHECK(runner.skip(*sick).error().code == errc::invalid_argument);  // not parked
  for (const std::uint64_t seq : {30u, 31u, 77u}) {
    must(runner.run({sick}, {}));
    CHECK(must(status_of(*sick, store.get(), *at.log)).mark.offset == seq - 1);
    CHECK(must(runner.skip(*sick)) == seq);
    CHECK(runner.skip(*sick).error().code == errc::invalid_argument);
  }
  const auto done = must(runner.run({sick}, {}));
  CHECK(done[0].state == projection_state::current);
  CHECK(done[0].mark.skipped == std::vector<skipped_event>{{30, "event 30 is too much"}, {31, "event 31 is too much"}, {77, "event 77 is too much"}});
  CHECK(stored_rows(*store, *sick) == fold_from_scratch(*sick, *at.log, {30, 31, 77}));
  // A reset forgets it all: the code may have been mended.
  must(runner.reset(*sick));
  const auto mended = std::make_shared<counting_projection>("sick");
  const auto fresh = must(runner.run({mended}, {}));
  CHECK(fresh[0].mark.skipped.empty());
  CHECK(stored_rows(*store, *sick) == fold_from_scratch(*mended, *at.log));
}

TEST_CASE("resume has the event tried again; failures count across runs that are killed") {
  projected_log at(5, 50);
  const auto sick = std::make_shared<counting_projection>("sick", 1, poison_at({20}));
  std::uint32_t failures = 0;
  for (int life = 1; life <= 3; ++life) {
    auto store = must(open_projections(at.directory));
    class one_failure final : public projection_store {
     public:
      explicit one_failure(projection_store& behind) : behind_(behind) {}
      [[nodiscard]] result<std::optional<projection_mark>> mark(std::string_view p) const override { return behind_.mark(p); }
      [[nodiscard]] result<std::optional<std::string>> get(std::string_view p, std::string_view key) const override { return behind_.get(p, key); }
      [[nodiscard]] result<std::unique_ptr<projection_reader>> reader(std::string_view p) const override { return behind_.reader(p); }
      result<void> commit(std::string_view p, std::span<const row_change> changes, const projection_mark& m) override {
        auto done = behind_.commit(p, changes, m);
        if (m.attempts > 0) throw killed{};
        return done;
      }
      result<void> clear(std::string_view p, const projection_mark& m) override { return behind_.clear(p, m); }

     private:
      projection_store& behind_;
    } once(*store);
    CHECK_THROWS_AS((void)projection_runner(once, *at.log, {3, 8}, {}).run({sick}, {}), killed);
    CHECK(must(status_of(*sick, store.get(), *at.log)).mark.attempts == ++failures);
  }
  auto store = must(open_projections(at.directory));
  CHECK(must(status_of(*sick, store.get(), *at.log)).state == projection_state::poisoned);
  const auto mended = std::make_shared<counting_projection>("sick");
  projection_runner runner(*store, *at.log, {3, 8}, {});
  must(runner.resume(*mended));
  CHECK(runner.resume(*mended).error().code == errc::invalid_argument);
  const auto done = must(runner.run({mended}, {}));
  CHECK(done[0].state == projection_state::current);
  CHECK(done[0].mark.attempts == 0);
  CHECK(done[0].mark.reason.empty());
  CHECK(stored_rows(*store, *mended) == fold_from_scratch(*mended, *at.log));
}

TEST_CASE("a projection that puts what is no key, or returns an error of any kind, is parked; a store that fails is nobody's fault") {
  projected_log at(6, 10);
  class odd final : public projection {
   public:
    [[nodiscard]] std::string_view name() const override { return "odd"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::string_view description() const override { return ""; }
    [[nodiscard]] std::string_view keys() const override { return ""; }
    result<void> apply(const event&, projection_rows& rows) const override {
      rows.put(key, "x");
      return failure;
    }
    result<void> answer(const projection_question&, const projection_reader&, const projection_answer&) const override { return {}; }
    std::string key;
    result<void> failure;
  };
  auto store = must(open_projections(at.directory));
  projection_runner runner(*store, *at.log, {}, {});
  for (const auto& key : {std::string(), std::string("\xff\x01"), std::string(256, 'k')}) {
    auto p = std::make_shared<odd>();
    p->key = key;
    const auto done = must(runner.run({p}, {}));
    CHECK(done[0].state == projection_state::poisoned);
    CHECK(done[0].mark.offset == 0);
    CHECK(stored_rows(*store, *p).empty());
    must(runner.reset(*p));
  }
  auto p = std::make_shared<odd>();
  p->key = "k";
  p->failure = error(errc::log_io, "what a projection calls an error of the disk is still its own");
  CHECK(must(runner.run({p}, {}))[0].state == projection_state::poisoned);

  class failing_store final : public projection_store {
   public:
    explicit failing_store(projection_store& behind) : behind_(behind) {}
    [[nodiscard]] result<std::optional<projection_mark>> mark(std::string_view n) const override { return behind_.mark(n); }
    [[nodiscard]] result<std::optional<std::string>> get(std::string_view, std::string_view) const override { return error(errc::log_io, "no disk"); }
    [[nodiscard]] result<std::unique_ptr<projection_reader>> reader(std::string_view n) const override { return behind_.reader(n); }
    result<void> commit(std::string_view n, std::span<const row_change> c, const projection_mark& m) override { return behind_.commit(n, c, m); }
    result<void> clear(std::string_view n, const projection_mark& m) override { return behind_.clear(n, m); }

   private:
    projection_store& behind_;
  } failing(*store);
  const auto counter = std::make_shared<counting_projection>();
  const auto failed = projection_runner(failing, *at.log, {}, {}).run({counter}, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::log_io);
  CHECK(must(status_of(*counter, store.get(), *at.log)).state == projection_state::never_run);
}

TEST_CASE("a log of another history resets its projections, and says so") {
  projected_log at(7, 80);
  const auto chosen = counters();
  {
    auto store = must(open_projections(at.directory));
    must(projection_runner(*store, *at.log, {}, {}).run(chosen, {}));
  }
  auto store = must(open_projections(at.directory));
  SECTION("as long, and different") {
    memory_log other;
    order_log_writer(8).extend(other, 80);
    CHECK(must(status_of(*chosen[0], store.get(), other)).state == projection_state::other_history);
    said heard;
    must(projection_runner(*store, other, {}, heard.listen()).run(chosen, {}));
    for (const auto& p : chosen) {
      CHECK(heard.about(std::string(p->name()) + " begins anew: the log's history"));
      CHECK(stored_rows(*store, *p) == fold_from_scratch(*p, other));
    }
  }
  SECTION("the same, and shorter: one that was restored to an earlier time") {
    memory_log shorter;
    order_log_writer(7).extend(shorter, 40);
    said heard;
    must(projection_runner(*store, shorter, {}, heard.listen()).run(chosen, {}));
    CHECK(heard.lines.size() == chosen.size());
    for (const auto& p : chosen) CHECK(stored_rows(*store, *p) == fold_from_scratch(*p, shorter));
  }
  SECTION("decisions about events of another history are refused") {
    memory_log other;
    order_log_writer(8).extend(other, 80);
    CHECK(projection_runner(*store, other, {}, {}).skip(*chosen[0]).error().code == errc::invalid_argument);
  }
  SECTION("the same, and longer, goes on") {
    at.writer.extend(*at.log, 20);
    said heard;
    must(projection_runner(*store, *at.log, {}, heard.listen()).run(chosen, {}));
    CHECK(heard.lines.empty());
  }
}

TEST_CASE("another version is folded anew, killed or not") {
  const auto before = std::make_shared<counting_projection>("counter", 1), after = std::make_shared<counting_projection>("counter", 2);
  for (std::uint64_t point = 1;; ++point) {
    projected_log at(9, 12);
    (void)run_through_deaths(at, {before}, {3, 5}, [](std::uint64_t) { return UINT64_MAX; });
    {
      auto store = must(open_projections_for_reading(at.directory));
      CHECK(must(status_of(*after, store.get(), *at.log)).state == projection_state::other_version);
    }
    const auto deaths = run_through_deaths(at, {after}, {3, 5}, [&](std::uint64_t life) { return life == 0 ? point : UINT64_MAX; });
    require_same_fold(at, {after});
    if (deaths == 0) break;
  }
}

TEST_CASE("a run that is cancelled keeps what is done") {
  projected_log at(10, 300);
  const auto chosen = counters();
  auto store = must(open_projections(at.directory));
  projection_runner runner(*store, *at.log, {3, 1000}, {});
  std::uint64_t stopped = 0;
  const auto cancelled = runner.run(chosen, [&](std::uint64_t seq) {
    stopped = seq;
    return seq < 120;
  });
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);
  for (const auto& p : chosen) CHECK(must(status_of(*p, store.get(), *at.log)).mark.offset == stopped);
  std::uint64_t first = 0;
  must(runner.run(chosen, [&](std::uint64_t seq) {
    if (first == 0) first = seq;
    return true;
  }));
  CHECK(first > stopped);  // it went on, and did not begin again
  store.reset();
  require_same_fold(at, chosen);
}

TEST_CASE("a parked projection waits for its operator") {
  projected_log at(11, 60);
  const auto chosen = counters();
  auto store = must(open_projections(at.directory));
  projection_runner runner(*store, *at.log, {}, {});
  must(runner.pause(*chosen[0], "maintenance"));
  CHECK(runner.pause(*chosen[0], "twice").error().code == errc::invalid_argument);
  CHECK(runner.skip(*chosen[0]).error().code == errc::invalid_argument);
  const auto done = must(runner.run(chosen, {}));
  CHECK(done[0].state == projection_state::paused);
  CHECK(done[0].mark.reason == "maintenance");
  CHECK(done[0].lag == 60);
  CHECK(done[1].state == projection_state::current);
  must(runner.resume(*chosen[0]));
  CHECK(must(runner.run(chosen, {}))[0].state == projection_state::current);
  store.reset();
  require_same_fold(at, chosen);
}
