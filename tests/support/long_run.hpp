// Sizes of the long tests, from the environment: each can be run alone and small. `./dev test --long` sets nothing, and gets the full size.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

namespace tomnext::tests {

/// TOMNEXT_LONG_<name>, or the size that the test is meant to have.
inline std::uint64_t long_size(const std::string& name, std::uint64_t usual) {
  const char* given = std::getenv(("TOMNEXT_LONG_" + name).c_str());
  return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

/// A figure of /proc/<process>/status in KiB, such as VmRSS; 0 where the process is gone.
inline std::uint64_t kilobytes_of(const std::string& process, const std::string& figure) {
  std::ifstream in("/proc/" + process + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(figure + ":")) return std::strtoull(line.c_str() + figure.size() + 1, nullptr, 10);
  return 0;
}

}  // namespace tomnext::tests
