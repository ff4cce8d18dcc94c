#include "persistence/new_log.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "persistence/anchor.hpp"
#include "persistence/base.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/row_check.hpp"
#include "persistence/seal.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

/// `a/log/` and `a/log` are one place; the temporary folder lies beside it, not in it.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string folder_above(const std::string& path) {
  const auto above = fs::path(path).parent_path().string();
  return above.empty() ? "." : above;
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
result<void> remove_abandoned_folders(const std::string& target) {
  std::vector<std::string> found;
  std::error_code bad;
  for (auto it = fs::directory_iterator(folder_above(target), bad); !bad && it != fs::directory_iterator(); it.increment(bad))
    if (is_temporary_of(it->path().filename().string(), fs::path(target).filename().string())) found.push_back(it->path().string());
  if (bad) return error(errc::log_io, folder_above(target) + ": " + bad.message());
  for (const auto& folder : found) {
    if (folder_lock::held(folder)) continue;
    // Without a lock it is not ours, unless nothing came after its name.
    if (!fs::exists(folder + "/" + std::string(lock_file_name), bad)) {
      (void)calls().rmdir(folder.c_str());
      continue;
    }
    TOMNEXT_TRY(remove_tree(folder));
  }
  return {};
}

/// Both slots: one that says "nothing yet" would be the older half of a log that was never empty.
result<void> write_anchor(const std::string& directory, const log_head& head) {
  auto a = anchor::create(anchor_file(directory));
  if (!a) return a.error();
  TOMNEXT_TRY(a->store(head));
  return a->store(head);
}

/// What was written is read again: the tables' own checksums, every row's, the chain, the anchor. Events are not decoded.
/// The first seq that is encrypted; 0: none is.
result<std::uint64_t> check_made(const std::string& directory, const log_head& head, const keep_going& go_on) {
  TOMNEXT_TRY(check_tables(directory, [&](std::uint64_t) { return !go_on || go_on(head.seq); }));
  // Before its base a log has segments, which were checked when they were made; they may be elsewhere.
  auto base = read_base(directory);
  if (!base) return base.error();
  auto rows = read_rows(directory, base->first_seq);
  if (!rows) return rows.error();
  log_head found;
  std::uint64_t encrypted_from = 0;
  for (;;) {
    auto row = (*rows)->next();
    if (!row) return row.error();
    if (!*row) break;
    if (encrypted_from == 0 && is_encrypted((*row)->bytes)) encrypted_from = (*row)->first_seq;
    found = {(*row)->last_seq, 0, (*row)->chained};
    if (go_on && !go_on(head.seq)) return error(errc::cancelled, "cancelled while what was written was checked; no log was made");
  }
  if (found.seq == head.seq && found.chain_hash == head.chain_hash) return encrypted_from;
  return error(errc::log_io, directory + ": what was written is not what is read");
}

/// A log that is made of encrypted rows alone, as of exported ones, is written encrypted too.
result<void> stay_encrypted(const std::string& directory, std::uint64_t encrypted_from) {
  if (encrypted_from == 0) return {};
  auto e = read_encryption(directory);
  if (!e) return e.error();
  return *e ? result<void>{} : write_encryption(directory, {encrypted_from, {}});
}

}  // namespace

new_log::new_log(const std::string& target) : target_(target), path_(temporary_name(target)) {}

new_log::~new_log() {
  // What cannot be removed now is removed by the next attempt.
  if (!published_) (void)remove_tree(path_);
}

result<std::unique_ptr<new_log>> new_log::begin(const std::string& target) {
  const auto name = without_slash(target);
  TOMNEXT_TRY(must_be_free(name));
  TOMNEXT_TRY(make_folder(folder_above(name)));
  TOMNEXT_TRY(remove_abandoned_folders(name));
  auto made = std::unique_ptr<new_log>(new new_log(name));
  TOMNEXT_TRY(make_folder(made->path_));
  auto lock = folder_lock::take(made->path_);
  if (!lock) return lock.error();
  made->lock_.emplace(std::move(*lock));
  // Before anything else is in it: what a power cut leaves must be known for ours.
  TOMNEXT_TRY(sync_folder(made->path_));
  return made;
}

result<void> new_log::complete(const log_head& head, const keep_going& go_on, const log_completion& add) {
  TOMNEXT_TRY(write_anchor(path_, head));
  auto encrypted_from = check_made(path_, head, go_on);
  if (!encrypted_from) return encrypted_from.error();
  if (add) TOMNEXT_TRY(add(path_));
  TOMNEXT_TRY(stay_encrypted(path_, *encrypted_from));
  TOMNEXT_TRY(write_seal(path_, head, std::nullopt));
  TOMNEXT_TRY(sync_folder(rows_folder(path_)));
  if (go_on && !go_on(head.seq)) return error(errc::cancelled, target_ + ": cancelled when all rows were written; no log was made");
  return {};
}

result<void> new_log::publish() {
  if (calls().rename(path_.c_str(), target_.c_str()) != 0)
    return error(errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR ? errc::invalid_argument : errc::log_io,
                 target_ + ": the new log cannot be given this name: " + std::strerror(errno));
  published_ = true;
  return sync_folder(folder_above(target_));
}

}  // namespace tomnext::persistence
