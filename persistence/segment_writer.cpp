// Writes under a temporary name, syncs, renames, syncs the folder: whole or absent.
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/segment_format.hpp"

namespace tomnext::persistence {

struct segment_writer::state {
  std::string folder, path, temporary;
  int fd = -1;
  sha256_stream whole;
  segment_info info;
  segments::block_head block;
  std::string plain, packed;
  bool failed = false;

  ~state() {
    if (fd >= 0) ::close(fd);
    if (!temporary.empty()) ::unlink(temporary.c_str());
  }

  result<void> write(std::string_view bytes) {
    whole.add(bytes);
    return write_plain(bytes);
  }

  result<void> write_plain(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::write(fd, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return io_failed("writing");
      info.file_bytes += static_cast<std::uint64_t>(n);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  error io_failed(const char* what) {
    failed = true;
    return {errc::log_io, temporary + ": " + what + ": " + std::strerror(errno)};
  }

  result<void> open() {
    static std::atomic<std::uint64_t> running{0};
    const auto base = path.empty() ? folder + "/segment" : path;
    temporary = base + "." + std::to_string(::getpid()) + "-" + std::to_string(++running) + std::string(temporary_suffix);
    fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) return {};
    auto e = io_failed("creating");
    temporary.clear();  // it is not ours to remove
    return e;
  }

  result<void> flush_block() {
    packed.resize(ZSTD_compressBound(plain.size()));
    constexpr int level = 3;
    const auto size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), level);
    if (ZSTD_isError(size) != 0) return error(errc::log_io, temporary + ": compressing: " + ZSTD_getErrorName(size));
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
  auto s = std::make_unique<state>();
  s->path = path;
  s->folder = std::filesystem::path(path).parent_path().string();
  if (s->folder.empty()) s->folder = ".";
  TOMNEXT_TRY(s->open());
  return std::unique_ptr<segment_writer>(new segment_writer(std::move(s)));
}

result<std::unique_ptr<segment_writer>> segment_writer::create_in(const std::string& folder) {
  auto s = std::make_unique<state>();
  s->folder = folder;
  TOMNEXT_TRY(s->open());
  return std::unique_ptr<segment_writer>(new segment_writer(std::move(s)));
}

std::uint64_t segment_writer::row_bytes() const { return state_->info.row_bytes; }
const std::string& segment_writer::path() const { return state_->path; }

result<void> segment_writer::add(const stored_row& row) {
  auto& s = *state_;
  if (s.failed) return error(errc::log_io, s.temporary + ": an earlier write failed");
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
  if (s.failed) return error(errc::log_io, s.temporary + ": an earlier write failed");
  if (s.info.groups == 0) return error(errc::invalid_argument, (s.path.empty() ? s.folder : s.path) + ": a segment of no rows");
  if (s.block.rows > 0) TOMNEXT_TRY(s.flush_block());
  TOMNEXT_TRY(s.write(segments::encode_footer(s.info)));
  TOMNEXT_TRY(s.write_plain(bytes_of(s.whole.finish())));
  if (::fsync(s.fd) != 0) return s.io_failed("syncing");
  if (s.path.empty()) s.path = s.folder + "/" + segment_name(s.info.first_seq, s.info.last_seq);
  if (::rename(s.temporary.c_str(), s.path.c_str()) != 0) return s.io_failed("renaming");
  s.temporary.clear();
  TOMNEXT_TRY(sync_folder(s.folder));
  return s.info;
}

}  // namespace tomnext::persistence
