// One of the two processes of the tests in this folder: a node with its journal, or hosts that run beside it. Only for tests.
//   remote_node journal CONFIGURATION LOG PACE PKI PORT NODE=HOST,HOST…     remote_node hosts CONFIGURATION PKI PORT NAME HOST,HOST…
// PKI is a folder with ca.pem and NAME.pem, NAME.key; the journal's name is "journal".
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "actors/app/host_node.hpp"
#include "actors/app/node.hpp"
#include "actors/replay/backtest.hpp"
#include "actors/replay/prepare.hpp"
#include "config/loader.hpp"
#include "persistence/content_store.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;

namespace {

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> all;
  std::string one;
  for (const char c : list + ",") {
    if (c != ',') one += c;
    else if (!one.empty()) all.push_back(std::exchange(one, ""));
  }
  return all;
}
remote::tls_files files_of(const std::string& pki, const std::string& name) { return {pki + "/" + name + ".pem", pki + "/" + name + ".key", pki + "/ca.pem"}; }
void say(const std::string& line) { std::cout << line << std::endl; }

int failed(const error& why) {
  std::cerr << why.message << std::endl;
  return static_cast<int>(app::exit_code_of(why.code));
}

result<config::deployment> deployment_of(const std::string& file) {
  auto d = config::load(file, {});
  if (!d) return d;
  TOMNEXT_TRY(replay::prepare(*d));
  return d;
}

/// Says its figures when it is asked to, and when it ends.
int journal(const std::vector<std::string>& a) {
  // Before any thread starts, so that all inherit it.
  sigset_t ours;
  sigemptyset(&ours);
  for (int s : {SIGTERM, SIGUSR1, SIGUSR2}) sigaddset(&ours, s);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  auto d = deployment_of(a[1]);
  if (!d) return failed(d.error());
  auto pace = config::parse_pace(a[3]);
  if (!pace) return failed(pace.error());
  d->node.pace = *pace;
  auto log = persistence::open_log(a[2], {});
  if (!log) return failed(log.error());
  auto parts = replay::load_models(*d, a[2]);
  if (!parts) return failed(parts.error());
  if (auto stored = persistence::content_store(a[2]).put(d->source_text); !stored) return failed(stored.error());
  app::node_options o;
  o.log = std::move(*log);
  o.directory = a[2];
  o.port = 0;
  o.on_outcome = [] { ::kill(::getpid(), SIGUSR1); };
  auto& g = o.gate.emplace();
  g.name = "journal";
  g.port = static_cast<std::uint16_t>(std::stoi(a[5]));
  g.files = files_of(a[4], "journal");
  for (std::size_t i = 6; i < a.size(); ++i) g.placements.push_back({a[i].substr(0, a[i].find('=')), parts_of(a[i].substr(a[i].find('=') + 1))});
  g.tell = say;
  auto n = app::node::start(*d, std::move(*parts), std::move(o));
  if (!n) return failed(n.error());
  say("http://127.0.0.1:" + std::to_string((*n)->port()) + " answers");
  say("gate " + std::to_string((*n)->gate()->port()));
  int signal = SIGUSR2;
  while (signal == SIGUSR2) {
    sigwait(&ours, &signal);
    say("figures " + remote::to_json((*n)->gate()->figures()));
  }
  (*n)->stop();
  const auto outcome = (*n)->wait();
  say("ended " + std::to_string(static_cast<int>(outcome.code)) + " " + outcome.message);
  return static_cast<int>(outcome.code);
}

int hosts(const std::vector<std::string>& a) {
  auto d = deployment_of(a[1]);
  if (!d) return failed(d.error());
  auto parts = replay::load_models(*d, "");
  if (!parts) return failed(parts.error());
  app::host_node_options o;
  o.name = a[4];
  o.journal_node = "journal";
  o.port = static_cast<std::uint16_t>(std::stoi(a[3]));
  o.files = files_of(a[2], a[4]);
  for (const auto& h : parts_of(a[5])) o.hosts.insert(h);
  o.tell = say;
  auto n = app::host_node::start(*d, std::move(*parts), std::move(o));
  if (!n) return failed(n.error());
  say("hosts run");
  const auto outcome = (*n)->wait();
  say("ended " + std::to_string(static_cast<int>(outcome.code)) + " " + outcome.message);
  return static_cast<int>(outcome.code);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("node"));
  const std::vector<std::string> a(argv + 1, argv + argc);
  if (a.size() >= 7 && a[0] == "journal") return journal(a);
  if (a.size() == 6 && a[0] == "hosts") return hosts(a);
  std::cerr << "remote_node journal CONFIGURATION LOG PACE PKI PORT NODE=HOST,HOST… | hosts CONFIGURATION PKI PORT NAME HOST,HOST…" << std::endl;
  return 2;
}
