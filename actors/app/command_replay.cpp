// tomnext replay: what a recorded log decided, decided again: as it was, or with other settings.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/replay_rerun.hpp"
#include "actors/app/replay_verify.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct replay_options {
  std::string directory;
  bool verify = false;
  std::string with;
  verify_options compare;
  rerun_command_options again;
  std::uint64_t fork_at = 0;
};

result<void> check(const replay_options& o, bool forks) {
  const auto refuse = [](const char* why) { return error(errc::invalid_argument, why); };
  const auto& c = o.compare.configuration;
  if (o.verify) return {};
  if (!c.file.empty()) return refuse("a CONFIG after DIR is what --verify compares with; --with CONFIG runs the log under another one");
  if (forks && !o.with.empty()) return refuse("--fork-at goes on with the recorded configuration: change it by --set path=value, not by --with");
  if (!forks && o.with.empty() && c.settings.empty())
    return refuse(
        "what to do with the log? --verify runs every decision again and compares it with the recorded one; --with CONFIG or --set path=value tells "
        "what other settings would have decided; --fork-at SEQ goes on from a past moment");
  return {};
}

action add_replay(CLI::App& app) {
  auto o = std::make_shared<replay_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  o->compare.configuration.add(app, false);
  auto* verify_flag = app.add_flag("--verify", o->verify,
                                   "compares every decision; the configuration is the one recorded in the log unless CONFIG is given, or changed by --set");
  app.add_option("--from", o->compare.from_seq, "compares decisions on this input and later ones; what comes before is folded")
      ->check(whole_number(1))
      ->type_name("SEQ")
      ->needs(verify_flag);
  app.add_option("--to", o->compare.to_seq, "reads up to this event (default: the end)")->check(whole_number(1))->type_name("SEQ")->needs(verify_flag);
  auto* with = app.add_option("--with", o->with,
                              "runs the recorded quotes under this configuration (--set alone: under the recorded one, changed) and shows which decisions "
                              "differ, and what both came to")
                   ->type_name("CONFIG")
                   ->excludes(verify_flag);
  auto* fork =
      app.add_option("--fork-at", o->fork_at, "goes on from this event with the settings changed by --set; within a reaction: from the last event before it")
          ->check(whole_number(1))
          ->type_name("SEQ")
          ->excludes(verify_flag)
          ->excludes(with);
  auto* into = app.add_option("--into", o->again.into, "keeps the run as a log in this directory, which must not hold anything yet")
                   ->type_name("NEWDIR")
                   ->excludes(verify_flag);
  app.add_flag("--encrypt", o->again.encrypt, "that log is written encrypted; it is in any case where DIR is")->needs(into);
  app.add_option("--show", o->again.shown, "differing decisions that are printed as text, at most 1000")
      ->type_name("N")
      ->check(whole_number(0, 1'000))
      ->capture_default_str();
  return [o, fork](session& s) -> result<exit_code> {
    const bool forks = fork->count() != 0;
    TOMNEXT_TRY(check(*o, forks));
    auto log = persistence::open_log_for_reading(o->directory);
    if (!log) return log.error();
    if (o->verify) return verify(**log, o->directory, o->compare, s);
    auto how = o->again;
    how.configuration = {o->with, o->compare.configuration.settings};
    if (forks) how.at_seq = o->fork_at;
    return rerun(**log, o->directory, how, s);
  };
}

}  // namespace

command replay_command() {
  return {"replay", "decides everything in a recorded log again: as it was (--verify), with other settings (--with), or from a past moment on (--fork-at)",
          "tomnext replay results/log --fork-at 40000 --set strategies.cross.fast=12 --into results/fork", add_replay};
}

}  // namespace tomnext::app
