// Rows as bytes: what comes out of a log makes the same log again, or none.
#include "persistence/stored_rows.hpp"

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

log_head write_log(const std::string& directory, std::uint64_t groups, std::uint64_t count) { return extend(*must(open_log(directory, {})), groups, count); }

std::vector<stored_row> all_rows(row_source& source) {
  std::vector<stored_row> all;
  for (;;) {
    auto row = must(source.next());
    if (!row) return all;
    all.push_back(*row);
    all.back().bytes = {};
  }
}

/// Hands on some rows of another source, or changed ones.
class altered_rows final : public row_source {
 public:
  altered_rows(std::unique_ptr<row_source> from, std::function<bool(stored_row&)> keep) : from_(std::move(from)), keep_(std::move(keep)) {}
  result<std::optional<stored_row>> next() override {
    for (;;) {
      auto row = from_->next();
      if (!row || !*row || keep_(**row)) return row;
    }
  }

 private:
  std::unique_ptr<row_source> from_;
  std::function<bool(stored_row&)> keep_;
};

}  // namespace

TEST_CASE("a log made of another's rows has the same head and hash, is appended to, and verifies") {
  temporary_folder f;
  const auto head = write_log(f / "log", 40, 7);
  const auto before = fingerprint(f / "log");
  auto rows = must(read_rows(f / "log", 1));
  const auto made = must(make_log(f / "copy", *rows, {}));
  CHECK(made.seq == head.seq);
  CHECK(made.chain_hash == head.chain_hash);
  CHECK(fingerprint(f / "log") == before);
  const auto verified = must(verify_log(f / "copy", {}));
  CHECK(verified.sealed);
  CHECK(verified.head == made);
  CHECK(verified.events == 280);
  CHECK(must(anchor::verify(anchor_file(f / "copy"))) == made);
  {
    auto log = must(open_log(f / "copy", {}));
    CHECK(must(read_quotes(*log, 1)) == head.seq);
    CHECK(log->head().epoch > made.epoch);
    CHECK(extend(*log, 3, 5).seq == head.seq + 15);
  }
  CHECK(must(verify_log(f / "copy", {})).events == 295);
  CHECK(fs::exists(f / "log"));
  for (const auto& entry : fs::directory_iterator(f.path())) CHECK_FALSE(entry.path().string().ends_with(".new"));
}

TEST_CASE("rows say what they hold without their events being decoded") {
  temporary_folder f;
  const auto head = write_log(f / "log", 5, 4);
  auto rows = must(read_rows(f / "log", 1));
  hash256 previous;
  std::uint64_t next = 1;
  for (const auto& row : all_rows(*rows)) {
    CHECK(row.first_seq == next);
    CHECK(row.last_seq == next + 3);
    CHECK(row.epoch == 1);
    CHECK(row.first_at == quote_at(next).head.at);
    CHECK(row.previous == previous);
    previous = row.chained;
    next = row.last_seq + 1;
  }
  CHECK(next == head.seq + 1);
  CHECK(previous == head.chain_hash);

  auto some = must(read_rows(f / "log", 10));
  CHECK(must(some->next())->first_seq == 9);
  auto none = must(read_rows(f / "log", 21));
  CHECK_FALSE(must(none->next()));
}

TEST_CASE("rows are read beside the writer, up to the head at the time of the call") {
  temporary_folder f;
  auto log = must(open_log(f / "log", {}));
  extend(*log, 10, 3);
  auto rows = must(read_rows(f / "log", 1));
  extend(*log, 10, 3);
  CHECK(all_rows(*rows).back().last_seq == 30);
  CHECK(all_rows(*must(read_rows(f / "log", 1))).back().last_seq == 60);
}

TEST_CASE("a group that this build cannot decode is carried on as it is") {
  group g;
  g.epoch = 3;
  g.events = group_of(1, 2, 3)->events;
  std::string bytes;
  encode_group(g, {}, bytes);
  // The type of the first event becomes one that nobody knows: it lies behind the head (1 + 1 + 1 + 1 + 32 bytes) and the flags.
  bytes[37] = 127;
  const auto crc = crc32c(std::string_view(bytes).substr(0, bytes.size() - 4));
  std::memcpy(bytes.data() + bytes.size() - 4, &crc, 4);
  REQUIRE_FALSE(decode_group(bytes));
  const auto row = must(describe_row(bytes));
  CHECK(row.last_seq == 2);
  CHECK(row.epoch == 3);
  CHECK(row.first_at == quote_at(1).head.at);
  CHECK(row.chained == chain({}, bytes));

  SECTION("and refused at every bit that differs") {
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (unsigned bit = 0; bit < 8; ++bit) {
        auto bad = bytes;
        bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
        CHECK_FALSE(describe_row(bad));
      }
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(describe_row(std::string_view(bytes).substr(0, size)));
  }
}

TEST_CASE("a log that holds less than its anchor gives no rows") {
  temporary_folder f;
  write_log(f / "log", 3, 2);
  must(must(anchor::open(anchor_file(f / "log"))).store({100, 9, {}}));
  const auto rows = read_rows(f / "log", 1);
  REQUIRE_FALSE(rows);
  CHECK(rows.error().code == errc::log_corrupt);
  CHECK(rows.error().message.find("acknowledged events are missing") != std::string::npos);
  CHECK(read_rows(f / "none", 1).error().code == errc::file_unreadable);
}

TEST_CASE("nothing is overwritten, and what was refused leaves nothing") {
  temporary_folder f;
  write_log(f / "log", 20, 3);
  const auto names = [&] {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(f.path())) all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  };
  auto rows = must(read_rows(f / "log", 1));
  auto refused = [&](row_source& source, errc code) {
    const auto made = make_log(f / "copy", source, {});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == code);
  };

  SECTION("a target that is not empty, or a file") {
    fs::create_directory(f / "copy");
    spill(f / "copy/mine", "mine");
    refused(*rows, errc::invalid_argument);
    CHECK(slurp(f / "copy/mine") == "mine");
    CHECK(names() == std::vector<std::string>{"copy", "log"});
    CHECK(make_log(f / "copy/mine", *rows, {}).error().code == errc::invalid_argument);
  }
  SECTION("an empty folder becomes the log, with or without a slash") {
    fs::create_directory(f / "copy");
    must(make_log(f / "copy/", *rows, {}));
    CHECK(must(verify_log(f / "copy", {})).events == 60);
    CHECK(names() == std::vector<std::string>{"copy", "log"});
  }
  SECTION("rows that do not begin at 1") {
    auto later = must(read_rows(f / "log", 10));
    refused(*later, errc::log_gap);
    CHECK(names() == std::vector<std::string>{"log"});
  }
  SECTION("a row left out") {
    altered_rows gap(std::move(rows), [](stored_row& r) { return r.first_seq != 31; });
    refused(gap, errc::log_gap);
    CHECK(names() == std::vector<std::string>{"log"});
  }
  SECTION("a row of another history") {
    altered_rows other(std::move(rows), [](stored_row& r) {
      if (r.first_seq == 31) r.previous.bytes[0] ^= 1;
      return true;
    });
    refused(other, errc::log_corrupt);
    CHECK(names() == std::vector<std::string>{"log"});
  }
  SECTION("no rows at all") {
    altered_rows none(std::move(rows), [](stored_row&) { return false; });
    refused(none, errc::invalid_argument);
    CHECK(names() == std::vector<std::string>{"log"});
  }
  SECTION("cancelled at every step") {
    int asked = 0;
    must(make_log(f / "whole", *rows, [&](std::uint64_t) { return ++asked > 0; }));
    fs::remove_all(f / "whole");
    REQUIRE(asked > 20);
    for (int at = 1; at <= asked; ++at) {
      int left = at;
      auto again = must(read_rows(f / "log", 1));
      const auto made = make_log(f / "copy", *again, [&](std::uint64_t) { return --left > 0; });
      REQUIRE_FALSE(made);
      CHECK(made.error().code == errc::cancelled);
      CHECK(names() == std::vector<std::string>{"log"});
    }
  }
  SECTION("what could not be added") {
    const auto made = make_log(f / "copy", *rows, {}, [](const std::string&) { return result<void>(error(errc::log_io, "no")); });
    CHECK(made.error().code == errc::log_io);
    CHECK(names() == std::vector<std::string>{"log"});
  }
  SECTION("what a process that died left is removed, and what somebody else has there stays") {
    fs::create_directories(f / "copy.1-1.new/rows");
    spill(f / "copy.1-1.new/lock", "");
    fs::create_directories(f / "copy.mine.new");
    must(make_log(f / "copy", *rows, {}));
    CHECK(names() == std::vector<std::string>{"copy", "copy.mine.new", "log"});
  }
}
