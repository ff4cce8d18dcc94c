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
