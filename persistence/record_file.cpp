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

}  // namespace

result<record_figures> check_record_file(const std::string& path) {
  auto bytes = read_file(path, file_bytes_max);
  if (!bytes) return bytes.error();
  const std::string_view all(*bytes);
  record_figures f;
  f.bytes = all.size();
  auto damaged = [&](std::size_t offset, const std::string& why) { return error(errc::log_corrupt, path + ": offset " + std::to_string(offset) + ": " + why); };
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

}  // namespace tomnext::persistence
