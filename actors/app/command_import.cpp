// tomnext import: market files into a log.
#include <fmt/format.h>

#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/import.hpp"
#include "config/instrument_terms.hpp"

namespace tomnext::app {
namespace {

struct import_options {
  std::vector<std::string> files;
  std::string format, instrument, log, stamp, malformed = "stop";
  int utc_offset_minutes = 0;
  bool encrypt = false;
  CLI::Option* offset_given = nullptr;
};

result<config::data_source> source_of(const import_options& o) {
  config::data_source s;
  s.format = o.format;
  s.files = o.files;
  s.instrument = instrument_id{1};
  if (o.format == "fxcm-m1") {
    if (o.files.size() != 2)
      return error(errc::invalid_argument, fmt::format("fxcm-m1 takes two files, the bid and the ask bars in this order; there are {}", o.files.size()));
    if (o.offset_given->count() > 0) return error(errc::invalid_argument, "--utc-offset-minutes is for lean-tick; the times of fxcm-m1 are UTC");
    s.stamp = o.stamp.empty() ? "open" : o.stamp;
    return s;
  }
  if (!o.stamp.empty()) return error(errc::invalid_argument, "--stamp is for fxcm-m1; a tick has one time");
  s.utc_offset_minutes = o.offset_given->count() > 0 ? o.utc_offset_minutes : config::lean_utc_offset_minutes;
  return s;
}

std::string as_table(const replay::import_report& r, const std::string& log) {
  std::string out = fmt::format("{}: {} quotes of {} rows\n", log, grouped(r.accepted), grouped(r.rows));
  out += fmt::format("  accepted  {:>14}\n  rejected  {:>14}\n", grouped(r.accepted), grouped(r.rejected));
  out += fmt::format("  flagged   {:>14}  {} crossed, {} locked, {} spikes; these never fill or mark\n", grouped(r.flagged), grouped(r.crossed),
                     grouped(r.locked), grouped(r.spikes));
  out += fmt::format("  head      {}\n", r.head_hash);
  if (!r.rejects.empty())
    out += fmt::format("\nrejected{}:\n", r.rejected > r.rejects.size() ? fmt::format(", the first {} of {}", r.rejects.size(), grouped(r.rejected)) : "");
  for (const auto& line : r.rejects) out += "  " + line + "\n";
  return out;
}

result<exit_code> run(const import_options& o, session& s) {
  auto source = source_of(o);
  if (!source) return source.error();
  auto terms = config::instrument_terms(o.instrument, instrument_id{1});
  if (!terms) return terms.error();
  interrupts asked;
  progress_line progress(s.err, "import", "quotes");
  replay::import_settings settings;
  settings.sources = {*source};
  settings.instruments = {*terms};
  settings.quality.malformed = o.malformed == "reject" ? config::malformed_lines::reject : config::malformed_lines::stop;
  settings.log = o.log;
  if (o.encrypt) settings.encrypt = persistence::encryption::from_now_on;
  settings.on_progress = [&](std::uint64_t quotes) {
    progress.show(quotes);
    return !asked.requested();
  };
  auto report = replay::import_files(settings);
  if (!report) return report.error();
  s.out << (s.json ? report->to_json() + "\n" : as_table(*report, o.log));
  return exit_code::ok;
}

action add_import(CLI::App& app) {
  auto o = std::make_shared<import_options>();
  app.add_option("FILE", o->files, "fxcm-m1: the bid file and the ask file (.csv or .csv.gz); lean-tick: zips in order of their dates")
      ->required()
      ->type_name("");
  app.add_option("--format", o->format, "fxcm-m1: one-minute bid and ask bars; lean-tick: ticks in zips")
      ->required()
      ->check(CLI::IsMember({"fxcm-m1", "lean-tick"}))
      ->type_name("FORMAT");
  app.add_option("--instrument", o->instrument, "the pair that the files quote")->required()->type_name("GBP/USD");
  app.add_option("--log", o->log, "directory of the log to make")->required()->type_name("DIR");
  app.add_option("--stamp", o->stamp, "whether a bar's time is its open or its close (fxcm-m1; default open)")
      ->check(CLI::IsMember({"open", "close"}))
      ->type_name("");
  o->offset_given = app.add_option("--utc-offset-minutes", o->utc_offset_minutes, "the files' clock minus UTC (lean-tick; default -300)")
                        ->check(CLI::Range(-14 * 60, 14 * 60))
                        ->type_name("N");
  app.add_option("--malformed-lines", o->malformed, "stop at the first (default), or reject: record each, count, go on")
      ->check(CLI::IsMember({"stop", "reject"}))
      ->type_name("");
  app.add_flag("--encrypt", o->encrypt, "the log is written encrypted, with the newest of the keys that TOMNEXT_LOG_KEYS names (log keygen)");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command import_command() {
  return {"import", "market files into a log",
          "tomnext import gbpusd-bid.csv.gz gbpusd-ask.csv.gz --format fxcm-m1 --instrument GBP/USD --stamp close --log logs/gbpusd", add_import};
}

}  // namespace tomnext::app
