// Ballast: a file that takes room on the disk and holds nothing, so that an operator has something to throw overboard when the disk is full.
#pragma once
#include <cstdint>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

enum class ballast_state : std::uint8_t {
  none,        ///< not wanted
  present,     ///< it was there
  made,        ///< it is there now
  no_room,     ///< less room than the ballast and the low-water mark need: it is made at a later opening
  impossible,  ///< the file system cannot reserve room
};

std::string ballast_file(const std::string& directory);
/// Bytes that the directory's ballast really takes; 0: there is none.
std::uint64_t reserved_ballast(const std::string& directory);
/// Sees to it that the log's directory has a ballast of so many bytes, really reserved, where that leaves `free_bytes_min`. Of another size, it is made anew.
/// 0 bytes: nothing is done. No log is refused for want of ballast: an error (errc::log_io) is the disk's own.
result<ballast_state> keep_ballast(const std::string& directory, std::uint64_t bytes, std::uint64_t free_bytes_min);
/// Gives the room back; needs none itself, and works beside the writer. Returns the bytes that are free now; 0 where there was none.
result<std::uint64_t> release_ballast(const std::string& directory);

}  // namespace tomnext::persistence
