#include "actors/app/node.hpp"

#include <unistd.h>

#include <array>

#include "actors/app/node_tree.hpp"
#include "actors/replay/preamble.hpp"
#include "actors/runtime/job_events.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::app {

using namespace actors;
using namespace std::chrono_literals;

std::string process_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::string(host.data()) + ":" + std::to_string(::getpid());
}

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
  TOMNEXT_TRY(n->open_gate());
  return n;
}

// The whole stored log tells the sequencer who has appended what, and which timers are armed; what jobs have done; and it must have been made with this
// configuration.
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
      jobs_known_->apply(e);
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
  const bool on_disk = !options_.directory.empty();
  const auto& storage = deployment_->node.storage;
  boards_.scrub = std::make_shared<scrub_board>(on_disk ? storage.scrub_bytes_per_s : 0);
  boards_.disk = std::make_shared<disk_board>(storage.free_bytes_min, on_disk);
  boards_.work = std::make_shared<work_board>();
  boards_.jobs = std::make_shared<job_board>();
  for (const auto& h : hosts) host_names_[h.definition.id.value] = h.definition.name;

  node_parts n;
  n.deployment = deployment_;
  n.composition = parts_;
  n.hosts = std::move(hosts);
  n.log = options_.log;
  n.log_directory = options_.directory;
  n.sequencer = sequencer_;
  n.snapshots = snapshots_;
  n.preamble = preamble_;
  n.source_ended = source_ended_;
  n.boards = boards_;
  n.jobs_known = jobs_known_;
  n.clock = options_.clock;
  n.figures = figures_;
  n.directory = directory_;
  n.notes = notes_;
  if (options_.gate)
    for (const auto& p : options_.gate->placements) n.elsewhere.insert(p.hosts.begin(), p.hosts.end());
  n.tap = options_.tap;
  n.offered = options_.offered;
  n.on_source_end = [this] {
    if (!options_.stay) finish({});
  };
  n.finish = [this](node_outcome outcome) { finish(std::move(outcome)); };

  auto tree = node_tree(n);
  root_ = spawn_supervisor(*system_, figures_, std::move(tree.settings), std::move(tree.children));
  directory_->put(name_of::node, root_);
  // Whatever it ends of, nobody waits for a node that is no more.
  when_down(root_, [this](const actor_error& why) {
    {
      std::scoped_lock lock(mutex_);
      root_ended_ = true;
      changed_.notify_all();
    }
    finish({exit_code::service_failed, "the node's supervisor ended: " + reason_text(why)});
  });
}

result<void> node::listen() {
  if (!options_.port) return {};
  api::http_settings s;
  s.port = *options_.port;
  node_surface seen;
  seen.directory = directory_;
  seen.figures = figures_;
  seen.boards = boards_;
  seen.services = service_names();
  seen.log = options_.log;
  seen.host_names = host_names_;
  seen.test_hooks = options_.test_hooks;
  auto server = api::http_server::start(s, routes_of(*system_, std::move(seen)));
  if (!server) return server.error();
  http_ = std::move(*server);
  return {};
}

result<void> node::open_gate() {
  if (!options_.gate) return {};
  std::map<std::string, std::uint32_t> hosts;
  for (const auto& [id, name] : host_names_) hosts.emplace(name, id);
  const remote::gate_names names{name_of::journal, name_of::reader, name_of::keeper, name_of::readiness};
  auto opened = remote::host_gate::open(*system_, directory_, names, hosts, configuration_, *options_.gate);
  if (!opened) return opened.error().within("letting hosts in from other processes");
  gate_ = std::move(*opened);
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
    outside_actor self{*system_};
    const auto ignore = [](const actor_error&) {};  // what does not answer in time is stopped all the same
    ask(&*self, directory_->at<time_protocol>(name_of::time), 5s, halt_v).receive([](bool) {}, ignore);
    ask(&*self, directory_->at<journal_protocol>(name_of::journal), 5s, settled_v).receive([](std::uint64_t) {}, ignore);
    ask(&*self, directory_->at<feed_protocol>(name_of::feed), 2s, settled_v, std::string()).receive([](std::uint64_t) {}, ignore);
    if (gate_) gate_->stop();
    exit_after_queue(root_, exit_reason::user_shutdown);
  } else {
    exit_now(root_, exit_reason::kill);
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
  gate_.reset();
  http_.reset();
  system_.reset();
}

std::optional<bool> node::ready_within(std::chrono::milliseconds deadline) const {
  const auto who = directory_->at<readiness_protocol>(name_of::readiness);
  if (!who) return std::nullopt;
  outside_actor self{*system_};
  std::optional<bool> answer;
  ask(&*self, who, deadline, ready_v).receive([&](bool all) { answer = all; }, [](const actor_error&) {});
  return answer;
}

bool node::kill(const std::string& name) {
  const auto who = directory_->find(name);
  if (!who) return false;
  exit_now(who, exit_reason::kill);
  return true;
}

result<std::string> node::view(const std::string& host, const std::string& question, const std::string& argument) {
  outside_actor self{*system_};
  result<std::string> seen = error(errc::not_ready, host + ": there is no such host");
  const auto who = directory_->at<host_protocol>(host);
  if (!who) return seen;
  ask(&*self, who, 5s, query_v, begin_call(host, system_->clock().now() + 5s), question, argument)
      .receive([&](const std::string& json) { seen = json; }, [&](const actor_error& e) { seen = from_caf(e); });
  return seen;
}

}  // namespace tomnext::app
