// tomnext backtest: a deployment's quotes through all services in one thread.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/backtest.hpp"
#include "persistence/files.hpp"

namespace tomnext::app {
namespace {

struct backtest_command_options {
  config_options configuration;
  std::string log;
  std::string csv;
  std::string equity;
  bool encrypt = false;
};

result<exit_code> run(const backtest_command_options& o, session& s) {
  auto deployment = o.configuration.load();
  if (!deployment) return deployment.error();
  if (!o.equity.empty() && !replay::equity_curve::kept_for(*deployment))
    return error(errc::configuration_value, "--equity: an equity curve is kept only where every traded pair is quoted in the account's currency");
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
    if (!o.csv.empty()) TOMNEXT_TRY(persistence::write_durably(o.csv, replay::to_csv(report->trades, *deployment)));
    if (!o.equity.empty()) TOMNEXT_TRY(persistence::write_durably(o.equity, replay::to_csv(report->equity, deployment->account.minor_units)));
    table = s.json ? replay::to_json(*report) + "\n" : replay::to_table(*report);
  }
  s.out << table;
  return exit_code::ok;
}

action add(CLI::App& app) {
  auto o = std::make_shared<backtest_command_options>();
  o->configuration.add(app, true);
  app.add_option("--log", o->log, "keeps the results as a log in this directory")->type_name("DIR");
  app.add_option("--csv", o->csv, "writes the list of trades into this file")->type_name("FILE");
  app.add_option("--equity", o->equity, "writes the equity at each bar's close into this file")->type_name("FILE");
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
