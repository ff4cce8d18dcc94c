// tomnext log restore: a new log of a backup, up to an event or a time.
#include <memory>

#include "actors/app/log_copying.hpp"
#include "persistence/backup.hpp"

namespace tomnext::app {
namespace {

struct restore_arguments {
  std::string target, directory, to_time;
  std::uint64_t to_seq = 0;
};

result<exit_code> run(const restore_arguments& a, session& s) {
  persistence::restore_point point;
  if (a.to_seq != 0) point.seq = a.to_seq;
  if (!a.to_time.empty()) {
    auto at = parse_timestamp(a.to_time);
    if (!at) return error(errc::invalid_argument, "--to-time: " + at.error().message);
    point.at = *at;
  }
  auto head = with_progress(s, "log restore", a.to_seq,
                            [&](const persistence::keep_going& go_on) { return persistence::restore_log(a.target, a.directory, point, go_on); });
  if (!head) return head.error();
  if (s.json) return printed(s, json_text({{"log", a.directory}, {"head", head_json(*head)}, {"verified", true}}) + "\n");
  // Groups are whole or absent, so the end is not always the event that was named.
  const auto asked = point.seq  ? fmt::format(": the last group that ends by event {} ends there", a.to_seq)
                     : point.at ? fmt::format(": the last group that ends by {} ends there", to_string(*point.at))
                                : std::string();
  return printed(s, fmt::format("{}: events 1 to {}{}\n", a.directory, grouped(head->seq), asked) + head_text(*head));
}

action add_log_restore(CLI::App& app) {
  auto a = std::make_shared<restore_arguments>();
  app.add_option("TARGET", a->target, "folder of a backup")->type_name("")->required();
  app.add_option("NEWDIR", a->directory, "directory of the log to make; must not exist or be empty")->type_name("")->required();
  auto* seq = app.add_option("--to-seq", a->to_seq, "up to this SEQ: ends with the last group that ends at or before it")
                  ->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))
                  ->type_name("SEQ");
  app.add_option("--to-time", a->to_time, "up to this TIME (2012-02-01T12:00:00Z): ends with the last group that has no later event")
      ->type_name("TIME")
      ->excludes(seq);
  return [a](session& s) { return run(*a, s); };
}

}  // namespace

command log_restore_command() {
  return {"restore", "makes a new log of a backup, up to an event or a time", "tomnext log restore backups/log results/restored --to-seq 5000",
          add_log_restore};
}

}  // namespace tomnext::app
