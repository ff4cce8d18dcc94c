#include "persistence/archiver.hpp"

#include "persistence/archive.hpp"
#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {
namespace {

/// The first event that is not archived yet. The segment that ends before it must be this log's, and whole: what comes next is chained to it.
result<std::uint64_t> next_to_archive(const std::string& folder, const event_log& log, std::uint64_t base, const keep_going& go_on) {
  auto all = segments_in(folder);
  if (!all) return all.error();
  // Segments of before the base may be elsewhere: archiving begins at the base where none is here.
  std::uint64_t next = base;
  const segment_file_name* last = nullptr;
  for (const auto& s : *all) {
    if (s.first_seq > next || s.last_seq < next) continue;
    next = s.last_seq + 1;
    last = &s;
  }
  if (last == nullptr) return next;
  // Whoever made it may have been cut off before it was durable, or may have copied it here by hand.
  TOMNEXT_TRY(sync_file(last->path));
  TOMNEXT_TRY(sync_folder(folder));
  auto info = verify_segment(last->path, go_on);
  if (!info) {
    if (info.error().code == errc::cancelled) return info.error();
    return error(info.error().code, info.error().message + "; move this segment away, and archive again");
  }
  auto ours = log.holds({info->last_seq, info->last_epoch, info->chained});
  if (!ours) return ours.error();
  if (!*ours || info->last_seq != last->last_seq)
    return error(errc::log_corrupt, last->path + ": the segment is of another log, or of events that this log has lost; move it away, or check the log");
  return next;
}

class archiving {
 public:
  archiving(std::string folder, const event_log& log, const archive_options& options, const keep_going& go_on)
      : folder_(std::move(folder)), log_(log), options_(options), go_on_(go_on) {}

  result<void> copy(row_source& rows, archive_report& report) {
    for (;;) {
      auto row = rows.next();
      if (!row) return row.error();
      if (!*row || !wanted(**row)) return finish(report);
      if (go_on_ && !go_on_((*row)->last_seq)) return cancelled((*row)->first_seq);
      if (!writer_) {
        auto made = segment_writer::create_in(folder_);
        if (!made) return made.error();
        writer_ = std::move(*made);
      }
      TOMNEXT_TRY(writer_->add(**row));
      if (writer_->row_bytes() >= options_.segment_bytes) TOMNEXT_TRY(finish(report));
    }
  }

 private:
  [[nodiscard]] bool wanted(const stored_row& row) const {
    // What was appended since the log was opened here cannot be held against it.
    return row.last_seq <= log_.head().seq && (!options_.to_seq || row.last_seq <= *options_.to_seq) &&
           (!options_.to_time || row.first_at <= *options_.to_time);
  }

  [[nodiscard]] static error cancelled(std::uint64_t seq) {
    return {errc::cancelled, "cancelled before event " + std::to_string(seq) + "; the segments that were finished stay, and the next call goes on behind them"};
  }

  /// What was written is read back before anybody relies on it.
  result<void> finish(archive_report& report) {
    if (!writer_) return {};
    auto made = writer_->finish();
    const auto path = writer_->path();
    writer_.reset();
    if (!made) return made.error();
    auto checked = check(path, *made);
    if (!checked) {
      if (checked.error().code != errc::cancelled) TOMNEXT_TRY(remove_durably(path));
      return checked.error();
    }
    ++report.segments;
    report.groups += made->groups;
    report.row_bytes += made->row_bytes;
    report.file_bytes += made->file_bytes;
    report.to_seq = made->last_seq;
    return {};
  }

  result<void> check(const std::string& path, const segment_info& made) {
    auto read = verify_segment(path, [this](std::uint64_t seq) { return !go_on_ || go_on_(seq); });
    if (!read) return read.error();
    auto ours = log_.holds({made.last_seq, made.last_epoch, made.chained});
    if (!ours) return ours.error();
    if (!(*read == made) || !*ours) return error(errc::log_corrupt, path + ": offset 0: what was written is not what the log holds");
    return {};
  }

  std::string folder_;
  const event_log& log_;
  const archive_options& options_;
  const keep_going& go_on_;
  std::unique_ptr<segment_writer> writer_;
};

}  // namespace

result<archive_report> archive_log(const std::string& directory, const archive_options& options, const keep_going& go_on) {
  if (options.segment_bytes < segment_bytes_min)
    return error(errc::invalid_argument,
                 "a segment has at least " + std::to_string(segment_bytes_min) + " bytes, not " + std::to_string(options.segment_bytes));
  if (!log_exists(directory)) return error(errc::file_unreadable, directory + ": there is no log here");
  archive_report report;
  report.folder = archive_folder(directory);
  TOMNEXT_TRY(make_folder(report.folder));
  auto alone = folder_lock::take(report.folder);
  if (!alone) return error(alone.error().code, report.folder + ": another process archives into this folder; wait until it has ended");
  TOMNEXT_TRY(remove_temporaries(report.folder));
  auto log = open_log_for_reading(directory);
  if (!log) return log.error();
  auto base = read_base(directory);
  if (!base) return base.error();
  auto next = next_to_archive(report.folder, **log, base->first_seq, go_on);
  if (!next) return next.error();
  report.from_seq = *next;
  report.to_seq = *next - 1;
  if (*next > (*log)->head().seq) return report;
  auto rows = read_durable_rows(directory, *next);
  if (!rows) return rows.error();
  TOMNEXT_TRY(archiving(report.folder, **log, options, go_on).copy(**rows, report));
  return report;
}

}  // namespace tomnext::persistence
