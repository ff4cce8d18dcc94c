#include "persistence/scrubber.hpp"

#include "persistence/content_store.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/rocksdb_tables.hpp"
#include "persistence/seal.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/throttle.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/raw_rows.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace std::chrono_literals;

namespace {

/// Three lives, the last of which is still going on: tables, write-ahead log, contents and snapshots.
std::unique_ptr<event_log> build_open(const std::string& directory) {
  for (int life = 0; life < 2; ++life) tests::extend(*tests::must(open_log(directory, {})), 30, 50);
  auto log = tests::must(open_log(directory, {}));
  const auto head = tests::extend(*log, 30, 50);
  for (int i = 0; i < 2; ++i) {
    (void)tests::must(content_store(directory).put("configuration " + std::to_string(i)));
    tests::must(snapshot_store(directory).put({{"host", 1, 1, 1}, head.seq - 2, head.seq - 1, head, std::string(300, 's')}));
  }
  return log;
}

struct pass_outcome {
  std::uint64_t bytes = 0, steps = 0, events = 0;
  std::optional<scrub_damage> damage;
};

/// Steps until the pass is complete, or finds something.
pass_outcome one_pass(scrubber& s, const event_log& log, std::uint64_t step_bytes) {
  pass_outcome o;
  for (;;) {
    auto step = tests::must(s.step(log, step_bytes));
    ++o.steps;
    o.bytes += step.bytes;
    o.events = std::max(o.events, s.events_proven());
    if (step.damage) o.damage = step.damage;
    if (step.damage || step.pass_complete) return o;
    if (o.steps > 1'000'000) FAIL("the pass has no end");
  }
}

std::string file_ending(const std::string& directory, const std::string& part) {
  std::string found;
  for (const auto& file : tests::files_below(directory))
    if (file.find(part) != std::string::npos) found = file;
  if (found.empty()) FAIL("no file " << part);
  return directory + "/" + found;
}

/// Everything that the rest of a pass finds.
std::vector<scrub_damage> damage_of_pass(scrubber& s, const event_log& log, std::uint64_t step_bytes) {
  std::vector<scrub_damage> all;
  for (int steps = 0; steps < 1'000'000; ++steps) {
    auto step = tests::must(s.step(log, step_bytes));
    if (step.damage) all.push_back(*step.damage);
    if (step.pass_complete) return all;
  }
  FAIL("the pass has no end");
  return all;
}

/// A log whose answers can be bent: damage that no flipped bit makes.
class bent_log final : public event_log, public table_list {
 public:
  bool keeps_history = true;
  std::uint64_t first_readable = 1;  ///< the walk down stops there, as if nothing were before it
  result<log_head> append(std::span<const group_ref> groups) override { return log_.append(groups); }
  [[nodiscard]] log_head head() const override { return log_.head(); }
  using event_log::scan;
  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from, direction where_to) const override { return log_.scan(from, where_to); }
  [[nodiscard]] result<std::unique_ptr<row_source>> rows_down(std::uint64_t from) const override {
    auto inner = log_.scan(from, direction::backward);
    if (!inner) return inner.error();
    return std::unique_ptr<row_source>(std::make_unique<short_rows>(std::move(*inner), first_readable));
  }
  [[nodiscard]] result<bool> holds(const log_head& h) const override { return keeps_history ? log_.holds(h) : result<bool>(false); }
  result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t, std::function<void(const group_ref&)>) override {
    return error(errc::invalid_argument, "not here");
  }
  [[nodiscard]] result<std::vector<table_file>> tables() const override { return std::vector<table_file>{}; }
  [[nodiscard]] bool is_current() const override { return true; }

 private:
  struct short_rows final : row_source {
    short_rows(std::unique_ptr<log_scan> i, std::uint64_t f) : inner(std::move(i)), first(f) {}
    result<std::optional<stored_row>> next() override {
      auto g = inner->next();
      if (!g) return g.error();
      if (!*g || (*g)->first_seq() < first) return std::optional<stored_row>{};
      encode_group(**g, {}, bytes);
      return std::optional<stored_row>({(*g)->first_seq(), (*g)->last_seq(), (*g)->epoch, (*g)->events[0].head.at, {}, {}, bytes});
    }
    std::unique_ptr<log_scan> inner;
    std::uint64_t first;
    std::string bytes;
  };
  memory_log log_;
};

}  // namespace

TEST_CASE("a pass proves every row and reads every file, whatever the size of its steps") {
  tests::temporary_folder folder;
  const auto log = build_open(folder / "log");
  std::uint64_t file_bytes = 0;
  for (const auto& file : tests::files_below(folder / "log"))
    if (file.find(".sst") != std::string::npos || file.find(".log") != std::string::npos || file.find("MANIFEST") != std::string::npos ||
        file.find("content/") != std::string::npos || file.find("snapshots/") != std::string::npos)
      file_bytes += tests::fs::file_size(folder / ("log/" + file));
  for (const std::uint64_t step : {1ull, 10'000ull, 100'000'000ull}) {
    tests::fs::remove(scrub_file(folder / "log"));
    auto s = tests::must(scrubber::open(folder / "log", *log));
    const auto o = one_pass(s, *log, step);
    CHECK_FALSE(o.damage);
    CHECK(o.events == 4500);
    CHECK(o.bytes > file_bytes);  // and the rows
    CHECK(s.progress().passes == 1);
    CHECK(s.progress().last_bytes == o.bytes);
    if (step == 1) CHECK(o.steps > 30);
    if (step > 1'000'000) CHECK(o.steps < 20);
    // The next pass begins anew.
    CHECK_FALSE(one_pass(s, *log, step).damage);
    CHECK(s.progress().passes == 2);
  }
}

TEST_CASE("damage in any kind of file of a log at work is found, with its file and place") {
  tests::temporary_folder folder;
  auto log = build_open(folder / "log");
  for (const std::string kind : {".sst", ".log", "MANIFEST-", "content/", "snapshots/", "anchor"}) {
    const auto path = file_ending(folder / "log", kind);
    const auto size = tests::fs::file_size(path);
    for (const auto offset : {size / 3, size / 2, size - 2}) {
      INFO(kind << " offset " << offset << " of " << size);
      const auto whole = tests::slurp(path);
      tests::flip_bit(path, offset, 3);
      tests::fs::remove(scrub_file(folder / "log"));
      auto s = tests::must(scrubber::open(folder / "log", *log));
      const auto o = one_pass(s, *log, 5000);
      REQUIRE(o.damage);
      CHECK(o.damage->what.message.find(tests::fs::path(path).filename().string()) != std::string::npos);
      CHECK(o.damage->file == path);
      CHECK(o.damage->offset <= offset);
      // The pass has an end all the same. The damage does not go away by itself, and is found no more when it is gone.
      while (s.progress().passes == 0) (void)damage_of_pass(s, *log, 5000);
      const auto again = damage_of_pass(s, *log, 5000);
      CHECK(std::any_of(again.begin(), again.end(), [&](const scrub_damage& d) { return d.file == path; }));
      std::ofstream(path, std::ios::binary | std::ios::in | std::ios::out) << whole;
      CHECK_FALSE(one_pass(s, *log, 5000).damage);
    }
  }
}

TEST_CASE("damage keeps nothing else from being read: all of it is found in one pass, each with its own advice") {
  tests::temporary_folder folder;
  auto log = build_open(folder / "log");
  const auto table = file_ending(folder / "log", ".sst"), content = file_ending(folder / "log", "content/"),
             snapshot = file_ending(folder / "log", "snapshots/"), anchor = anchor_file(folder / "log");
  const auto stray = folder / "log/content/stray";
  tests::flip_bit(table, 4'000, 1);
  tests::flip_bit(content, 2, 1);
  tests::spill(stray, "x");
  tests::flip_bit(snapshot, 60, 1);
  tests::flip_bit(anchor, 4096 + 10, 1);
  auto s = tests::must(scrubber::open(folder / "log", *log));
  const auto found = damage_of_pass(s, *log, 5000);
  auto sentence = [&](const std::string& path) -> std::string {
    for (const auto& d : found)
      if (d.file == path && d.part != scrub_part::rows) return sentence_of(d);
    return {};
  };
  CHECK(sentence(table).find("restore the log from a backup") != std::string::npos);
  CHECK(sentence(content).find("restore this file from a backup") != std::string::npos);
  CHECK(sentence(stray).find("remove it where it does not belong here") != std::string::npos);
  CHECK(sentence(snapshot).find("nothing is lost") != std::string::npos);
  CHECK(sentence(snapshot).find("restore") == std::string::npos);
  CHECK(sentence(anchor).find("compare it with a backup") != std::string::npos);
  CHECK(s.progress().passes == 1);
}

TEST_CASE("what an earlier run found is found again by the next, wherever that one stopped") {
  tests::temporary_folder folder;
  auto log = build_open(folder / "log");
  tests::flip_bit(file_ending(folder / "log", "content/"), 2, 1);
  {
    auto s = tests::must(scrubber::open(folder / "log", *log));
    REQUIRE(one_pass(s, *log, 5000).damage);
    CHECK(s.progress().damaged == 1);
    tests::must(s.save());
  }
  auto s = tests::must(scrubber::open(folder / "log", *log));
  CHECK(s.progress().bytes == 0);
  CHECK(damage_of_pass(s, *log, 5000).size() == 1);
}

// Of an earlier run's pass nobody can say that it was without damage today; nor of one over another copy.
TEST_CASE("a pass that is to be of now begins anew, and so does one over a copy") {
  tests::temporary_folder folder;
  auto log = build_open(folder / "log");
  auto s = tests::must(scrubber::open(folder / "log", *log));
  while (s.progress().part != scrub_part::contents) (void)tests::must(s.step(*log, 5000));
  tests::must(s.save());
  CHECK(tests::must(scrubber::open(folder / "log", *log)).progress() == s.progress());
  scrub_options anew;
  anew.start = scrub_start::anew;
  const auto table = file_ending(folder / "log", ".sst");
  tests::flip_bit(table, 4'000, 1);
  auto resumed = tests::must(scrubber::open(folder / "log", *log));
  CHECK(damage_of_pass(resumed, *log, 5000).empty());  // read before the damage: what `start` is for
  tests::must(write_scrub_progress(folder / "log", s.progress()));
  auto now = tests::must(scrubber::open(folder / "log", *log, anew));
  CHECK(now.progress().bytes == 0);
  CHECK_FALSE(damage_of_pass(now, *log, 5000).empty());
  log.reset();
  tests::flip_bit(table, 4'000, 1);
  tests::must(write_scrub_progress(folder / "log", s.progress()));
  tests::copy_folder(folder / "log", folder / "copy");
  const auto copy = tests::must(open_log_for_reading(folder / "copy"));
  CHECK(tests::must(scrubber::open(folder / "copy", *copy)).progress().bytes == 0);
  // Moved, it is the same copy.
  tests::fs::rename(folder / "log", folder / "moved");
  const auto moved = tests::must(open_log_for_reading(folder / "moved"));
  CHECK(tests::must(scrubber::open(folder / "moved", *moved)).progress() == s.progress());
}

TEST_CASE("a table that was compacted away since a reader opened the log is not missing, also where nobody writes it any more") {
  tests::temporary_folder folder;
  build_open(folder / "log").reset();
  const auto log = tests::must(open_log_for_reading(folder / "log"));
  const auto before = tests::must(dynamic_cast<const table_list&>(*log).tables());
  {
    const auto db = tests::open_rows(folder / "log");
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    REQUIRE(db->CompactRange(all, nullptr, nullptr).ok());
  }
  std::size_t gone = 0;
  for (const auto& t : before) gone += !tests::fs::exists(t.path);
  REQUIRE(gone > 0);
  auto s = tests::must(scrubber::open(folder / "log", *log));
  for (const auto& d : damage_of_pass(s, *log, 1 << 20)) {
    INFO(d.what.message);
    CHECK(d.what.message.find("missing") == std::string::npos);
  }
}

// One slot is all that a writer overwrites at a time. The other is an older witness, which a log that was cut down to it would pass.
TEST_CASE("either slot of the anchor is read, beside a writer and without one") {
  tests::temporary_folder folder;
  auto log = build_open(folder / "log");
  for (const bool written : {true, false}) {
    if (!written) log = tests::must(open_log_for_reading(folder / "log"));
    for (const std::size_t slot : {0u, 1u}) {
      tests::flip_bit(anchor_file(folder / "log"), slot * 4096 + 20, 2);
      auto s = tests::must(scrubber::open(folder / "log", *log));
      const auto found = damage_of_pass(s, *log, 1 << 20);
      REQUIRE(found.size() == 1);
      CHECK(found[0].part == scrub_part::anchor);
      CHECK(found[0].file == anchor_file(folder / "log"));
      CHECK(found[0].offset == slot * 4096);
      tests::flip_bit(anchor_file(folder / "log"), slot * 4096 + 20, 2);
    }
    auto s = tests::must(scrubber::open(folder / "log", *log));
    CHECK(damage_of_pass(s, *log, 1 << 20).empty());
  }
}

TEST_CASE("a table that is missing, cut or longer is found") {
  tests::temporary_folder folder;
  auto log = build_open(folder / "log");
  const auto path = file_ending(folder / "log", ".sst");
  const auto whole = tests::slurp(path);
  for (const auto& now : {std::string(), whole.substr(0, whole.size() - 1), whole + "x", whole.substr(0, 8192)}) {
    if (now.empty()) tests::fs::remove(path);
    else tests::spill(path, now);
    auto s = tests::must(scrubber::open(folder / "log", *log));
    const auto o = one_pass(s, *log, 4096);
    REQUIRE(o.damage);
    CHECK(o.damage->file == path);
    tests::spill(path, whole);
  }
}

TEST_CASE("a damaged row is named by its event") {
  tests::temporary_folder folder;
  { tests::extend(*tests::must(open_log(folder / "log", {})), 400, 50); }
  auto made_table = tests::must(open_log(folder / "log", {}));  // the write-ahead log becomes a table
  made_table.reset();
  const auto path = file_ending(folder / "log", ".sst");
  tests::flip_bit(path, tests::fs::file_size(path) / 2, 1);
  const auto log = tests::must(open_log_for_reading(folder / "log"));
  auto s = tests::must(scrubber::open(folder / "log", *log));
  const auto o = one_pass(s, *log, 5000);
  REQUIRE(o.damage);
  CHECK((o.damage->file == path && o.damage->offset > 0));
  CHECK((o.damage->event > 4'000 && o.damage->event < 16'000));
  CHECK(o.events < 20'000);
}

TEST_CASE("the newest rows go first, and what is older is not starved by them") {
  tests::temporary_folder folder;
  const auto log = tests::must(open_log(folder / "log", {.when = durability::os}));
  tests::extend(*log, 200, 50);
  auto s = tests::must(scrubber::open(folder / "log", *log));
  (void)tests::must(s.step(*log, 1));
  CHECK(s.progress().older.top.seq == 10'000);
  CHECK(s.progress().older.from > 9'000);
  // More groups come with each step than one reads: the pass has an end all the same.
  tests::extend(*log, 4, 50);
  const auto before = s.progress().older.from;
  (void)tests::must(s.step(*log, 1));
  CHECK(s.progress().newest.top.seq == 10'200);
  CHECK(s.progress().older.from == before);
  for (int steps = 0;; ++steps) {
    tests::extend(*log, 12, 120);
    auto step = tests::must(s.step(*log, 8192));
    if (step.damage) FAIL(step.damage->what.message);
    if (step.pass_complete) break;
    if (steps > 5'000) FAIL("the pass has no end");
  }
  // Once the writer rests, everything that came is proven too.
  const auto o = one_pass(s, *log, 1 << 20);
  CHECK_FALSE(o.damage);
  CHECK(o.events == log->head().seq);
}

TEST_CASE("a scrubber goes on where an earlier one stopped, at whatever step that was") {
  tests::temporary_folder folder;
  const auto log = build_open(folder / "log");
  auto whole = tests::must(scrubber::open(folder / "log", *log));
  const auto total = one_pass(whole, *log, 5000);
  for (std::uint64_t stop = 1; stop < total.steps; ++stop) {
    tests::fs::remove(scrub_file(folder / "log"));
    {
      auto first = tests::must(scrubber::open(folder / "log", *log));
      for (std::uint64_t i = 0; i < stop; ++i) (void)tests::must(first.step(*log, 5000));
      tests::must(first.save());
      CHECK(read_scrub_progress(folder / "log") == first.progress());
    }
    auto second = tests::must(scrubber::open(folder / "log", *log));
    const auto rest = one_pass(second, *log, 5000);
    CHECK_FALSE(rest.damage);
    if (rest.steps != total.steps - stop) FAIL("after " << stop << " of " << total.steps << " steps: " << rest.steps);
    CHECK(second.progress().last_bytes == total.bytes);
  }
}

TEST_CASE("progress of another history, or a damaged one, is no progress") {
  tests::temporary_folder folder;
  scrub_progress written;
  {
    const auto log = build_open(folder / "log");
    auto s = tests::must(scrubber::open(folder / "log", *log));
    (void)tests::must(s.step(*log, 5000));
    tests::must(s.save());
    written = s.progress();
    const auto path = scrub_file(folder / "log");
    const auto bytes = tests::slurp(path);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      tests::flip_bit(path, at, static_cast<unsigned>(at % 8));
      if (read_scrub_progress(folder / "log")) FAIL("flipped at " << at);
      tests::spill(path, bytes.substr(0, at));
      if (read_scrub_progress(folder / "log")) FAIL("cut at " << at);
      tests::spill(path, bytes);
    }
    CHECK(read_scrub_progress(folder / "log") == written);
    auto other = tests::must(open_log(folder / "other", {}));
    tests::extend(*other, 91, 50);
    auto of_other = written;
    of_other.copy = copy_identity(folder / "other");
    tests::must(write_scrub_progress(folder / "other", of_other));
    scrub_progress none_yet;
    none_yet.copy = of_other.copy;
    CHECK_FALSE(of_other.copy.empty());
    CHECK(tests::must(scrubber::open(folder / "other", *other)).progress() == none_yet);
    CHECK(tests::must(scrubber::open(folder / "log", *log)).progress() == written);
  }
  memory_log none;
  CHECK(scrubber::open(folder / "log", none).error().code == errc::invalid_argument);
}

TEST_CASE("a closed log that is scrubbed keeps its seal, and a scrub that cannot be noted is none the worse") {
  tests::temporary_folder folder;
  build_open(folder / "log").reset();
  const auto log = tests::must(open_log_for_reading(folder / "log"));
  auto s = tests::must(scrubber::open(folder / "log", *log));
  CHECK_FALSE(one_pass(s, *log, 5000).damage);
  CHECK(tests::fs::exists(scrub_file(folder / "log")));
  CHECK(tests::must(verify_log(folder / "log", {})).sealed);
  // A folder where the file should be: nobody can write it.
  tests::fs::remove(scrub_file(folder / "log"));
  tests::fs::create_directories(scrub_file(folder / "log") + "/x");
  auto unsaved = tests::must(scrubber::open(folder / "log", *log));
  scrub_step last;
  do last = tests::must(unsaved.step(*log, 1 << 20));
  while (!last.pass_complete);
  CHECK(last.progress_unsaved.find("scrub") != std::string::npos);
  for (const auto& file : tests::files_below(folder / "log")) CHECK_FALSE(file.ends_with(".new"));
}

TEST_CASE("rows that are gone, and a history that is not the writer's, are found") {
  bent_log log;
  tests::temporary_folder folder;
  tests::extend(log, 100, 50);
  log.first_readable = 2001;
  auto s = tests::must(scrubber::open(folder.path(), log));
  auto o = one_pass(s, log, 5000);
  REQUIRE(o.damage);
  CHECK(o.damage->what.code == errc::log_gap);
  CHECK(o.damage->event == 2000);
  log.first_readable = 1;
  log.keeps_history = false;
  tests::fs::remove(scrub_file(folder.path()));
  auto other = tests::must(scrubber::open(folder.path(), log));
  o = one_pass(other, log, 5000);
  REQUIRE(o.damage);
  CHECK(o.damage->what.code == errc::log_corrupt);
  CHECK(o.damage->event == 5000);
}

TEST_CASE("a throttle keeps the average, and makes up for nothing") {
  const throttle slow(4 << 20);
  CHECK(slow.step_bytes() == 1 << 20);
  CHECK(slow.pause(1 << 20, 0ns) == 250ms);
  CHECK(slow.pause(1 << 20, 50ms) == 200ms);
  CHECK(slow.pause(1 << 20, 2s) == 0ns);
  CHECK(slow.pause(64 << 20, 0ns) == 16s);
  CHECK(slow.pause(0, 0ns) == 0ns);
  const throttle none(0);
  CHECK(none.pause(1 << 30, 0ns) == 0ns);
  CHECK(none.step_bytes() > 0);
  CHECK(throttle(1).step_bytes() > 0);
  CHECK(throttle(1).pause(1, 0ns) == 1s);
}
