#include "persistence/retention_check.hpp"

#include <algorithm>
#include <map>

#include "persistence/archive.hpp"
#include "persistence/places.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::persistence {
namespace {

error refused(const std::string& directory, const std::string& why) { return {errc::retention_refused, directory + ": " + why + "; nothing was changed"}; }
error cancelled(std::uint64_t seq) { return {errc::cancelled, "cancelled at event " + std::to_string(seq) + "; nothing was changed"}; }

/// How each was activated last: a snapshot of an earlier version is of no use to it.
using known_hosts = std::map<std::string, snapshot_key>;

struct hosts_of_log {
  known_hosts all, before_base;
};

/// Where to begin to look, and who is known to have been activated before that.
result<std::uint64_t> begin_with(const std::string& directory, const event_log& log, known_hosts& known) {
  auto base = read_base(directory);
  if (!base) return base.error();
  auto hosts = hosts_before_base(directory);
  if (!hosts) return hosts.error();
  if (*hosts) {
    for (auto& h : **hosts) known[h.host] = h;
    return base->first_seq;
  }
  if (log.first_seq() == 1) return std::uint64_t{1};
  return refused(directory, "its file 'base' is of an earlier build and does not say which hosts were activated before event " +
                                std::to_string(base->first_seq) + ", and the segments of before event " + std::to_string(log.first_seq()) +
                                " are elsewhere: bring them back to " + archive_folder(directory) + ", or name their folder in " + archive_variable);
}

result<hosts_of_log> hosts_of(const std::string& directory, const event_log& log, std::uint64_t base, const retention_progress& go_on) {
  hosts_of_log hosts;
  auto begin = begin_with(directory, log, hosts.all);
  if (!begin) return begin.error();
  hosts.before_base = hosts.all;
  auto scan = log.scan(*begin);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return hosts;
    if (go_on && !go_on((*g)->last_seq())) return cancelled((*g)->last_seq());
    for (const auto& e : (*g)->events) {
      const auto* a = e.get_if<host_activated>();
      if (a == nullptr) continue;
      const std::string name(a->name.view());
      hosts.all[name] = {name, a->service_version, a->state_version, a->configuration_hash};
      if (e.head.seq < base) hosts.before_base[name] = hosts.all[name];
    }
  }
}

}  // namespace

result<void> check_archived(const std::string& directory, const log_base& from, const log_base& to, const retention_progress& go_on) {
  if (to.first_seq <= from.first_seq) return {};
  const auto advice = "archive it first: tomnext log archive " + directory;
  auto rows = archived_rows(archive_folder(directory), to, from.first_seq, direction::forward);
  if (!rows && rows.error().code == errc::log_archived)
    return refused(directory, "not all events from " + std::to_string(from.first_seq) + " to " + std::to_string(to.first_seq - 1) + " lie in the segments of " +
                                  archive_folder(directory) + "; " + advice);
  if (!rows) return rows.error();
  // The hash that leads into what stays is made of all before it: where it is right at the end, nothing was another on the way.
  for (;;) {
    auto row = (*rows)->next();
    if (!row) return refused(directory, "a segment of the archive does not hold what the log holds (" + row.error().message + "); move it away, and " + advice);
    if (!*row) return {};
    if (go_on && !go_on((*row)->last_seq)) return cancelled((*row)->last_seq);
  }
}

result<checked_hosts> check_snapshots(const std::string& directory, const event_log& log, std::uint64_t base, const std::set<std::string>& exempt,
                                      const retention_progress& go_on) {
  auto hosts = hosts_of(directory, log, base, go_on);
  if (!hosts) return hosts.error();
  for (const auto& name : exempt)
    if (!hosts->all.contains(name)) return error(errc::invalid_argument, directory + ": no host '" + name + "' was activated in this log");
  const snapshot_store snapshots(directory);
  checked_hosts checked;
  std::vector<std::string> lacking;
  std::uint64_t reach = base;
  for (const auto& [name, key] : hosts->all) {
    if (exempt.contains(name)) continue;
    auto s = snapshots.newest(key, log, damaged_snapshot::passed_over);
    // A snapshot of before the base, whose segment is elsewhere, cannot be told from one of another history. It would be too old in any case.
    if (!s && s.error().code != errc::log_archived) return s.error();
    const bool found = s && *s;
    const auto covered = found ? (*s)->covered : 0;
    // What follows the covered input is read again, and own outputs up to the mark are in the state: neither may lie before the base.
    if (found && covered + 1 >= base && (*s)->mark + 1 >= base) {
      checked.names.push_back(name);
      continue;
    }
    lacking.push_back("'" + name + "' (" + (found ? "its newest covers event " + std::to_string(covered) : "it has no valid one") + ")");
    reach = std::min(reach, covered + 1);
  }
  for (const auto& [name, key] : hosts->before_base) checked.before_base.push_back(key);
  if (lacking.empty()) return checked;
  std::string who;
  for (const auto& l : lacking) who += (who.empty() ? "" : ", ") + l;
  return refused(directory, "no snapshot reaches event " + std::to_string(base - 1) + " of " + who +
                                (reach > 1 ? "; retain from event " + std::to_string(reach) + " at most" : std::string()) +
                                ", or let the node run until each has taken one (node.snapshot_every; an ordered stop takes them too), or name with "
                                "--without-snapshot those that are gone for good or may read the archive when they come back");
}

}  // namespace tomnext::persistence
