// The disk's own limit: write + fdatasync on a bare file.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/harness.hpp"

namespace tomnext::bench {

/// Bytes that no file system and no drive can compress.
inline std::string incompressible(std::size_t size) {
  std::string block(size, '\0');
  std::uint64_t x = 88172645463325252u;
  for (auto& c : block) c = static_cast<char>((x ^= x << 13, x ^= x >> 7, x ^= x << 17));
  return block;
}

/// Appends to a new file in equal pieces, each synced. Returns what each piece took, in microseconds.
inline std::vector<double> raw_appends(const std::string& file, std::uint64_t bytes, std::uint64_t pieces) {
  pieces = std::max<std::uint64_t>(1, pieces);
  const auto block = incompressible(std::max<std::uint64_t>(1, bytes / pieces));
  std::vector<double> took;
  took.reserve(pieces);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const auto began = stopwatch::now();
    if (fd < 0 || ::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(fd) != 0)
      stop({errc::log_io, "writing " + file});
    took.push_back(microseconds(stopwatch::now() - began));
  }
  ::close(fd);
  ::unlink(file.c_str());
  return took;
}
inline double sum(const std::vector<double>& all) {
  double s = 0;
  for (const double x : all) s += x;
  return s;
}

}  // namespace tomnext::bench
