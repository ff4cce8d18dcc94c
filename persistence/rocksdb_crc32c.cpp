// RocksDB's checksum, by the processor's instruction. Debian builds the library for any x86-64, so its own goes through tables, at a ninth of the speed: of a
// durable append that took longer than the SHA-256. The library calls this function through the dynamic linker, which prefers the program's definition; where
// it does not (a library linked into the program), the library's own is used, and nothing but the time differs. The build asks for this file by the symbol.
#include <cstddef>
#include <cstdint>

#include "persistence/checksum.hpp"

namespace rocksdb::crc32c {

// Declared in none of the headers that are installed.
__attribute__((weak, visibility("default"))) std::uint32_t Extend(std::uint32_t before, const char* bytes, std::size_t size);
std::uint32_t Extend(std::uint32_t before, const char* bytes, std::size_t size) { return tomnext::persistence::crc32c({bytes, size}, before); }

}  // namespace rocksdb::crc32c
