// tomnext report: a log's account as a page, as tables, or as JSON.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/path_name.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/run_report.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct report_options {
  std::string directory, html, csv;
};

result<exit_code> run(const report_options& o, session& s) {
  if (o.html.empty() && o.csv.empty() && !s.json)
    return error(errc::invalid_argument, "nothing to write: name a page with --html FILE, a folder with --csv DIR, or ask for the statistics with --json");
  TOMNEXT_TRY(check_outputs({{"--html", o.html}, {"--csv", o.csv}}, o.directory));
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  interrupts asked;
  progress_line progress(s.err, "report", "events", (*log)->head().seq);
  auto report = replay::report_of_log(**log, o.directory, [&](std::uint64_t seq) {
    progress.show(seq);
    return !asked.requested();
  });
  progress.hide();
  if (!report) return report.error();
  if (!o.html.empty()) TOMNEXT_TRY(replay::write_html(*report, o.html));
  if (!o.csv.empty()) TOMNEXT_TRY(replay::write_csv(*report, o.csv));
  if (s.json) {
    s.out << replay::statistics_json(*report);
    return exit_code::ok;
  }
  if (!o.html.empty()) s.out << "report: " << o.html << "\n";
  if (!o.csv.empty()) s.out << "tables: " << o.csv << "\n";
  return exit_code::ok;
}

action add_report(CLI::App& app) {
  auto o = std::make_shared<report_options>();
  app.add_option("DIR", o->directory, "directory of a log: a back-test's results, or a node's, which may be running")->type_name("")->required();
  app.add_option("--html", o->html, "one page that needs nothing else: charts, tables, configuration, head hash; replaced if it is there")
      ->type_name("FILE")
      ->check(path_name());
  app.add_option("--csv", o->csv, "equity.csv, trades.csv, daily.csv, monthly.csv and statistics.json, into this folder")->type_name("DIR")->check(path_name());
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command report_command() {
  return {"report", "what came of a log's account: equity, trades, statistics, as a page or as tables",
          "tomnext report results/log --html report.html --csv results/tables", add_report};
}

}  // namespace tomnext::app
