#include "persistence/log_export.hpp"

#include <filesystem>

#include "persistence/event_message.hpp"
#include "persistence/json.hpp"
#include "persistence/new_file.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/row_sources.hpp"
#include "persistence/segment.hpp"
#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

error cancelled_at(const std::string& file, std::uint64_t seq) {
  return {errc::cancelled, file + ": cancelled after event " + std::to_string(seq) + "; nothing was written"};
}

error nothing_from(const std::string& directory, std::uint64_t from) {
  return {errc::invalid_argument, directory + ": the log ends before event " + std::to_string(from) + "; there is nothing to export"};
}

/// By the bytes: events that this build does not know, or cannot read, go along.
result<export_report> export_rows(const std::string& directory, const std::string& file, std::uint64_t from, std::uint64_t to, const keep_going& go_on) {
  auto rows = read_durable_rows(directory, from);
  if (!rows) return rows.error();
  auto writer = segment_writer::create(file);
  if (!writer) return writer.error();
  std::uint64_t last = 0;
  while (last == 0 || to == 0 || last < to) {
    auto row = (*rows)->next();
    if (!row) return row.error();
    if (!*row && last == 0) return nothing_from(directory, from);
    if (!*row) break;
    last = (*row)->last_seq;
    TOMNEXT_TRY((*writer)->add(**row));
    if (go_on && !go_on(last)) return cancelled_at(file, last);
  }
  auto info = (*writer)->finish();
  if (!info) return info.error();
  return export_report{info->first_seq, info->last_seq, info->last_seq - info->first_seq + 1, info->file_bytes};
}

std::string encoded(const event& e, export_format format) {
  if (format == export_format::jsonl) return to_json(e) + "\n";
  const auto message = event_message(e);
  char length[10];
  const auto* end = wire::put_varint(length, message.size());
  return std::string(length, static_cast<std::size_t>(end - length)) + message;
}

result<export_report> export_events(const std::string& directory, const std::string& file, export_format format, std::uint64_t from, std::uint64_t to,
                                    const keep_going& go_on) {
  auto log = open_log_for_reading(directory);
  if (!log) return log.error();
  if (from > (*log)->head().seq) return nothing_from(directory, from);
  TOMNEXT_TRY(sync_rows(directory));
  auto scan = (*log)->scan(from);
  if (!scan) return scan.error();
  auto out = new_file::create(file);
  if (!out) return out.error();
  export_report report{from, 0, 0, 0};
  while (report.last_seq == 0 || to == 0 || report.last_seq < to) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (const auto& e : (*g)->events) {
      if (e.head.seq < from || (to != 0 && e.head.seq > to)) continue;
      const auto bytes = encoded(e, format);
      TOMNEXT_TRY(out->write(bytes));
      report.bytes += bytes.size();
      report.last_seq = e.head.seq;
      ++report.events;
    }
    if (go_on && !go_on(report.last_seq)) return cancelled_at(file, report.last_seq);
  }
  TOMNEXT_TRY(out->finish());
  return report;
}

}  // namespace

result<export_report> export_log(const std::string& directory, const std::string& file, export_format format, std::uint64_t from, std::uint64_t to,
                                 const keep_going& go_on) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return error(errc::invalid_argument, file + ": exists already, and nothing is ever overwritten");
  if (from == 0) from = 1;
  if (to != 0 && to < from)
    return error(errc::invalid_argument, "the last event (" + std::to_string(to) + ") lies before the first (" + std::to_string(from) + ")");
  if (format == export_format::segment) return export_rows(directory, file, from, to, go_on);
  return export_events(directory, file, format, from, to, go_on);
}

result<log_head> import_log(const std::vector<std::string>& files, const std::string& directory, const keep_going& go_on) {
  return make_log(directory, *rows_of_segments(files), go_on);
}

}  // namespace tomnext::persistence
