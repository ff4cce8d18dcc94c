// Taking a backup.
#include "persistence/backup.hpp"

#include <filesystem>
#include <set>

#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/places.hpp"
#include "persistence/segment.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

std::string unfinished_mark(const std::string& target) { return target + "/unfinished"; }

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Nothing is written into a folder that is something else.
result<void> must_be_backup_or_free(const std::string& target) {
  if (!is_there(target) || is_there(manifest_file(target)) || is_there(unfinished_mark(target))) return {};
  std::error_code bad;
  bool free = fs::is_directory(target, bad);
  // A first backup that was killed before it could say so leaves its lock, and perhaps half a mark.
  for (auto it = fs::directory_iterator(target, bad); free && !bad && it != fs::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    free = it->is_regular_file(bad) && ((name == lock_file_name && it->file_size(bad) == 0) || is_temporary_of(name, "unfinished"));
  }
  if (free && !bad) return {};
  return error(errc::invalid_argument, target + ": is neither a backup nor an empty folder; name a new folder, or one that holds a backup of this log");
}

/// What the backup ends with is what the log goes on from. `first`: the log's row behind it, if there is one.
result<void> check_history(const std::string& directory, const std::string& target, const log_head& head, const std::optional<stored_row>& first) {
  if (head.seq == 0) return first ? result<void>{} : error(errc::invalid_argument, directory + ": the log has no events yet; there is nothing to back up");
  const auto other = [&](const std::string& why) {
    return error(errc::log_corrupt, target + ": is the backup of another history: " + why + ". Name another folder for this log");
  };
  if (first) {
    if (first->first_seq == head.seq + 1 && first->previous == head.chain_hash) return {};
    return other("it ends with event " + std::to_string(head.seq) + " and hash " + to_hex(head.chain_hash) + ", and the log does not go on from there");
  }
  auto last = read_rows(directory, head.seq);
  if (!last) return last.error();
  auto row = (*last)->next();
  if (!row) return row.error();
  if (!*row) return other("it ends with event " + std::to_string(head.seq) + ", and the log ends before that");
  if ((*row)->last_seq != head.seq || (*row)->chained != head.chain_hash) return other("event " + std::to_string(head.seq) + " has another hash in the log");
  return {};
}

class backup_run {
 public:
  backup_run(const std::string& directory, const std::string& target, const backup_options& options, const keep_going& go_on)
      : directory_(directory), target_(target), options_(options), go_on_(go_on) {}

  result<backup_report> run() {
    TOMNEXT_TRY(must_be_apart(directory_, target_));
    TOMNEXT_TRY(must_be_backup_or_free(target_));
    // Whatever is wrong with the log is found before anything is made of it.
    auto probe = read_rows(directory_, UINT64_MAX);
    if (!probe) return probe.error();
    const bool was_there = is_there(target_);
    TOMNEXT_TRY(make_folder(target_));
    auto lock = folder_lock::take(target_);
    if (!lock) return error(lock.error().code, target_ + ": another backup writes here; wait for its end");
    auto done = copy();
    if (!done && !is_there(manifest_file(target_))) remove_unfinished(was_there);
    if (!done) return done.error();
    return report_;
  }

 private:
  result<void> copy() {
    auto found = read_manifest(target_);
    if (!found) return found.error();
    if (*found) {
      manifest_ = std::move(**found);
      TOMNEXT_TRY(must_be_there());
    } else {
      TOMNEXT_TRY(write_durably(unfinished_mark(target_), "a backup of a tomnext log that is not whole yet\n"));
    }
    report_.before = manifest_.head.seq;
    // Rows first, contents then: contents are stored before the event that names them, so those of all rows up to this head are there.
    auto rows = read_durable_rows(directory_, manifest_.head.seq + 1);
    if (!rows) return rows.error();
    auto first = (*rows)->next();
    if (!first) return first.error();
    TOMNEXT_TRY(check_history(directory_, target_, manifest_.head, *first));
    // After the rows were opened: what they are encrypted with was written down before the first of them.
    auto encryption = read_encryption(directory_);
    if (!encryption) return encryption.error();
    manifest_.encryption = std::move(*encryption);
    TOMNEXT_TRY(make_folder(segments_folder(target_)));
    TOMNEXT_TRY(make_folder(target_ + "/content"));
    TOMNEXT_TRY(remove_leftovers());
    TOMNEXT_TRY(copy_contents());
    TOMNEXT_TRY(copy_segments(**rows, *first));
    manifest_.taken_at = options_.now;
    TOMNEXT_TRY(write_manifest(target_, manifest_));
    TOMNEXT_TRY(remove_durably(unfinished_mark(target_)));
    report_.head = manifest_.head;
    report_.segments = manifest_.segments.size();
    report_.contents = manifest_.contents.size();
    for (const auto& s : manifest_.segments) report_.bytes += s.bytes;
    for (const auto& c : manifest_.contents) report_.bytes += c.second;
    return {};
  }

  /// Nothing is added to what has lost a part. Whether each file's bytes are what they were, verify_backup says.
  result<void> must_be_there() {
    for (const auto& s : manifest_.segments) TOMNEXT_TRY(must_have(segment_path(target_, s), s.bytes));
    for (const auto& [name, size] : manifest_.contents) TOMNEXT_TRY(must_have(target_ + "/content/" + name, size));
    return {};
  }

  result<void> must_have(const std::string& path, std::uint64_t size) const {
    std::error_code bad;
    const auto found = fs::file_size(path, bad);
    if (!bad && found == size) return {};
    return error(errc::log_corrupt, path + ": the manifest says that it has " + std::to_string(size) + " bytes, and " +
                                        (bad ? "it cannot be read: " + bad.message() : "it has " + std::to_string(found)) +
                                        "; nothing is added to a damaged backup: bring the file back, or begin a new one in another folder");
  }

  /// Segments that were finished right before a crash, and files that were not. Named anew, they would overlap.
  result<void> remove_leftovers() {
    TOMNEXT_TRY(remove_temporaries(target_));
    TOMNEXT_TRY(remove_temporaries(segments_folder(target_)));
    TOMNEXT_TRY(remove_temporaries(target_ + "/content"));
    std::set<std::string> listed;
    for (const auto& s : manifest_.segments) listed.insert(segment_path(target_, s));
    auto there = segments_in(segments_folder(target_));
    if (!there) return there.error();
    for (const auto& s : *there)
      if (!listed.contains(s.path)) TOMNEXT_TRY(remove_durably(s.path));
    return {};
  }

  result<void> copy_contents() {
    const auto folder = directory_ + "/content";
    if (!is_there(folder)) return {};
    std::error_code bad;
    for (auto it = fs::directory_iterator(folder, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
      const auto name = it->path().filename().string();
      if (name.ends_with(temporary_suffix) || manifest_.contents.contains(name)) continue;
      TOMNEXT_TRY(copy_content(name));
      TOMNEXT_TRY(ask());
    }
    if (bad) return error(errc::file_unreadable, folder + ": " + bad.message());
    return {};
  }

  result<void> copy_content(const std::string& name) {
    auto hash = parse_hash(name);
    if (!hash) return error(errc::log_corrupt, directory_ + "/content/" + name + ": a content file is named by its SHA-256, and this is none");
    auto content = content_store(directory_).stored(*hash);
    if (!content) return content.error();
    const auto path = target_ + "/content/" + name;
    TOMNEXT_TRY(write_durably(path, content->bytes));
    auto written = digest_of(path);
    if (!written) return written.error();
    if (written->sha256 != sha256({content->bytes})) return error(errc::log_io, path + ": what was written is not what is read");
    manifest_.contents.emplace(name, written->bytes);
    ++report_.contents_new;
    report_.bytes_new += written->bytes;
    return {};
  }

  result<void> copy_segments(row_source& rows, std::optional<stored_row> row) {
    while (row) {
      auto writer = segment_writer::create_in(segments_folder(target_));
      if (!writer) return writer.error();
      while (row && (*writer)->row_bytes() < options_.segment_bytes) {
        TOMNEXT_TRY((*writer)->add(*row));
        TOMNEXT_TRY(ask(row->last_seq));
        auto next = rows.next();
        if (!next) return next.error();
        row = *next;
      }
      TOMNEXT_TRY(finish(**writer));
      TOMNEXT_TRY(ask());
    }
    return {};
  }

  result<void> finish(segment_writer& writer) {
    auto written = writer.finish();
    if (!written) return written.error();
    auto read = verify_segment(writer.path());
    if (!read) return read.error();
    if (*read != *written) return error(errc::log_io, writer.path() + ": what was written is not what is read");
    auto digest = digest_of(writer.path());
    if (!digest) return digest.error();
    manifest_.segments.push_back({written->first_seq, written->last_seq, digest->bytes, digest->sha256, written->chained});
    manifest_.head = {written->last_seq, written->last_epoch, written->chained};
    manifest_.taken_at = options_.now;
    ++report_.segments_new;
    report_.bytes_new += digest->bytes;
    return write_manifest(target_, manifest_);
  }

  result<void> ask(std::uint64_t seq = 0) {
    if (!go_on_ || go_on_(std::max(seq, manifest_.head.seq))) return {};
    const auto kept = manifest_.head.seq;
    return error(errc::cancelled,
                 target_ + (kept == 0 ? ": cancelled; no backup was made" : ": cancelled; the backup holds events up to " + std::to_string(kept)));
  }

  /// A first backup that came to nothing leaves nothing. The mark says that all of this is ours, and so does that there was no such folder.
  void remove_unfinished(bool was_there) {
    if (was_there && !is_there(unfinished_mark(target_))) return;
    for (const auto* name : {"segments", "content"}) (void)remove_tree(target_ + "/" + name);
    for (const auto* name : {"lock", "unfinished"}) (void)remove_durably(target_ + "/" + name);
    (void)remove_temporaries(target_);
    if (!was_there) (void)calls().rmdir(target_.c_str());
  }

  const std::string& directory_;
  const std::string& target_;
  const backup_options& options_;
  const keep_going& go_on_;
  backup_manifest manifest_;
  backup_report report_;
};

}  // namespace

result<backup_report> backup_log(const std::string& directory, const std::string& target, const backup_options& options, const keep_going& go_on) {
  return backup_run(directory, target, options, go_on).run();
}

result<void> check_backup_of(const std::string& directory, const std::string& target) {
  auto m = read_manifest(target);
  if (!m) return m.error();
  if (!*m) return error(errc::file_unreadable, target + ": there is no backup here (no manifest.json)");
  auto rows = read_rows(directory, (*m)->head.seq + 1);
  if (!rows) return rows.error();
  auto first = (*rows)->next();
  if (!first) return first.error();
  return check_history(directory, target, (*m)->head, *first);
}

}  // namespace tomnext::persistence
