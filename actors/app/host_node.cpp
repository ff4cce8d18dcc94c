#include "actors/app/host_node.hpp"

#include <algorithm>

#include "persistence/checksum.hpp"

namespace tomnext::app {

using namespace actors;
using namespace std::chrono_literals;

namespace {
constexpr auto hosts_name = "hosts";
}

host_node::host_node(config::deployment deployment, replay::composition_parts parts, host_node_options options) : options_(std::move(options)) {
  parts_.deployment = std::make_shared<const config::deployment>(std::move(deployment));
  parts_.composition = std::move(parts);
  parts_.figures = std::make_shared<introspection>(options_.name);
  parts_.directory = std::make_shared<directory>();
  parts_.notes = std::make_shared<supervision_notes>();
  parts_.finish = [this](node_outcome o) { finish(std::move(o)); };
  configuration_ = persistence::sha256({parts_.deployment->source_text});
}

result<std::unique_ptr<host_node>> host_node::start(config::deployment deployment, replay::composition_parts parts, host_node_options options) {
  std::unique_ptr<host_node> n(new host_node(std::move(deployment), std::move(parts), std::move(options)));
  TOMNEXT_TRY(n->begin());
  return n;
}

result<void> host_node::begin() {
  auto hosts = replay::compose_hosts(*parts_.deployment, parts_.composition);
  if (!hosts) return hosts.error();
  for (auto& h : *hosts)
    if (options_.hosts.count(h.definition.name) != 0) parts_.hosts.push_back(std::move(h));
  for (const auto& name : options_.hosts)
    if (std::none_of(parts_.hosts.begin(), parts_.hosts.end(), [&](const auto& h) { return h.definition.name == name; }))
      return error(errc::configuration_value, "'" + name + "' is to run here, and there is no such host");
  configure(system_config_, parts_.deployment->node.threads);
  system_ = std::make_unique<actor_system>(system_config_);
  remote::endpoint_settings e;
  e.address = options_.address;
  e.port = options_.port;
  e.files = options_.files;
  e.peers = {options_.journal_node};
  e.mine.fingerprint = remote::messages_fingerprint();
  e.mine.run = remote::random_run();
  e.mine.configuration = configuration_;
  e.mine.name = options_.name;
  e.limits = options_.limits;
  e.tell = options_.tell;
  e.begin = [this](const remote::greeting&, std::function<void()> wake) { return linked(std::move(wake)); };
  // Two lives of one host at a time would be told apart by the journal, and by nobody else.
  e.may_connect = [this] {
    const std::scoped_lock lock(mutex_);
    return !root_;
  };
  auto connected = remote::endpoint::connect(std::move(e));
  if (!connected) return connected.error();
  endpoint_ = std::move(*connected);
  return {};
}

result<std::shared_ptr<remote::conversation>> host_node::linked(std::function<void()> wake) {
  remote::link_settings l;
  l.system = system_.get();
  l.peer = options_.journal_node;
  l.may_end_ours = true;
  l.closed = [this](const error&) { end_hosts(); };
  auto over = std::make_shared<remote::node_link>(std::move(l), std::move(wake));
  start_hosts(*over);
  return std::shared_ptr<remote::conversation>(std::move(over));
}

void host_node::start_hosts(remote::node_link& over) {
  // The names that hosts of a node without a link would find there.
  parts_.directory->put(name_of::journal, over.known(remote::known_actor::journal));
  parts_.directory->put(name_of::reader, over.known(remote::known_actor::reader));
  parts_.directory->put(name_of::keeper, over.known(remote::known_actor::keeper));
  parts_.directory->put(name_of::readiness, over.known(remote::known_actor::readiness));
  supervised_group group;
  group.settings.name = hosts_name;
  group.settings.restarts_max = 50;  // of all services together
  group.settings.on_restart = restart_noted_by(parts_);
  group.settings.on_child_ended = [this](const std::string& name, const error& why) { finish({exit_code::service_failed, name + " ended: " + why.message}); };
  for (const auto& h : parts_.hosts) group.children.push_back(host_child(parts_, h, hosts_name));
  auto root = spawn_supervisor(*system_, parts_.figures, std::move(group.settings), std::move(group.children));
  {
    const std::scoped_lock lock(mutex_);
    root_ = root;
  }
  when_down(root, [this](const actor_error&) {
    const std::scoped_lock lock(mutex_);
    root_ = nullptr;
    changed_.notify_all();
  });
}

// What they have consumed and not answered is lost with the connection: their next lives find it in the log.
void host_node::end_hosts() {
  actor_ptr root;
  {
    const std::scoped_lock lock(mutex_);
    root = root_;
  }
  exit_now(root, exit_reason::kill);
}

void host_node::finish(node_outcome outcome) {
  const std::scoped_lock lock(mutex_);
  if (!outcome_) outcome_ = std::move(outcome);
  changed_.notify_all();
}

node_outcome host_node::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  return *outcome_;
}

host_node::~host_node() {
  if (endpoint_) endpoint_->stop();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 5s, [this] { return !root_; });
  }
  parts_.directory->clear();
  system_.reset();
  endpoint_.reset();
}

}  // namespace tomnext::app
