// tomnext backtest: a deployment's quotes through all services in one thread.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/path_name.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/backtest.hpp"
#include "persistence/files.hpp"
#include "actors/replay/run_report.hpp"

namespace tomnext::app {
namespace {

struct backtest_command_options {
  config_options configuration;
  std::string log, report, csv, trades, equity;
  bool encrypt = false;
};

result<exit_code> run(const backtest_command_options& o, session& s) {
  auto deployment = o.configuration.load();
  if (!deployment) return deployment.error();
  if (!o.equity.empty() && !replay::equity_curve::kept_for(*deployment))
    return error(errc::configuration_value, "--equity: an equity curve is kept only where every traded pair is quoted in the account's currency");
  TOMNEXT_TRY(check_outputs({{"--report", o.report}, {"--csv", o.csv}, {"--trades", o.trades}, {"--equity", o.equity}}, o.log));
  interrupts asked;
  replay::backtest_options options;
  options.log = o.log;
  if (o.encrypt) options.encrypt = persistence::encryption::from_now_on;
  replay::report_builder events;
  if (!o.report.empty() || !o.csv.empty()) options.on_events = [&](const persistence::group& g) { events.take(g); };
  {
    progress_line progress(s.err, "back-test", "quotes");
    options.on_progress = [&](std::uint64_t quotes) {
      progress.show(quotes);
      return !asked.requested();
    };
    auto report = replay::run_backtest(*deployment, options);
    if (!report) return report.error();
    // Whatever becomes of the files, what the run came to is told.
    progress.hide();
    s.out << (s.json ? replay::to_json(*report) + "\n" : replay::to_table(*report));
    if (!o.trades.empty()) TOMNEXT_TRY(persistence::write_durably(o.trades, replay::to_csv(report->trades, *deployment)));
    if (!o.equity.empty()) TOMNEXT_TRY(persistence::write_durably(o.equity, replay::to_csv(report->equity, deployment->account.minor_units)));
    if (options.on_events) {
      auto told = events.finish(*deployment, *report);
      if (!told) return told.error().within("report");
      if (!o.report.empty()) TOMNEXT_TRY(replay::write_html(*told, o.report));
      if (!o.csv.empty()) TOMNEXT_TRY(replay::write_csv(*told, o.csv));
    }
  }
  return exit_code::ok;
}

action add_backtest(CLI::App& app) {
  auto o = std::make_shared<backtest_command_options>();
  o->configuration.add(app, true);
  app.add_option("--log", o->log, "keeps the results as a log in this directory")->type_name("DIR")->check(path_name());
  app.add_option("--trades", o->trades, "writes the list of trades with the bars of their entries and exits into this file")
      ->type_name("FILE")
      ->check(path_name());
  app.add_option("--equity", o->equity, "writes the equity at each bar's close into this file")->type_name("FILE")->check(path_name());
  app.add_flag("--encrypt", o->encrypt, "the log of --log is written encrypted, with the newest of the keys that TOMNEXT_LOG_KEYS names (log keygen)")
      ->needs("--log");
  app.add_option("--report", o->report, "a page with charts, tables and statistics, which needs nothing else; replaced if it is there")
      ->type_name("FILE")
      ->check(path_name());
  app.add_option("--csv", o->csv, "equity.csv, trades.csv, daily.csv, monthly.csv and statistics.json, into this folder")->type_name("DIR")->check(path_name());
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command backtest_command() {
  return {"backtest", "runs a configuration over its data, and prints what it came to",
          "tomnext backtest tests/data/demo.yaml --set strategies.0.fast=12 --log results/log", add_backtest};
}

}  // namespace tomnext::app
