// Checking a backup, and making a log of one.
#include <filesystem>

#include "persistence/backup.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/places.hpp"
#include "persistence/row_sources.hpp"
#include "persistence/segment.hpp"

namespace tomnext::persistence {
namespace {

result<backup_manifest> manifest_of(const std::string& target) {
  auto m = read_manifest(target);
  if (!m) return m.error();
  if (*m && (*m)->segments.empty()) return error(errc::log_corrupt, manifest_file(target) + ": names no segments");
  if (*m) {
    const auto& last = (*m)->segments.back();
    if (last.last_seq != (*m)->head.seq || last.chained != (*m)->head.chain_hash)
      return error(errc::log_corrupt,
                   manifest_file(target) + ": the segments end with event " + std::to_string(last.last_seq) + ", the manifest's head is another");
    return std::move(**m);
  }
  std::error_code ignored;
  const bool begun = std::filesystem::exists(target + "/unfinished", ignored);
  return error(errc::file_unreadable,
               target + (begun ? ": a backup was begun here and is not whole; back up again, and it goes on" : ": there is no backup here (no manifest.json)"));
}

/// As it lies there: an encrypted one is proven by its checksum where there is no key.
result<stored_content> content_of(const std::string& target, const hash256& hash, std::uint64_t size) {
  auto content = content_store(target).stored(hash);
  if (content && content->bytes.size() != size)
    return error(errc::log_corrupt,
                 target + "/content/" + to_hex(hash) + ": has " + std::to_string(content->bytes.size()) + " bytes, the manifest says " + std::to_string(size));
  return content;
}

/// Cheap: what the file says of itself is what the manifest says. Its reader holds it to that.
result<void> check_listed(const std::string& path, const backup_segment& s, const log_head& before) {
  auto info = read_segment_info(path);
  if (!info) return info.error();
  if (info->first_seq != s.first_seq || info->last_seq != s.last_seq || info->chained != s.chained || info->file_bytes != s.bytes)
    return error(errc::log_corrupt, path + ": holds events " + std::to_string(info->first_seq) + " to " + std::to_string(info->last_seq) + " in " +
                                        std::to_string(info->file_bytes) + " bytes, the manifest says another " + std::to_string(s.first_seq) + " to " +
                                        std::to_string(s.last_seq) + " in " + std::to_string(s.bytes));
  if (info->first_seq != before.seq + 1 || info->previous != before.chain_hash)
    return error(errc::log_corrupt, path + ": does not follow event " + std::to_string(before.seq) + " of the segment before it");
  return {};
}

result<void> check_segment(const std::string& path, const backup_segment& s, const log_head& before, const keep_going& go_on) {
  auto digest = digest_of(path);
  if (!digest) return digest.error();
  if (digest->bytes != s.bytes || digest->sha256 != s.sha256)
    return error(errc::log_corrupt, path + ": has " + std::to_string(digest->bytes) + " bytes and SHA-256 " + to_hex(digest->sha256) + ", the manifest says " +
                                        std::to_string(s.bytes) + " and " + to_hex(s.sha256));
  TOMNEXT_TRY(check_listed(path, s, before));
  auto info = verify_segment(path, go_on);
  return info ? result<void>{} : info.error();
}

}  // namespace

result<backup_report> verify_backup(const std::string& target, const keep_going& go_on) {
  auto m = manifest_of(target);
  if (!m) return m.error();
  backup_report report;
  log_head at;
  for (const auto& s : m->segments) {
    TOMNEXT_TRY(check_segment(segment_path(target, s), s, at, go_on));
    at = {s.last_seq, 0, s.chained};
    report.bytes += s.bytes;
  }
  for (const auto& [name, size] : m->contents) {
    auto hash = parse_hash(name);
    if (!hash) return hash.error();
    auto content = content_of(target, *hash, size);
    if (!content) return content.error();
    if (go_on && !go_on(at.seq)) return error(errc::cancelled, target + ": cancelled at content/" + name);
    report.bytes += size;
  }
  report.head = m->head;
  report.before = m->head.seq;
  report.segments = m->segments.size();
  report.contents = m->contents.size();
  return report;
}

result<log_head> restore_log(const std::string& target, const std::string& directory, const restore_point& point, const keep_going& go_on) {
  TOMNEXT_TRY(must_be_apart(target, directory));
  auto m = manifest_of(target);
  if (!m) return m.error();
  if (point.seq && *point.seq > m->head.seq)
    return error(errc::invalid_argument,
                 target + ": the backup ends with event " + std::to_string(m->head.seq) + "; event " + std::to_string(*point.seq) + " is not in it");
  std::vector<std::string> files;
  log_head before;
  for (const auto& s : m->segments) {
    if (point.seq && s.first_seq > *point.seq) break;
    files.push_back(segment_path(target, s));
    // A file of another generation of the backup may be whole in itself, and would end the log early without a word.
    TOMNEXT_TRY(check_listed(files.back(), s, before));
    before = {s.last_seq, 0, s.chained};
  }
  if (files.empty() || (point.seq && *point.seq == 0)) return error(errc::invalid_argument, "events begin at 1; there is nothing to restore up to event 0");
  auto first = read_segment_info(files.front());
  if (!first) return first.error();
  if (point.at && first->first_at > *point.at)
    return error(errc::invalid_argument,
                 target + ": the first event is of " + to_string(first->first_at) + "; there is nothing before " + to_string(*point.at));
  auto rows = rows_of_segments(std::move(files));
  if (point.seq) rows = rows_to_seq(std::move(rows), *point.seq);
  if (point.at) rows = rows_to_time(std::move(rows), *point.at);
  auto head = make_log(directory, *rows, go_on, [&](const std::string& made) -> result<void> {
    const content_store contents(made);
    for (const auto& [name, size] : m->contents) {
      auto hash = parse_hash(name);
      if (!hash) return hash.error();
      auto content = content_of(target, *hash, size);
      if (!content) return content.error();
      TOMNEXT_TRY(contents.put_stored(*hash, content->bytes));
    }
    return m->encryption ? write_encryption(made, *m->encryption) : result<void>{};
  });
  if (!head && head.error().code == errc::invalid_argument && (point.seq || point.at))
    return head.error().within("up to " + (point.seq ? "event " + std::to_string(*point.seq) : to_string(*point.at)));
  return head;
}

}  // namespace tomnext::persistence
