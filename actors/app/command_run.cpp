// tomnext run: a live node of actors on the deployment's sources.
#include <pthread.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "actors/app/command_log.hpp"
#include "actors/app/commands.hpp"
#include "actors/app/config_options.hpp"
#include "actors/app/node.hpp"
#include "actors/app/run_summary.hpp"
#include "actors/app/service_manager.hpp"
#include "actors/replay/backtest.hpp"
#include "actors/replay/prepare.hpp"
#include "persistence/content_store.hpp"
#include "persistence/log_keys.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct run_command_options {
  config_options configuration;
  std::string log;
  std::string pace;
  int port = -1;
  bool stay = false;
  bool test_hooks = false;
  bool encrypt = false;
};

// The main thread waits for signals; SIGUSR1 is our own word that the node has an outcome. Blocked before any thread starts, so that all inherit it.
class signal_waiter {
 public:
  signal_waiter() {
    sigemptyset(&set_);
    for (int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  // What came while the node stopped is over with it: unblocked, our own word would end the process.
  ~signal_waiter() {
    const timespec at_once{};
    while (sigtimedwait(&set_, nullptr, &at_once) > 0) {}
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  signal_waiter(const signal_waiter&) = delete;
  signal_waiter& operator=(const signal_waiter&) = delete;
  /// The next signal; 0 where none came within the pause.
  [[nodiscard]] int wait(std::chrono::milliseconds pause) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(pause);
    const timespec most{seconds.count(), std::chrono::nanoseconds(pause - seconds).count()};
    const int signal = sigtimedwait(&set_, nullptr, &most);
    return signal > 0 ? signal : 0;
  }

 private:
  sigset_t set_{}, before_{};
};

/// Waits for the end, and tells the service manager meanwhile that the node is ready, and that it lives: its shared threads answer.
int wait_for_end(const signal_waiter& signals, const service_manager& manager, const node& n) {
  using namespace std::chrono_literals;
  const auto every = manager.listens() ? std::min<std::chrono::milliseconds>(manager.watchdog_every().value_or(1s), 1s) : 1h;
  bool ready = false;
  for (;;) {
    const auto answer = manager.listens() ? n.ready_within(every) : std::nullopt;
    if (answer && *answer && !std::exchange(ready, true)) manager.tell("READY=1\nSTATUS=running");
    if (answer && manager.watchdog_every()) manager.tell("WATCHDOG=1");
    const auto pause = manager.listens() && !ready ? std::min<std::chrono::milliseconds>(every, 100ms) : every;
    if (const int signal = signals.wait(pause); signal != 0) return signal;
  }
}

result<config::deployment> deployment_to_run(const run_command_options& o) {
  auto d = o.configuration.load();
  if (!d) return d;
  if (!o.pace.empty()) {
    auto pace = config::parse_pace(o.pace);
    if (!pace) return pace.error().within("--pace");
    d->node.pace = *pace;
  }
  if (!o.log.empty()) d->node.log = o.log;
  if (d->node.log.empty()) return error(errc::configuration_key, "a live node needs a log: give --log DIR, or node.log in the configuration");
  return d;
}

std::shared_ptr<spdlog::logger> node_logger() {
  auto logger = spdlog::get("node");
  if (!logger) logger = spdlog::stderr_color_mt("node");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  return logger;
}

/// The node's own key file wins over what the environment names: it is this log's.
result<persistence::encryption> encryption_of(const config::storage_settings& storage, const run_command_options& o) {
  if (storage.key_file.empty()) return o.encrypt ? persistence::encryption::from_now_on : persistence::encryption::as_it_is;
  auto keys = persistence::key_ring::of_file(storage.key_file);
  if (!keys) return keys.error().within("node.storage.key_file");
  persistence::use_keys(std::move(*keys));
  return persistence::encryption::from_now_on;
}

result<exit_code> run(const run_command_options& o, session& s) {
  auto d = deployment_to_run(o);
  if (!d) return d.error();
  const auto manager = service_manager::from_environment();
  const signal_waiter signals;
  spdlog::set_default_logger(node_logger());
  TOMNEXT_TRY(replay::prepare(*d));
  const auto& storage = d->node.storage;
  persistence::rocksdb_options how;
  how.when = storage.sync ? persistence::durability::sync : persistence::durability::os;
  how.anchors = storage.anchor_before_acknowledgement ? persistence::anchoring::before_acknowledgement : persistence::anchoring::periodic;
  how.free_bytes_min = storage.free_bytes_min;
  how.ballast_bytes = storage.ballast_bytes;
  auto encrypt = encryption_of(storage, o);
  if (!encrypt) return encrypt.error();
  how.encrypt = *encrypt;
  how.tell = [](const std::string& what) { spdlog::warn("{}", what); };
  auto opened = persistence::open_log(d->node.log, how);
  if (!opened) return opened.error();
  node_options options;
  options.log = std::move(*opened);
  options.directory = d->node.log;
  options.stay = o.stay;
  options.test_hooks = o.test_hooks;
  if (o.port >= 0) options.port = static_cast<std::uint16_t>(o.port);
  else if (d->node.port != 0) options.port = d->node.port;
  options.on_outcome = [] { ::kill(::getpid(), SIGUSR1); };
  auto parts = replay::load_models(*d, d->node.log);
  if (!parts) return parts.error();
  if (auto stored = persistence::content_store(d->node.log).put(d->source_text); !stored) return stored.error();

  const auto log = options.log;
  auto started = node::start(*d, std::move(*parts), std::move(options));
  if (!started) return started.error();
  auto& n = **started;
  if (n.port() != 0) spdlog::info("http://127.0.0.1:{} answers /healthz /readyz /metrics /api/v1/actors", n.port());
  spdlog::info("running from event {} of {}", log->head().seq, d->node.log);

  const int signal = wait_for_end(signals, manager, n);
  manager.tell("STOPPING=1");
  if (signal != SIGUSR1) spdlog::info("{}: stopping in order", signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM");
  const bool asked = signal != SIGUSR1 && !n.outcome();
  const bool orderly = n.stop();
  const auto outcome = n.wait();
  if (!asked && outcome.code != exit_code::ok) {
    // Actors may be stuck, and the log holds all that matters: the process ends here, and a restart recovers.
    s.err << "tomnext: " << outcome.message << std::endl;
    if (s.json) s.out << json_text({{"error", {{"exit_code", static_cast<int>(outcome.code)}, {"message", outcome.message}}}}) << std::endl;
    spdlog::default_logger()->flush();
    ::_exit(static_cast<int>(outcome.code));
  }
  started->reset();
  if (!orderly) spdlog::warn("not everything stopped in order: the next start recovers");
  auto summary = summarise(*log, *d);
  if (!summary) return summary.error();
  s.out << (s.json ? to_json(*summary) + "\n" : to_table(*summary));
  return asked ? exit_code::cancelled : exit_code::ok;
}

action add_run(CLI::App& app) {
  auto o = std::make_shared<run_command_options>();
  o->configuration.add(app, true);
  app.add_option("--log", o->log, "the node's log; created, or gone on with")->type_name("DIR");
  app.add_option("--pace", o->pace, "lockstep, recorded, or a multiple such as x100 (default: the configuration's)")->type_name("PACE");
  app.add_option("--port", o->port, "HTTP endpoint on loopback; 0: any free port")->type_name("PORT")->check(CLI::Range(0, 65'535));
  app.add_flag("--encrypt", o->encrypt,
               "the log is encrypted from here on, with the newest of the keys that TOMNEXT_LOG_KEYS names; node.storage.key_file says the same");
  app.add_flag("--stay", o->stay, "go on answering when the source has ended, until SIGTERM");
  app.add_flag("--test-hooks", o->test_hooks, "adds POST /api/v1/actors/kill?name=NAME, for tests");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command run_command() {
  return {"run", "a live node of actors on the configuration's sources, until they end or SIGTERM",
          "tomnext run tests/data/demo.yaml --log live/log --pace lockstep --port 8080", add_run};
}

}  // namespace tomnext::app
