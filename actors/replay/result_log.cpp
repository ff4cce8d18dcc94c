#include "actors/replay/result_log.hpp"

#include <unistd.h>

#include <filesystem>

#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::replay {

namespace fs = std::filesystem;

result<result_log> result_log::begin(const std::string& directory, persistence::encryption encrypt) {
  auto refuse = [&](const std::string& why) {
    return error(errc::invalid_argument, (directory.empty() ? "log" : directory) + ": " + why + "; name a new directory");
  };
  if (directory.empty()) return refuse("no directory is named");
  if (persistence::log_exists(directory)) return refuse("there is a log already");
  std::error_code bad;
  const fs::path place = fs::absolute(directory, bad).lexically_normal();
  std::string final_name = place.string();
  while (final_name.size() > 1 && final_name.back() == '/') final_name.pop_back();
  if (fs::exists(final_name, bad) && !(fs::is_directory(final_name, bad) && fs::is_empty(final_name, bad))) return refuse("it exists and is not empty");
  const std::string folder = final_name + ".unfinished-" + std::to_string(::getpid());
  fs::remove_all(folder, bad);
  TOMNEXT_TRY(persistence::make_folder(fs::path(final_name).parent_path().string()));
  persistence::rocksdb_options how;
  how.encrypt = encrypt;
  // Whatever comes before finish() is thrown away where it is not reached.
  how.when = persistence::durability::at_sync;
  auto log = persistence::open_log(folder, how);
  if (!log) {
    fs::remove_all(folder, bad);
    return log.error();
  }
  return result_log(final_name, folder, std::move(*log));
}

result_log::~result_log() {
  if (folder_.empty()) return;
  log_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

result<void> result_log::finish() {
  log_.reset();
  TOMNEXT_TRY(persistence::sync_folder(folder_));
  std::error_code bad;
  fs::rename(folder_, directory_, bad);
  if (bad) return error(errc::log_io, folder_ + ": cannot be renamed to " + directory_ + ": " + bad.message());
  folder_.clear();
  return persistence::sync_folder(fs::path(directory_).parent_path().string());
}

}  // namespace tomnext::replay
