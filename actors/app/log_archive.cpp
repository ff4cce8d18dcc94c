// tomnext log archive: copies what a log holds into segments, beside whoever writes it.
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "persistence/anchor.hpp"
#include "persistence/archiver.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct archive_arguments {
  std::string directory, to_time;
  std::uint64_t to_seq = 0;
  persistence::archive_options options;
};

std::string as_json(const persistence::archive_report& r) {
  return json_text({{"folder", r.folder},
                    {"segments", r.segments},
                    {"groups", r.groups},
                    {"from_seq", r.from_seq},
                    {"archived_to", r.to_seq},
                    {"row_bytes", r.row_bytes},
                    {"file_bytes", r.file_bytes}});
}

std::string as_text(const persistence::archive_report& r) {
  if (r.segments == 0) return fmt::format("nothing to archive: {} holds what was asked for up to event {}\n", r.folder, r.to_seq);
  return fmt::format("archived events {} to {} ({} groups) in {} segments, {} bytes in {}\n", r.from_seq, r.to_seq, grouped(r.groups), grouped(r.segments),
                     grouped(r.file_bytes), r.folder);
}

result<exit_code> run(archive_arguments& a, session& s) {
  if (a.to_seq != 0) a.options.to_seq = a.to_seq;
  if (!a.to_time.empty()) {
    auto t = parse_timestamp(a.to_time);
    if (!t) return error(errc::invalid_argument, t.error().within("--to-time").message);
    a.options.to_time = *t;
  }
  interrupts asked;
  auto report = [&] {
    // Only the total for the bar: what is wrong with a log is the archiver's to say.
    const auto anchored = persistence::anchor::read(persistence::anchor_file(a.directory));
    progress_line progress(s.err, "log archive", "events", anchored ? anchored->seq : 0);
    return persistence::archive_log(a.directory, a.options, [&](std::uint64_t seq) {
      progress.show(seq);
      return !asked.requested();
    });
  }();
  if (!report) return report.error();
  s.out << (s.json ? as_json(*report) + "\n" : as_text(*report));
  return exit_code::ok;
}

action add_log_archive(CLI::App& app) {
  auto a = std::make_shared<archive_arguments>();
  app.add_option("DIR", a->directory,
                 fmt::format("directory of a log; the segments go to DIR/{}, or to the folder that {} names", persistence::archive_folder_name,
                             persistence::archive_variable))
      ->type_name("")
      ->required();
  auto* seq =
      app.add_option("--to", a->to_seq, "up to the last group that ends at or before SEQ")->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))->type_name("SEQ");
  app.add_option("--to-time", a->to_time, "up to the last group that begins at or before TIME (ISO 8601)")->type_name("TIME")->excludes(seq);
  app.add_option("--segment-bytes", a->options.segment_bytes, "a segment is closed when its rows have N bytes, before compression; 64 MiB")
      ->check(CLI::Range(persistence::segment_bytes_min, std::uint64_t{1} << 40))
      ->type_name("N");
  return [a](session& s) { return run(*a, s); };
}

}  // namespace

command log_archive_command() {
  return {"archive", "copies events into archive segments, and checks them; beside a running node too", "tomnext log archive results/log --to 1000000",
          add_log_archive};
}

}  // namespace tomnext::app
