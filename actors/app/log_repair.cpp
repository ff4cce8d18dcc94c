// tomnext log repair: what can be read and proved of a damaged log, as a new log; and what that leaves out.
#include <memory>

#include "actors/app/log_copying.hpp"
#include "actors/replay/json_optional.hpp"
#include "persistence/repair.hpp"

namespace tomnext::app {
namespace {

using persistence::repair_report;

struct repair_arguments {
  std::string directory, copy;
};

std::string as_json(const repair_report& r, const std::string& copy) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const auto& f : r.files) files.push_back({{"path", f.path}, {"bytes", f.bytes}, {"why", f.why}});
  nlohmann::ordered_json j{{"log", copy}, {"head", head_json(r.head)}, {"nothing_dropped", r.nothing_dropped()}, {"damage", r.damage}};
  j["expected_seq"] = replay::or_null(r.expected_seq);
  if (r.last_dropped() > r.head.seq) j["events_dropped"] = {{"first", r.head.seq + 1}, {"last", r.last_dropped()}};
  else j["events_dropped"] = nullptr;
  j["behind_the_damage"] = {
      {"groups", r.behind.groups}, {"events", r.behind.events}, {"bytes", r.behind.bytes}, {"first", r.behind.first_seq}, {"last", r.behind.last_seq}};
  j["files_dropped"] = std::move(files);
  j["snapshots_left_out"] = {{"files", r.snapshots}, {"bytes", r.snapshot_bytes}};
  j["contents"] = r.contents;
  j["row_bytes"] = r.row_bytes;
  return json_text(j) + "\n";
}

std::string as_text(const repair_report& r, const std::string& copy) {
  auto out = fmt::format("{}: events 1 to {} ({} bytes of rows), {} contents\n", copy, grouped(r.head.seq), grouped(r.row_bytes), grouped(r.contents));
  out += head_text(r.head);
  if (r.snapshots > 0) out += fmt::format("  left out: {} snapshots ({} bytes), which a node makes anew\n", grouped(r.snapshots), grouped(r.snapshot_bytes));
  if (r.nothing_dropped()) return out + "  nothing was dropped\n";
  if (!r.damage.empty()) out += "  damage: " + r.damage + "\n";
  if (r.last_dropped() > r.head.seq) out += fmt::format("  dropped: events {} to {}\n", r.head.seq + 1, r.last_dropped());
  if (!r.expected_seq) out += "  neither anchor nor seal can be read: how many events there were is unknown\n";
  if (r.behind.groups > 0)
    out += fmt::format("  dropped: {} groups behind the damage that can be read ({} events from {} to {}, {} bytes): nothing proves that they follow\n",
                       grouped(r.behind.groups), grouped(r.behind.events), r.behind.first_seq, r.behind.last_seq, grouped(r.behind.bytes));
  for (const auto& f : r.files) out += fmt::format("  dropped: {} ({} bytes): {}\n", f.path, grouped(f.bytes), f.why);
  return out;
}

action add_log_repair(CLI::App& app) {
  auto a = std::make_shared<repair_arguments>();
  app.add_option("DIR", a->directory, "directory of a damaged log, which no node writes; it is never changed")->type_name("")->required();
  app.add_option("COPY", a->copy,
                 "directory of the new log; must not exist or be empty. Exit code 0: nothing was dropped; 6: the copy is good, and something is not in it")
      ->type_name("")
      ->required();
  return [a](session& s) -> result<exit_code> {
    auto r = with_progress(s, "log repair", anchored_seq(a->directory),
                           [&](const persistence::keep_going& go_on) { return persistence::repair_log(a->directory, a->copy, go_on); });
    if (!r) return r.error();
    return printed(s, s.json ? as_json(*r, a->copy) : as_text(*r, a->copy), r->nothing_dropped() ? exit_code::ok : exit_code::difference);
  };
}

}  // namespace

command log_repair_command() {
  return {"repair", "makes a new log of what can be read of a damaged one, and prints what it drops", "tomnext log repair results/log results/repaired",
          add_log_repair};
}

}  // namespace tomnext::app
