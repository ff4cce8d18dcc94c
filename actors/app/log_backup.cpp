// tomnext log backup: takes a backup beside a running node, adds to one, or checks one.
#include <memory>

#include "actors/app/log_copying.hpp"
#include "actors/runtime/clock.hpp"
#include "persistence/backup.hpp"

namespace tomnext::app {
namespace {

struct backup_arguments {
  std::vector<std::string> paths;
  bool verify_only = false;
};

std::string as_json(const persistence::backup_report& r, const std::string& target, bool verified) {
  nlohmann::ordered_json j{{"target", target}, {"head", head_json(r.head)}, {"segments", r.segments}, {"contents", r.contents}, {"bytes", r.bytes}};
  j[verified ? "verified" : "new_files_verified"] = true;
  if (!verified) {
    j["events_new"] = r.head.seq - r.before;
    j["segments_new"] = r.segments_new;
    j["contents_new"] = r.contents_new;
    j["bytes_new"] = r.bytes_new;
  }
  return json_text(j) + "\n";
}

std::string as_text(const persistence::backup_report& r, const std::string& target, bool verified) {
  auto out = fmt::format("{}: {} events in {} segments, {} contents, {} bytes\n", target, grouped(r.head.seq), grouped(r.segments), grouped(r.contents),
                         grouped(r.bytes));
  if (verified) out += "  valid: every file, every checksum, and the chain from event 1 on\n";
  else
    out += fmt::format("  new   {} events, {} segments, {} contents, {} bytes; the new ones read again; `--verify-only` reads all\n",
                       grouped(r.head.seq - r.before), grouped(r.segments_new), grouped(r.contents_new), grouped(r.bytes_new));
  return out + head_text(r.head);
}

result<persistence::backup_report> verify(const backup_arguments& a, session& s) {
  const auto& target = a.paths.back();
  auto report = with_progress(s, "log backup", 0, [&](const persistence::keep_going& go_on) { return persistence::verify_backup(target, go_on); });
  if (report && a.paths.size() == 2) TOMNEXT_TRY(persistence::check_backup_of(a.paths.front(), target));
  return report;
}

result<persistence::backup_report> take(const backup_arguments& a, session& s) {
  if (a.paths.size() != 2)
    return error(errc::invalid_argument, "a backup takes the directory of a log and the folder of the backup; only with --verify-only the latter alone");
  return with_progress(s, "log backup", anchored_seq(a.paths.front()), [&](const persistence::keep_going& go_on) {
    return persistence::backup_log(a.paths.front(), a.paths.back(), {.now = actors::wall_clock().at({})}, go_on);
  });
}

action add_log_backup(CLI::App& app) {
  auto a = std::make_shared<backup_arguments>();
  app.add_option("DIR TARGET", a->paths,
                 "the directory of the log, which a node may be writing, and the folder of the backup: new, or one of the same log, which is added to")
      ->type_name("")
      ->required()
      ->expected(1, 2);
  app.add_flag("--verify-only", a->verify_only, "checks the backup TARGET entirely and changes nothing; with DIR also that it is a backup of that log");
  return [a](session& s) -> result<exit_code> {
    auto report = a->verify_only ? verify(*a, s) : take(*a, s);
    if (!report) return report.error();
    return printed(s, s.json ? as_json(*report, a->paths.back(), a->verify_only) : as_text(*report, a->paths.back(), a->verify_only));
  };
}

}  // namespace

command log_backup_command() {
  return {"backup", "backs up a log, beside a running node too; each backup adds what is new", "tomnext log backup results/log backups/log", add_log_backup};
}

}  // namespace tomnext::app
