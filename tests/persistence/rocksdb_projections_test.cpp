// The store on disk: who may open it, that it can be deleted, and that it is no part of the log.
#include "persistence/checksum.hpp"
#include "persistence/projection_store.hpp"
#include "persistence/seal.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/projection_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

projection_mark some_mark() { return {3, 41, {50, 2, sha256({"here"})}, projection_halt::poisoned, 2, "too much", {{7, "seven"}, {9, ""}}}; }

projection_list chosen() { return {std::make_shared<counting_projection>(), order_blotter(), event_index()}; }

}  // namespace

TEST_CASE("a mark comes back as it was put, and a damaged one is refused") {
  const auto bytes = encode_mark(some_mark());
  CHECK(must(decode_mark(bytes)) == some_mark());
  CHECK(must(decode_mark(encode_mark({}))) == projection_mark{});
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    REQUIRE_FALSE(decode_mark(bytes.substr(0, n)));
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto flipped = bytes;
      flipped[n] = static_cast<char>(flipped[n] ^ 1 << bit);
      REQUIRE_FALSE(decode_mark(flipped));
    }
  }
  // Hostile bytes with a checksum that matches: refused, or a mark that comes back.
  generator g(1);
  for (int i = 0; i < 20'000; ++i) {
    auto hostile = bytes.substr(0, bytes.size() - 4);
    for (auto n = 1 + g() % 3; n > 0; --n) hostile[1 + g() % (hostile.size() - 1)] = static_cast<char>(g());
    const auto crc = crc32c(hostile);
    hostile.append(reinterpret_cast<const char*>(&crc), 4);
    if (const auto m = decode_mark(hostile)) REQUIRE(must(decode_mark(encode_mark(*m))) == *m);
  }
}

TEST_CASE("rows and mark are there together, also after the store was closed; a clear leaves no row of its own projection and all of another's") {
  projected_log at(1, 10);
  {
    auto store = must(open_projections(at.directory));
    CHECK_FALSE(must(store->mark("a")));
    must(store->commit("a", std::array{row_change{"k", "1"}, row_change{std::string("\xfe\xff", 2), "2"}, row_change{std::string("\0", 1), "3"}}, some_mark()));
    must(store->commit("b", std::array{row_change{"k", "4"}}, {}));
  }
  auto store = must(open_projections(at.directory));
  CHECK(*must(store->mark("a")) == some_mark());
  CHECK(must(store->get("a", "k")) == "1");
  CHECK(must(store->get("b", "k")) == "4");
  CHECK_FALSE(must(store->get("a", "none")));
  CHECK_FALSE(must(store->get("never run", "k")));
  std::string walked;
  must(must(store->reader("a"))->walk("", "", [&](std::string_view, std::string_view value) {
    walked += value;
    return true;
  }));
  CHECK(walked == "312");
  must(store->clear("a", {}));
  CHECK(*must(store->mark("a")) == projection_mark{});
  for (const auto& key : {std::string("k"), std::string("\xfe\xff", 2), std::string("\0", 1)}) CHECK_FALSE(must(store->get("a", key)));
  CHECK(must(store->get("b", "k")) == "4");
  must(store->commit("a", std::array{row_change{"k", "5"}}, {}));
  CHECK(must(store->get("a", "k")) == "5");
}

TEST_CASE("one process writes projections; others read beside it and beside the log's writer") {
  projected_log at(2, 100);
  CHECK_FALSE(must(open_projections_for_reading(at.directory)));  // none yet
  auto writing = must(open_projections(at.directory));
  const auto second = open_projections(at.directory);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::log_locked);
  CHECK(second.error().message.find("another process writes these projections") != std::string::npos);
  must(projection_runner(*writing, *at.log, {3, 10}, {}).run(chosen(), {}));
  const auto before = fingerprint(at.directory);
  {
    auto reading = must(open_projections_for_reading(at.directory));
    auto log = must(open_log_for_reading(at.directory));
    CHECK(must(status_of(*event_index(), reading.get(), *log)).state == projection_state::current);
    CHECK(stored_rows(*reading, *event_index()) == fold_from_scratch(*event_index(), *log));
  }
  CHECK(fingerprint(at.directory) == before);
  at.writer.extend(*at.log, 10);  // the log's writer was never in the way
  const auto nowhere = open_projections(at.folder / "nothing");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == errc::file_unreadable);
  CHECK_FALSE(fs::exists(at.folder / "nothing"));
}

TEST_CASE("projections can be deleted at any time, and come back the same") {
  projected_log at(3, 200);
  auto fold = [&] {
    auto store = must(open_projections(at.directory));
    must(projection_runner(*store, *at.log, {}, {}).run(chosen(), {}));
    std::vector<all_rows> rows;
    for (const auto& p : chosen()) rows.push_back(stored_rows(*store, *p));
    return rows;
  };
  const auto once = fold();
  fs::remove_all(projections_folder(at.directory));
  CHECK(fold() == once);
}

TEST_CASE("damaged projections are refused or folded to the same rows; the message says what to do, and the log is well") {
  projected_log at(4, 2'000);
  const auto folder = projections_folder(at.directory);
  {
    auto store = must(open_projections(at.directory));
    must(projection_runner(*store, *at.log, {}, {}).run(chosen(), {}));
  }
  const auto expected = fold_from_scratch(*chosen()[0], *at.log);
  std::size_t refused = 0;
  for (const auto& file : files_below(folder)) {
    const auto size = fs::file_size(folder + "/" + file);
    if (size == 0 || file.starts_with("OPTIONS") || file == "IDENTITY") continue;
    for (std::uintmax_t offset = 0; offset < size; offset += 1 + size / 40) {
      copy_folder(folder, at.folder / "damaged");
      flip_bit(at.folder / "damaged/" + file, offset, static_cast<unsigned>(offset % 8));
      // Into a log's directory of the same name: the store looks below it.
      copy_folder(at.directory, at.folder / "copy");
      fs::remove_all(projections_folder(at.folder / "copy"));
      fs::rename(at.folder / "damaged", projections_folder(at.folder / "copy"));
      auto result_of = [&]() -> result<all_rows> {
        auto store = open_projections(at.folder / "copy");
        if (!store) return store.error();
        auto done = projection_runner(**store, *at.log, {}, {}).run({chosen()[0]}, {});
        if (!done) return done.error();
        all_rows rows;
        auto reader = (*store)->reader("counter");
        if (!reader) return reader.error();
        TOMNEXT_TRY((*reader)->walk("", "", [&](std::string_view key, std::string_view value) {
          rows[std::string(key)] = value;
          return true;
        }));
        return rows;
      };
      const auto rows = result_of();
      INFO(file << " offset " << offset);
      if (rows) REQUIRE(*rows == expected);
      else ++refused;
    }
  }
  CHECK(refused > 10);
}

TEST_CASE("projections are no part of the log: no seal covers them, and they break none") {
  temporary_folder folder;
  const auto directory = folder / "log";
  {
    auto log = must(open_log(directory, {}));
    order_log_writer(5).extend(*log, 100);
  }
  auto fold = [&] {
    auto log = must(open_log_for_reading(directory));
    auto store = must(open_projections(directory));
    must(projection_runner(*store, *log, {}, {}).run(chosen(), {}));
  };
  fold();
  const auto files = must(verify_log(directory, {})).files;
  CHECK(must(verify_log(directory, {})).sealed);
  {
    auto log = must(open_log(directory, {}));  // the next seal is written beside projections
    order_log_writer(6).extend(*log, 10);
  }
  const auto sealed = must(read_seal(directory));
  REQUIRE(sealed);
  for (const auto& [path, file] : sealed->files) CHECK_FALSE(path.starts_with("projections"));
  fold();
  CHECK(must(verify_log(directory, {})).sealed);
  fs::remove_all(projections_folder(directory));
  CHECK(must(verify_log(directory, {})).sealed);
  CHECK(files > 5);
}
