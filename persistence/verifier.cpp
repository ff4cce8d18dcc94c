#include "persistence/verifier.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/places.hpp"
#include "persistence/record_file.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/seal.hpp"
#include "persistence/stored_rows.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;
using progress_call = std::function<bool(std::uint64_t)>;

result<void> check_record_files(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code bad;
  for (auto it = fs::directory_iterator(rows_folder(directory), bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (name.ends_with(".log") || name.starts_with("MANIFEST-")) paths.push_back(it->path().string());
  }
  if (bad) return error(errc::log_corrupt, rows_folder(directory) + ": " + bad.message());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    auto checked = check_record_file(path);
    if (!checked) return checked.error();
  }
  return {};
}

result<void> check_groups(const std::string& directory, const event_log& log, const progress_call& progress, verify_report& report) {
  report.first_seq = log.first_seq();
  auto walk = log.scan(report.first_seq);
  if (!walk) return walk.error();
  for (;;) {
    auto g = (*walk)->next();
    if (!g) return g.error();
    if (!*g) return {};
    ++report.groups;
    report.events += (*g)->events.size();
    if (progress && !progress((*g)->last_seq())) return error(errc::cancelled, directory + ": cancelled after event " + std::to_string((*g)->last_seq()));
  }
}

/// Said before any segment is held against rows that are not where they should be.
result<void> check_beginning(const std::string& directory) {
  auto base = read_base(directory);
  if (!base) return base.error();
  auto rows = read_rows(directory, base->first_seq);
  if (!rows) return rows.error();
  auto first = (*rows)->next();
  if (first || first.error().code != errc::log_gap || base->first_seq != 1) return first ? result<void>{} : first.error();
  return first.error().within("the rows do not begin at event 1, and there is no file '" + std::string(base_file_name) + "' that says that they should not");
}

/// Each as a whole, and at its end by the log's own chain. How segments lead into each other and into the rows is found out by reading all groups.
result<void> check_segments(const std::string& directory, const event_log& log, const progress_call& progress, verify_report& report) {
  auto all = segments_in(archive_folder(directory));
  if (!all) return all.error();
  for (const auto& s : *all) {
    auto info = verify_segment(s.path, [&](std::uint64_t) { return !progress || progress(0); });
    if (!info) return info.error();
    if (info->first_seq != s.first_seq || info->last_seq != s.last_seq) return error(errc::log_corrupt, s.path + ": offset 0: its name and its events differ");
    ++report.segments;
    // Segments that nothing connects with the log are no part of it, so far as can be told.
    if (info->last_seq + 1 < log.first_seq()) continue;
    auto ours = log.holds({info->last_seq, info->last_epoch, info->chained});
    if (!ours) return ours.error();
    if (!*ours)
      return error(errc::log_corrupt,
                   s.path + ": offset 0: the segment ends at event " + std::to_string(info->last_seq) + " with another history than the log's");
  }
  return {};
}

result<void> check_sealed(const std::string& directory, const progress_call& progress, std::optional<seal>& found) {
  auto s = read_seal(directory);
  if (!s) return s.error();
  found = std::move(*s);
  if (!found) return {};
  return check_seal(directory, *found, [&] { return !progress || progress(0); });
}

result<verify_report> check_all(const std::string& directory, const progress_call& progress) {
  verify_report report;
  std::optional<seal> sealed;
  TOMNEXT_TRY(check_sealed(directory, progress, sealed));
  report.sealed = sealed.has_value();
  auto anchored = anchor::verify(anchor_file(directory));
  if (!anchored) return anchored.error();
  TOMNEXT_TRY(check_record_files(directory));
  auto log = open_log_for_reading(directory);
  if (!log) return log.error();
  report.head = (*log)->head();
  if (sealed && (sealed->head.seq != report.head.seq || sealed->head.chain_hash != report.head.chain_hash))
    return error(errc::log_corrupt, directory + ": the log ends at event " + std::to_string(report.head.seq) + ", and ended at " +
                                        std::to_string(sealed->head.seq) + " when it was closed");
  TOMNEXT_TRY(verify_table_files(directory));
  TOMNEXT_TRY(check_beginning(directory));
  TOMNEXT_TRY(check_segments(directory, **log, progress, report));
  TOMNEXT_TRY(check_groups(directory, **log, progress, report));
  TOMNEXT_TRY(content_store(directory).verify());
  TOMNEXT_TRY(snapshot_store(directory).verify());
  auto disk = disk_use(directory);
  if (!disk) return disk.error();
  report.files = disk->files;
  report.bytes = disk->table_bytes + disk->wal_bytes + disk->other_bytes;
  return report;
}

}  // namespace

result<verify_report> verify_log(const std::string& directory, const std::function<bool(std::uint64_t seq)>& progress) {
  if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
  auto report = check_all(directory, progress);
  if (report || report.error().code == errc::cancelled) return report;
  const auto& e = report.error();
  if (e.message.find("last good event") != std::string::npos) return e;
  return error(e.code, e.message + "; last good event " + std::to_string(last_good_event(directory)));
}

}  // namespace tomnext::persistence
