// The scrubber: reads an open log again, a piece at a time, so that damage is found while there is still a backup without it.
//
// A pass goes through the rows from the newest downward (checksum, chain, decoding), then through the files from the newest downward: tables against the
// checksums of the manifest, write-ahead logs and manifests record by record, contents, snapshots, the anchor. Rows that come meanwhile go first; one step in
// four still belongs to what is older, so that a busy writer does not keep it from being read at all.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"
#include "persistence/scrub_progress.hpp"
#include "persistence/wall_time.hpp"

namespace tomnext::persistence {

/// Where a scrubber begins.
enum class scrub_start : std::uint8_t {
  where_stopped,  ///< where an earlier one stopped, if it was of this copy of the log and had found nothing
  anew,           ///< with a new pass: whatever it says is of now
};

struct scrub_options {
  scrub_start start = scrub_start::where_stopped;
  // The progress is written when either is over, and at the end of a pass: a crash costs no more than that to read again.
  std::chrono::nanoseconds save_interval = std::chrono::seconds(10);
  std::uint64_t save_bytes = 64u << 20;
};

struct scrub_damage {
  scrub_part part = scrub_part::rows;
  error what;                ///< with the place and what is wrong
  std::string file;          ///< empty where it is a row, unless the table is known in which it lies
  std::uint64_t offset = 0;  ///< in the file: at or before the damage
  std::uint64_t event = 0;   ///< one of the group that is damaged, or of those that are missing; 0: it is a file
};

/// What is wrong and what is to be done about it, as one sentence for an operator.
std::string sentence_of(const scrub_damage& d);
std::string_view name_of(scrub_part part);

struct scrub_step {
  std::uint64_t bytes = 0;     ///< read: what a throttle goes by
  bool pass_complete = false;  ///< the next step begins a new pass
  std::optional<scrub_damage> damage;
  std::string progress_unsaved;  ///< why the progress could not be written (a full disk, say); empty: it was, or was not due
};

class scrubber {
 public:
  /// Goes on where an earlier one stopped, where its progress is of this copy and of this log's history; else begins anew. `directory`: where `log` lies.
  /// errc::invalid_argument where the log is not one on disk.
  static result<scrubber> open(std::string directory, const event_log& log, scrub_options options = {});

  /// Checks the next piece, of about `bytes_max` bytes: at least one group or block; a content, a snapshot is one piece however large.
  /// Damage is no error of the step: the pass goes on behind it, with the next file, or where it is a row with the tables, which hold the rows that are left
  /// unread. The next pass meets it again. An error: the log is of a newer build, or cannot be read at all; the next step tries again.
  /// `log` may be another opening of the same log than before. Beside a writer of this process: from any thread, one at a time.
  result<scrub_step> step(const event_log& log, std::uint64_t bytes_max);
  /// Writes the progress now.
  result<void> save();
  [[nodiscard]] const scrub_progress& progress() const { return progress_; }
  /// Events of this pass's rows that are proven so far.
  [[nodiscard]] std::uint64_t events_proven() const;

 private:
  scrubber(std::string directory, scrub_options options, scrub_progress p);
  /// What was read; the error is damage, or a failure.
  using piece = result<std::uint64_t>;
  void pass_over_damage();
  piece next_piece(const event_log& log, std::uint64_t bytes_max);
  piece rows_down(const event_log& log, scrub_range& range, std::uint64_t floor, std::uint64_t bytes_max);
  piece newest_rows(const event_log& log, std::uint64_t bytes_max);
  piece older_rows(const event_log& log, std::uint64_t bytes_max);
  piece next_of_files(const event_log& log, std::uint64_t bytes_max);
  piece check_file(const event_log& log, const std::string& path, std::uint64_t bytes_max);
  piece check_table(const event_log& log, const std::string& path, std::uint64_t bytes_max);
  piece check_anchor(const event_log& log);
  result<bool> still_listed(const event_log& log, const std::string& path) const;
  result<std::vector<std::string>> files_of_part(const event_log& log) const;
  void next_part();
  void finish_pass();
  void save_when_due(scrub_step& done);

  std::string directory_;
  scrub_options options_;
  scrub_progress progress_;
  scrub_damage place_;  // of what is being read
  bool in_newest_ = false;
  std::uint64_t steps_ = 0;
  std::uint64_t unsaved_bytes_ = 0;
  std::chrono::steady_clock::time_point saved_;
  bool pass_complete_ = false;
  std::string buffer_;
};

}  // namespace tomnext::persistence
