// tomnext bars: the time bars of a configuration's data, of any specifications, as CSV or JSON lines.
#include <memory>

#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/replay/bars.hpp"

namespace tomnext::app {
namespace {

struct bars_options {
  config_options configuration;
  std::vector<std::string> bars;
  bool open = false;
};

result<exit_code> run(const bars_options& o, session& s) {
  auto deployment = o.configuration.load();
  if (!deployment) return deployment.error();
  std::vector<bar_spec> specs;
  for (const auto& text : o.bars) {
    auto spec = parse_bar_spec(text);
    if (!spec) return spec.error();
    specs.push_back(*spec);
  }
  interrupts asked;
  progress_line progress(s.err, "bars", "quotes");
  if (!s.json) s.out << replay::bars_csv_header();
  const auto write = [&](const bar_closed& b) -> result<void> {
    progress.hide();
    s.out << (s.json ? replay::to_json_line(b, *deployment) : replay::to_csv_line(b, *deployment));
    if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
    return {};
  };
  auto built = replay::build_bars(*deployment, specs, o.open ? replay::open_bars::told : replay::open_bars::left_out, write, [&](std::uint64_t quotes) {
    progress.show(quotes);
    return !asked.requested();
  });
  if (!built) return built.error();
  return exit_code::ok;
}

action add_bars(CLI::App& app) {
  auto o = std::make_shared<bars_options>();
  o->configuration.add(app, true);
  app.add_option(
         "--bars", o->bars,
         "step and price side such as 5m-mid; behind it -right_open (a quote on the boundary opens the next bar), -stamp_open, -offset_5h; several times")
      ->type_name("SPEC")
      ->required()
      ->allow_extra_args(false);
  app.add_flag("--open", o->open, "also the bars that are still open when the data end");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command bars_command() {
  return {"bars", "the time bars of a configuration's data, as CSV or with --json as lines of JSON",
          "tomnext bars tests/data/demo.yaml --bars 1h-bid-right_open-stamp_open --bars 1h-ask-right_open-stamp_open", add_bars};
}

}  // namespace tomnext::app
