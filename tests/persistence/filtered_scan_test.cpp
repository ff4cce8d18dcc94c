#include "persistence/filtered_scan.hpp"

#include <optional>
#include <random>

#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

using generator = std::mt19937_64;
std::uint64_t below(generator& g, std::uint64_t n) { return g() % n; }

/// An event of one of four types, of one of five hosts, about one of three instruments or none, in a workflow that began here or earlier.
event random_event(generator& g, std::uint64_t seq, std::int64_t at_ns) {
  header h;
  h.seq = seq;
  h.at.ns = at_ns;
  h.host.value = 1 + static_cast<std::uint32_t>(below(g, 5));
  h.correlation = below(g, 3) == 0 ? seq : 1 + below(g, seq);
  const auto instrument = 1 + static_cast<std::uint32_t>(below(g, 3));
  switch (below(g, 4)) {
    case 0: {
      order_filled f;
      f.instrument.value = instrument;
      return {h, f};
    }
    case 1: {
      bar_closed b;
      b.instrument.value = instrument;
      return {h, b};
    }
    case 2: return {h, host_progressed{}};
    default: {
      auto q = tests::quote_at(seq).as<quote_accepted>();
      q.instrument.value = instrument;
      return {h, q};
    }
  }
}

/// The same random groups go into both logs. Times stand still now and then, and jump now and then.
std::vector<event> fill(generator& g, event_log& memory, event_log& disk) {
  std::vector<event> all;
  std::int64_t at_ns = static_cast<std::int64_t>(below(g, 50));
  const auto groups = below(g, 30);
  for (std::uint64_t i = 0; i < groups; ++i) {
    auto made = std::make_shared<group>();
    made->epoch = disk.head().epoch;
    for (auto left = 1 + below(g, 12); left > 0; --left) {
      at_ns += below(g, 2) == 0 ? 0 : static_cast<std::int64_t>(below(g, 40));
      all.push_back(random_event(g, all.size() + 1, at_ns));
      made->events.push_back(all.back());
    }
    const group_ref whole = std::move(made);
    (void)tests::must(memory.append({&whole, 1}));
    (void)tests::must(disk.append({&whole, 1}));
  }
  return all;
}

event_filter random_filter(generator& g, const std::vector<event>& all) {
  const auto some_seq = [&] { return 1 + below(g, all.size() + 3); };
  const auto some_time = [&] {
    return timestamp{static_cast<std::int64_t>(below(g, all.empty() ? 10 : static_cast<std::uint64_t>(all.back().head.at.ns) + 20))};
  };
  event_filter f;
  if (below(g, 2) == 0) f.types.set(quote_accepted::type_number);
  if (below(g, 3) == 0) f.types.set(order_filled::type_number);
  if (below(g, 3) == 0) f.host = host_id{1 + static_cast<std::uint32_t>(below(g, 6))};
  if (below(g, 3) == 0) f.instrument = static_cast<std::uint32_t>(below(g, 4));
  if (below(g, 4) == 0) f.correlation = some_seq();
  if (below(g, 3) == 0) f.from_at = some_time();
  if (below(g, 3) == 0) f.until_at = some_time();
  return f;
}

seq_range random_range(generator& g, std::uint64_t head) {
  seq_range r;
  if (below(g, 2) == 0) r.first = below(g, head + 4);
  if (below(g, 2) == 0) r.last = below(g, head + 4);
  return r;
}

std::vector<std::uint64_t> found(const event_log& log, const event_filter& f, const seq_range& r, direction where_to) {
  auto scan = tests::must(filtered_scan::open(log, f, r, where_to));
  std::vector<std::uint64_t> seqs;
  for (;;) {
    const auto* e = tests::must(scan.next());
    if (e == nullptr) break;
    seqs.push_back(e->head.seq);
  }
  CHECK(tests::must(scan.next()) == nullptr);
  return seqs;
}

/// Counts the groups that are read, and fails at one of them.
class watched_log final : public event_log {
 public:
  explicit watched_log(const event_log& log) : log_(log) {}
  mutable std::uint64_t read = 0;
  std::uint64_t fails_at = UINT64_MAX;
  std::uint64_t first = 1;

  result<log_head> append(std::span<const group_ref>) override { return error(errc::invalid_argument, "not here"); }
  [[nodiscard]] log_head head() const override { return log_.head(); }
  [[nodiscard]] std::uint64_t first_seq() const override { return first; }
  using event_log::scan;
  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from, direction where_to) const override {
    auto inner = log_.scan(from, where_to);
    if (!inner) return inner.error();
    return std::unique_ptr<log_scan>(std::make_unique<counted>(*this, std::move(*inner)));
  }
  [[nodiscard]] result<bool> holds(const log_head& h) const override { return log_.holds(h); }
  result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t, std::function<void(const group_ref&)>) override {
    return error(errc::invalid_argument, "not here");
  }

 private:
  class counted final : public log_scan {
   public:
    counted(const watched_log& log, std::unique_ptr<log_scan> inner) : log_(log), inner_(std::move(inner)) {}
    result<group_ref> next() override {
      if (++log_.read == log_.fails_at) return error(errc::log_corrupt, "damaged");
      return inner_->next();
    }

   private:
    const watched_log& log_;
    std::unique_ptr<log_scan> inner_;
  };
  const event_log& log_;
};

}  // namespace

TEST_CASE("a filtered scan gives what the filter picks from the whole log, in both logs and both directions") {
  std::uint64_t scans = 0, not_empty = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    generator g(seed);
    tests::temporary_folder f;
    memory_log memory;
    auto disk = tests::must(open_log(f.path(), {}));
    const auto all = fill(g, memory, *disk);
    for (int round = 0; round < 60; ++round) {
      const auto wanted = random_filter(g, all);
      const auto range = random_range(g, all.size());
      std::vector<std::uint64_t> expected;
      for (const auto& e : all)
        if (e.head.seq >= range.first && e.head.seq <= range.last && wanted.wants(e)) expected.push_back(e.head.seq);
      INFO("seed " << seed << ", round " << round);
      REQUIRE(found(memory, wanted, range, direction::forward) == expected);
      REQUIRE(found(*disk, wanted, range, direction::forward) == expected);
      std::reverse(expected.begin(), expected.end());
      REQUIRE(found(memory, wanted, range, direction::backward) == expected);
      REQUIRE(found(*disk, wanted, range, direction::backward) == expected);
      ++scans;
      not_empty += expected.empty() ? 0 : 1;
    }
  }
  CHECK(not_empty * 4 > scans);  // the filters are not all too narrow to tell anything
}

TEST_CASE("a filtered scan finds times and workflows, and reads nothing where nothing can match") {
  memory_log memory;
  tests::extend(memory, 1000, 4);  // event n is at n ms
  watched_log log(memory);
  const auto groups_read = [&](const event_filter& wanted, const seq_range& range, direction where_to) {
    log.read = 0;
    (void)found(log, wanted, range, where_to);
    return log.read;
  };
  const auto where_to = GENERATE(direction::forward, direction::backward);
  event_filter times;
  times.from_at = timestamp{2'000'000'000};
  times.until_at = timestamp{2'010'000'000};
  CHECK(found(log, times, {}, where_to).size() == 10);
  CHECK(groups_read(times, {}, where_to) <= 2 * 11 + 4);
  CHECK(groups_read({}, {1997, 2004}, where_to) == 2);
  event_filter nothing;
  nothing.from_at = timestamp{5'000'000'000};
  CHECK(groups_read(nothing, {}, where_to) <= 12);
  CHECK(groups_read({}, {10, 9}, where_to) == 0);
  event_filter late;
  late.correlation = 3'990;
  CHECK(found(log, late, {}, where_to) == std::vector<std::uint64_t>{3'990});
  CHECK(groups_read(late, {}, where_to) <= 4);
}

TEST_CASE("a filtered scan ends at an error, and when it is told to") {
  memory_log memory;
  tests::extend(memory, 50, 2);
  watched_log log(memory);
  log.fails_at = 4;
  auto scan = tests::must(filtered_scan::open(log, {}, {}, direction::forward));
  for (std::uint64_t seq = 1; seq <= 6; ++seq) CHECK(tests::must(scan.next())->head.seq == seq);
  const auto failed = scan.next();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::log_corrupt);
  CHECK(tests::must(scan.next()) == nullptr);

  std::uint64_t asked_at = 0;
  event_filter never;
  never.host = host_id{99};  // asked all the same, although nothing is found
  auto stopped = tests::must(filtered_scan::open(memory, never, {}, direction::forward, [&](std::uint64_t seq) { return (asked_at = seq) < 21; }));
  const auto cancelled = stopped.next();
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);
  CHECK(asked_at == 21);
  CHECK(tests::must(stopped.next()) == nullptr);
}

TEST_CASE("events that were archived away are refused where they are asked for by seq, and are otherwise not there") {
  memory_log memory;
  tests::extend(memory, 10, 2);
  watched_log log(memory);
  log.first = 9;
  const auto where_to = GENERATE(direction::forward, direction::backward);
  CHECK(found(log, {}, {}, where_to).size() == 12);
  CHECK(found(log, {}, {9, 10}, where_to).size() == 2);
  const auto early = filtered_scan::open(log, {}, {8, 10}, where_to);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == errc::log_archived);
  event_filter old;
  old.from_at = timestamp{0};
  old.until_at = timestamp{10'000'000};
  CHECK(found(log, old, {}, where_to) == std::vector<std::uint64_t>{9});
}
