#include "actors/remote/host_gate.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <set>
#include <utility>

#include "actors/remote/permission.hpp"

namespace tomnext::remote {

using namespace actors;

namespace {

result<std::map<std::string, std::map<std::string, std::uint32_t>>> placed(const std::vector<host_placement>& placements,
                                                                           const std::map<std::string, std::uint32_t>& hosts) {
  std::map<std::string, std::map<std::string, std::uint32_t>> all;
  std::set<std::string> seen;
  for (const auto& p : placements)
    for (const auto& name : p.hosts) {
      const auto found = hosts.find(name);
      if (found == hosts.end()) return error(errc::configuration_value, "'" + name + "' is placed at " + p.node + ", and there is no such host");
      if (!seen.insert(name).second) return error(errc::configuration_value, "'" + name + "' is placed twice");
      all[p.node].insert(*found);
    }
  return all;
}

}  // namespace

std::uint64_t random_run() {
  std::uint64_t run = 0;
  // Without random numbers there is no TLS either, and that is told there.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&run), sizeof run) != 1) run = 0;
  return run;
}

result<std::unique_ptr<host_gate>> host_gate::open(actor_system& system, std::shared_ptr<directory> where, const gate_names& names,
                                                   const std::map<std::string, std::uint32_t>& hosts, const hash256& configuration, gate_settings settings) {
  auto by_node = placed(settings.placements, hosts);
  if (!by_node) return by_node.error();
  endpoint_settings e;
  e.address = settings.address;
  e.port = settings.port;
  e.files = settings.files;
  for (const auto& [node, its] : *by_node) {
    e.peers.push_back(node);
    for (const auto& [name, id] : its) (void)where->address_of(system, name);  // messages wait there until the host has come
  }
  e.mine.fingerprint = messages_fingerprint();
  e.mine.run = random_run();
  e.mine.configuration = configuration;
  e.mine.name = settings.name;
  e.limits = settings.limits;
  e.tell = settings.tell;
  e.begin = [&system, where, names, by_node = *by_node](const greeting& peer, std::function<void()> wake) -> result<std::shared_ptr<conversation>> {
    const auto may = std::make_shared<permission>(by_node.at(peer.name), where);
    link_settings l;
    l.system = &system;
    l.peer = peer.name;
    l.offered = {{known_actor::journal, where->find(names.journal)},
                 {known_actor::reader, where->find(names.reader)},
                 {known_actor::keeper, where->find(names.keeper)},
                 {known_actor::readiness, where->find(names.readiness)}};
    for (const auto& [known, who] : l.offered)
      if (!who) return error(errc::not_ready, "this node is not up yet");
    l.allow = [may](const node_link& over, arrival& a) { return may->check(over, a); };
    // Until they come again nobody takes them for ready, and messages for them wait at their addresses.
    l.closed = [may, where, readiness = l.offered.at(known_actor::readiness)](const error&) {
      for (const auto& [name, who] : may->enrolled()) {
        if (auto* known = as_address(where->find(name))) known->unbind(who);
        tell_from_outside(handle_of<readiness_protocol>(readiness), unready_v, name);
      }
    };
    return std::shared_ptr<conversation>(std::make_shared<node_link>(std::move(l), std::move(wake)));
  };
  auto opened = endpoint::listen(std::move(e));
  if (!opened) return opened.error();
  return std::unique_ptr<host_gate>(new host_gate(std::move(*opened)));
}

}  // namespace tomnext::remote
