#include "persistence/segment.hpp"

#include <cstring>

#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

struct made_row {
  stored_row row;
  std::string bytes;
};

/// Rows of `count` quotes each, from `first` on, chained onto `previous`.
std::vector<made_row> rows_of(std::uint64_t first, std::size_t rows, std::uint64_t count, hash256 previous) {
  std::vector<made_row> all(rows);
  for (auto& made : all) {
    const auto g = group_of(first, count, 3);
    encode_group(*g, previous, made.bytes);
    made.row = {first, first + count - 1, 3, g->events.front().head.at, previous, chain(previous, made.bytes), made.bytes};
    previous = made.row.chained;
    first += count;
  }
  return all;
}

result<segment_info> write(const std::string& path, const std::vector<made_row>& rows) {
  auto w = segment_writer::create(path);
  if (!w) return w.error();
  for (const auto& made : rows) TOMNEXT_TRY((*w)->add(made.row));
  return (*w)->finish();
}

struct copied_row {
  std::uint64_t first_seq, last_seq, epoch;
  timestamp first_at;
  hash256 previous, chained;
  std::string bytes;
  bool operator==(const copied_row&) const = default;
};
copied_row copy(const stored_row& r) { return {r.first_seq, r.last_seq, r.epoch, r.first_at, r.previous, r.chained, std::string(r.bytes)}; }

result<std::vector<copied_row>> read_all(result<std::unique_ptr<row_source>> source) {
  if (!source) return source.error();
  std::vector<copied_row> all;
  for (;;) {
    auto row = (*source)->next();
    if (!row) return row.error();
    if (!*row) return all;
    all.push_back(copy(**row));
  }
}

std::vector<copied_row> copies(const std::vector<made_row>& rows, std::size_t from = 0) {
  std::vector<copied_row> all;
  for (std::size_t i = from; i < rows.size(); ++i) all.push_back(copy(rows[i].row));
  return all;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t n = 0;
  std::memcpy(&n, bytes.data() + at, 4);
  return n;
}
void put_at(std::string& bytes, std::size_t at, std::uint32_t n) { std::memcpy(bytes.data() + at, &n, 4); }

constexpr std::size_t header_bytes = 60, block_head_bytes = 60, footer_bytes = 128;

/// Makes the checksum of the first block's head, and the SHA-256 of the file, match again: what a hostile hand would do.
std::string resealed(std::string bytes) {
  put_at(bytes, header_bytes + block_head_bytes - 4, crc32c(std::string_view(bytes).substr(header_bytes, block_head_bytes - 4)));
  const auto body = bytes.size() - 32;
  const auto hash = sha256({std::string_view(bytes).substr(0, body)});
  return bytes.substr(0, body) + std::string(bytes_of(hash));
}

}  // namespace

TEST_CASE("a segment gives back the rows that were put, from the first, from any, and backward") {
  const temporary_folder folder;
  const auto before = sha256({"what came before"});
  // Rows that fill a block, rows that are longer than one, and many small ones.
  for (const auto& [rows, count] : {std::pair<std::size_t, std::uint64_t>{1, 1}, {7, 3}, {900, 40}, {3, 20'000}}) {
    const auto made = rows_of(1'001, rows, count, before);
    const auto path = folder / (std::to_string(rows) + ".segment");
    const auto info = must(write(path, made));
    CHECK(info.first_seq == 1'001);
    CHECK(info.last_seq == 1'000 + rows * count);
    CHECK(info.last_epoch == 3);
    CHECK(info.groups == rows);
    CHECK(info.first_at == made.front().row.first_at);
    CHECK(info.last_at == made.back().row.first_at);
    CHECK(info.previous == before);
    CHECK(info.chained == made.back().row.chained);
    CHECK(info.file_bytes == fs::file_size(path));
    CHECK(must(read_segment_info(path)) == info);
    CHECK(must(verify_segment(path)) == info);
    CHECK(must(read_all(open_segment(path))) == copies(made));
    for (const std::uint64_t seq : {std::uint64_t{1}, std::uint64_t{1'001}, 1'000 + rows * count / 2 + 1, 1'000 + rows * count}) {
      INFO("from event " << seq << " of " << rows << " rows");
      const auto from = seq < 1'001 ? 0 : static_cast<std::size_t>((seq - 1'001) / count);
      CHECK(must(read_all(open_segment(path, seq))) == copies(made, from));
      if (seq < 1'001) continue;
      auto back = copies(std::vector<made_row>(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(from) + 1));
      // The copies' texts are their own, the views of `made` are not moved.
      std::reverse(back.begin(), back.end());
      CHECK(must(read_all(open_segment_backward(path, seq))) == back);
    }
    CHECK(must(read_all(open_segment_backward(path, UINT64_MAX))).size() == rows);
    const auto beyond = open_segment(path, 1'001 + rows * count);
    REQUIRE_FALSE(beyond);
    CHECK(beyond.error().code == errc::invalid_argument);
  }
}

TEST_CASE("rows that are coded in a way this build does not know are kept as they are") {
  const temporary_folder folder;
  std::vector<made_row> made(3);
  hash256 previous;
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i].bytes = "\x7f" + std::string(100 + i, static_cast<char>('a' + i));
    made[i].row = {1 + 10 * i, 10 + 10 * i, 4, {}, previous, chain(previous, made[i].bytes), made[i].bytes};
    previous = made[i].row.chained;
  }
  const auto path = folder / "sealed.segment";
  must(write(path, made));
  CHECK(must(read_all(open_segment(path))) == copies(made));
  // Their figures are not in the bytes that the chain covers; read backward, the SHA-256 of the file is not checked either.
  const auto whole = slurp(path);
  for (auto at = header_bytes; at < whole.size() - footer_bytes; ++at) {
    flip_bit(path, at, static_cast<unsigned>(at % 8));
    INFO("byte " << at);
    const auto read = read_all(open_segment_backward(path, UINT64_MAX));
    REQUIRE_FALSE(read);
    REQUIRE(read.error().code == errc::log_corrupt);
    spill(path, whole);
  }
}

TEST_CASE("a segment cut short anywhere is refused, and so is one with any bit turned") {
  const temporary_folder folder;
  const auto path = folder / "one.segment";
  must(write(path, rows_of(1, 3, 2, {})));
  const auto whole = slurp(path);
  const auto other = folder / "other.segment";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    spill(other, std::string_view(whole).substr(0, size));
    const auto checked = verify_segment(other);
    INFO("cut at " << size << " of " << whole.size());
    REQUIRE_FALSE(checked);
    REQUIRE(checked.error().code == errc::log_corrupt);
    REQUIRE(checked.error().message.find("other.segment: offset ") != std::string::npos);
  }
  spill(other, whole + "x");
  REQUIRE_FALSE(verify_segment(other));
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const unsigned bit : {0u, 3u, 7u}) {
      auto flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
      spill(other, flipped);
      const auto checked = verify_segment(other);
      INFO("bit " << bit << " at " << at);
      REQUIRE_FALSE(checked);
      REQUIRE(checked.error().code == errc::log_corrupt);
      REQUIRE(checked.error().message.find("other.segment: offset ") != std::string::npos);
    }
  spill(other, whole);
  must(verify_segment(other));
}

TEST_CASE("lengths that a hostile hand put into a segment are refused before anything is reserved for them") {
  const temporary_folder folder;
  const auto path = folder / "one.segment";
  must(write(path, rows_of(1, 3, 2, {})));
  const auto whole = slurp(path);
  REQUIRE(number_at(whole, header_bytes + 40) == 3);  // rows
  struct change {
    std::size_t at;
    std::uint32_t to;
  };
  for (const auto& [at, to] : {change{40, 0},
                               {40, 2},
                               {40, 4},
                               {40, UINT32_MAX},
                               {44, 0},
                               {44, 1},
                               {44, UINT32_MAX},
                               {44, 20u << 20},
                               {44, number_at(whole, header_bytes + 44) + 1},
                               {48, 0},
                               {48, 1},
                               {48, UINT32_MAX},
                               {48, number_at(whole, header_bytes + 48) + 1},
                               {0, 2},
                               {8, 7}}) {
    auto hostile = whole;
    put_at(hostile, header_bytes + at, to);
    spill(path, resealed(hostile));
    INFO("at " << at << " of the block's head: " << to);
    const auto checked = verify_segment(path);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == errc::log_corrupt);
    const auto back = read_all(open_segment_backward(path, 6));
    CHECK_FALSE(back);
  }
  // A segment of a header and a footer that claim events, and nothing in between.
  spill(path, resealed(whole.substr(0, header_bytes) + whole.substr(whole.size() - footer_bytes)));
  CHECK_FALSE(verify_segment(path));
  auto newer = whole;
  put_at(newer, 12, 2);
  put_at(newer, header_bytes - 4, crc32c(std::string_view(newer).substr(0, header_bytes - 4)));
  spill(path, newer);
  const auto later = verify_segment(path);
  REQUIRE_FALSE(later);
  CHECK(later.error().code == errc::log_newer_version);
}

TEST_CASE("a segment's writer refuses what it could not give back") {
  const temporary_folder folder;
  const auto path = folder / "one.segment";
  const auto made = rows_of(1, 3, 2, {});
  auto w = must(segment_writer::create(path));
  CHECK(w->finish().error().code == errc::invalid_argument);
  must(w->add(made[0].row));
  CHECK(w->add(made[2].row).error().code == errc::log_gap);
  CHECK(w->add(made[0].row).error().code == errc::log_gap);
  auto broken = made[1].row;
  broken.previous.bytes[0] ^= 1;
  CHECK(w->add(broken).error().code == errc::log_corrupt);
  broken = made[1].row;
  broken.chained.bytes[0] ^= 1;
  CHECK(w->add(broken).error().code == errc::log_corrupt);
  broken = made[1].row;
  broken.last_seq += 1;
  CHECK(w->add(broken).error().code == errc::log_corrupt);
  broken = made[1].row;
  broken.epoch += 1;
  CHECK(w->add(broken).error().code == errc::log_corrupt);
  must(w->add(made[1].row));
  CHECK(must(w->finish()).last_seq == 4);
}

TEST_CASE("a segment is whole or absent") {
  const temporary_folder folder;
  const auto made = rows_of(1, 3, 2, {});
  {
    auto w = must(segment_writer::create_in(folder.path()));
    for (const auto& m : made) must(w->add(m.row));
    CHECK(must(segments_in(folder.path())).empty());
  }
  CHECK(files_below(folder.path()).empty());
  auto w = must(segment_writer::create_in(folder.path()));
  for (const auto& m : made) must(w->add(m.row));
  must(w->finish());
  CHECK(w->path() == folder / "00000000000000000001-00000000000000000006.segment");
  CHECK(files_below(folder.path()) == std::vector<std::string>{"00000000000000000001-00000000000000000006.segment"});
  spill(folder / "00000000000000000001-0000000000000000000x.segment", "");
  spill(folder / "00000000000000000001-99999999999999999999.segment", "");
  spill(folder / "notes.txt", "");
  const auto found = must(segments_in(folder.path()));
  REQUIRE(found.size() == 1);
  CHECK(found[0].first_seq == 1);
  CHECK(found[0].last_seq == 6);
  CHECK(must(segments_in(folder / "none")).empty());
  CHECK_FALSE(segment_writer::create(folder / "none/one.segment"));
}

TEST_CASE("checking a segment can be cancelled") {
  const temporary_folder folder;
  must(write(folder / "one.segment", rows_of(1, 30, 2, {})));
  const auto stopped = verify_segment(folder / "one.segment", [](std::uint64_t seq) { return seq < 20; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::cancelled);
}

TEST_CASE("a row whose time stands wrong beside it is refused: restoring to a time goes by it") {
  temporary_folder f;
  extend(*must(open_log(f / "log", {})), 2, 3);
  auto rows = must(read_rows(f / "log", 1));
  auto row = must(rows->next()).value();
  auto writer = must(segment_writer::create(f / "one"));
  row.first_at.ns += 1;
  CHECK(writer->add(row).error().code == errc::log_corrupt);
  row.first_at.ns -= 1;
  must(writer->add(row));
}
