// The seal of a log that was closed in order: size and checksums of every file below its directory, so that no bit is without a witness. RocksDB covers
// neither its OPTIONS nor its IDENTITY nor the tail of a write-ahead log; the seal does, and says which 4 KiB of which file differ.
//
//   "tomnext-seal" · format u32 = 1 · head: seq u64, epoch u64, chain hash 32 bytes · files u32 ·
//   per file: length of its path u32, path, size u64, crc32c u32 of each 4 KiB block · crc32c u32 of all before it. Little-endian.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

inline constexpr std::size_t seal_block_bytes = 4096;

struct sealed_file {
  std::uint64_t size = 0;
  std::vector<std::uint32_t> blocks;
  bool operator==(const sealed_file&) const = default;
};
struct seal {
  log_head head;
  std::map<std::string, sealed_file> files;  ///< by path below the log's directory
};

std::string seal_file(const std::string& directory);
/// Size and checksums of a file as it is now.
result<sealed_file> checksums_of(const std::string& path);
/// Measures every file below the directory and writes the seal, durably. Files of `known` that never change once written (tables) and have kept
/// their size are taken over from there, so that closing a large log does not read it all. Nobody may have the log open.
result<void> write_seal(const std::string& directory, const log_head& head, const std::optional<seal>& known);
/// Nothing where the log is not sealed; errc::log_corrupt where the seal itself is damaged.
result<std::optional<seal>> read_seal(const std::string& directory);
/// Called before anything below the directory changes. Durable when it returns.
result<void> break_seal(const std::string& directory);
/// Every sealed file as it was, byte for byte, and no file more among the rows. Names the file and the block.
/// Files beside the log's own that came later are none of its business. `keep_going` is asked after each file, on this thread;
/// false ends it with errc::cancelled.
result<void> check_seal(const std::string& directory, const seal& s, const std::function<bool()>& keep_going = {}, unsigned threads = 1);

}  // namespace tomnext::persistence
