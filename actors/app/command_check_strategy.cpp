// tomnext check-strategy: whether a configuration's strategies look ahead, and how long they take to warm up.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "actors/replay/strategy_check.hpp"

namespace tomnext::app {
namespace {

struct check_options {
  config_options configuration;
  std::uint64_t cuts = 20, starts = 20;
  double tolerance = 1e-5;
};

result<exit_code> run(const check_options& o, session& s) {
  auto deployment = o.configuration.load();
  if (!deployment) return deployment.error();
  if (deployment->strategies.empty()) return error(errc::configuration_value, o.configuration.file + ": there is no strategy to check");
  interrupts asked;
  const auto go_on = [&] { return !asked.requested(); };
  auto runner = replay::sweep_runner::make(std::move(*deployment), [&](std::uint64_t) { return go_on(); });
  if (!runner) return runner.error();
  auto ahead = replay::check_look_ahead(*runner, o.cuts, go_on);
  if (!ahead) return ahead.error();
  auto warm = replay::check_warm_up(*runner, o.starts, o.tolerance, go_on);
  if (!warm) return warm.error();
  s.out << (s.json ? replay::to_json(*ahead, *warm) + "\n" : replay::to_table(*ahead, *warm));
  return ahead->clean() ? exit_code::ok : exit_code::difference;
}

action add_check_strategy(CLI::App& app) {
  auto o = std::make_shared<check_options>();
  o->configuration.add(app, true);
  app.add_option("--cuts", o->cuts, "places at which the data are cut off")->type_name("N")->check(whole_number(1, replay::cuts_max))->capture_default_str();
  app.add_option("--starts", o->starts, "later beginnings that are compared with all the history")
      ->type_name("N")
      ->check(whole_number(1, replay::cuts_max))
      ->capture_default_str();
  app.add_option("--tolerance", o->tolerance, "figures agree within this share of their size")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command check_strategy_command() {
  return {"check-strategy", "finds strategies that know the future, and tells how many bars they need before they decide as with all the history",
          "tomnext check-strategy tests/data/demo.yaml --cuts 50", add_check_strategy};
}

}  // namespace tomnext::app
