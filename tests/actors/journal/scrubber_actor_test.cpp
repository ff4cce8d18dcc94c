// The scrubber beside a log at work: its pace, what it tells of damage, and that nothing it meets stops anybody.
#include "actors/journal/scrubber_actor.hpp"

#include <nlohmann/json.hpp>

#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/actors/runtime/stage.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

constexpr std::uint64_t pace_bytes_per_s = 200'000;

/// A log of two lives, the second of which is still going on, and its scrubber.
struct scrubbed_log {
  temporary_folder folder;
  std::string directory = folder / "log";
  std::shared_ptr<persistence::event_log> log;
  stage s;
  std::shared_ptr<scrub_board> board = std::make_shared<scrub_board>(pace_bytes_per_s);
  actor_ptr scrubber;
  scrubbed_log() {
    extend(*must(persistence::open_log(directory, {.when = persistence::durability::os})), 100, 250);
    log = must(persistence::open_log(directory, {.when = persistence::durability::os}));
    extend(*log, 5, 100);
  }
  ~scrubbed_log() { stop(exit_reason::kill); }
  void start() {
    scrubber_settings settings;
    settings.directory = directory;
    settings.bytes_per_s = pace_bytes_per_s;
    settings.board = board;
    scrubber = pointer_of(spawn_actor<scrubber_protocol, scrubber_state>(s.system, s.figures, {"journal/scrubber", "journal", ""}, log, settings));
  }
  void stop(actor_error reason) {
    exit_now(std::exchange(scrubber, nullptr), std::move(reason));
    s.settle();
  }
  [[nodiscard]] std::uint64_t passes() const { return board->as_json()["passes"]; }
  void pass_until(std::uint64_t count) {
    for (int seconds = 0; passes() < count; ++seconds) {
      if (seconds > 300) FAIL("no pass is complete: " << board->as_json().dump());
      s.pass(1s);
    }
  }
  [[nodiscard]] std::string table() const {
    for (const auto& file : files_below(directory))
      if (file.ends_with(".sst")) return directory + "/" + file;
    FAIL("no table");
    return {};
  }
};

}  // namespace

TEST_CASE("a log at work is read from end to end at the pace that was asked for, and again a minute after the pass began") {
  scrubbed_log l;
  l.start();
  // The first step waits for none. Then, whatever has passed, no more than the pace allows and a step.
  std::uint64_t before = 0;
  for (int seconds = 0; l.passes() == 0; ++seconds) {
    l.s.pass(1s);
    const std::uint64_t read = l.passes() == 0 ? l.board->as_json()["pass"]["bytes"].get<std::uint64_t>() : 0;
    if (read > static_cast<std::uint64_t>(seconds + 1) * pace_bytes_per_s + 2 * 65'536) FAIL("too fast: " << read << " bytes in " << seconds + 1 << " s");
    before = std::max(before, read);
    if (seconds > 60) FAIL("too slow: " << read);
  }
  CHECK(before > 200'000);
  const auto j = l.board->as_json();
  CHECK(j["last_bytes"].get<std::uint64_t>() > before);
  CHECK(j["last_ended"].is_string());
  CHECK(j["bytes_per_s"] == pace_bytes_per_s);
  CHECK((j["damaged"] == 0 && j["damage"].empty() && j["failing"] == ""));
  l.s.pass(30s);
  CHECK(l.passes() == 1);  // it rests
  CHECK(l.board->as_json()["pass"]["bytes"] == 0);
  l.pass_until(2);
  CHECK(l.s.of("journal/scrubber").errors == 0);
  const auto metrics = l.board->as_metrics();
  CHECK(metrics.find("tomnext_scrub_passes_total 2\n") != std::string::npos);
  CHECK(metrics.find("tomnext_scrub_damaged 0\n") != std::string::npos);
  CHECK(scrub_board(0).as_metrics().empty());
}

TEST_CASE("damage is told once and shown until a pass finds it no more; the scrubber and the log go on") {
  scrubbed_log l;
  const auto table = l.table();
  flip_bit(table, fs::file_size(table) - 300, 3);
  l.start();
  l.pass_until(1);
  auto j = l.board->as_json();
  REQUIRE(j["damage"].size() == 1);
  CHECK(j["damage"][0]["file"] == table);
  CHECK(j["damage"][0]["part"] == "tables");
  CHECK(j["damage"][0]["what"].get<std::string>().find("restore the log from a backup") != std::string::npos);
  CHECK(l.board->as_metrics().find("tomnext_scrub_damaged 1\n") != std::string::npos);
  CHECK(l.s.of("journal/scrubber").errors == 1);
  l.pass_until(2);
  CHECK(l.board->as_json()["damaged"] == 1);
  CHECK(l.s.of("journal/scrubber").errors == 1);  // the same place
  CHECK(l.s.of("journal/scrubber").state == "running");
  CHECK(extend(*l.log, 1, 100).seq == 25'600);
  flip_bit(table, fs::file_size(table) - 300, 3);
  l.pass_until(3);
  CHECK(l.board->as_json()["damaged"] == 0);
}

TEST_CASE("told to end it keeps how far it is, and the next life goes on there") {
  scrubbed_log l;
  l.start();
  l.s.pass(2s);
  const std::uint64_t read = l.board->as_json()["pass"]["bytes"];
  REQUIRE(l.passes() == 0);
  REQUIRE(read > 0);
  l.stop(exit_reason::user_shutdown);
  CHECK(l.s.of("journal/scrubber").state == "stopped");
  const auto kept = persistence::read_scrub_progress(l.directory);
  REQUIRE(kept);
  CHECK(kept->bytes == read);
  l.start();
  l.s.settle();
  const std::uint64_t later = l.board->as_json()["pass"]["bytes"];
  CHECK((later > read && later <= read + 4 * 65'536));
  l.pass_until(1);
}

TEST_CASE("what cannot be scrubbed is told once and tried again, and ends nobody") {
  stage s;
  temporary_folder folder;
  auto board = std::make_shared<scrub_board>(pace_bytes_per_s);
  scrubber_settings settings;
  settings.directory = folder.path();
  settings.bytes_per_s = pace_bytes_per_s;
  settings.board = board;
  const auto who = pointer_of(spawn_actor<scrubber_protocol, scrubber_state>(s.system, s.figures, {"journal/scrubber", "journal", ""},
                                                                             std::make_shared<persistence::memory_log>(), settings));
  s.settle();
  CHECK(board->as_json()["failing"].get<std::string>().find("only a log on disk can be scrubbed") != std::string::npos);
  CHECK(board->as_metrics().find("tomnext_scrub_failing 1\n") != std::string::npos);
  const auto tried = s.of("journal/scrubber").processed;
  s.pass(59s);
  CHECK(s.of("journal/scrubber").processed == tried);
  s.pass(2s);
  CHECK(s.of("journal/scrubber").processed == tried + 1);
  CHECK((s.of("journal/scrubber").errors == 1 && s.of("journal/scrubber").state == "running"));
  exit_now(who, exit_reason::kill);
  s.settle();
}

TEST_CASE("a board of a disk that dies tells the first places, and counts the rest") {
  scrub_board board(1);
  for (std::uint64_t i = 0; i < 250; ++i) {
    persistence::scrub_damage d;
    d.part = persistence::scrub_part::tables;
    d.file = "t";
    d.offset = i;
    d.what = {errc::log_corrupt, "x"};
    CHECK(board.damaged(d));
    CHECK_FALSE(board.damaged(d));
  }
  CHECK(board.as_json()["damage"].size() == 100);
  CHECK(board.as_json()["damaged"] == 250);
  CHECK(board.failing("a"));
  CHECK_FALSE(board.failing("a"));
  CHECK(board.failing(""));
}
