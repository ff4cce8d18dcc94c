// The rows of a segment in blocks; how the file appears whole or not at all is new_file's.
#include <zstd.h>

#include <optional>

#include "persistence/checksum.hpp"
#include "persistence/new_file.hpp"
#include "persistence/segment_format.hpp"

namespace tomnext::persistence {

struct segment_writer::state {
  state(new_file f, std::string in, std::string named) : out(std::move(f)), folder(std::move(in)), path(std::move(named)) {}

  new_file out;
  std::string folder, path;  // one of the two, until it is finished
  sha256_stream whole;
  segment_info info;
  segments::block_head block;
  std::string plain, packed;
  bool failed = false;

  [[nodiscard]] const std::string& where() const { return path.empty() ? folder : path; }

  result<void> write(std::string_view bytes) {
    whole.add(bytes);
    return write_plain(bytes);
  }

  result<void> write_plain(std::string_view bytes) {
    info.file_bytes += bytes.size();
    auto written = out.write(bytes);
    failed = failed || !written;
    return written;
  }

  result<void> flush_block() {
    packed.resize(ZSTD_compressBound(plain.size()));
    constexpr int level = 3;
    const auto size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), level);
    if (ZSTD_isError(size) != 0) return error(errc::log_io, where() + ": compressing: " + ZSTD_getErrorName(size));
    packed.resize(size);
    block.plain_bytes = static_cast<std::uint32_t>(plain.size());
    block.stored_bytes = static_cast<std::uint32_t>(size);
    block.stored_crc = crc32c(packed);
    TOMNEXT_TRY(write(segments::encode_block_head(block)));
    TOMNEXT_TRY(write(packed));
    plain.clear();
    block = {};
    return {};
  }

  result<void> check(const stored_row& row) const {
    const auto at = "the row at event " + std::to_string(row.first_seq);
    if (row.first_seq == 0 || row.last_seq < row.first_seq || row.last_seq - row.first_seq >= group_events_max || row.last_seq == UINT64_MAX ||
        row.bytes.empty() || row.bytes.size() > group_bytes_max)
      return error(errc::log_corrupt, at + ": it claims events up to " + std::to_string(row.last_seq) + " in " + std::to_string(row.bytes.size()) + " bytes");
    if (info.groups > 0 && row.first_seq != info.last_seq + 1) return error(errc::log_gap, at + " does not follow event " + std::to_string(info.last_seq));
    if (info.groups > 0 && row.previous != info.chained) return error(errc::log_corrupt, at + ": the hash chain is broken before it");
    if (chain(row.previous, row.bytes) != row.chained) return error(errc::log_corrupt, at + ": its hash is not what its bytes give");
    if (const auto why = segments::disagreement(row)) return error(errc::log_corrupt, at + ": " + *why);
    return {};
  }
};

segment_writer::segment_writer(std::unique_ptr<state> s) : state_(std::move(s)) {}
segment_writer::~segment_writer() = default;

result<std::unique_ptr<segment_writer>> segment_writer::create(const std::string& path) {
  auto out = new_file::create(path);
  if (!out) return out.error();
  return std::unique_ptr<segment_writer>(new segment_writer(std::make_unique<state>(std::move(*out), std::string(), path)));
}

result<std::unique_ptr<segment_writer>> segment_writer::create_in(const std::string& folder) {
  auto out = new_file::create_in(folder);
  if (!out) return out.error();
  return std::unique_ptr<segment_writer>(new segment_writer(std::make_unique<state>(std::move(*out), folder, std::string())));
}

std::uint64_t segment_writer::row_bytes() const { return state_->info.row_bytes; }
const std::string& segment_writer::path() const { return state_->path; }

result<void> segment_writer::add(const stored_row& row) {
  auto& s = *state_;
  if (s.failed) return error(errc::log_io, s.where() + ": an earlier write failed");
  TOMNEXT_TRY(s.check(row));
  if (s.info.groups == 0) {
    s.info.first_seq = row.first_seq;
    s.info.previous = row.previous;
    s.info.first_at = row.first_at;
    TOMNEXT_TRY(s.write(segments::encode_header(row.first_seq, row.previous)));
  }
  if (s.block.rows == 0) {
    s.block.first_seq = row.first_seq;
    s.block.previous = row.previous;
  }
  segments::put_row(s.plain, row);
  ++s.block.rows;
  ++s.info.groups;
  s.info.row_bytes += row.bytes.size();
  s.info.last_seq = row.last_seq;
  s.info.last_epoch = row.epoch;
  s.info.last_at = row.first_at;
  s.info.chained = row.chained;
  return s.plain.size() >= segment_block_bytes ? s.flush_block() : result<void>{};
}

result<segment_info> segment_writer::finish() {
  auto& s = *state_;
  if (s.failed) return error(errc::log_io, s.where() + ": an earlier write failed");
  if (s.info.groups == 0) return error(errc::invalid_argument, s.where() + ": a segment of no rows");
  if (s.block.rows > 0) TOMNEXT_TRY(s.flush_block());
  TOMNEXT_TRY(s.write(segments::encode_footer(s.info)));
  TOMNEXT_TRY(s.write_plain(bytes_of(s.whole.finish())));
  if (s.path.empty()) s.path = s.folder + "/" + segment_name(s.info.first_seq, s.info.last_seq);
  s.failed = true;  // whatever comes of it, nothing more can be added
  TOMNEXT_TRY(s.out.finish_as(s.path));
  return s.info;
}

}  // namespace tomnext::persistence
