// tomnext log checkpoint: a quick copy of a log that no node writes.
#include <memory>

#include "actors/app/log_copying.hpp"
#include "persistence/checkpoint.hpp"

namespace tomnext::app {
namespace {

struct checkpoint_arguments {
  std::string directory, target;
};

result<exit_code> run(const checkpoint_arguments& a, session& s) {
  auto r = with_progress(s, "log checkpoint", anchored_seq(a.directory),
                         [&](const persistence::keep_going& go_on) { return persistence::checkpoint_log(a.directory, a.target, go_on); });
  if (!r) return r.error();
  if (s.json)
    return printed(s, json_text({{"log", a.target},
                                 {"head", head_json(r->head)},
                                 {"verified", true},
                                 {"files_linked", r->files_linked},
                                 {"files_copied", r->files_copied},
                                 {"bytes_copied", r->bytes_copied}}) +
                          "\n");
  return printed(s, fmt::format("{}: events 1 to {}; {} files linked, {} copied ({} bytes); all read again\n", a.target, grouped(r->head.seq),
                                grouped(r->files_linked), grouped(r->files_copied), grouped(r->bytes_copied)) +
                        head_text(r->head));
}

action add_log_checkpoint(CLI::App& app) {
  auto a = std::make_shared<checkpoint_arguments>();
  app.add_option("DIR", a->directory, "directory of a log that no node writes; beside a running node use `log backup`")->type_name("")->required();
  app.add_option("TARGET", a->target, "directory of the copy, on the same file system for links; must not exist or be empty")->type_name("")->required();
  return [a](session& s) { return run(*a, s); };
}

}  // namespace

command log_checkpoint_command() {
  return {"checkpoint", "copies a log by links, on one file system; no substitute for a backup",
          "tomnext log checkpoint results/log results/log-before-upgrade", add_log_checkpoint};
}

}  // namespace tomnext::app
