#include "persistence/places.hpp"

#include <algorithm>
#include <filesystem>

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

result<fs::path> true_path(const std::string& path) {
  std::error_code bad;
  auto p = fs::weakly_canonical(fs::absolute(path, bad), bad);
  if (bad) return error(errc::file_unreadable, path + ": " + bad.message());
  if (!p.has_filename()) p = p.parent_path();  // a slash at its end
  return p;
}

bool begins_with(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

bool lies_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

result<void> must_be_apart(const std::string& directory, const std::string& target) {
  auto log = true_path(directory);
  if (!log) return log.error();
  auto other = true_path(target);
  if (!other) return other.error();
  if (begins_with(*other, *log) || begins_with(*log, *other))
    return error(errc::invalid_argument, target + ": must lie apart from " + directory + ", and neither may lie in the other");
  return {};
}

}  // namespace tomnext::persistence
