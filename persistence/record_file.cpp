#include "persistence/record_file.hpp"

#include <algorithm>
#include <cstring>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::size_t block_bytes = 32'768;
constexpr std::size_t header_bytes = 7;  // crc u32, length u16, type u8
constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

// RocksDB stores checksums rotated and shifted, so that a checksum over stored checksums keeps its strength.
std::uint32_t masked(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

bool all_zero(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c == 0; });
}

/// Checks `all`, which stands at `base` in the file (the beginning of a block) and ends with a block, or with the file.
result<record_figures> check_blocks(const std::string& path, std::uint64_t base, std::string_view all) {
  record_figures f;
  f.bytes = all.size();
  auto damaged = [&](std::size_t offset, const std::string& why) {
    return error(errc::log_corrupt, path + ": offset " + std::to_string(base + offset) + ": " + why);
  };
  for (std::size_t at = 0; at < all.size();) {
    const auto block_left = block_bytes - at % block_bytes;
    const auto piece = all.substr(at, block_left);
    if (block_left < header_bytes) {
      if (!all_zero(piece)) return damaged(at, "the filling at the end of a block is not empty");
      at += piece.size();
      continue;
    }
    // Space that was reserved and never written.
    if (piece.substr(0, header_bytes) == std::string_view("\0\0\0\0\0\0\0", header_bytes)) {
      if (!all_zero(all.substr(at))) return damaged(at, "an empty record, and others behind it");
      f.empty_bytes = all.size() - at;
      return f;
    }
    if (piece.size() < header_bytes) {
      f.torn_bytes = piece.size();
      return f;
    }
    std::uint32_t crc = 0;
    std::uint16_t length = 0;
    std::memcpy(&crc, piece.data(), 4);
    std::memcpy(&length, piece.data() + 4, 2);
    if (header_bytes + length > block_left) return damaged(at, "a record longer than its block");
    if (header_bytes + length > piece.size()) {
      f.torn_bytes = piece.size();
      return f;
    }
    if (masked(crc32c(piece.substr(6, length + std::size_t{1}))) != crc)
      return damaged(at, "the checksum of the record of " + std::to_string(length) + " bytes does not match");
    ++f.records;
    at += header_bytes + length;
  }
  return f;
}

}  // namespace

result<record_figures> check_record_file(const std::string& path) {
  auto bytes = read_file(path, file_bytes_max);
  if (!bytes) return bytes.error();
  return check_blocks(path, 0, *bytes);
}

result<record_piece> check_record_piece(const std::string& path, std::uint64_t offset, std::uint64_t bytes_max) {
  const auto begin = offset / block_bytes * block_bytes;
  const auto wanted = std::max<std::uint64_t>(bytes_max / block_bytes, 1) * block_bytes;
  std::string bytes;
  TOMNEXT_TRY(read_part(path, begin, wanted, read_source::disk, bytes));
  auto f = check_blocks(path, begin, bytes);
  if (!f) return f.error();
  const bool whole = bytes.size() == wanted;
  // Nothing may follow reserved space: what is behind it is read at once, since no later piece would know.
  if (whole && f->empty_bytes > 0) {
    auto all = check_record_file(path);
    if (!all) return all.error();
    return record_piece{all->bytes, all->bytes, true};
  }
  return record_piece{f->bytes, begin + f->bytes, !whole};
}

}  // namespace tomnext::persistence
