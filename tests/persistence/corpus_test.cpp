// Logs of earlier builds, checked in: every build opens, verifies and reads them, and finds the same events. tests/data/README.md says how one is added;
// this test walks over all that there are.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

const snapshot_key corpus_key{"host", 1, 1, 1};

/// Keys lie beside a corpus that is encrypted, for tests only. A checkout gives files other rights than keys have.
std::string keys_beside(const std::string& corpus) { return corpus + ".keys"; }
void use_keys_of(const std::string& corpus) { tests::given_keys::set(tests::fs::exists(keys_beside(corpus)) ? tests::slurp(keys_beside(corpus)) : ""); }

/// Three events of every type in two lives, the last of them twice, quotes, contents and a snapshot; with keys beside it encrypted, with a new one in the
/// second life. Called on purpose only: what earlier builds wrote is what is worth reading.
void write_corpus(const std::string& directory) {
  tests::generator g(20'120'201);
  rocksdb_options how;
  if (tests::fs::exists(keys_beside(directory))) how.encrypt = encryption::from_now_on;
  for (int life = 0; life < 2; ++life) {
    if (life == 0 && how.encrypt == encryption::from_now_on) {
      const auto keys = tests::slurp(keys_beside(directory));
      tests::given_keys::set(keys.substr(0, keys.find("\n2 ") + 1));
    } else {
      use_keys_of(directory);
    }
    auto log = tests::must(open_log(directory, how));
    auto head = log->head();
    for_each_event_type([&]<class E>() {
      auto made = std::make_shared<group>();
      made->epoch = head.epoch;
      for (std::uint64_t i = 1; i <= 3; ++i) {
        auto e = tests::random_event<E>(g, head.seq + i);
        if (i == 1) e.set(E{});  // all fields absent
        made->events.push_back(e);
      }
      made->events.push_back(made->events.back());
      ++made->events.back().head.seq;
      const group_ref ref = made;
      head = tests::must(log->append({&ref, 1}));
    });
    const auto quotes = tests::group_of(head.seq + 1, 20, head.epoch);
    head = tests::must(log->append({&quotes, 1}));
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

std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

/// What events of this corpus are since an upcaster reads them: lines of <corpus>.upcast.jsonl, by seq.
std::map<std::uint64_t, nlohmann::json> upcast_lines(const std::string& corpus) {
  std::map<std::uint64_t, nlohmann::json> all;
  for (auto& line : lines_of(tests::slurp(corpus + ".upcast.jsonl"))) {
    const std::uint64_t seq = line["seq"];
    all[seq] = std::move(line);
  }
  return all;
}

std::vector<std::string> corpora() {
  std::vector<std::string> all;
  for (const auto& entry : tests::fs::directory_iterator(tests::shipped_data("logs")))
    if (entry.is_directory()) all.push_back(entry.path().string());
  std::sort(all.begin(), all.end());
  return all;
}

nlohmann::ordered_json manifest_of(const std::string& directory, const std::string& dumped) {
  const auto report = tests::must(verify_log(directory, {}));
  return {{"events", report.events},
          {"groups", report.groups},
          {"head_hash", to_hex(report.head.chain_hash)},
          {"head_epoch", report.head.epoch},
          {"dump_sha256", to_hex(sha256({dumped}))}};
}

void check_events(const std::string& corpus, const std::vector<nlohmann::json>& now, const std::vector<nlohmann::json>& then) {
  const auto upcast = upcast_lines(corpus);
  REQUIRE(now.size() == then.size());
  for (std::size_t i = 0; i < then.size(); ++i) {
    const std::uint64_t seq = then[i]["seq"];
    const bool same_version = now[i]["version"] == then[i]["version"];
    const auto lifted = upcast.find(seq);
    if (!same_version && lifted == upcast.end())
      FAIL(corpus << ": event " << seq << " is now read by an upcaster, as " << now[i] << ": if that is right, this line belongs into " << corpus
                  << ".upcast.jsonl");
    if (!still_says(now[i], same_version ? then[i] : lifted->second))
      FAIL(corpus << ": event " << seq << " is read as " << now[i] << ", was " << (same_version ? then[i] : lifted->second));
    // An upcaster changes what an event says, never which event it is.
    for (const char* name : {"seq", "type", "at", "host", "cause", "position", "correlation", "ordinal"}) REQUIRE(now[i][name] == then[i][name]);
  }
}

}  // namespace

TEST_CASE("every log of an earlier build is read by this one, event by event") {
  if (const auto* name = std::getenv("TOMNEXT_WRITE_CORPUS"); name != nullptr) {
    const tests::given_keys afterwards("");
    const auto made = tests::shipped_data("logs/") + name;
    if (tests::fs::exists(made)) FAIL(made << " exists: a corpus is never written again");
    write_corpus(made);
    const auto dumped = dump(*tests::must(open_log_for_reading(made)));
    tests::spill(made + ".jsonl", dumped);
    tests::spill(made + ".manifest.json", manifest_of(made, dumped).dump(1) + "\n");
    WARN("a new corpus was written: " << made);
  }
  const tests::given_keys afterwards("");
  const auto all = corpora();
  REQUIRE_FALSE(all.empty());
  std::set<std::pair<std::string, unsigned>> seen;
  for (const auto& corpus : all) {
    INFO(corpus);
    use_keys_of(corpus);
    const auto manifest = nlohmann::json::parse(tests::slurp(corpus + ".manifest.json"));
    const auto then = tests::slurp(corpus + ".jsonl");
    REQUIRE(manifest["dump_sha256"] == to_hex(sha256({then})));
    // A copy: opening for writing, further down, would change it.
    tests::temporary_folder folder;
    tests::copy_folder(corpus, folder / "log");
    const auto report = tests::must(verify_log(folder / "log", {}));
    CHECK(report.sealed);
    CHECK(report.events == manifest["events"]);
    CHECK(report.groups == manifest["groups"]);
    CHECK(to_hex(report.head.chain_hash) == manifest["head_hash"]);
    CHECK(report.head.epoch == manifest["head_epoch"]);
    auto reader = tests::must(open_log_for_reading(folder / "log"));
    const auto then_lines = lines_of(then);
    check_events(corpus, lines_of(dump(*reader)), then_lines);
    for (const auto& line : then_lines) seen.emplace(line["type"], line["version"]);
    reader.reset();
    auto log = tests::must(open_log(folder / "log", {}));
    CHECK(log->head().seq == report.head.seq);
    CHECK(log->head().epoch == report.head.epoch + 1);
    // Written on by this build, what was there stays as it was.
    (void)tests::extend(*log, 2, 3);
    CHECK(tests::must(log->holds(report.head)));
  }
  for_each_event_type([&]<class E>() {
    INFO("a new event, or a new version of one, needs a corpus beside those that there are (tests/data/README.md): " << E::type_name);
    CHECK(seen.contains({E::type_name, E::schema_version}));
  });
}

TEST_CASE("what lies beside the events of the first corpus is read too") {
  tests::temporary_folder folder;
  tests::copy_folder(tests::shipped_data("logs/v1"), folder / "log");
  auto reader = tests::must(open_log_for_reading(folder / "log"));
  CHECK(tests::must(content_store(folder / "log").get(sha256({"contents of the corpus"}))) == "contents of the corpus");
  CHECK(tests::must(snapshot_store(folder / "log").newest(corpus_key, *reader))->state == "state of the corpus");
}

TEST_CASE("what lies beside the events of the encrypted corpus is read with its keys, and nothing of it without") {
  const auto corpus = tests::shipped_data("logs/e1");
  tests::temporary_folder folder;
  tests::copy_folder(corpus, folder / "log");
  // As an operator would give them.
  tests::spill(folder / "keys", tests::slurp(keys_beside(corpus)));
  tests::fs::permissions(folder / "keys", tests::fs::perms::owner_read | tests::fs::perms::owner_write);
  const tests::given_keys keys("");
  verify_options told;
  told.missing_keys = without_keys::told;
  const auto without = tests::must(verify_log(folder / "log", told, {}));
  CHECK(without.groups_unread == without.groups);
  CHECK((without.contents_unread == 1 && without.snapshots_unread == 2));
  use_keys(tests::must(key_ring::of_file(folder / "keys")));
  auto reader = tests::must(open_log_for_reading(folder / "log"));
  CHECK(tests::must(content_store(folder / "log").get(sha256({"contents of the corpus"}))) == "contents of the corpus");
  CHECK(tests::must(snapshot_store(folder / "log").newest(corpus_key, *reader))->state == "state of the corpus");
  const auto with = tests::must(verify_log(folder / "log", verify_options{}, {}));
  CHECK((with.groups_by_key.size() == 2 && with.groups_unread == 0));
}
