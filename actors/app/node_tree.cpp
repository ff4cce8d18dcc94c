#include "actors/app/node_tree.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "actors/app/job_actions.hpp"
#include "actors/journal/disk_watch_actor.hpp"
#include "actors/journal/feed_actor.hpp"
#include "actors/journal/journal_actor.hpp"
#include "actors/journal/reader_actor.hpp"
#include "actors/journal/scrubber_actor.hpp"
#include "actors/journal/snapshot_keeper.hpp"
#include "actors/journal/writer_actor.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/job_events.hpp"
#include "actors/runtime/readiness.hpp"
#include "actors/runtime/time_authority.hpp"
#include "actors/runtime/watchdog.hpp"
#include "actors/runtime/worker_pool.hpp"

namespace tomnext::app {

using namespace actors;
using namespace std::chrono_literals;

namespace {

// Below the collector's watch level for queues: a journal that is ahead of its disk by its window is no reason for an alert.
constexpr std::uint64_t journal_window_events = 8'192;

// Jobs that nobody has looked at yet; the pool bounds those that wait for a thread. Cancels are urgent, and always get in.
constexpr mailbox_limit pool_mailbox{1'024, when_full::refuse};

std::function<actor_ptr(actor_system&)> address_in(const node_parts& n, std::string name) {
  return [d = n.directory, name = std::move(name)](actor_system& system) { return d->address_of(system, name); };
}

/// A supervisor as a child, with an address like the others.
child_spec branch_of(const node_parts& n, supervised_group group) {
  auto child = nested(n.figures, std::move(group));
  child.address = address_in(n, child.name);
  return child;
}

child_spec needing(std::vector<std::string> needs, child_spec child) {
  child.needs = std::move(needs);
  return child;
}

std::vector<host_definition> definitions_of(const node_parts& n) {
  std::vector<host_definition> all;
  for (const auto& h : n.hosts) all.push_back(h.definition);
  return all;
}

std::map<std::uint32_t, persistence::snapshot_key> snapshot_keys_of(const node_parts& n) {
  std::map<std::uint32_t, persistence::snapshot_key> keys;
  for (const auto& h : n.hosts)
    keys[h.definition.id.value] = {h.definition.name, h.definition.version, h.definition.state_version, hash64(n.deployment->source_text)};
  return keys;
}

/// Never restarted in place: an end of one of these ends the node.
void add_journal(const node_parts& n, const std::shared_ptr<feed_link>& link, std::vector<child_spec>& tree) {
  tree.push_back(child_of(n, name_of::writer, restart_kind::temporary, 10s, [f = n.figures, log = n.log, link](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_apart<writer_protocol, writer_state>(p, f, {name, "journal", name_of::node}, log, link));
  }));
  const journal_settings settings{n.sequencer->order(), journal_window_events, n.tap};
  tree.push_back(needing({name_of::writer}, child_of(n, name_of::journal, restart_kind::temporary, 5s,
                                                     [f = n.figures, settings, s = n.sequencer, definitions = definitions_of(n),
                                                      writer = whoever_is<writer_protocol>(n, name_of::writer),
                                                      durable = n.log->head()](parent_actor& p, const std::string& name) {
                                                       return pointer_of(spawn_actor<journal_protocol, journal_state>(
                                                           p, f, {name, "journal", name_of::node}, settings, s, definitions, writer(), durable));
                                                     })));
}

/// Those who read the log for others.
void add_readers(const node_parts& n, const std::shared_ptr<feed_link>& link, std::vector<child_spec>& tree) {
  tree.push_back(child_of(n, name_of::reader, restart_kind::permanent, 5s,
                          [f = n.figures, log = n.log, store = n.snapshots, keys = snapshot_keys_of(n)](parent_actor& p, const std::string& name) {
                            return pointer_of(spawn_apart<reader_protocol, reader_state>(p, f, {name, "journal", name_of::node}, log, store, keys));
                          }));
  const feed_settings settings{std::chrono::seconds(n.deployment->node.storage.feed_stall_s), n.figures};
  tree.push_back(
      needing({name_of::writer},
              child_of(n, name_of::feed, restart_kind::permanent, 5s,
                       [f = n.figures, link, settings, writer = whoever_is<writer_protocol>(n, name_of::writer)](parent_actor& p, const std::string& name) {
                         return pointer_of(spawn_apart<feed_protocol, feed_state>(p, f, {name, "journal", name_of::node}, link, writer(), settings));
                       })));
}

child_spec work_pool_of(const node_parts& n) {
  worker_pool_settings s;
  s.name = name_of::work;
  s.board = n.boards.work;
  s.figures = n.figures;
  s.address = [d = n.directory](actor_system& system, const std::string& name) { return d->address_of(system, name); };
  s.on_restart = restart_noted_by(n);
  return child_of(n, name_of::work, restart_kind::permanent, 3s, [f = n.figures, s](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_actor<pool_protocol, worker_pool_state>(p, f, {name, "pool", name_of::upkeep, pool_mailbox}, s));
  });
}

child_spec watchdog_of(const node_parts& n) {
  const auto tell = [](const slow_report& r) {
    spdlog::warn("{} has been handling '{}' for {} ms on a thread that others wait for{}", r.actor, r.message, r.time.count(),
                 r.untold == 0 ? "" : fmt::format("; {} more were slow since the last time", r.untold));
  };
  return child_of(n, name_of::watchdog, restart_kind::permanent, 1s, [f = n.figures, tell](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_apart<watchdog_protocol, watchdog_state>(p, f, {name, "runtime", name_of::upkeep}, f, tell));
  });
}

/// Of those whose restarts are not counted among those that end a node: whatever befalls them, it never gives up.
supervisor_settings unending(const node_parts& n, const char* name) {
  supervisor_settings s;
  s.name = name;
  s.parent = name_of::node;
  s.restarts_max = 1'000;  // more than its pauses allow within the window
  s.backoff_max = 5s;
  s.on_restart = restart_noted_by(n);
  return s;
}

/// Work apart, and those who look after the node and its log.
supervised_group upkeep_of(const node_parts& n) {
  supervised_group group;
  group.settings = unending(n, name_of::upkeep);
  group.children.push_back(work_pool_of(n));
  group.children.push_back(watchdog_of(n));
  if (n.log_directory.empty()) return group;  // a log in memory has nothing that decays, and no disk
  scrubber_settings scrub;
  scrub.directory = n.log_directory;
  scrub.bytes_per_s = n.deployment->node.storage.scrub_bytes_per_s;
  scrub.board = n.boards.scrub;
  if (scrub.bytes_per_s != 0)
    group.children.push_back(
        child_of(n, name_of::scrubber, restart_kind::permanent, 10s, [f = n.figures, log = n.log, scrub](parent_actor& p, const std::string& name) {
          return pointer_of(spawn_apart<scrubber_protocol, scrubber_state>(p, f, {name, "journal", name_of::upkeep}, log, scrub));
        }));
  const disk_watch_settings watch{n.log_directory, n.boards.disk};
  group.children.push_back(
      child_of(n, name_of::disk_watch, restart_kind::permanent, 5s, [f = n.figures, log = n.log, watch](parent_actor& p, const std::string& name) {
        return pointer_of(spawn_apart<disk_watch_protocol, disk_watch_state>(p, f, {name, "journal", name_of::upkeep}, log, watch));
      }));
  return group;
}

void add_runtime(const node_parts& n, std::vector<child_spec>& tree) {
  tree.push_back(
      needing({name_of::feed, name_of::journal},
              child_of(n, name_of::keeper, restart_kind::permanent, 5s,
                       [f = n.figures, store = n.snapshots, feed = whoever_is<feed_protocol>(n, name_of::feed),
                        journal = whoever_is<journal_protocol>(n, name_of::journal)](parent_actor& p, const std::string& name) {
                         return pointer_of(spawn_apart<keeper_protocol, keeper_state>(p, f, {name, "adapter", name_of::node}, store, feed(), journal()));
                       })));
  std::vector<std::string> host_names;
  for (const auto& h : n.hosts) host_names.push_back(h.definition.name);
  tree.push_back(child_of(n, name_of::readiness, restart_kind::permanent, 1s, [f = n.figures, host_names](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_actor<readiness_protocol, readiness_state>(p, f, {name, "runtime", name_of::node}, host_names, f));
  }));
  const auto queue = n.deployment->node.storage.queue_events_max;
  const line_limits lines{queue, std::max<std::uint64_t>(queue / 16, 256)};
  tree.push_back(
      needing({name_of::journal},
              child_of(n, name_of::time, restart_kind::permanent, 1s,
                       [f = n.figures, lines, order = n.sequencer->order(), journal = whoever_is<journal_protocol>(n, name_of::journal)](
                           parent_actor& p, const std::string& name) {
                         return pointer_of(spawn_actor<time_protocol, time_authority_state>(p, f, {name, "timers", name_of::node}, journal(), order, lines));
                       })));
}

/// What every service stands on. The source of the market comes last: it is the first to stop, and what it has offered is worked off by the others.
void add_services(const node_parts& n, std::vector<child_spec>& tree) {
  const std::vector<std::string> ground{name_of::journal, name_of::reader, name_of::feed, name_of::keeper, name_of::readiness, name_of::time};
  const auto names = service_names();
  for (auto& group : service_groups(n)) {
    auto child = branch_of(n, std::move(group));
    child.needs = ground;
    if (child.name == "data_pipeline")
      std::copy_if(names.begin(), names.end(), std::back_inserter(child.needs), [](const auto& s) { return s != "data_pipeline"; });
    tree.push_back(std::move(child));
  }
}

/// What jobs do is recorded through the time authority, and done by those who come before it.
void add_jobs(const node_parts& n, std::vector<child_spec>& tree) {
  auto group = jobs_group(n);
  if (group.children.empty()) return;
  tree.push_back(needing({name_of::journal, name_of::feed, name_of::keeper, name_of::upkeep, name_of::time}, branch_of(n, std::move(group))));
}

}  // namespace

supervised_group jobs_group(const node_parts& n) {
  supervised_group group;
  group.settings = unending(n, name_of::jobs);
  if (n.deployment->node.jobs.empty()) return group;
  calendar_scheduler_settings s;
  s.clock = n.clock;
  s.board = n.boards.jobs ? n.boards.jobs : std::make_shared<job_board>();
  s.history = n.jobs_known ? n.jobs_known : std::make_shared<job_history>();
  s.log =
      jobs_in_log(whoever_is<time_protocol>(n, name_of::time), whoever_is<journal_protocol>(n, name_of::journal), whoever_is<feed_protocol>(n, name_of::feed));
  action_parts parts;
  parts.directory = n.directory;
  parts.log = n.log;
  parts.log_directory = n.log_directory;
  for (const auto& h : n.hosts) parts.hosts.push_back(h.definition.name);
  parts.scrub = n.boards.scrub;
  parts.clock = n.clock;
  group.children.push_back(
      child_of(n, name_of::calendar, restart_kind::permanent, 1s, [f = n.figures, d = n.deployment, s, parts](parent_actor& p, const std::string& name) {
        auto now = s;
        auto with = parts;
        with.system = &p.home_system();
        now.jobs = job_definitions(d->node.jobs, with);
        return pointer_of(spawn_actor<calendar_protocol, calendar_scheduler_state>(p, f, {name, "scheduler", name_of::jobs}, std::move(now)));
      }));
  return group;
}

child_spec child_of(const node_parts& n, std::string name, restart_kind restart, std::chrono::milliseconds stop_deadline,
                    std::function<actor_ptr(parent_actor&, const std::string&)> start) {
  return {name, [name, start = std::move(start)](parent_actor& parent) { return start(parent, name); }, restart, stop_deadline, {}, address_in(n, name)};
}

std::function<void(const std::string&, std::uint64_t, const std::string&)> restart_noted_by(const node_parts& n) {
  return [notes = n.notes](const std::string& name, std::uint64_t restarts, const std::string& reason) {
    spdlog::warn("{} is started again ({} restarts): {}", name, restarts, reason);
    notes->add({std::string_view(name), static_cast<std::uint32_t>(restarts), std::string_view(reason)});
  };
}

supervised_group node_tree(const node_parts& n) {
  const auto link = std::make_shared<feed_link>(n.log, n.deployment->node.storage.feed_bytes_max);
  supervised_group root;
  root.settings.name = name_of::node;
  root.settings.on_restart = restart_noted_by(n);
  root.settings.on_child_ended = [finish = n.finish](const std::string& name, const error& why) {
    const bool journal = name == name_of::journal || name == name_of::writer;
    finish({journal ? exit_code::journal_died : exit_code::service_failed, name + " ended: " + why.message});
  };
  add_journal(n, link, root.children);
  add_readers(n, link, root.children);
  root.children.push_back(branch_of(n, upkeep_of(n)));
  add_runtime(n, root.children);
  add_jobs(n, root.children);
  add_services(n, root.children);
  // An order that cannot be is told by the supervisor, which refuses such children.
  if (auto ordered = in_order_of_needs(root.children)) root.children = std::move(*ordered);
  return root;
}

}  // namespace tomnext::app
