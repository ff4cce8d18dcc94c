// tomnext backtest: a deployment's quotes through all services in one thread.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/backtest.hpp"

namespace tomnext::app {
namespace {

struct backtest_command_options {
  config_options configuration;
  std::string log;
  bool encrypt = false;
};

result<exit_code> run(const backtest_command_options& o, session& s) {
  auto deployment = o.configuration.load();
  if (!deployment) return deployment.error();
  interrupts asked;
  replay::backtest_options options;
  options.log = o.log;
  if (o.encrypt) options.encrypt = persistence::encryption::from_now_on;
  std::string table;
  {
    progress_line progress(s.err, "back-test", "quotes");
    options.on_progress = [&](std::uint64_t quotes) {
      progress.show(quotes);
      return !asked.requested();
    };
    auto report = replay::run_backtest(*deployment, options);
    if (!report) return report.error();
    table = s.json ? replay::to_json(*report) + "\n" : replay::to_table(*report);
  }
  s.out << table;
  return exit_code::ok;
}

action add(CLI::App& app) {
  auto o = std::make_shared<backtest_command_options>();
  o->configuration.add(app, true);
  app.add_option("--log", o->log, "keeps the results as a log in this directory")->type_name("DIR");
  app.add_flag("--encrypt", o->encrypt, "the log of --log is written encrypted, with the newest of the keys that TOMNEXT_LOG_KEYS names (log keygen)")
      ->needs("--log");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command backtest_command() {
  return {"backtest", "runs a configuration over its data, and prints what it came to",
          "tomnext backtest tests/data/demo.yaml --set strategies.0.fast=12 --log results/log", add};
}

}  // namespace tomnext::app
