#include "persistence/stored_rows.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

/// `a/log/` and `a/log` are one place; the temporary folder lies beside it, not in it.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

result<void> must_be_free(const std::string& directory) {
  std::error_code bad;
  const auto status = fs::symlink_status(directory, bad);
  if (status.type() == fs::file_type::not_found) return {};
  if (status.type() != fs::file_type::directory)
    return error(errc::invalid_argument, directory + ": exists and is no folder; a new log needs a name that is free, or an empty folder");
  const bool empty = fs::is_empty(directory, bad);
  if (bad) return error(errc::file_unreadable, directory + ": " + bad.message());
  if (!empty) return error(errc::invalid_argument, directory + ": is not empty, and nothing is ever overwritten; name a new folder");
  return {};
}

/// What a process that died has left beside the target. One that is being made right now is locked, and left alone.
result<void> remove_abandoned(const std::string& directory) {
  const auto path = fs::path(directory);
  const auto above = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto prefix = path.filename().string() + ".";
  std::vector<std::string> found;
  std::error_code bad;
  for (auto it = fs::directory_iterator(above, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(temporary_suffix) && it->is_directory(bad)) found.push_back(it->path().string());
  }
  if (bad) return error(errc::log_io, above.string() + ": " + bad.message());
  for (const auto& folder : found) {
    // Only what this file has made: it holds a lock, and as yet nothing else has a name like this.
    if (!fs::exists(folder + "/lock", bad) || folder_lock::held(folder)) continue;
    fs::remove_all(folder, bad);
    if (bad) return error(errc::log_io, folder + ": cannot be removed: " + bad.message());
  }
  return {};
}

/// A folder beside the target that is removed again unless it becomes the target.
class unfinished_log {
 public:
  explicit unfinished_log(const std::string& target) : target_(target) {
    static std::atomic<std::uint64_t> running{0};
    path_ = target + "." + std::to_string(::getpid()) + "-" + std::to_string(++running) + std::string(temporary_suffix);
  }
  unfinished_log(const unfinished_log&) = delete;
  unfinished_log& operator=(const unfinished_log&) = delete;
  ~unfinished_log() {
    std::error_code ignored;
    if (!finished_) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// A folder replaces an empty folder in one step, and never one that is not empty.
  result<void> rename() {
    if (std::rename(path_.c_str(), target_.c_str()) != 0)
      return error(errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR ? errc::invalid_argument : errc::log_io,
                   target_ + ": the new log cannot be given this name: " + std::strerror(errno));
    finished_ = true;
    const auto above = fs::path(target_).parent_path().string();
    return sync_folder(above.empty() ? "." : above);
  }

 private:
  std::string target_, path_;
  bool finished_ = false;
};

/// Both slots: one that says "nothing yet" would be the older half of a log that was never empty.
result<void> write_anchor(const std::string& directory, const log_head& head) {
  auto a = anchor::create(anchor_file(directory));
  if (!a) return a.error();
  TOMNEXT_TRY(a->store(head));
  return a->store(head);
}

/// What was written is read again before it gets its name: the tables' own checksums, every row's, the chain, the anchor. Events are not decoded.
result<void> check_made(const std::string& directory, const log_head& head, const keep_going& go_on) {
  TOMNEXT_TRY(verify_table_files(directory));
  auto rows = read_rows(directory, 1);
  if (!rows) return rows.error();
  log_head found;
  for (;;) {
    auto row = (*rows)->next();
    if (!row) return row.error();
    if (!*row) break;
    found = {(*row)->last_seq, (*row)->epoch, (*row)->chained};
    if (go_on && !go_on(head.seq)) return error(errc::cancelled, "cancelled while what was written was checked; no log was made");
  }
  if (found == head) return {};
  return error(errc::log_io, directory + ": what was written is not what is read");
}

}  // namespace

result<stored_row> describe_row(std::string_view bytes) {
  if (bytes.size() < 5 || bytes.size() > group_bytes_max) return error(errc::log_corrupt, "the group is damaged: " + std::to_string(bytes.size()) + " bytes");
  std::uint32_t stored = 0;
  const auto body = bytes.substr(0, bytes.size() - 4);
  std::memcpy(&stored, bytes.data() + body.size(), 4);
  if (crc32c(body) != stored) return error(errc::log_corrupt, "the group is damaged: its checksum does not match");
  auto head = decode_group_head(body);
  if (!head) return head.error();
  auto first_at = decode_first_at(body);
  if (!first_at) return first_at.error();
  return stored_row{head->first_seq, head->first_seq + head->count - 1, head->epoch, *first_at, head->previous, chain(head->previous, bytes), bytes};
}

result<log_head> make_log(const std::string& directory, row_source& rows, const keep_going& go_on, const log_completion& complete) {
  const auto target = without_slash(directory);
  TOMNEXT_TRY(must_be_free(target));
  if (const auto above = fs::path(target).parent_path().string(); !above.empty()) TOMNEXT_TRY(make_folder(above));
  TOMNEXT_TRY(remove_abandoned(target));
  unfinished_log made(target);
  TOMNEXT_TRY(make_folder(made.path()));
  auto lock = folder_lock::take(made.path());
  if (!lock) return lock.error();
  auto head = store_rows(made.path(), rows, go_on);
  if (!head) return head.error();
  if (head->seq == 0) return error(errc::invalid_argument, target + ": there are no events to make a log of");
  TOMNEXT_TRY(write_anchor(made.path(), *head));
  TOMNEXT_TRY(check_made(made.path(), *head, go_on));
  if (complete) TOMNEXT_TRY(complete(made.path()));
  TOMNEXT_TRY(write_seal(made.path(), *head, std::nullopt));
  TOMNEXT_TRY(sync_folder(rows_folder(made.path())));
  if (go_on && !go_on(head->seq)) return error(errc::cancelled, target + ": cancelled when all rows were written; no log was made");
  TOMNEXT_TRY(made.rename());
  return *head;
}

}  // namespace tomnext::persistence
