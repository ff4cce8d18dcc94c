// tomnext log export: events into one file.
#include <memory>

#include "actors/app/log_copying.hpp"
#include "persistence/log_export.hpp"

namespace tomnext::app {
namespace {

using persistence::export_format;

struct export_arguments {
  std::string directory, file;
  std::uint64_t from = 1, to = 0;
  std::string format = "segment";
};

export_format format_of(const std::string& name) {
  return name == "jsonl" ? export_format::jsonl : name == "protobuf" ? export_format::protobuf : export_format::segment;
}

result<exit_code> run(const export_arguments& a, session& s) {
  auto report = with_progress(s, "log export", a.to != 0 ? a.to : anchored_seq(a.directory), [&](const persistence::keep_going& go_on) {
    return persistence::export_log(a.directory, a.file, format_of(a.format), a.from, a.to, go_on);
  });
  if (!report) return report.error();
  if (s.json)
    return printed(
        s,
        json_text({{"file", a.file}, {"first_seq", report->first_seq}, {"last_seq", report->last_seq}, {"events", report->events}, {"bytes", report->bytes}}) +
            "\n");
  const char* whole = format_of(a.format) == export_format::segment ? "; groups are whole" : "";
  return printed(s, fmt::format("{}: events {} to {} ({} bytes{})\n", a.file, report->first_seq, report->last_seq, grouped(report->bytes), whole));
}

action add_log_export(CLI::App& app) {
  auto a = std::make_shared<export_arguments>();
  app.add_option("DIR", a->directory, "directory of a log; a node may be writing it")->type_name("")->required();
  app.add_option("FILE", a->file, "file to write; must not exist")->type_name("")->required();
  app.add_option("--from", a->from, "first SEQ")->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))->type_name("SEQ");
  app.add_option("--to", a->to, "last SEQ")->check(CLI::Range(std::uint64_t{1}, UINT64_MAX))->type_name("SEQ");
  app.add_option("--format", a->format,
                 "segment: the stored groups byte for byte, what `log import` reads (default); jsonl: lines of `log cat --json`; "
                 "protobuf: the message `event` of `log schema` behind its length, for each event")
      ->check(CLI::IsMember({"segment", "jsonl", "protobuf"}))
      ->type_name("FORMAT");
  return [a](session& s) { return run(*a, s); };
}

}  // namespace

command log_export_command() {
  return {"export", "writes events of a log into one file", "tomnext log export results/log events.segment --from 1 --to 5000 --format segment",
          add_log_export};
}

}  // namespace tomnext::app
