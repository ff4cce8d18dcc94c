#include "persistence/scrubber.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"
#include "persistence/group_outline.hpp"
#include "persistence/record_file.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/rocksdb_tables.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

/// One step in so many belongs to what is older, however fast new rows come.
constexpr std::uint64_t older_share = 4;
/// Less is not worth the opening of a file.
constexpr std::uint64_t step_bytes_min = 4096;

/// A writer overwrites one slot of the anchor at a time, in far less than this.
constexpr auto anchor_pause = std::chrono::milliseconds(50);
constexpr int anchor_looks = 10;

/// Names with numbers that grow in length: a later file is greater.
bool before(const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::uint64_t size_of(const std::string& path) {
  std::error_code bad;
  const auto size = fs::file_size(path, bad);
  return bad ? 0 : size;
}

std::string folder_of(const std::string& directory, scrub_part part) {
  return part == scrub_part::contents ? directory + "/content" : part == scrub_part::snapshots ? directory + "/snapshots" : rows_folder(directory);
}

bool belongs(const std::string& name, scrub_part part) {
  switch (part) {
    case scrub_part::records: return name.ends_with(".log") || name.starts_with("MANIFEST-");
    case scrub_part::contents: return !name.ends_with(temporary_suffix);
    case scrub_part::snapshots: return name.ends_with(".snapshot");
    default: return false;
  }
}

/// What the disk does not give back is as damaged as what it gives back wrong.
bool is_damage(errc code, scrub_part part) {
  if (code == errc::log_corrupt || code == errc::log_gap || code == errc::snapshot_invalid || code == errc::log_io) return true;
  return part != scrub_part::rows && code == errc::file_unreadable;
}

/// The number behind "offset " in a message; nothing where there is none.
std::optional<std::uint64_t> offset_in(const std::string& message) {
  const auto at = message.find("offset ");
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t n = 0;
  for (std::size_t i = at + 7; i < message.size() && message[i] >= '0' && message[i] <= '9'; ++i) n = n * 10 + static_cast<std::uint64_t>(message[i] - '0');
  return n;
}

/// A row that cannot be read lies in a table that RocksDB names: "… in <folder>/000012.sst offset 16434 size …".
void name_table(scrub_damage& d, const std::string& folder) {
  const auto& message = d.what.message;
  const auto begin = message.rfind(folder + "/");
  const auto end = begin == std::string::npos ? begin : message.find(".sst", begin);
  if (end == std::string::npos) return;
  d.file = message.substr(begin, end + 4 - begin);
  d.offset = offset_in(message.substr(end)).value_or(0);
}

/// Begins a pass; what is known of those before it stays.
scrub_progress next_pass(const scrub_progress& p) {
  scrub_progress next;
  next.copy = p.copy;
  next.passes = p.passes;
  next.last_ended = p.last_ended;
  next.last_bytes = p.last_bytes;
  return next;
}

bool of_this_history(const scrub_range& r, const event_log& log) {
  if (r.top.seq == 0) return true;
  if (r.top.seq > log.head().seq || r.top.seq < log.first_seq()) return false;
  // Where it cannot be read, a new pass will meet the place.
  const auto held = log.holds(r.top);
  return held && *held;
}

std::string_view advice_for(scrub_part part) {
  switch (part) {
    case scrub_part::contents: return "restore this file from a backup, or remove it where it does not belong here; the log itself is not affected";
    case scrub_part::snapshots: return "nothing is lost: a node sets it aside and uses an older one, or none";
    case scrub_part::anchor: return "a node that writes the log renews it; until then nothing proves how much the log must hold: compare it with a backup";
    default: return "restore the log from a backup, or repair a copy of it";
  }
}

error missing(std::uint64_t from, std::uint64_t to) { return {errc::log_gap, "events " + std::to_string(from) + " to " + std::to_string(to) + " are missing"}; }

}  // namespace

scrubber::scrubber(std::string directory, scrub_options options, scrub_progress p)
    : directory_(std::move(directory)), options_(options), progress_(std::move(p)), saved_(std::chrono::steady_clock::now()) {}

result<scrubber> scrubber::open(std::string directory, const event_log& log, scrub_options options) {
  if (dynamic_cast<const table_list*>(&log) == nullptr) return error(errc::invalid_argument, directory + ": only a log on disk can be scrubbed");
  const auto copy = copy_identity(directory);
  auto p = read_scrub_progress(directory);
  if (!p || p->copy != copy || !of_this_history(p->older, log) || !of_this_history(p->newest, log)) p = scrub_progress{};
  // What an earlier run has found is to be told by this one too, so it is looked for again.
  if (options.start == scrub_start::anew || p->damaged != 0) p = next_pass(*p);
  p->copy = copy;
  return scrubber(std::move(directory), options, std::move(*p));
}

std::string_view name_of(scrub_part part) {
  static constexpr std::string_view names[] = {"rows", "tables", "records", "contents", "snapshots", "anchor"};
  return names[static_cast<std::size_t>(part)];
}

std::string sentence_of(const scrub_damage& d) {
  auto text = d.what.message;
  if (d.event != 0 && text.find("event") == std::string::npos) text += " (in the group with event " + std::to_string(d.event) + ")";
  return text + "; " + std::string(advice_for(d.part));
}

std::uint64_t scrubber::events_proven() const {
  auto events = [](const scrub_range& r) { return r.top.seq + 1 - std::max<std::uint64_t>(r.from, 1); };
  return (progress_.older.top.seq == 0 ? 0 : events(progress_.older)) + (progress_.newest.top.seq == 0 ? 0 : events(progress_.newest));
}

result<scrub_step> scrubber::step(const event_log& log, std::uint64_t bytes_max) {
  if (progress_.began.ns == 0) progress_.began = wall_time();
  pass_complete_ = in_newest_ = false;
  place_ = {};
  scrub_step done;
  auto read = next_piece(log, std::max(bytes_max, step_bytes_min));
  if (!read && !is_damage(read.error().code, place_.part)) return read.error();
  if (read) done.bytes = *read;
  else {
    place_.what = read.error();
    if (place_.file.empty()) name_table(place_, rows_folder(directory_));
    // What had to be read to find it is not known any more; a caller that goes on is not to go on faster for it.
    done.bytes = bytes_max;
    done.damage = place_;
    ++progress_.damaged;
    pass_over_damage();
  }
  progress_.bytes += done.bytes;
  done.pass_complete = pass_complete_;
  if (pass_complete_) finish_pass();
  save_when_due(done);
  return done;
}

void scrubber::pass_over_damage() {
  auto& p = progress_;
  if (place_.part == scrub_part::anchor) {
    pass_complete_ = true;
  } else if (place_.part != scrub_part::rows && place_.file.empty()) {
    next_part();  // its folder cannot be read
  } else if (place_.part != scrub_part::rows) {
    p.file = name_of(place_.file);
    p.offset = p.crc = 0;
  } else if (in_newest_) {
    // Not proven, and counted as damaged: what comes from here on is read by itself.
    p.older.top = p.newest.top;
    p.newest = {};
  } else {
    next_part();
  }
}

scrubber::piece scrubber::next_piece(const event_log& log, std::uint64_t bytes_max) {
  const auto head = log.head();
  auto& p = progress_;
  if (p.part == scrub_part::rows && p.older.top.seq == 0 && head.seq > 0) p.older = {head, head.seq + 1};
  if (p.newest.top.seq == 0 && head.seq > p.older.top.seq && p.older.top.seq != 0) p.newest = {head, head.seq + 1};
  const bool turn_of_older = ++steps_ % older_share == 0;
  in_newest_ = p.newest.top.seq != 0 && !turn_of_older;
  if (in_newest_) return newest_rows(log, bytes_max);
  place_.part = p.part;
  return p.part == scrub_part::rows ? older_rows(log, bytes_max) : next_of_files(log, bytes_max);
}

scrubber::piece scrubber::rows_down(const event_log& log, scrub_range& range, std::uint64_t floor, std::uint64_t bytes_max) {
  std::uint64_t read = 0;
  // Decoded, where there is a key for it.
  auto checked = [&](const stored_row& row) -> result<void> {
    read += row.bytes.size();
    auto g = check_as_far_as_possible(row.bytes);
    return g ? result<void>{} : g.error().within(directory_ + ": group at event " + std::to_string(row.first_seq));
  };
  const bool begins = range.from > range.top.seq;
  place_.event = begins ? range.top.seq : range.from;
  auto walk = dynamic_cast<const table_list&>(log).rows_down(place_.event);
  if (!walk) return walk.error();
  if (begins) {
    auto held = log.holds(range.top);
    if (!held) return held.error();
    if (!*held)
      return error(errc::log_corrupt, directory_ + ": the hash chain up to event " + std::to_string(range.top.seq) + " is not what the writer made it");
  } else {
    // The group that was proven last is read again: what it names as its predecessor's hash holds the next one.
    auto row = (*walk)->next();
    if (!row) return row.error();
    if (!*row || (*row)->first_seq != range.from)
      return error(errc::log_corrupt, directory_ + ": the group at event " + std::to_string(range.from) + ", which was there before, is not any more");
    TOMNEXT_TRY(checked(**row));
  }
  do {
    place_.event = range.from - 1;
    auto row = (*walk)->next();
    if (!row) return row.error();
    if (!*row) return missing(floor, range.from - 1).within(directory_);
    // Damage in it is told of this event, and leaves the range where it is.
    TOMNEXT_TRY(checked(**row));
    range.from = (*row)->first_seq;
  } while (range.from > floor && read < bytes_max);
  return read;
}

scrubber::piece scrubber::newest_rows(const event_log& log, std::uint64_t bytes_max) {
  auto& p = progress_;
  const auto floor = std::max(p.older.top.seq + 1, log.first_seq());
  if (p.newest.from > floor) return rows_down(log, p.newest, floor, bytes_max);
  // One group more, which the pass began with: its hash is named by the first that came later.
  std::uint64_t read = 0;
  if (p.older.top.seq >= log.first_seq()) {
    auto bridge = p.newest;
    auto linked = rows_down(log, bridge, bridge.from - 1, 1);
    if (!linked) return linked.error();
    read = *linked;
  }
  p.older.top = p.newest.top;
  p.newest = {};
  return read;
}

scrubber::piece scrubber::older_rows(const event_log& log, std::uint64_t bytes_max) {
  const auto floor = log.first_seq();
  piece read = std::uint64_t{0};
  if (progress_.older.top.seq != 0 && progress_.older.from > floor) read = rows_down(log, progress_.older, floor, bytes_max);
  if (read && progress_.older.from <= floor) next_part();
  return read;
}

void scrubber::next_part() {
  progress_.part = static_cast<scrub_part>(static_cast<int>(progress_.part) + 1);
  progress_.file.clear();
  progress_.offset = 0;
  progress_.crc = 0;
}

void scrubber::finish_pass() {
  ++progress_.passes;
  progress_.last_ended = wall_time();
  progress_.last_bytes = progress_.bytes;
  progress_ = next_pass(progress_);
}

result<std::vector<std::string>> scrubber::files_of_part(const event_log& log) const {
  std::vector<std::string> names;
  if (progress_.part == scrub_part::tables) {
    const auto* list = dynamic_cast<const table_list*>(&log);
    if (list == nullptr) return error(errc::invalid_argument, directory_ + ": only a log on disk can be scrubbed");
    auto tables = list->tables();
    if (!tables) return tables.error();
    for (const auto& t : *tables) names.push_back(name_of(t.path));
  } else if (const auto folder = folder_of(directory_, progress_.part); exists(folder)) {
    std::error_code bad;
    for (auto it = fs::directory_iterator(folder, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
      const auto name = it->path().filename().string();
      if (belongs(name, progress_.part)) names.push_back(name);
    }
    if (bad) return error(errc::log_io, folder + ": " + bad.message());
  }
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return before(b, a); });
  return names;
}

scrubber::piece scrubber::next_of_files(const event_log& log, std::uint64_t bytes_max) {
  auto& p = progress_;
  if (p.part == scrub_part::anchor) return check_anchor(log);
  auto names = files_of_part(log);
  if (!names) return names.error();
  auto next = std::find_if(names->begin(), names->end(), [&](const std::string& name) {
    if (p.file.empty() || before(name, p.file)) return true;
    return name == p.file && p.offset > 0;
  });
  if (next == names->end()) {
    next_part();
    return std::uint64_t{0};
  }
  if (*next != p.file) p.offset = p.crc = 0;
  const auto path = folder_of(directory_, p.part) + "/" + *next;
  place_.file = path;
  place_.offset = p.offset;
  auto read = check_file(log, path, bytes_max);
  if (!read && read.error().code == errc::file_unreadable && !exists(path)) {
    // Gone while it was read: replaced by its writer, who also knows that it is.
    p.offset = 0;
    read = std::uint64_t{0};
  }
  if (read) p.file = *next;
  else if (const auto at = offset_in(read.error().message)) place_.offset = *at;
  return read;
}

scrubber::piece scrubber::check_file(const event_log& log, const std::string& path, std::uint64_t bytes_max) {
  auto& p = progress_;
  if (p.part == scrub_part::tables) return check_table(log, path, bytes_max);
  if (p.part == scrub_part::records) {
    auto piece = check_record_piece(path, p.offset, bytes_max);
    if (!piece) return piece.error();
    p.offset = piece->at_end ? 0 : piece->next;
    return piece->bytes;
  }
  p.offset = 0;
  if (p.part == scrub_part::snapshots) {
    const auto bytes = size_of(path);
    TOMNEXT_TRY(snapshot_store::verify_file(path));
    return bytes;
  }
  const auto h = parse_hash(name_of(path));
  if (!h) return error(errc::log_corrupt, path + ": a content file is named by its SHA-256, and this is none");
  auto content = content_store(directory_).stored(*h);
  if (!content) return content.error();
  return std::uint64_t{content->bytes.size()};
}

scrubber::piece scrubber::check_table(const event_log& log, const std::string& path, std::uint64_t bytes_max) {
  const auto* list = dynamic_cast<const table_list*>(&log);
  auto tables = list->tables();
  if (!tables) return tables.error();
  const auto table = std::find_if(tables->begin(), tables->end(), [&](const table_file& t) { return t.path == path; });
  auto& p = progress_;
  if (table == tables->end()) {  // compacted away since it was listed
    p.offset = 0;
    return std::uint64_t{0};
  }
  if (!exists(path)) {
    auto listed = still_listed(log, path);
    if (!listed) return listed.error();
    if (*listed) return error(errc::log_corrupt, path + ": offset 0: the table is missing");
    p.offset = 0;
    return std::uint64_t{0};
  }
  auto& bytes = buffer_;
  TOMNEXT_TRY(read_part(path, p.offset, static_cast<std::size_t>(bytes_max), read_source::disk, bytes));
  const auto crc = crc32c(bytes, p.crc);
  const auto end = p.offset + bytes.size();
  if (bytes.size() == bytes_max && end < table->bytes) {
    p.crc = crc;
    p.offset = end;
    return bytes_max;
  }
  if (const auto now_bytes = size_of(path); now_bytes != table->bytes || end != table->bytes)
    return error(errc::log_corrupt, path + ": offset " + std::to_string(std::min(now_bytes, table->bytes)) + ": the table has " + std::to_string(now_bytes) +
                                        " bytes, and had " + std::to_string(table->bytes) + " when it was written");
  if (!table->crc || crc != *table->crc) {
    TOMNEXT_TRY(check_table_blocks(path));  // names the block
    if (table->crc)
      return error(errc::log_corrupt,
                   path + ": offset 0 to " + std::to_string(table->bytes) + ": the table's checksum does not match, and each of its blocks' does");
  }
  p.offset = p.crc = 0;
  return std::uint64_t{bytes.size()};
}

// A table goes when it is compacted away, which a list that is older than that does not know: only a list that was made since tells.
result<bool> scrubber::still_listed(const event_log& log, const std::string& path) const {
  const auto* list = dynamic_cast<const table_list*>(&log);
  std::unique_ptr<event_log> fresh;
  if (!list->is_current()) {
    auto opened = open_log_for_reading(directory_);
    if (!opened) return error(errc::log_corrupt, path + ": offset 0: the table is missing, and without it the log cannot be opened: " + opened.error().message);
    fresh = std::move(*opened);
    list = dynamic_cast<const table_list*>(fresh.get());
  }
  auto tables = list->tables();
  if (!tables) return tables.error();
  return std::any_of(tables->begin(), tables->end(), [&](const table_file& t) { return t.path == path; }) && !exists(path);
}

namespace {

/// Both slots, beside a writer that may be overwriting one of them just now.
result<log_head> read_both_slots(const std::string& directory) {
  const auto path = anchor_file(directory);
  constexpr std::size_t anchor_bytes_max = 1u << 20;
  std::string before;
  for (int look = 1;; ++look) {
    const bool written = folder_lock::held(directory);
    auto bytes = read_file(path, anchor_bytes_max);
    if (!bytes) return bytes.error();
    auto both = anchor::verify(path);
    // What nobody writes, or stays as it was, is not being overwritten.
    if (both || both.error().code != errc::log_corrupt || !written || *bytes == before || look == anchor_looks) return both;
    before = std::move(*bytes);
    std::this_thread::sleep_for(anchor_pause);
  }
}

}  // namespace

scrubber::piece scrubber::check_anchor(const event_log& log) {
  place_.file = anchor_file(directory_);
  auto anchored = read_both_slots(directory_);
  if (!anchored) {
    place_.offset = offset_in(anchored.error().message).value_or(0);
    return anchored.error();
  }
  // A reader's view of the log may be older than the anchor that its writer has stored since.
  if (anchored->seq <= log.head().seq) {
    auto held = log.holds(*anchored);
    if (!held) return held.error();
    if (!*held)
      return error(errc::log_corrupt,
                   place_.file + ": offset 0: the log's history is not the anchored one, at or before event " + std::to_string(anchored->seq));
  }
  pass_complete_ = true;
  return std::uint64_t{2 * 4096};
}

result<void> scrubber::save() {
  saved_ = std::chrono::steady_clock::now();
  unsaved_bytes_ = 0;
  return write_scrub_progress(directory_, progress_);
}

void scrubber::save_when_due(scrub_step& done) {
  unsaved_bytes_ += done.bytes;
  const bool due = unsaved_bytes_ >= options_.save_bytes || std::chrono::steady_clock::now() - saved_ >= options_.save_interval;
  if (!done.pass_complete && (!due || unsaved_bytes_ == 0)) return;
  auto written = save();
  if (!written) done.progress_unsaved = written.error().message;
}

}  // namespace tomnext::persistence
