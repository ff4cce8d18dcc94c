// tomnext log verify: every checksum, the chain of hashes, the anchor; refuses with the place.
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/verifier.hpp"

namespace tomnext::app {
namespace {

// Only the total for the bar: what is wrong with a log is the verifier's to say.
std::uint64_t expected_seq(const std::string& directory) {
  auto anchored = persistence::anchor::read(persistence::anchor_file(directory));
  return anchored ? anchored->seq : 0;
}

std::string as_json(const persistence::verify_report& r) {
  return json_text({{"valid", true},
                    {"events", r.events},
                    {"groups", r.groups},
                    {"bytes", r.bytes},
                    {"files", r.files},
                    {"sealed", r.sealed},
                    {"first_seq", r.first_seq},
                    {"segments", r.segments},
                    {"head", {{"seq", r.head.seq}, {"epoch", r.head.epoch}, {"hash", persistence::to_hex(r.head.chain_hash)}}}});
}

std::string as_text(const persistence::verify_report& r) {
  auto text = fmt::format("valid: {} events in {} groups ({} bytes, {} files{})\n  head  {}  seq {}, epoch {}\n", grouped(r.events), grouped(r.groups),
                          grouped(r.bytes), grouped(r.files), r.sealed ? ", sealed" : "", persistence::to_hex(r.head.chain_hash), r.head.seq, r.head.epoch);
  if (r.segments > 0) text += fmt::format("  archive  {} segments, valid\n", r.segments);
  if (r.first_seq > 1) text += fmt::format("  events 1 to {} lie in segments that are not here: they were not checked\n", r.first_seq - 1);
  return text;
}

action add(CLI::App& app) {
  auto directory = std::make_shared<std::string>();
  app.add_option("DIR", *directory, "directory of a log")->type_name("")->required();
  return [directory](session& s) -> result<exit_code> {
    interrupts asked;
    auto report = [&] {
      progress_line progress(s.err, "log verify", "events", expected_seq(*directory));
      return persistence::verify_log(*directory, [&](std::uint64_t seq) {
        progress.show(seq);
        return !asked.requested();
      });
    }();
    if (!report) return report.error();
    s.out << (s.json ? as_json(*report) + "\n" : as_text(*report));
    return exit_code::ok;
  };
}

}  // namespace

command log_verify_command() { return {"verify", "checks a log from end to end; refuses with the place", "tomnext log verify results/log", add}; }

}  // namespace tomnext::app
