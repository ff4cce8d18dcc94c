#include "persistence/verifier.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/base.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/group_outline.hpp"
#include "persistence/log_keys.hpp"
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

unsigned threads_of(const verify_options& o) { return o.threads != 0 ? o.threads : std::max(std::thread::hardware_concurrency(), 1u); }

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

/// The purpose that a program of this family declared at the log's beginning. Logs that anybody else made (tests, tools) say nothing of contents.
std::optional<log_purpose> declared_purpose(const event_log& log) {
  auto walk = log.scan(log.first_seq());
  auto first = walk ? (*walk)->next() : walk.error();
  if (!first || !*first) return std::nullopt;
  const auto* d = (*first)->events.front().get_if<log_declared>();
  if (d == nullptr || d->description.view().empty()) return std::nullopt;
  return d->purpose;
}

/// What the log was made from is kept beside it: without its configuration or a model it cannot be replayed. A seal knows what was there when the log was
/// closed, and has been held against the files by now: what is missing beside one was never here, as in a log that was imported from exported events.
result<void> check_contents_present(const std::string& directory, const event_log& log, const std::vector<event>& declarations, verify_report& report) {
  const auto purpose = declared_purpose(log);
  if (!purpose || *purpose == log_purpose::market_data) return {};
  for (const auto& e : declarations) {
    const auto* c = e.get_if<configuration_set>();
    const auto* m = e.get_if<model_file_added>();
    const auto h = c != nullptr ? c->content_hash : m != nullptr ? m->content_hash : hash256{};
    if (h == hash256{}) continue;
    const auto path = directory + "/content/" + to_hex(h);
    std::error_code bad;
    if (fs::exists(path, bad)) continue;
    ++report.contents_missing;
    if (!report.sealed)
      return error(errc::log_corrupt,
                   path + ": offset 0: the file is missing; event " + std::to_string(e.head.seq) + " (" + std::string(event_name(e.head.type)) + ") names it");
  }
  return {};
}

/// What lies before the base, where it is here: read as a log's own, with its chain, group by group.
result<std::vector<event>> check_archived(const std::string& directory, std::uint64_t from_seq, const log_base& base, const progress_call& progress,
                                          verify_report& report) {
  std::vector<event> declarations;
  auto rows = archived_rows(archive_folder(directory), base, from_seq, direction::forward);
  if (!rows) return rows.error().within(directory);
  for (;;) {
    auto row = (*rows)->next();
    if (!row) return row.error();
    if (!*row) return declarations;
    auto g = check_as_far_as_possible((*row)->bytes);
    if (!g) return g.error().within(directory + ": archived group at event " + std::to_string((*row)->first_seq));
    if (report.groups == 0) report.first_seq = (*row)->first_seq;
    ++report.groups;
    report.events += (*row)->last_seq - (*row)->first_seq + 1;
    if (g->outline.key_id) ++report.groups_by_key[*g->outline.key_id];
    if (!g->events) ++report.groups_unread;
    else
      for (const auto& e : g->events->events)
        if (e.is<log_declared>() || e.is<configuration_set>() || e.is<model_file_added>()) declarations.push_back(e);
    if (progress && !progress(report.events)) return error(errc::cancelled, directory + ": cancelled after event " + std::to_string((*row)->last_seq));
  }
}

result<void> check_groups(const std::string& directory, const event_log& log, const verify_options& o, const progress_call& progress, verify_report& report) {
  auto base = read_base(directory);
  if (!base) return base.error();
  const auto from = std::max(o.from_seq, log.first_seq());
  std::vector<event> declarations;
  if (from < base->first_seq) {
    auto archived = check_archived(directory, from, *base, progress, report);
    if (!archived) return archived.error();
    declarations = std::move(*archived);
  }
  row_check what{std::max(from, base->first_seq), threads_of(o), o.depth, {}};
  if (from <= base->first_seq) what.previous = base->previous;
  const auto before = report.events;
  auto rows = check_rows(directory, what, [&](std::uint64_t events) { return !progress || progress(before + events); });
  if (!rows) return rows.error();
  if (report.head.seq != rows->head.seq || (report.head.seq != 0 && report.head.chain_hash != rows->head.chain_hash))
    return error(errc::log_corrupt, directory + ": the rows end at event " + std::to_string(rows->head.seq) + ", and the log was opened at " +
                                        std::to_string(report.head.seq) + ": somebody writes it, or they changed while they were read");
  if (report.groups == 0) report.first_seq = rows->first_seq;
  report.groups += rows->groups;
  report.events += rows->events;
  report.group_bytes = rows->bytes;
  for (const auto& [id, groups] : rows->groups_by_key) report.groups_by_key[id] += groups;
  auto encryption = read_encryption(directory);
  if (!encryption) return encryption.error();
  if (!*encryption && !report.groups_by_key.empty())
    return error(errc::log_corrupt, encryption_file(directory) + ": is missing, and groups of the log are encrypted: restore it from a backup");
  report.groups_unread += rows->groups_unread;
  declarations.insert(declarations.end(), rows->declarations.begin(), rows->declarations.end());
  return check_contents_present(directory, log, declarations, report);
}

result<void> check_sealed(const std::string& directory, unsigned threads, const progress_call& progress, std::optional<seal>& found) {
  auto s = read_seal(directory);
  if (!s) return s.error();
  found = std::move(*s);
  if (!found) return {};
  return check_seal(
      directory, *found, [&] { return !progress || progress(0); }, threads);
}

result<void> all_was_read(const std::string& directory, const verify_report& r) {
  if (r.groups_unread + r.contents_unread + r.snapshots_unread == 0) return {};
  return error(errc::log_key, directory + ": checksums and the chain hold; but " + std::to_string(r.groups_unread) + " of " + std::to_string(r.groups) +
                                  " groups, " + std::to_string(r.contents_unread) + " contents and " + std::to_string(r.snapshots_unread) +
                                  " snapshots are encrypted with keys that are not here, and were not read: " + how_keys_are_given() +
                                  ", or be content with that (--without-keys)");
}

result<verify_report> check_all(const std::string& directory, const verify_options& o, const progress_call& progress) {
  verify_report report;
  std::optional<seal> sealed;
  if (o.from_seq <= 1) TOMNEXT_TRY(check_sealed(directory, threads_of(o), progress, sealed));
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
  if (o.from_seq > std::max<std::uint64_t>(report.head.seq, 1))
    return error(errc::invalid_argument, directory + ": the log ends at event " + std::to_string(report.head.seq) + ", there is nothing to verify from " +
                                             std::to_string(o.from_seq) + " on");
  TOMNEXT_TRY(check_beginning(directory));
  if (o.from_seq <= 1) TOMNEXT_TRY(check_segments(directory, **log, progress, report));
  TOMNEXT_TRY(check_groups(directory, **log, o, progress, report));
  auto contents_unread = content_store(directory).verify();
  if (!contents_unread) return contents_unread.error();
  report.contents_unread = *contents_unread;
  auto snapshots_unread = snapshot_store(directory).verify();
  if (!snapshots_unread) return snapshots_unread.error();
  report.snapshots_unread = *snapshots_unread;
  auto disk = disk_use(directory);
  if (!disk) return disk.error();
  report.files = disk->files;
  report.bytes = disk->table_bytes + disk->wal_bytes + disk->other_bytes;
  if (o.missing_keys == without_keys::refused) TOMNEXT_TRY(all_was_read(directory, report));
  return report;
}

}  // namespace

result<verify_report> verify_log(const std::string& directory, const verify_options& options, const std::function<bool(std::uint64_t)>& progress) {
  if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
  auto report = check_all(directory, options, progress);
  if (report || report.error().code == errc::cancelled || report.error().code == errc::invalid_argument || report.error().code == errc::log_key) return report;
  const auto& e = report.error();
  if (e.message.find("last good event") != std::string::npos) return e;
  return error(e.code, e.message + "; last good event " + std::to_string(last_good_event(directory)));
}

}  // namespace tomnext::persistence
