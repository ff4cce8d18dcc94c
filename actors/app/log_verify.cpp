// tomnext log verify: every checksum, the chain of hashes, the anchor; refuses with the place.
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/signed_head.hpp"
#include "persistence/verifier.hpp"

namespace tomnext::app {
namespace {

// Only the total for the bar: what is wrong with a log is the verifier's to say.
std::uint64_t expected_seq(const std::string& directory) {
  auto anchored = persistence::anchor::read(persistence::anchor_file(directory));
  return anchored ? anchored->seq : 0;
}

struct verify_arguments {
  std::string directory;
  std::uint64_t from = 1;
  unsigned threads = 0;
  bool no_decode = false, without_keys = false;
  std::string signed_head, public_key;
};

/// What was left out, in words; empty where nothing was.
std::vector<std::string> left_out(const verify_arguments& a, const persistence::verify_report& r) {
  std::vector<std::string> all;
  if (r.first_seq > 1) all.push_back("events 1 to " + std::to_string(r.first_seq - 1));
  if (a.from > 1) all.push_back("the seal, segments of the archive, and tables with earlier events only");
  if (a.no_decode) all.push_back("the payloads of events, beyond their checksums");
  if (r.groups_unread + r.contents_unread + r.snapshots_unread > 0)
    all.push_back(
        fmt::format("what is in {} groups, {} contents and {} snapshots, which are encrypted with keys that are not here, beyond checksums and "
                    "chain; and whether the configurations and models that those groups name are here",
                    grouped(r.groups_unread), grouped(r.contents_unread), grouped(r.snapshots_unread)));
  if (!r.sealed && a.from <= 1) all.push_back("the bytes of OPTIONS and IDENTITY, since the log was not closed in order");
  return all;
}

nlohmann::ordered_json keys_json(const persistence::verify_report& r) {
  auto groups = nlohmann::ordered_json::object();
  for (const auto& [id, n] : r.groups_by_key) groups[std::to_string(id)] = n;
  return {{"groups_by_key", groups}, {"groups_unread", r.groups_unread}, {"contents_unread", r.contents_unread}, {"snapshots_unread", r.snapshots_unread}};
}

std::string as_json(const verify_arguments& a, const persistence::verify_report& r) {
  nlohmann::ordered_json j{{"valid", true},
                           {"events", r.events},
                           {"groups", r.groups},
                           {"bytes", r.bytes},
                           {"group_bytes", r.group_bytes},
                           {"files", r.files},
                           {"sealed", r.sealed},
                           {"first_seq", r.first_seq},
                           {"segments", r.segments},
                           {"contents_missing", r.contents_missing},
                           {"encrypted", keys_json(r)},
                           {"not_checked", left_out(a, r)},
                           {"head", {{"seq", r.head.seq}, {"epoch", r.head.epoch}, {"hash", persistence::to_hex(r.head.chain_hash)}}}};
  if (!a.signed_head.empty()) j["signed_head"] = a.signed_head;
  return json_text(j);
}

std::string as_text(const verify_arguments& a, const persistence::verify_report& r) {
  auto text = fmt::format("valid: {} events in {} groups ({} bytes, {} files{})\n  head  {}  seq {}, epoch {}\n", grouped(r.events), grouped(r.groups),
                          grouped(r.bytes), grouped(r.files), r.sealed ? ", sealed" : "", persistence::to_hex(r.head.chain_hash), r.head.seq, r.head.epoch);
  if (!a.signed_head.empty()) text += fmt::format("  it holds the signed head {}\n", a.signed_head);
  for (const auto& [id, n] : r.groups_by_key) text += fmt::format("  encrypted  {} groups with key {}\n", grouped(n), id);
  if (r.segments > 0) text += fmt::format("  archive  {} segments, valid\n", r.segments);
  if (r.contents_missing > 0)
    text += fmt::format("  without {} configurations or models that its events name, which were not here when it was closed: a replay needs them\n",
                        r.contents_missing);
  for (const auto& what : left_out(a, r)) text += fmt::format("  not checked: {}\n", what);
  return text;
}

/// A signed head says what must be there; that the log's chain leads up to it is for the rest of the work to find out.
result<void> hold_against_signed_head(const verify_arguments& a) {
  if (a.signed_head.empty()) return {};
  constexpr std::size_t signed_head_bytes_max = 64u << 10;
  const auto text = persistence::read_file(a.signed_head, signed_head_bytes_max);
  if (!text) return text.error();
  auto head = persistence::read_signed_head(*text, a.public_key);
  if (!head) return head.error().within(a.signed_head);
  return persistence::check_signed_head(a.directory, *head);
}

result<exit_code> run(const verify_arguments& a, session& s) {
  if (!persistence::log_exists(a.directory)) return error(errc::file_unreadable, a.directory + ": there is no log here");
  // What lies before --from is not read, and a chain whose beginning nobody has seen proves nothing about a head at its end.
  if (!a.signed_head.empty() && a.from > 1)
    return error(errc::invalid_argument, "--signed-head proves the log's whole past, so every event is to be read: leave out --from");
  interrupts asked;
  TOMNEXT_TRY(hold_against_signed_head(a));
  auto report = [&] {
    progress_line progress(s.err, "log verify", "events", expected_seq(a.directory) - std::min(expected_seq(a.directory), a.from - 1));
    const auto depth = a.no_decode ? persistence::row_depth::envelopes : persistence::row_depth::payloads;
    const auto missing = a.without_keys ? persistence::without_keys::told : persistence::without_keys::refused;
    return persistence::verify_log(a.directory, {a.from, a.threads, depth, missing}, [&](std::uint64_t events) {
      progress.show(events);
      return !asked.requested();
    });
  }();
  if (!report) return report.error();
  s.out << (s.json ? as_json(a, *report) + "\n" : as_text(a, *report));
  return exit_code::ok;
}

action add_log_verify(CLI::App& app) {
  auto a = std::make_shared<verify_arguments>();
  app.add_option("DIR", a->directory, "directory of a log")->type_name("")->required();
  app.add_option("--from", a->from, "check from this SEQ on; the answer says what was left out")->check(whole_number(1))->type_name("SEQ");
  app.add_option("--parallel", a->threads, "on N threads; without it, as many as there are processors")
      ->check(whole_number(1, 256))
      ->type_name("N")
      ->expected(0, 1);
  app.add_flag("--no-decode", a->no_decode, "checksums, chain and envelopes only: faster, and payloads are not read");
  app.add_flag("--without-keys", a->without_keys,
               "be content with checksums and chain where a group, content or snapshot is encrypted and its key is not here");
  auto* head = app.add_option("--signed-head", a->signed_head, "refuse unless the log holds the head in this FILE (log sign)")->type_name("FILE");
  auto* key = app.add_option("--public-key", a->public_key, "FILE with the public key (PEM) that the head was signed with")->type_name("FILE");
  head->needs(key);
  key->needs(head);
  return [a](session& s) { return run(*a, s); };
}

}  // namespace

command log_verify_command() {
  return {"verify", "checks a log from end to end; refuses with the place",
          "tomnext log verify results/log --parallel 2 --signed-head head.json --public-key head.pem.pub", add_log_verify};
}

}  // namespace tomnext::app
