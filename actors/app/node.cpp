#include "actors/app/node.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <map>

#include "actors/app/node_routes.hpp"
#include "actors/data_pipeline/ingress_actor.hpp"
#include "actors/data_pipeline/source_actor.hpp"
#include "actors/journal/disk_watch_actor.hpp"
#include "actors/journal/feed_actor.hpp"
#include "actors/journal/reader_actor.hpp"
#include "actors/journal/scrubber_actor.hpp"
#include "actors/journal/snapshot_keeper.hpp"
#include "actors/journal/writer_actor.hpp"
#include "actors/monitoring_alerting/alert_channel.hpp"
#include "actors/monitoring_alerting/collector.hpp"
#include "actors/replay/preamble.hpp"
#include "actors/runtime/coordinator.hpp"
#include "actors/runtime/host_actor.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/readiness.hpp"
#include "actors/runtime/supervisor.hpp"
#include "actors/runtime/time_authority.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::app {

using namespace actors;
using namespace std::chrono_literals;

namespace {

constexpr auto journal_name = "journal/journal", writer_name = "journal/writer", reader_name = "journal/reader", keeper_name = "journal/snapshots",
               feed_name = "journal/feed", scrubber_name = "journal/scrubber", disk_watch_name = "journal/disk", upkeep_name = "journal/upkeep",
               readiness_name = "runtime/readiness", time_name = "runtime/time", source_name = "data_pipeline/source", ingress_name = "data_pipeline/ingress";

// Below the collector's watch level for queues: a journal that is ahead of its disk by its window is no reason for an alert.
constexpr std::uint64_t journal_window_events = 8'192;

// The nine, in the order of their start. data_pipeline comes last: its ingress is the first to stop.
constexpr std::array services{"feature_store",        "analysis_engine", "ml_integration",      "strategy_execution", "risk_management",
                              "portfolio_management", "trading_gateway", "monitoring_alerting", "data_pipeline"};

std::optional<operator_command> risk_command(const std::string& word) {
  if (word == "halt") return operator_command::halt;
  if (word == "reduce") return operator_command::reduce;
  if (word == "resume") return operator_command::resume;
  return std::nullopt;
}
std::optional<operator_command> strategy_command(const std::string& word) {
  if (word == "pause") return operator_command::pause_strategy;
  if (word == "resume") return operator_command::resume_strategy;
  if (word == "stop") return operator_command::stop_strategy;
  if (word == "flatten") return operator_command::flatten;
  return std::nullopt;
}

}  // namespace

node::node(config::deployment deployment, replay::composition_parts parts, node_options options)
    : deployment_(std::make_shared<const config::deployment>(std::move(deployment))), parts_(std::move(parts)), options_(std::move(options)) {}

result<std::unique_ptr<node>> node::start(config::deployment deployment, replay::composition_parts parts, node_options options) {
  std::unique_ptr<node> n(new node(std::move(deployment), std::move(parts), std::move(options)));
  auto hosts = replay::compose_hosts(*n->deployment_, n->parts_);
  if (!hosts) return hosts.error();
  n->sequencer_ = std::make_shared<sequencer>(n->deployment_->node.pace.lockstep ? ordering::lockstep : ordering::arrival);
  for (const auto& h : *hosts) n->sequencer_->define(h.definition);
  TOMNEXT_TRY(n->restore());
  n->spawn_actors(std::move(*hosts));
  TOMNEXT_TRY(n->listen());
  return n;
}

// The whole stored log tells the sequencer who has appended what, and which timers are armed; and it must have been made with this configuration.
result<void> node::restore() {
  configuration_ = persistence::sha256({deployment_->source_text});
  // A log begins with what it is for, before any host activates in it.
  preamble_ = replay::preamble_events(*deployment_, configuration_, log_purpose::live);
  if (options_.log->head().seq == 0) {
    auto first = std::make_shared<persistence::group>();
    first->epoch = options_.log->head().epoch;
    first->events.push_back(preamble_.front());
    auto& h = first->events.front().head;
    h.seq = h.correlation = 1;
    const persistence::group_ref declared = std::move(first);
    if (auto appended = options_.log->append({&declared, 1}); !appended) return appended.error();
  }
  auto scan = options_.log->scan(1);
  if (!scan) return scan.error();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (const auto& e : (*g)->events) {
      sequencer_->restore(e);
      const auto* c = e.get_if<configuration_set>();
      if (c != nullptr && c->content_hash != configuration_)
        return error(errc::configuration_value, "this log was made with another configuration (" + persistence::to_hex(c->content_hash).substr(0, 12) +
                                                    "… at event " + std::to_string(e.head.seq) + "): go on with that one, or name a new log directory");
      const auto* l = e.get_if<log_declared>();
      if (l != nullptr && l->purpose != log_purpose::live)
        return error(errc::configuration_value, "this is the log of a " + std::string(word_of(l->purpose)) + ", not of a live node: name a new log directory");
      const auto* s = e.get_if<source_state_changed>();
      if (s != nullptr && s->state == source_state::ended) source_ended_ = true;
    }
  }
  sequencer_->set_epoch(options_.log->head().epoch);
  if (!options_.directory.empty())
    snapshots_ = std::make_shared<const persistence::snapshot_store>(options_.directory, deployment_->node.storage.snapshots_kept);
  return {};
}

// ---- the tree --------------------------------------------------------------------------------------

void node::spawn_actors(std::vector<replay::composed_host> hosts) {
  configure(system_config_, deployment_->node.threads);
  system_ = std::make_unique<actor_system>(system_config_);

  const auto at = [d = directory_]<class Protocol>(std::type_identity<Protocol>, const char* name) { return [d, name] { return d->at<Protocol>(name); }; };
  const auto reader_now = at(std::type_identity<reader_protocol>{}, reader_name);
  const auto keeper_now = at(std::type_identity<keeper_protocol>{}, keeper_name);
  const auto readiness_now = at(std::type_identity<readiness_protocol>{}, readiness_name);
  const auto time_now = at(std::type_identity<time_protocol>{}, time_name);
  const auto source_now = at(std::type_identity<source_protocol>{}, source_name);
  const auto writer_now = at(std::type_identity<writer_protocol>{}, writer_name);
  const auto feed_now = at(std::type_identity<feed_protocol>{}, feed_name);
  const auto journal_now = at(std::type_identity<journal_protocol>{}, journal_name);

  // Each child is entered into the directory whenever it starts.
  const auto child = [d = directory_](std::string name, restart_kind restart, std::chrono::milliseconds stop_deadline,
                                      std::function<actor_ptr(parent_actor&, const std::string&)> start) {
    return child_spec{name,
                      [d, name, start](parent_actor& parent) {
                        auto who = start(parent, name);
                        d->put(name, who);
                        return who;
                      },
                      restart, stop_deadline};
  };
  const auto figures = figures_;
  const auto note_restart = [notes = notes_, figures](const std::string& name, std::uint64_t restarts, const std::string& reason) {
    spdlog::warn("{} is started again ({} restarts): {}", name, restarts, reason);
    notes->add({std::string_view(name), static_cast<std::uint32_t>(restarts), std::string_view(reason)});
  };
  const auto fatal = [this](const std::string& name, const error& why) { finish({exit_code::service_failed, name + ": " + why.message}); };

  std::vector<host_definition> definitions;
  std::vector<std::string> host_names;
  std::map<std::uint32_t, persistence::snapshot_key> keys;
  const std::uint64_t configuration_hash = hash64(deployment_->source_text);
  for (const auto& h : hosts) {
    definitions.push_back(h.definition);
    host_names.push_back(h.definition.name);
    keys[h.definition.id.value] = {h.definition.name, h.definition.version, h.definition.state_version, configuration_hash};
  }

  const auto& storage = deployment_->node.storage;
  const auto storage_queue = storage.queue_events_max;
  const auto link = std::make_shared<feed_link>(options_.log, storage.feed_bytes_max);
  scrubber_settings scrub_settings;
  scrub_settings.directory = options_.directory;
  scrub_settings.bytes_per_s = options_.directory.empty() ? 0 : storage.scrub_bytes_per_s;  // a log in memory has nothing that decays
  scrub_settings.board = boards_.scrub = std::make_shared<scrub_board>(scrub_settings.bytes_per_s);
  boards_.disk = std::make_shared<disk_board>(storage.free_bytes_min, !options_.directory.empty());
  std::vector<child_spec> tree;
  // ---- the journal: never restarted in place, its death ends the node
  tree.push_back(child(writer_name, restart_kind::temporary, 10s, [=, log = options_.log](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_detached_actor<writer_protocol, writer_state>(p, figures, {name, "journal", "node"}, log, link));
  }));
  const journal_settings journal_options{sequencer_->order(), journal_window_events, options_.tap};
  const auto durable = options_.log->head();
  tree.push_back(child(journal_name, restart_kind::temporary, 5s, [=, s = sequencer_](parent_actor& p, const std::string& name) {
    return pointer_of(
        spawn_actor<journal_protocol, journal_state>(p, figures, {name, "journal", "node"}, journal_options, s, definitions, writer_now(), durable));
  }));
  tree.push_back(child(reader_name, restart_kind::permanent, 5s, [=, log = options_.log, store = snapshots_](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_detached_actor<reader_protocol, reader_state>(p, figures, {name, "journal", "node"}, log, store, keys));
  }));
  const feed_settings feed_options{std::chrono::seconds(storage.feed_stall_s), figures};
  tree.push_back(child(feed_name, restart_kind::permanent, 5s, [=](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_detached_actor<feed_protocol, feed_state>(p, figures, {name, "journal", "node"}, link, writer_now(), feed_options));
  }));
  // Under a supervisor of their own, which never gives up: whatever befalls those who look after the log, their restarts are not counted among those that end
  // a node.
  std::vector<child_spec> upkeep;
  if (scrub_settings.bytes_per_s != 0)
    upkeep.push_back(child(scrubber_name, restart_kind::permanent, 10s, [=, log = options_.log](parent_actor& p, const std::string& name) {
      return pointer_of(spawn_detached_actor<scrubber_protocol, scrubber_state>(p, figures, {name, "journal", upkeep_name}, log, scrub_settings));
    }));
  if (!options_.directory.empty()) {
    const disk_watch_settings watch{options_.directory, boards_.disk};
    upkeep.push_back(child(disk_watch_name, restart_kind::permanent, 5s, [=, log = options_.log](parent_actor& p, const std::string& name) {
      return pointer_of(spawn_detached_actor<disk_watch_protocol, disk_watch_state>(p, figures, {name, "journal", upkeep_name}, log, watch));
    }));
  }
  if (!upkeep.empty())
    tree.push_back(child(upkeep_name, restart_kind::permanent, 17s, [=](parent_actor& p, const std::string& name) {
      supervisor_settings s;
      s.name = name;
      s.parent = "node";
      s.restarts_max = 1'000;  // more than its pauses allow within the window
      s.backoff_max = 5s;
      s.on_restart = note_restart;
      return spawn_supervisor(p, figures, std::move(s), upkeep);
    }));
  tree.push_back(child(keeper_name, restart_kind::permanent, 5s, [=, store = snapshots_](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_detached_actor<keeper_protocol, keeper_state>(p, figures, {name, "adapter", "node"}, store, feed_now(), journal_now()));
  }));
  tree.push_back(child(readiness_name, restart_kind::permanent, 1s, [=](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_actor<readiness_protocol, readiness_state>(p, figures, {name, "runtime", "node"}, host_names, figures));
  }));
  tree.push_back(child(time_name, restart_kind::permanent, 1s, [=, order = sequencer_->order()](parent_actor& p, const std::string& name) {
    const line_limits lines{storage_queue, std::max<std::uint64_t>(storage_queue / 16, 256)};
    return pointer_of(spawn_actor<time_protocol, time_authority_state>(p, figures, {name, "timers", "node"}, journal_now(), order, lines));
  }));

  // ---- the nine services
  for (const char* service : services) {
    std::vector<child_spec> group;
    coordinator_settings c;
    c.service = service;
    c.host = [d = directory_](const std::string& name) { return d->at<host_protocol>(name); };
    c.time_authority = time_now;
    if (c.service == "risk_management") c.command = risk_command;
    if (c.service == "strategy_execution") c.command = strategy_command;
    for (const auto& h : hosts) {
      if (h.definition.service != service) continue;
      c.hosts.push_back(h.definition.name);
      host_settings s;
      s.definition = h.definition;
      s.view = h.view;
      s.configuration_hash = configuration_hash;
      s.snapshot_every = deployment_->node.snapshot_every;
      s.snapshot_interval = std::chrono::seconds(storage.snapshot_interval_s);
      s.reader = reader_now;
      s.keeper = keeper_now;
      s.readiness = readiness_now;
      s.fatal = fatal;
      // A new life begins with a new service: composing again gives it its first state.
      s.make = [d = deployment_, parts = parts_, id = h.definition.id]() -> std::shared_ptr<hosted_service> {
        auto again = replay::compose_hosts(*d, parts);
        if (!again) return {};
        for (auto& x : *again)
          if (x.definition.id == id) return x.service;
        return {};
      };
      group.push_back(child(h.definition.name, restart_kind::permanent, 2s, [=](parent_actor& p, const std::string& name) mutable {
        auto settings = s;
        settings.journal = journal_now();
        return pointer_of(spawn_actor<host_protocol, host_state>(p, figures, {name, "host", service}, std::move(settings)));
      }));
    }
    group.insert(group.begin(), child(std::string(service) + "/coordinator", restart_kind::permanent, 1s, [=](parent_actor& p, const std::string& name) {
                   auto settings = c;
                   settings.journal = journal_now();
                   return pointer_of(spawn_actor<coordinator_protocol, coordinator_state>(p, figures, {name, "coordinator", service}, std::move(settings)));
                 }));
    if (c.service == "monitoring_alerting") {
      group.push_back(child("monitoring_alerting/log_channel", restart_kind::permanent, 1s, [=](parent_actor& p, const std::string& name) {
        return pointer_of(spawn_actor<channel_protocol, alert_channel_state>(p, figures, {name, "adapter", service}, feed_now()));
      }));
      group.push_back(child("monitoring_alerting/collector", restart_kind::permanent, 1s, [=, notes = notes_](parent_actor& p, const std::string& name) {
        collector_settings settings;
        settings.figures = figures;
        settings.notes = notes;
        settings.time_authority = time_now;
        return pointer_of(spawn_actor<collector_protocol, collector_state>(p, figures, {name, "collector", service}, std::move(settings)));
      }));
    }
    if (c.service == "data_pipeline") {
      group.push_back(child(source_name, restart_kind::permanent, 2s, [=, d = deployment_](parent_actor& p, const std::string& name) {
        return pointer_of(spawn_detached_actor<source_protocol, quote_source_state>(p, figures, {name, "source", service}, d));
      }));
      ingress_settings i;
      i.pace = deployment_->node.pace;
      i.preamble = preamble_;
      i.ended_already = source_ended_;
      i.time_authority = time_now;
      i.source = source_now;
      i.readiness = readiness_now;
      i.tap = options_.offered;
      i.on_end = [this] {
        if (!options_.stay) finish({});
      };
      i.on_failure = [this](const error& why) { finish({exit_code_of(why.code), why.message}); };
      group.push_back(child(ingress_name, restart_kind::transient, 1s, [=](parent_actor& p, const std::string& name) {
        auto settings = i;
        settings.journal = journal_now();
        return pointer_of(spawn_actor<ingress_protocol, ingress_state>(p, figures, {name, "ingress", service}, std::move(settings)));
      }));
    }
    tree.push_back(child(service, restart_kind::permanent, 15s, [=, group = std::move(group)](parent_actor& p, const std::string& name) {
      supervisor_settings s;
      s.name = name;
      s.parent = "node";
      s.on_restart = note_restart;
      return spawn_supervisor(p, figures, std::move(s), group);
    }));
  }

  supervisor_settings root;
  root.name = "node";
  root.on_restart = note_restart;
  root.on_child_ended = [this](const std::string& name, const error& why) {
    const bool journal = name == journal_name || name == writer_name;
    finish({journal ? exit_code::journal_died : exit_code::service_failed, name + " ended: " + why.message});
  };
  root_ = spawn_supervisor(*system_, figures_, std::move(root), std::move(tree));
  root_->get()->attach_functor([this] {
    std::scoped_lock lock(mutex_);
    root_ended_ = true;
    changed_.notify_all();
  });
}

result<void> node::listen() {
  if (!options_.port) return {};
  api::http_settings s;
  s.port = *options_.port;
  auto server = api::http_server::start(s, routes_of(*system_, directory_, figures_, boards_, {services.begin(), services.end()}, options_.test_hooks));
  if (!server) return server.error();
  http_ = std::move(*server);
  return {};
}

// ---- its end ---------------------------------------------------------------------------------------

void node::finish(node_outcome outcome) {
  {
    std::scoped_lock lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(outcome);
    changed_.notify_all();
  }
  if (options_.on_outcome) options_.on_outcome();
}

node_outcome node::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  return *outcome_;
}

std::optional<node_outcome> node::outcome() const {
  std::scoped_lock lock(mutex_);
  return outcome_;
}

bool node::stop() {
  if (std::exchange(stopped_, true) || !system_) return true;
  if (http_) http_->stop();
  finish({exit_code::cancelled, "stopped"});
  const auto how = wait().code;
  const bool orderly = how == exit_code::ok || how == exit_code::cancelled || how == exit_code::input_data;
  if (orderly) {
    caf::scoped_actor self{*system_};
    const auto ignore = [](const caf::error&) {};  // what does not answer in time is stopped all the same
    self->request(directory_->at<time_protocol>(time_name), 5s, halt_v).receive([](bool) {}, ignore);
    self->request(directory_->at<journal_protocol>(journal_name), 5s, settled_v).receive([](std::uint64_t) {}, ignore);
    self->request(directory_->at<feed_protocol>(feed_name), 2s, settled_v, std::string()).receive([](std::uint64_t) {}, ignore);
    exit_after_queue(root_, caf::exit_reason::user_shutdown);
  } else {
    exit_now(root_, caf::exit_reason::kill);
  }
  bool ended = false;
  {
    std::unique_lock lock(mutex_);
    ended = changed_.wait_for(lock, orderly ? 30s : 5s, [this] { return root_ended_; });
  }
  root_ = nullptr;
  directory_->clear();
  return ended && orderly;
}

node::~node() {
  stop();
  http_.reset();
  system_.reset();
}

bool node::kill(const std::string& name) {
  const auto who = directory_->find(name);
  if (!who) return false;
  exit_now(who, caf::exit_reason::kill);
  return true;
}

result<std::string> node::view(const std::string& host, const std::string& question, const std::string& argument) {
  caf::scoped_actor self{*system_};
  result<std::string> seen = error(errc::not_ready, host + ": there is no such host");
  const auto who = directory_->at<host_protocol>(host);
  if (!who) return seen;
  self->request(who, 5s, query_v, begin_call(host, system_->clock().now() + 5s), question, argument)
      .receive([&](const std::string& json) { seen = json; }, [&](const caf::error& e) { seen = from_caf(e); });
  return seen;
}

}  // namespace tomnext::app
