// tomnext log project run, rebuild, park, resume, skip, reset: what changes projections. The log is only read, and may be written meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "actors/app/interrupts.hpp"
#include "actors/app/log_project.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

using persistence::projection;
using persistence::projection_list;
using persistence::projection_runner;
using persistence::projection_state;

struct work_options {
  std::string directory, name, reason;
  std::vector<std::string> names;
  persistence::projection_options fold;
};

/// The log, its projections, and what works on them, for one command.
class workplace {
 public:
  static result<std::unique_ptr<workplace>> open(const work_options& o, session& s) {
    auto log = persistence::open_log_for_reading(o.directory);
    if (!log) return log.error();
    auto store = persistence::open_projections(o.directory);
    if (!store) return store.error();
    return std::unique_ptr<workplace>(new workplace(std::move(*log), std::move(*store), o, s));
  }
  projection_runner& runner() { return runner_; }
  [[nodiscard]] const persistence::event_log& log() const { return *log_; }
  [[nodiscard]] const persistence::projection_store& store() const { return *store_; }

 private:
  workplace(std::unique_ptr<persistence::event_log> log, std::unique_ptr<persistence::projection_store> store, const work_options& o, session& s)
      : log_(std::move(log)),
        store_(std::move(store)),
        runner_(*store_, *log_, o.fold, [&s](const std::string& text) { s.err << "tomnext: " << text << '\n'; }) {}
  std::unique_ptr<persistence::event_log> log_;
  std::unique_ptr<persistence::projection_store> store_;
  projection_runner runner_;
};

result<exit_code> fold(workplace& at, const projection_list& chosen, session& s) {
  interrupts asked;
  auto done = [&] {
    progress_line progress(s.err, "log project", "events", at.log().head().seq);
    return at.runner().run(chosen, [&](std::uint64_t seq) {
      progress.show(seq);
      return !asked.requested();
    });
  }();
  if (!done) return done.error();
  print_statuses(s, *done);
  const bool poisoned = std::any_of(done->begin(), done->end(), [](const auto& p) { return p.state == projection_state::poisoned; });
  return poisoned ? exit_code::service_failed : exit_code::ok;
}

void add_folding(CLI::App& app, work_options& o) {
  app.add_option("DIR", o.directory, "directory of a log")->type_name("")->required();
  app.add_option("--name", o.names, "only this projection; may be given several times")->type_name("NAME")->allow_extra_args(false);
  app.add_option("--attempts", o.fold.attempts_max, "failures at one event until a projection is parked before it (3)")
      ->check(whole_number(1, 1'000))
      ->type_name("N");
  app.add_option("--batch", o.fold.batch_events, "events a commit (8192)")->check(whole_number(1, 1'000'000))->type_name("N");
}

/// What is done to each chosen projection before the log is folded.
using preparation = result<void> (*)(projection_runner& runner, const projection& p);

action folding(CLI::App& app, preparation prepare) {
  auto o = std::make_shared<work_options>();
  add_folding(app, *o);
  return [o, prepare](session& s) -> result<exit_code> {
    auto chosen = projections_named(o->names);
    if (!chosen) return chosen.error();
    auto at = workplace::open(*o, s);
    if (!at) return at.error();
    for (const auto& p : *chosen) TOMNEXT_TRY(prepare((*at)->runner(), *p));
    return fold(**at, *chosen, s);
  };
}

action add_run(CLI::App& app) {
  return folding(app, [](projection_runner&, const projection&) { return result<void>{}; });
}
action add_rebuild(CLI::App& app) {
  return folding(app, [](projection_runner& r, const projection& p) { return r.reset(p); });
}

/// A decision about one projection; what it then is, is printed.
using decision = result<void> (*)(projection_runner& runner, const projection& p, const std::string& reason, session& s);

action decide(CLI::App& app, std::shared_ptr<work_options> o, decision d) {
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("NAME", o->name, "the projection (see `list`)")->type_name("")->required();
  return [o, d](session& s) -> result<exit_code> {
    auto p = projection_named(o->name);
    if (!p) return p.error();
    auto at = workplace::open(*o, s);
    if (!at) return at.error();
    TOMNEXT_TRY(d((*at)->runner(), **p, o->reason, s));
    auto status = persistence::status_of(**p, &(*at)->store(), (*at)->log());
    if (!status) return status.error();
    print_statuses(s, {*status});
    return exit_code::ok;
  };
}

action add_park(CLI::App& app) {
  auto o = std::make_shared<work_options>();
  o->reason = "parked by an operator";
  app.add_option("--reason", o->reason, "why, for those who look at its status")->type_name("TEXT");
  return decide(app, o, [](projection_runner& r, const projection& p, const std::string& reason, session&) { return r.pause(p, reason); });
}

action add_resume(CLI::App& app) {
  return decide(app, std::make_shared<work_options>(), [](projection_runner& r, const projection& p, const std::string&, session&) { return r.resume(p); });
}

action add_skip(CLI::App& app) {
  return decide(app, std::make_shared<work_options>(), [](projection_runner& r, const projection& p, const std::string&, session& s) -> result<void> {
    auto seq = r.skip(p);
    if (!seq) return seq.error();
    s.err << fmt::format("tomnext: {} passes over event {}, and says so until it is reset\n", p.name(), *seq);
    return {};
  });
}

action add_reset(CLI::App& app) {
  return decide(app, std::make_shared<work_options>(), [](projection_runner& r, const projection& p, const std::string&, session&) { return r.reset(p); });
}

}  // namespace

command project_run_command() {
  return {"run", "folds what is new, up to the end of the log; cancelled or killed, the next run goes on from there",
          "tomnext log project run results/log --name event_index", add_run};
}
command project_rebuild_command() {
  return {"rebuild", "forgets the rows and folds the whole log; cancelled, `run` goes on from there",
          "tomnext log project rebuild results/log --name order_blotter", add_rebuild};
}
command project_park_command() {
  return {"park", "keeps a projection where it is until it is resumed", "tomnext log project park results/log order_blotter --reason maintenance", add_park};
}
command project_resume_command() {
  return {"resume", "ends a park; an event that could not be applied is tried again", "tomnext log project resume results/log order_blotter", add_resume};
}
command project_skip_command() {
  return {"skip", "passes over the one event that a projection could not apply, and keeps a record of it", "tomnext log project skip results/log order_blotter",
          add_skip};
}
command project_reset_command() {
  return {"reset", "forgets a projection's rows, its skips, and that it was parked", "tomnext log project reset results/log event_index", add_reset};
}

}  // namespace tomnext::app
