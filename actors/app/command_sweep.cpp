// tomnext sweep: the back-tests of many parameters, and how much of the best is luck.
// raw clock in this file: how long it took is told; no decision reads it.
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/path_name.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "actors/replay/sweep_report.hpp"
#include "persistence/files.hpp"

namespace tomnext::app {
namespace {

struct sweep_command_options {
  config_options configuration;
  std::vector<std::string> grid;
  std::uint64_t random = 0, latin = 0, seed = 1, top = 10;
  unsigned threads = 0;
  std::string out, rank = "sharpe", walk;
  bool resume = false;
};

result<std::vector<replay::sweep_point>> points_of(const sweep_command_options& o, const std::vector<replay::sweep_axis>& axes) {
  if (o.random > 0) return replay::random_points(axes, o.random, o.seed);
  if (o.latin > 0) return replay::latin_points(axes, o.latin, o.seed);
  return replay::grid_points(axes);
}

result<void> keep(const std::string& folder, const replay::sweep_report& r) {
  TOMNEXT_TRY(persistence::write_durably(folder + "/sweep.csv", replay::to_csv(r)));
  TOMNEXT_TRY(persistence::write_durably(folder + "/summary.json", replay::to_json(r) + "\n"));
  const auto map = replay::heat_map_of(r);
  if (map.empty()) return {};
  return persistence::write_durably(folder + "/heat.svg", replay::to_svg(map));
}

result<exit_code> run(const sweep_command_options& o, session& s) {
  const auto began = std::chrono::steady_clock::now();
  auto deployment = o.configuration.load();
  if (!deployment) return deployment.error();
  replay::sweep_plan plan;
  for (const auto& g : o.grid) {
    auto axis = replay::parse_axis(g);
    if (!axis) return axis.error().within("--grid");
    plan.axes.push_back(std::move(*axis));
  }
  // What is wrong with the command line is told before anything is read.
  if (auto targets = replay::targets_of(*deployment, plan.axes); !targets) return targets.error().within("--grid");
  auto points = points_of(o, plan.axes);
  if (!points) return points.error();
  replay::sweep_report report;
  auto by = replay::parse_rank(o.rank);
  if (!by) return by.error().within("--rank");
  report.by = *by;
  report.shown = o.top;
  std::optional<replay::sweep_walk_plan> walk;
  if (!o.walk.empty()) {
    auto w = replay::parse_walk(o.walk);
    if (!w) return w.error().within("--walk-forward");
    walk = *w;
  }
  plan.points = std::move(*points);
  plan.threads = o.threads != 0 ? o.threads : std::max(1u, std::thread::hardware_concurrency());
  plan.folder = o.out;
  plan.resume = o.resume;

  interrupts asked;
  {
    progress_line reading(s.err, "reading", "quotes");
    auto runner = replay::sweep_runner::make(std::move(*deployment), [&](std::uint64_t quotes) {
      reading.show(quotes);
      return !asked.requested();
    });
    if (!runner) return runner.error();
    reading.hide();
    if (walk)
      if (auto possible = replay::check_walk(runner->days().size(), *walk); !possible) return possible.error().within("--walk-forward");
    progress_line progress(s.err, "sweep", "back-tests", plan.points.size());
    auto result = replay::run_sweep(*runner, plan, [&](std::uint64_t done, std::uint64_t) {
      progress.show(done);
      return !asked.requested();
    });
    if (!result) return result.error();
    report.result = std::move(*result);
  }
  const auto& rows = report.result.rows;
  if (std::all_of(rows.begin(), rows.end(), [](const auto& r) { return !r.failure.empty(); })) {
    const std::string why = "every back-test failed; the first: " + rows.front().failure;
    s.err << "tomnext: " << why << '\n';
    if (s.json) s.out << nlohmann::json{{"error", {{"message", why}}}}.dump() << '\n';
    return exit_code::input_data;
  }
  report.luck = replay::luck_of(report.result.rows);
  if (walk) {
    auto w = replay::walk_forward(report.result, *walk);
    if (!w) return w.error();
    report.walk = std::move(*w);
  }
  report.elapsed_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  if (!o.out.empty()) TOMNEXT_TRY(keep(o.out, report));
  s.out << (s.json ? replay::to_json(report) + "\n" : replay::to_table(report));
  return exit_code::ok;
}

action add_sweep(CLI::App& app) {
  auto o = std::make_shared<sweep_command_options>();
  o->configuration.add(app, true);
  app.add_option("--grid", o->grid, "a parameter of a strategy and its values: fast=5..30:5, fast=5,8,13 or strategies.cross.fast=…; once for each")
      ->required()
      ->type_name("NAME=VALUES")
      ->allow_extra_args(false);
  auto* random =
      app.add_option("--random", o->random, "so many combinations at random, instead of all")->type_name("N")->check(whole_number(1, replay::sweep_points_max));
  app.add_option("--latin", o->latin, "so many combinations as a Latin hypercube, instead of all")
      ->type_name("N")
      ->check(whole_number(1, replay::sweep_points_max))
      ->excludes(random);
  app.add_option("--seed", o->seed, "of --random and --latin: the same seed, the same combinations")
      ->type_name("S")
      ->check(whole_number(0))
      ->capture_default_str();
  app.add_option("--out", o->out, "keeps each row as soon as it is there (sweep.jsonl), and at the end sweep.csv, summary.json and heat.svg")
      ->type_name("DIR")
      ->check(path_name());
  app.add_flag("--resume", o->resume, "goes on with the sweep in --out: rows that are there are not run again")->needs("--out");
  app.add_option("--rank", o->rank, std::string("what is best: ") + replay::sweep_rank_names)->type_name("FIGURE")->capture_default_str();
  app.add_option("--top", o->top, "rows to show")->type_name("N")->check(whole_number(1, 1'000))->capture_default_str();
  app.add_option(
         "--walk-forward", o->walk,
         "chooses in training and tells what that earned afterwards; in trading days, w weeks or m months: train=60,test=20[,purge=1][,embargo=1][,anchored]")
      ->type_name("PLAN");
  app.add_option("--threads", o->threads, "back-tests at once; default: one a processor")->type_name("N")->check(whole_number(1, 256));
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command sweep_command() {
  return {"sweep", "back-tests many parameters of a configuration, and tells how much of the best is luck",
          "tomnext sweep tests/data/demo.yaml --grid fast=5..30:5 --grid slow=40..100:20 --walk-forward train=10,test=5 --out results/sweep", add_sweep};
}

}  // namespace tomnext::app
