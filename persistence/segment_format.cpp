#include "persistence/segment_format.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "persistence/bytes.hpp"
#include "persistence/checksum.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence::segments {
namespace {

constexpr std::string_view head_magic = "tomnext-segm";
constexpr std::string_view foot_magic = "tomnext-foot";

void put_time(std::string& out, timestamp t) { put_number(out, static_cast<std::uint64_t>(t.ns)); }
timestamp get_time(byte_reader& r) {
  timestamp t;
  t.ns = static_cast<std::int64_t>(r.number<std::uint64_t>());
  return t;
}
bool checksum_matches(std::string_view bytes) {
  return byte_reader{bytes.substr(bytes.size() - 4)}.number<std::uint32_t>() == crc32c(bytes.substr(0, bytes.size() - 4));
}

}  // namespace

std::string encode_header(std::uint64_t first_seq, const hash256& previous) {
  std::string out(head_magic);
  put_number(out, format);
  put_number(out, first_seq);
  out += bytes_of(previous);
  put_number(out, crc32c(out));
  return out;
}

std::string encode_footer(const segment_info& info) {
  std::string out(foot_magic);
  put_number(out, info.last_seq);
  put_number(out, info.last_epoch);
  put_number(out, info.groups);
  put_number(out, info.row_bytes);
  put_time(out, info.first_at);
  put_time(out, info.last_at);
  out += bytes_of(info.chained);
  put_number(out, crc32c(out));
  return out;
}

std::string encode_block_head(const block_head& h) {
  std::string out;
  put_number(out, h.first_seq);
  out += bytes_of(h.previous);
  put_number(out, h.rows);
  put_number(out, h.plain_bytes);
  put_number(out, h.stored_bytes);
  put_number(out, h.stored_crc);
  put_number(out, crc32c(out));
  return out;
}

std::optional<block_head> decode_block_head(std::string_view bytes) {
  if (bytes.size() != block_head_bytes || !checksum_matches(bytes)) return std::nullopt;
  byte_reader r{bytes};
  block_head h;
  h.first_seq = r.number<std::uint64_t>();
  h.previous = r.hash();
  h.rows = r.number<std::uint32_t>();
  h.plain_bytes = r.number<std::uint32_t>();
  h.stored_bytes = r.number<std::uint32_t>();
  h.stored_crc = r.number<std::uint32_t>();
  const bool fits = h.first_seq != 0 && h.rows != 0 && h.plain_bytes <= plain_bytes_max && h.rows <= h.plain_bytes / (row_head_bytes + 1) &&
                    h.stored_bytes != 0 && h.stored_bytes <= ZSTD_compressBound(plain_bytes_max);
  return fits ? std::optional(h) : std::nullopt;
}

void put_row(std::string& out, const stored_row& row) {
  put_number(out, static_cast<std::uint32_t>(row.last_seq - row.first_seq + 1));
  put_number(out, row.epoch);
  put_time(out, row.first_at);
  put_text(out, row.bytes);
}

std::optional<std::string> disagreement(const stored_row& row) {
  auto head = decode_group_head(row.bytes);
  // A row that is coded in a later way says nothing to this build; it is kept as it is.
  if (!head && head.error().code == errc::log_newer_version) return std::nullopt;
  if (!head) return head.error().message;
  if (row.bytes.size() < 4 || !checksum_matches(row.bytes)) return "the checksum of the group does not match";
  if (head->first_seq != row.first_seq || head->count != row.last_seq - row.first_seq + 1 || head->epoch != row.epoch)
    return "the group says that it has " + std::to_string(head->count) + " events from " + std::to_string(head->first_seq) + " of epoch " +
           std::to_string(head->epoch) + ", what stands beside it differs";
  auto first_at = decode_first_at(row.bytes.substr(0, row.bytes.size() - 4));
  if (!first_at) return first_at.error().message;
  if (*first_at != row.first_at) return "the time of its first event is " + to_string(*first_at) + ", what stands beside it differs";
  if (head->previous != row.previous) return "the hash chain is broken before it";
  return std::nullopt;
}

result<std::unique_ptr<file>> file::open(const std::string& path) {
  const int fd = calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return error(errc::file_unreadable, path + ": " + std::strerror(errno));
  auto f = std::unique_ptr<file>(new file(fd, path));
  TOMNEXT_TRY(f->load());
  return f;
}

file::~file() { calls().close(fd_); }

error file::damaged(std::uint64_t offset, const std::string& why) const {
  return {errc::log_corrupt, path_ + ": offset " + std::to_string(offset) + ": the segment is damaged: " + why};
}

result<std::string> file::read(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const auto n = calls().pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::file_unreadable, path_ + ": offset " + std::to_string(offset + done) + ": " + std::strerror(errno));
    if (n == 0) return damaged(offset + done, "it ends here");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

result<void> file::load() {
  struct stat s {};
  if (::fstat(fd_, &s) != 0) return error(errc::file_unreadable, path_ + ": " + std::strerror(errno));
  if (!S_ISREG(s.st_mode)) return error(errc::file_unreadable, path_ + ": is no file");
  info_.file_bytes = static_cast<std::uint64_t>(s.st_size);
  if (info_.file_bytes < header_bytes + footer_bytes) return damaged(info_.file_bytes, "it is too short to be whole");
  auto head = read(0, header_bytes);
  if (!head) return head.error();
  byte_reader h{*head};
  if (h.take(head_magic.size()) != head_magic) return damaged(0, "it does not begin as a segment does");
  if (!checksum_matches(*head)) return damaged(0, "the checksum of its header does not match");
  if (const auto written = h.number<std::uint32_t>(); written != format)
    return error(errc::log_newer_version, path_ + ": segment format " + std::to_string(written) + ", this build knows " + std::to_string(format));
  info_.first_seq = h.number<std::uint64_t>();
  info_.previous = h.hash();
  auto foot = read(blocks_end(), footer_bytes);
  if (!foot) return foot.error();
  const auto body = std::string_view(*foot).substr(0, footer_bytes - sizeof(hash256));
  byte_reader f{body};
  if (f.take(foot_magic.size()) != foot_magic || !checksum_matches(body)) return damaged(blocks_end(), "its footer is not whole");
  info_.last_seq = f.number<std::uint64_t>();
  info_.last_epoch = f.number<std::uint64_t>();
  info_.groups = f.number<std::uint64_t>();
  info_.row_bytes = f.number<std::uint64_t>();
  info_.first_at = get_time(f);
  info_.last_at = get_time(f);
  info_.chained = f.hash();
  if (info_.first_seq == 0 || info_.last_seq < info_.first_seq || info_.last_seq == std::numeric_limits<std::uint64_t>::max())
    return damaged(blocks_end(), "it claims events " + std::to_string(info_.first_seq) + " to " + std::to_string(info_.last_seq));
  return {};
}

result<file::place> file::place_at(std::uint64_t offset) const {
  if (offset < header_bytes || offset > blocks_end() || blocks_end() - offset < block_head_bytes) return damaged(offset, "a block is cut short");
  auto bytes = read(offset, block_head_bytes);
  if (!bytes) return bytes.error();
  const auto h = decode_block_head(*bytes);
  if (!h) return damaged(offset, "the head of a block is no such");
  if (h->stored_bytes > blocks_end() - offset - block_head_bytes) return damaged(offset, "a block reaches beyond the file");
  return place{*h, offset, offset + block_head_bytes + h->stored_bytes};
}

result<std::unique_ptr<file::block>> file::block_at(std::uint64_t offset) const {
  auto at = place_at(offset);
  if (!at) return at.error();
  auto stored = read(offset + block_head_bytes, at->head.stored_bytes);
  if (!stored) return stored.error();
  if (crc32c(*stored) != at->head.stored_crc) return damaged(offset, "the checksum of a block does not match");
  auto b = std::make_unique<block>();
  b->at = *at;
  b->stored_head = encode_block_head(at->head);
  b->stored = std::move(*stored);
  b->plain.resize(at->head.plain_bytes);
  const auto size = ZSTD_decompress(b->plain.data(), b->plain.size(), b->stored.data(), b->stored.size());
  if (ZSTD_isError(size) != 0 || size != b->plain.size()) return damaged(offset, "a block cannot be unpacked");
  TOMNEXT_TRY(unpack(*b));
  return b;
}

result<void> file::unpack(block& b) const {
  byte_reader r{b.plain};
  auto next_seq = b.at.head.first_seq;
  auto previous = b.at.head.previous;
  b.rows.reserve(b.at.head.rows);
  for (std::uint32_t i = 0; i < b.at.head.rows; ++i) {
    const auto events = r.number<std::uint32_t>();
    stored_row row;
    row.epoch = r.number<std::uint64_t>();
    row.first_at = get_time(r);
    row.bytes = r.text();
    if (!r.good || events == 0 || events > group_events_max || row.bytes.empty() || row.bytes.size() > group_bytes_max || next_seq > info_.last_seq ||
        events - 1 > info_.last_seq - next_seq)
      return damaged(b.at.offset, "a row of a block is no such, after event " + std::to_string(next_seq - 1));
    row.first_seq = next_seq;
    row.last_seq = next_seq + events - 1;
    row.previous = previous;
    row.chained = chain(previous, row.bytes);
    if (const auto why = disagreement(row)) return damaged(b.at.offset, "the group at event " + std::to_string(row.first_seq) + ": " + *why);
    next_seq = row.last_seq + 1;
    previous = row.chained;
    b.rows.push_back(row);
  }
  if (!r.complete()) return damaged(b.at.offset, "bytes after the last row of a block");
  return {};
}

}  // namespace tomnext::persistence::segments
