// Exports: the rows byte for byte, events as lines and messages; and imports of segments.
#include "persistence/log_export.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "persistence/checksum.hpp"
#include "persistence/event_message.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/segment.hpp"
#include "persistence/system_calls.hpp"
#include "persistence/verifier.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(folder)) all.push_back(entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}
}  // namespace

TEST_CASE("an export in several segments imports as the same log") {
  temporary_folder f;
  auto log = must(open_log(f / "log", {}));
  const auto head = extend(*log, 25, 4);
  const auto one = must(export_log(f / "log", f / "one", export_format::segment, 1, 42, {}));
  CHECK(one.first_seq == 1);
  CHECK(one.last_seq == 44);  // the group that holds 42
  CHECK(one.events == 44);
  CHECK(one.bytes == fs::file_size(f / "one"));
  const auto two = must(export_log(f / "log", f / "two", export_format::segment, 46, 0, {}));
  CHECK(two.first_seq == 45);
  CHECK(two.last_seq == 100);
  const auto made = must(import_log({f / "one", f / "two"}, f / "copy", {}));
  CHECK(made.chain_hash == head.chain_hash);
  CHECK(must(verify_log(f / "copy", {})).head.seq == 100);

  SECTION("segments in another order, with a gap, twice, of another log, or no segments make no log") {
    must(export_log(f / "log", f / "gap", export_format::segment, 50, 0, {}));
    extend(*must(open_log(f / "other", {})), 20, 5);
    must(export_log(f / "other", f / "foreign", export_format::segment, 46, 0, {}));
    extend(*must(open_log(f / "epoch", {})), 1, 1);
    must(export_log(f / "log", f / "json", export_format::jsonl, 1, 0, {}));
    const auto before = names_in(f.path());
    using files = std::vector<std::string>;
    for (const auto& wrong : {files{f / "two", f / "one"}, files{f / "one", f / "gap"}, files{f / "one", f / "one"}, files{f / "one", f / "foreign"},
                              files{f / "two"}, files{f / "json"}, files{f / "none"}, files{}, files{f / "one", f / "json"}}) {
      CHECK_FALSE(import_log(wrong, f / "refused", {}));
      CHECK(names_in(f.path()) == before);
    }
    CHECK(import_log({f / "one"}, f / "copy", {}).error().code == errc::invalid_argument);
  }
}

TEST_CASE("lines and messages hold exactly the events that were asked for") {
  temporary_folder f;
  extend(*must(open_log(f / "log", {})), 10, 5);
  const auto lines = must(export_log(f / "log", f / "lines", export_format::jsonl, 7, 33, {}));
  CHECK(lines.first_seq == 7);
  CHECK(lines.last_seq == 33);
  CHECK(lines.events == 27);
  std::string wanted, messages;
  for (std::uint64_t seq = 7; seq <= 33; ++seq) {
    wanted += to_json(quote_at(seq)) + "\n";
    const auto m = event_message(quote_at(seq));
    REQUIRE(m.size() < 128);  // its length is one byte
    messages += static_cast<char>(m.size()) + m;
  }
  CHECK(slurp(f / "lines") == wanted);
  CHECK(must(export_log(f / "log", f / "messages", export_format::protobuf, 7, 33, {})).events == 27);
  CHECK(slurp(f / "messages") == messages);
  CHECK(must(export_log(f / "log", f / "all", export_format::jsonl, 1, 0, {})).events == 50);
}

TEST_CASE("an export overwrites nothing, and leaves nothing where it was refused or cancelled") {
  temporary_folder f;
  extend(*must(open_log(f / "log", {})), 10, 5);
  const auto format = GENERATE(export_format::segment, export_format::jsonl, export_format::protobuf);
  spill(f / "mine", "mine");
  CHECK(export_log(f / "log", f / "mine", format, 1, 0, {}).error().code == errc::invalid_argument);
  CHECK(slurp(f / "mine") == "mine");
  CHECK(export_log(f / "log", f / "out", format, 51, 0, {}).error().code == errc::invalid_argument);
  CHECK(export_log(f / "log", f / "out", format, 9, 8, {}).error().code == errc::invalid_argument);
  CHECK(export_log(f / "none", f / "out", format, 1, 0, {}).error().code == errc::file_unreadable);
  CHECK(export_log(f / "log", f / "none/out", format, 1, 0, {}).error().code == errc::log_io);
  for (int at = 1; at <= 10; ++at) {
    int left = at;
    const auto r = export_log(f / "log", f / "out", format, 1, 0, [&](std::uint64_t) { return --left > 0; });
    CHECK(r.error().code == errc::cancelled);
    CHECK(names_in(f.path()) == std::vector<std::string>{"log", "mine"});
  }
}

TEST_CASE("adjacent ranges import though groups are whole: what overlaps is passed over, and held against what was read") {
  temporary_folder f;
  const auto head = extend(*must(open_log(f / "log", {})), 25, 4);
  CHECK(must(export_log(f / "log", f / "one", export_format::segment, 1, 42, {})).last_seq == 44);
  CHECK(must(export_log(f / "log", f / "two", export_format::segment, 43, 0, {})).first_seq == 41);
  CHECK(must(import_log({f / "one", f / "two"}, f / "copy", {})).chain_hash == head.chain_hash);
  CHECK(must(read_quotes(*must(open_log_for_reading(f / "copy")), 1)) == 100);
  // The same groups, of another history.
  {
    auto log = must(open_log(f / "other", {}));
    auto changed = std::make_shared<group>(*group_of(1, 4, 1));
    changed->events[0].head.at.ns += 1;
    const group_ref first = changed;
    must(log->append({&first, 1}));
    extend(*log, 24, 4);
  }
  must(export_log(f / "other", f / "foreign", export_format::segment, 43, 0, {}));
  CHECK(import_log({f / "one", f / "foreign"}, f / "refused", {}).error().code == errc::log_corrupt);
  // Other groups of the same number of events.
  extend(*must(open_log(f / "threes", {})), 30, 3);
  must(export_log(f / "threes", f / "astride", export_format::segment, 43, 0, {}));
  CHECK(import_log({f / "one", f / "astride"}, f / "refused", {}).error().code == errc::log_gap);
  const auto nothing = import_log({f / "one", f / "one", f / "two"}, f / "refused", {});
  CHECK(nothing.error().code == errc::log_gap);
  CHECK(nothing.error().message.find("adds nothing") != std::string::npos);
  CHECK_FALSE(fs::exists(f / "refused"));
}

TEST_CASE("what an export that was killed has left is removed by the next one, whatever process it is; what is of others stays") {
  temporary_folder f;
  extend(*must(open_log(f / "log", {})), 10, 5);
  const auto format = GENERATE(export_format::segment, export_format::jsonl);
  // Every number that a process of ours might use next.
  const auto pid = std::to_string(::getpid());
  std::vector<std::string> left{"out.1-1.new"};
  for (int i = 1; i < 200; ++i) left.push_back("out." + pid + "-" + std::to_string(i) + ".new");
  const std::vector<std::string> others{"out.new", "out.mine.new", "out.1-x.new", "out.txt.1-1.new", "outer.1-1.new"};
  for (const auto& name : left) spill(f / name, "half");
  for (const auto& name : others) spill(f / name, "mine");
  must(export_log(f / "log", f / "out", format, 1, 0, {}));
  for (const auto& name : left) CHECK_FALSE(fs::exists(f / name));
  for (const auto& name : others) CHECK(slurp(f / name) == "mine");
}

TEST_CASE("a file that appears while it is exported is not overwritten, and one that is being written is not removed") {
  temporary_folder f;
  extend(*must(open_log(f / "log", {})), 10, 5);
  const auto format = GENERATE(export_format::segment, export_format::jsonl);
  int asked = 0;
  const auto r = export_log(f / "log", f / "out", format, 1, 0, [&](std::uint64_t) {
    if (asked++ == 0) must(export_log(f / "log", f / "out", format, 1, 10, {}));
    return true;
  });
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::invalid_argument);
  CHECK(r.error().message.find("exists already") != std::string::npos);
  CHECK(names_in(f.path()) == std::vector<std::string>{"log", "out"});
  if (format == export_format::segment) CHECK(must(verify_segment(f / "out")).last_seq == 10);
}

TEST_CASE("where a file system cannot rename over nothing only, a link does the same") {
  struct no_such_rename final : system_calls {
    int rename_to_free(const char*, const char*) override {
      errno = EINVAL;
      return -1;
    }
  } old;
  temporary_folder f;
  extend(*must(open_log(f / "log", {})), 10, 5);
  use_calls(&old);
  const auto made = export_log(f / "log", f / "out", export_format::segment, 1, 0, {});
  int asked = 0;
  const auto late = export_log(f / "log", f / "late", export_format::segment, 1, 0, [&](std::uint64_t) {
    if (asked++ == 0) spill(f / "late", "mine");
    return true;
  });
  use_calls(nullptr);
  CHECK(must(verify_segment(f / "out")).last_seq == 50);
  CHECK(must(made).last_seq == 50);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::invalid_argument);
  CHECK(slurp(f / "late") == "mine");
  CHECK(names_in(f.path()) == std::vector<std::string>{"late", "log", "out"});
}
