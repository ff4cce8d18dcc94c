// tomnext log retain: events that are archived, and that no host will ask for, leave the rows.
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "persistence/anchor.hpp"
#include "persistence/archive.hpp"
#include "persistence/retain.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct retain_arguments {
  std::string directory;
  std::uint64_t from = 0;
  bool dry_run = false;
  std::vector<std::string> exempt;
};

std::string as_json(const persistence::retain_report& r, persistence::retain_mode mode) {
  return json_text({{"dry_run", mode == persistence::retain_mode::dry_run},
                    {"base_before", r.base_before},
                    {"base", r.base},
                    {"head", r.head.seq},
                    {"hosts", r.hosts},
                    {"bytes_before", r.bytes_before},
                    {"bytes", r.bytes}});
}

std::string as_text(const persistence::retain_report& r, persistence::retain_mode mode, const std::string& directory) {
  if (mode == persistence::retain_mode::dry_run)
    return fmt::format("would keep events {} to {} in {}, where {} to {} are now; nothing was changed\n", r.base, r.head.seq, directory, r.base_before,
                       r.head.seq);
  return fmt::format("keeps events {} to {} in {}: {} bytes, before {}\n  what comes before is read from {}\n", r.base, r.head.seq, directory, grouped(r.bytes),
                     grouped(r.bytes_before), persistence::archive_folder(directory));
}

result<exit_code> run(const retain_arguments& a, session& s) {
  persistence::retain_options options;
  options.from_seq = a.from;
  options.mode = a.dry_run ? persistence::retain_mode::dry_run : persistence::retain_mode::apply;
  options.exempt_hosts.insert(a.exempt.begin(), a.exempt.end());
  interrupts asked;
  auto report = [&] {
    const auto anchored = persistence::anchor::read(persistence::anchor_file(a.directory));
    progress_line progress(s.err, "log retain", "events checked", anchored ? anchored->seq : 0);
    return persistence::retain_log(a.directory, options, [&](std::string_view, std::uint64_t seq) {
      if (seq != 0) progress.show(seq);
      return !asked.requested();
    });
  }();
  if (!report) return report.error();
  s.out << (s.json ? as_json(*report, options.mode) + "\n" : as_text(*report, options.mode, a.directory));
  return exit_code::ok;
}

action add_log_retain(CLI::App& app) {
  auto a = std::make_shared<retain_arguments>();
  app.add_option("DIR", a->directory, "directory of a log that nobody is writing")->type_name("")->required();
  app.add_option("--from", a->from, "the first event that stays; rounded down to the beginning of its group")
      ->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))
      ->type_name("SEQ")
      ->required();
  app.add_flag("--dry-run", a->dry_run, "checks everything, and changes nothing");
  app.add_option("--without-snapshot", a->exempt,
                 "a HOST that needs none: it is gone for good, or may read the archive when it comes back; may be given several times")
      ->type_name("HOST")
      ->allow_extra_args(false);
  return [a](session& s) { return run(*a, s); };
}

}  // namespace

command log_retain_command() {
  return {"retain", "removes events that are archived and that every host has a later snapshot of", "tomnext log retain results/log --from 1000001 --dry-run",
          add_log_retain};
}

}  // namespace tomnext::app
