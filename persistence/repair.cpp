#include "persistence/repair.hpp"

#include <algorithm>
#include <filesystem>

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/new_log.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

/// What the log must hold, from the witnesses outside its rows.
struct witnesses {
  std::optional<log_head> anchored, sealed;
  std::string damage;
};

void add(std::string& damage, const std::string& why) { damage += (damage.empty() ? "" : "; ") + why; }

witnesses witnesses_of(const std::string& directory) {
  witnesses w;
  auto anchored = anchor::read(anchor_file(directory));
  if (anchored) w.anchored = *anchored;
  else add(w.damage, anchored.error().message);
  auto sealed = read_seal(directory);
  if (!sealed) add(w.damage, sealed.error().message);
  else if (*sealed) w.sealed = (*sealed)->head;
  // Names the file and the block, where bits differ that no row shows.
  if (sealed && *sealed)
    if (auto held = check_seal(directory, **sealed); !held) add(w.damage, held.error().message);
  return w;
}

/// Watches what passes on its way into the copy.
class watched_rows final : public row_source {
 public:
  watched_rows(row_source& from, const witnesses& w) : from_(from), witnesses_(w) {}
  result<std::optional<stored_row>> next() override {
    auto row = from_.next();
    if (!row || !*row) return row;
    bytes += (*row)->bytes.size();
    for (const auto& [name, witness] : {std::pair("anchor", witnesses_.anchored), std::pair("seal", witnesses_.sealed)}) {
      if (!witness || witness->seq < (*row)->first_seq || witness->seq > (*row)->last_seq) continue;
      if (witness->seq != (*row)->last_seq || witness->chain_hash != (*row)->chained)
        add(damage, "the rows are another history than that of the " + std::string(name) + ": they differ at or before event " + std::to_string(witness->seq));
    }
    return row;
  }
  std::uint64_t bytes = 0;
  std::string damage;

 private:
  row_source& from_;
  const witnesses& witnesses_;
};

class repair_run {
 public:
  repair_run(const std::string& directory, const keep_going& go_on) : directory_(directory), go_on_(go_on) {}

  result<repair_report> into(new_log& made, const std::string& scratch) {
    const auto w = witnesses_of(directory_);
    if (w.anchored || w.sealed) report_.expected_seq = std::max(w.anchored ? w.anchored->seq : 0, w.sealed ? w.sealed->seq : 0);
    auto rows = salvage_rows(directory_, scratch, report_.expected_seq);
    if (!rows) return rows.error();
    watched_rows watched(**rows, w);
    auto head = store_rows(made.path(), watched, go_on_);
    if (!head) return head.error();
    report_.damage = w.damage;
    for (const auto& why : {(*rows)->damage(), watched.damage})
      if (!why.empty()) add(report_.damage, why);
    if (head->seq == 0)
      return error(errc::log_corrupt, directory_ + ": not even the first group can be read" + (report_.damage.empty() ? "" : ": " + report_.damage) +
                                          "; restore the log from a backup");
    report_.behind = (*rows)->behind();
    // What was copied to be read goes before the new log is looked at.
    rows->reset();
    TOMNEXT_TRY(remove_tree(scratch));
    report_.head = *head;
    report_.row_bytes = watched.bytes;
    // The next writer's epoch must be newer than any that was, lost events included.
    if (w.anchored) report_.head.epoch = std::max(report_.head.epoch, w.anchored->epoch);
    TOMNEXT_TRY(made.complete(report_.head, go_on_, [&](const std::string& copy) { return carry_files(copy); }));
    return std::move(report_);
  }

 private:
  result<void> carry_files(const std::string& copy) {
    std::error_code bad;
    for (auto it = fs::recursive_directory_iterator(directory_, bad); !bad && it != fs::recursive_directory_iterator(); it.increment(bad)) {
      if (!it->is_regular_file(bad)) continue;
      const auto size = it->file_size(bad);
      const auto path = it->path().lexically_relative(directory_).generic_string();
      if (!bad) TOMNEXT_TRY(carry(copy, path, size));
    }
    if (bad) return error(errc::file_unreadable, directory_ + ": " + bad.message());
    std::sort(report_.files.begin(), report_.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return {};
  }

  result<void> carry(const std::string& copy, const std::string& path, std::uint64_t size) {
    // The copy has all events in its rows: nothing comes before them.
    if (path == base_file_name || lies_in(path, archive_folder_name)) return {};
    if (path == "anchor" || path == "seal" || lies_in(path, "rows") || path.ends_with(temporary_suffix) || is_beside_log(path)) return {};
    if (lies_in(path, "snapshots")) {
      ++report_.snapshots;
      report_.snapshot_bytes += size;
      return {};
    }
    if (path == encryption_file_name) return carry_encryption(copy, path, size);
    if (!lies_in(path, "content")) {
      report_.files.push_back({path, size, "no part of a log that repair knows"});
      return {};
    }
    const auto hash = parse_hash(path.substr(8));
    const auto content =
        hash ? content_store(directory_).stored(*hash) : result<stored_content>(error(errc::log_corrupt, path + ": is not named by a SHA-256"));
    if (!content) {
      report_.files.push_back({path, size, content.error().message});
      return {};
    }
    ++report_.contents;
    return content_store(copy).put_stored(*hash, content->bytes);
  }

  /// Where it is damaged, the copy is given one that says what its rows say: which keys wrote is then not known until one does again.
  result<void> carry_encryption(const std::string& copy, const std::string& path, std::uint64_t size) {
    auto e = read_encryption(directory_);
    if (e && *e) return write_encryption(copy, **e);
    report_.files.push_back({path, size, e ? "it is gone" : e.error().message});
    return {};
  }

  const std::string& directory_;
  const keep_going& go_on_;
  repair_report report_;
};

/// Held for as long as we read, so that no node begins to write; where there is no such file, none is made.
result<std::optional<folder_lock>> keep_writers_out(const std::string& directory) {
  std::error_code ignored;
  if (!fs::exists(directory + "/" + std::string(lock_file_name), ignored)) return std::optional<folder_lock>{};
  auto lock = folder_lock::take(directory);
  if (lock) return std::optional<folder_lock>(std::move(*lock));
  if (lock.error().code == errc::log_locked)
    return error(errc::log_locked, directory + ": a node writes this log; stop it first: what is being written cannot be told from what is damaged");
  // A disk that can only be read has no writers.
  if (!folder_lock::held(directory)) return std::optional<folder_lock>{};
  return lock.error();
}

}  // namespace

result<repair_report> repair_log(const std::string& directory, const std::string& copy, const keep_going& go_on) {
  TOMNEXT_TRY(must_be_apart(directory, copy));
  std::error_code ignored;
  if (!log_exists(directory) && !fs::exists(rows_folder(directory), ignored)) return error(errc::file_unreadable, directory + ": there is no log here");
  auto lock = keep_writers_out(directory);
  if (!lock) return lock.error();
  auto made = new_log::begin(copy);
  if (!made) return made.error();
  const auto scratch = (*made)->path() + "/scratch";
  auto report = repair_run(directory, go_on).into(**made, scratch);
  if (!report) return report.error();
  TOMNEXT_TRY((*made)->publish());
  return report;
}

}  // namespace tomnext::persistence
