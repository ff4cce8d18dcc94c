// What each of the nine services is made of.
#include <array>
#include <optional>

#include "actors/app/node_tree.hpp"
#include "actors/data_pipeline/ingress_actor.hpp"
#include "actors/data_pipeline/source_actor.hpp"
#include "actors/monitoring_alerting/alert_channel.hpp"
#include "actors/monitoring_alerting/collector.hpp"
#include "actors/runtime/coordinator.hpp"
#include "actors/runtime/host_actor.hpp"
#include "actors/runtime/instrumented.hpp"

namespace tomnext::app {

using namespace actors;
using namespace std::chrono_literals;

namespace {

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

// What people and programs ask over HTTP; commands are urgent, and always get in.
constexpr mailbox_limit coordinator_mailbox{1'024, when_full::refuse};

// ---- actors beside the hosts -----------------------------------------------------------------------

std::vector<child_spec> alert_workers(const node_parts& n, const std::string& service) {
  std::vector<child_spec> all;
  all.push_back(child_of(n, "monitoring_alerting/log_channel", restart_kind::permanent, 1s,
                         [f = n.figures, service, feed = whoever_is<feed_protocol>(n, name_of::feed)](parent_actor& p, const std::string& name) {
                           return pointer_of(spawn_actor<channel_protocol, alert_channel_state>(p, f, {name, "adapter", service}, feed()));
                         }));
  collector_settings settings;
  settings.figures = n.figures;
  settings.notes = n.notes;
  settings.time_authority = whoever_is<time_protocol>(n, name_of::time);
  all.push_back(
      child_of(n, "monitoring_alerting/collector", restart_kind::permanent, 1s, [f = n.figures, service, settings](parent_actor& p, const std::string& name) {
        return pointer_of(spawn_actor<collector_protocol, collector_state>(p, f, {name, "collector", service}, settings));
      }));
  return all;
}

std::vector<child_spec> market_workers(const node_parts& n, const std::string& service) {
  std::vector<child_spec> all;
  all.push_back(child_of(n, name_of::source, restart_kind::permanent, 2s, [f = n.figures, service, d = n.deployment](parent_actor& p, const std::string& name) {
    return pointer_of(spawn_apart<source_protocol, quote_source_state>(p, f, {name, "source", service}, d));
  }));
  ingress_settings settings;
  settings.pace = n.deployment->node.pace;
  settings.preamble = n.preamble;
  settings.ended_already = n.source_ended;
  settings.time_authority = whoever_is<time_protocol>(n, name_of::time);
  settings.source = whoever_is<source_protocol>(n, name_of::source);
  settings.readiness = whoever_is<readiness_protocol>(n, name_of::readiness);
  settings.tap = n.offered;
  settings.on_end = n.on_source_end;
  settings.on_failure = [finish = n.finish](const error& why) { finish({exit_code_of(why.code), why.message}); };
  all.push_back(
      child_of(n, name_of::ingress, restart_kind::transient, 1s,
               [f = n.figures, service, settings, journal = whoever_is<journal_protocol>(n, name_of::journal)](parent_actor& p, const std::string& name) {
                 auto now = settings;
                 now.journal = journal();
                 return pointer_of(spawn_actor<ingress_protocol, ingress_state>(p, f, {name, "ingress", service}, std::move(now)));
               }));
  return all;
}

// ---- the nine --------------------------------------------------------------------------------------

struct service_plan {
  const char* name;
  std::optional<operator_command> (*command)(const std::string&) = nullptr;             ///< those that it takes; null: none
  std::vector<child_spec> (*workers)(const node_parts&, const std::string&) = nullptr;  ///< beside coordinator and hosts
  strategy_kind strategy = strategy_kind::one_for_one;                                  ///< hosts exchange events alone: none depends on another's life
  std::uint32_t restarts_max = 5;
  std::chrono::milliseconds window = 10s;
};

// In the order of their start. data_pipeline comes last: its ingress is the first to stop.
constexpr std::array<service_plan, 9> plans{{
    {"feature_store"},
    {"analysis_engine"},
    {"ml_integration"},
    {"strategy_execution", strategy_command},
    {"risk_management", risk_command},
    {"portfolio_management"},
    {"trading_gateway"},
    {"monitoring_alerting", nullptr, alert_workers},
    {"data_pipeline", nullptr, market_workers},
}};

child_spec coordinator_child(const node_parts& n, const service_plan& plan, std::vector<std::string> hosts) {
  coordinator_settings c;
  c.service = plan.name;
  c.hosts = std::move(hosts);
  c.host = [d = n.directory](const std::string& name) { return d->at<host_protocol>(name); };
  c.time_authority = whoever_is<time_protocol>(n, name_of::time);
  if (plan.command != nullptr) c.command = plan.command;
  return child_of(n, c.service + "/coordinator", restart_kind::permanent, 1s,
                  [f = n.figures, c, journal = whoever_is<journal_protocol>(n, name_of::journal)](parent_actor& p, const std::string& name) {
                    auto now = c;
                    now.journal = journal();
                    return pointer_of(spawn_actor<coordinator_protocol, coordinator_state>(p, f, {name, "coordinator", now.service, coordinator_mailbox}, now));
                  });
}

supervised_group group_of(const node_parts& n, const service_plan& plan) {
  supervised_group group;
  group.settings.name = plan.name;
  group.settings.parent = name_of::node;
  group.settings.strategy = plan.strategy;
  group.settings.restarts_max = plan.restarts_max;
  group.settings.window = plan.window;
  group.settings.on_restart = restart_noted_by(n);
  std::vector<std::string> hosts;
  for (const auto& h : n.hosts)
    if (h.definition.service == group.settings.name) hosts.push_back(h.definition.name);
  group.children.push_back(coordinator_child(n, plan, hosts));
  for (const auto& h : n.hosts)
    if (h.definition.service == group.settings.name && n.elsewhere.count(h.definition.name) == 0) group.children.push_back(host_child(n, h, plan.name));
  if (plan.workers != nullptr)
    for (auto& w : plan.workers(n, plan.name)) group.children.push_back(std::move(w));
  return group;
}

}  // namespace

child_spec host_child(const node_parts& n, const replay::composed_host& h, const std::string& service) {
  const auto& storage = n.deployment->node.storage;
  host_settings s;
  s.definition = h.definition;
  s.view = h.view;
  s.configuration_hash = hash64(n.deployment->source_text);
  s.snapshot_every = n.deployment->node.snapshot_every;
  s.snapshot_interval = std::chrono::seconds(storage.snapshot_interval_s);
  s.reader = whoever_is<reader_protocol>(n, name_of::reader);
  s.keeper = whoever_is<keeper_protocol>(n, name_of::keeper);
  s.readiness = whoever_is<readiness_protocol>(n, name_of::readiness);
  s.poison = std::make_shared<poison_watch>(
      poison_rule{n.deployment->node.poison_deaths_max, n.deployment->node.poison_stops ? poison_policy::stop : poison_policy::park});
  s.fatal = [finish = n.finish](const std::string& name, const error& why) { finish({exit_code::service_failed, name + ": " + why.message}); };
  // A new life begins with a new service: composing again gives it its first state.
  s.make = [d = n.deployment, parts = n.composition, id = h.definition.id]() -> std::shared_ptr<hosted_service> {
    auto again = replay::compose_hosts(*d, parts);
    if (!again) return {};
    for (auto& x : *again)
      if (x.definition.id == id) return x.service;
    return {};
  };
  return child_of(n, h.definition.name, restart_kind::permanent, 2s,
                  [f = n.figures, s, service, journal = whoever_is<journal_protocol>(n, name_of::journal)](parent_actor& p, const std::string& name) {
                    auto now = s;
                    now.journal = journal();
                    return pointer_of(spawn_actor<host_protocol, host_state>(p, f, {name, "host", service}, std::move(now)));
                  });
}

std::vector<supervised_group> service_groups(const node_parts& n) {
  std::vector<supervised_group> all;
  for (const auto& plan : plans) all.push_back(group_of(n, plan));
  return all;
}

std::vector<std::string> service_names() {
  std::vector<std::string> all;
  for (const auto& plan : plans) all.emplace_back(plan.name);
  return all;
}

}  // namespace tomnext::app
