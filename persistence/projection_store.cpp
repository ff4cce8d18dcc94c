#include "persistence/projection_store.hpp"

#include "persistence/bytes.hpp"
#include "persistence/files.hpp"

namespace tomnext::persistence {
namespace {

// format u8 = 1 · version u32 · offset u64 · witness: seq u64, epoch u64, chain hash 32 bytes · halt u8 · attempts u32 · reason: length u32, bytes ·
// skipped: count u32, each seq u64 and a reason · crc32c of all before it. Little-endian.
constexpr std::uint8_t format = 1;

}  // namespace

std::string projections_folder(const std::string& log_directory) { return log_directory + "/" + std::string(projections_folder_name); }

std::string encode_mark(const projection_mark& m) {
  std::string out;
  put_number(out, format);
  put_number(out, m.version);
  put_number(out, m.offset);
  put_number(out, m.witness.seq);
  put_number(out, m.witness.epoch);
  out += bytes_of(m.witness.chain_hash);
  put_number(out, static_cast<std::uint8_t>(m.halt));
  put_number(out, m.attempts);
  put_text(out, m.reason);
  put_number(out, static_cast<std::uint32_t>(m.skipped.size()));
  for (const auto& s : m.skipped) {
    put_number(out, s.seq);
    put_text(out, s.reason);
  }
  put_number(out, crc32c(out));
  return out;
}

result<projection_mark> decode_mark(std::string_view bytes) {
  const error no_mark(errc::decode_failed, "the mark of a projection is damaged");
  if (bytes.size() < 4) return no_mark;
  byte_reader r{bytes.substr(0, bytes.size() - 4)};
  byte_reader checksum{bytes.substr(bytes.size() - 4)};
  if (crc32c(r.left) != checksum.number<std::uint32_t>()) return no_mark;
  if (r.number<std::uint8_t>() != format) return error(errc::log_newer_version, "the mark of a projection has a format that this build does not know");
  projection_mark m;
  m.version = r.number<std::uint32_t>();
  m.offset = r.number<std::uint64_t>();
  m.witness.seq = r.number<std::uint64_t>();
  m.witness.epoch = r.number<std::uint64_t>();
  m.witness.chain_hash = r.hash();
  const auto halt = r.number<std::uint8_t>();
  m.halt = static_cast<projection_halt>(halt);
  m.attempts = r.number<std::uint32_t>();
  m.reason = std::string(r.text());
  const auto count = r.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && r.good && i < skipped_events_max; ++i) {
    const auto seq = r.number<std::uint64_t>();
    m.skipped.push_back({seq, std::string(r.text())});
  }
  if (!r.complete() || halt > static_cast<std::uint8_t>(projection_halt::paused)) return no_mark;
  return m;
}

}  // namespace tomnext::persistence
