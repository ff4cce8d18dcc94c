// Where test data lies: shipped data in the tree, larger reference data beside the checkout.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace tomnext::tests {

/// A file of tests/data. TOMNEXT_SOURCE_DIR comes from CMake.
inline std::string shipped_data(const std::string& path) { return TOMNEXT_SOURCE_DIR "/tests/data/" + path; }

/// A file of the reference data beside the checkout, or nothing: the test then skips, and says so.
inline std::optional<std::string> shared_data(const std::string& path) {
  const char* set = std::getenv("TOMNEXT_SHARED_DATA");
  auto file = (set != nullptr ? std::string(set) : std::string(TOMNEXT_SOURCE_DIR) + "/../shared/data") + "/" + path;
  if (std::filesystem::exists(file)) return file;
  return std::nullopt;
}

}  // namespace tomnext::tests
