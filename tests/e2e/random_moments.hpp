// Moments at which to end a program, drawn from a seed and named by how far it has come, not by how long it ran.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/support/seed.hpp"

namespace tomnext::tests {

/// Bytes of the files that lie in a folder: how far the one who writes there has come, seen from outside. 0 where there is none.
inline std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto size = std::filesystem::file_size(at->path(), error);
    if (!error) bytes += size;
    error.clear();  // a file that went while we looked
  }
  return bytes;
}

}  // namespace tomnext::tests
