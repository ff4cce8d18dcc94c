#include "persistence/scrub_progress.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "persistence/bytes.hpp"
#include "persistence/files.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view scrub_magic = "tomnext-scrub";
constexpr std::uint32_t scrub_format = 2;
constexpr std::size_t file_bytes_max = 4096;

void put_range(std::string& out, const scrub_range& r) {
  put_number(out, r.top.seq);
  put_number(out, r.top.epoch);
  out += bytes_of(r.top.chain_hash);
  put_number(out, r.from);
}

scrub_range get_range(byte_reader& r) {
  scrub_range s;
  s.top.seq = r.number<std::uint64_t>();
  s.top.epoch = r.number<std::uint64_t>();
  s.top.chain_hash = r.hash();
  s.from = r.number<std::uint64_t>();
  return s;
}

bool plausible(const scrub_range& r) { return r.top.seq == 0 ? r.from == 0 : r.from >= 1 && r.from - 1 <= r.top.seq; }

timestamp get_time(byte_reader& r) { return {static_cast<std::int64_t>(r.number<std::uint64_t>())}; }
void put_time(std::string& out, timestamp t) { put_number(out, static_cast<std::uint64_t>(t.ns)); }

}  // namespace

std::string copy_identity(const std::string& directory) {
  struct statx s {};
  if (::statx(AT_FDCWD, anchor_file(directory).c_str(), 0, STATX_INO | STATX_BTIME, &s) != 0) return {};
  // The number of a file that was removed is given to another: the time at which it was made tells the two apart, where the file system keeps it.
  std::string text = std::to_string(s.stx_dev_major) + "." + std::to_string(s.stx_dev_minor) + "." + std::to_string(s.stx_ino);
  if ((s.stx_mask & STATX_BTIME) != 0) text += "." + std::to_string(s.stx_btime.tv_sec) + "." + std::to_string(s.stx_btime.tv_nsec);
  return text;
}

std::string scrub_file(const std::string& directory) { return directory + "/" + std::string(scrub_file_name); }

std::optional<scrub_progress> read_scrub_progress(const std::string& directory) {
  const auto bytes = read_file(scrub_file(directory), file_bytes_max);
  if (!bytes || bytes->size() < 4) return std::nullopt;
  const auto body = std::string_view(*bytes).substr(0, bytes->size() - 4);
  byte_reader sum{std::string_view(*bytes).substr(body.size())};
  if (sum.number<std::uint32_t>() != crc32c(body)) return std::nullopt;
  byte_reader r{body};
  if (r.take(scrub_magic.size()) != scrub_magic || r.number<std::uint32_t>() != scrub_format) return std::nullopt;
  scrub_progress p;
  p.copy = r.text();
  p.passes = r.number<std::uint64_t>();
  p.last_ended = get_time(r);
  p.last_bytes = r.number<std::uint64_t>();
  p.began = get_time(r);
  p.bytes = r.number<std::uint64_t>();
  p.damaged = r.number<std::uint64_t>();
  p.older = get_range(r);
  p.newest = get_range(r);
  const auto part = r.number<std::uint32_t>();
  p.file = r.text();
  p.offset = r.number<std::uint64_t>();
  p.crc = r.number<std::uint32_t>();
  if (!r.complete() || part > static_cast<std::uint32_t>(scrub_part::anchor) || !plausible(p.older) || !plausible(p.newest)) return std::nullopt;
  p.part = static_cast<scrub_part>(part);
  return p;
}

result<void> write_scrub_progress(const std::string& directory, const scrub_progress& p) {
  std::string out(scrub_magic);
  put_number(out, scrub_format);
  put_text(out, p.copy);
  put_number(out, p.passes);
  put_time(out, p.last_ended);
  put_number(out, p.last_bytes);
  put_time(out, p.began);
  put_number(out, p.bytes);
  put_number(out, p.damaged);
  put_range(out, p.older);
  put_range(out, p.newest);
  put_number(out, static_cast<std::uint32_t>(p.part));
  put_text(out, p.file);
  put_number(out, p.offset);
  put_number(out, p.crc);
  put_number(out, crc32c(out));
  return write_durably(scrub_file(directory), out);
}

}  // namespace tomnext::persistence
