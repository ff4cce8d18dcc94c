// Logs of earlier builds, checked in: every build opens, verifies and reads them, and finds the same events.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <sstream>

#include "persistence/content_store.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

const snapshot_key corpus_key{"host", 1, 1, 1};

/// Three events of every type in two lives, contents and a snapshot. Called on purpose only: what earlier builds wrote is what is worth reading.
void write_corpus(const std::string& directory) {
  tests::fs::remove_all(directory);
  tests::generator g(20'120'201);
  for (int life = 0; life < 2; ++life) {
    auto log = tests::must(open_log(directory, {}));
    auto head = log->head();
    for_each_event_type([&]<class E>() {
      auto made = std::make_shared<group>();
      made->epoch = head.epoch;
      for (std::uint64_t i = 1; i <= 3; ++i) {
        auto e = tests::random_event<E>(g, head.seq + i);
        if (i == 1) e.set(E{});  // all fields absent
        made->events.push_back(e);
      }
      const group_ref ref = made;
      head = tests::must(log->append({&ref, 1}));
    });
    (void)tests::must(content_store(directory).put("contents of the corpus"));
    tests::must(snapshot_store(directory).put({corpus_key, head.seq - 2, head.seq - 1, head, "state of the corpus"}));
  }
}

/// All that an earlier build saw of an event is seen by this one; a field added since may be there too.
bool still_says(const nlohmann::json& now, const nlohmann::json& then) {
  if (!then.is_object()) return now == then;
  for (const auto& [name, value] : then.items())
    if (!now.contains(name) || !still_says(now[name], value)) return false;
  return true;
}

std::string dump(const event_log& log) {
  std::string lines;
  auto walk = tests::must(log.scan(1));
  while (auto g = tests::must(walk->next()))
    for (const auto& e : g->events) lines += to_json(e) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("a log of format 1 is read by this build, event by event") {
  const auto stored = tests::shipped_data("logs/v1"), expected = tests::shipped_data("logs/v1.jsonl");
  if (std::getenv("TOMNEXT_REWRITE_CORPUS") != nullptr) {
    write_corpus(stored);
    tests::spill(expected, dump(*tests::must(open_log_for_reading(stored))));
    WARN("the corpus was written anew");
  }
  // A copy: opening for writing, further down, would change it.
  tests::temporary_folder folder;
  tests::copy_folder(stored, folder / "log");
  const auto report = tests::must(verify_log(folder / "log", {}));
  CHECK(report.sealed);
  auto reader = tests::must(open_log_for_reading(folder / "log"));
  const auto then = tests::slurp(expected);
  REQUIRE_FALSE(then.empty());
  std::istringstream now_lines(dump(*reader)), then_lines(then);
  std::string now_line, then_line;
  for (int line = 1; std::getline(then_lines, then_line); ++line) {
    REQUIRE(std::getline(now_lines, now_line));
    if (!still_says(nlohmann::json::parse(now_line), nlohmann::json::parse(then_line)))
      FAIL("line " << line << " is read as " << now_line << ", was " << then_line);
  }
  CHECK_FALSE(std::getline(now_lines, now_line));
  for_each_event_type([&]<class E>() {
    INFO("a new event needs a corpus of a new version beside this one, or this one written anew while no release has it: " << E::type_name);
    CHECK(then.find("\"type\":\"" + std::string(E::type_name) + "\"") != std::string::npos);
  });
  CHECK(tests::must(content_store(folder / "log").get(tests::must(content_store(folder / "log").put("contents of the corpus")))) == "contents of the corpus");
  CHECK(tests::must(snapshot_store(folder / "log").newest(corpus_key, *reader))->state == "state of the corpus");
  reader.reset();
  auto log = tests::must(open_log(folder / "log", {}));
  CHECK(log->head().seq == report.head.seq);
  CHECK(log->head().epoch == report.head.epoch + 1);
}
