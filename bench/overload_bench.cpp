// The kill switch while a service is flooded: from the operator's command to its durable outcome, with each of the nine services in turn asked for its status
// as fast as it can be asked. Beside it, in the same run, the same command on the same node at rest.
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "actors/app/node.hpp"
#include "actors/replay/backtest.hpp"
#include "actors/replay/prepare.hpp"
#include "actors/runtime/caf.hpp"
#include "bench/harness.hpp"
#include "config/loader.hpp"
#include "persistence/memory_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {

constexpr int in_flight = 4'096;  // four times what a coordinator lets wait
constexpr int commands = 200;

struct flood {
  std::atomic<bool> on{true};
  std::atomic<std::uint64_t> answered{0}, refused{0};
};
using flood_ref = std::shared_ptr<flood>;

/// Keeps so many questions on their way, whatever becomes of them.
void ask_forever(plain_actor* self, const coordinator_protocol& whom, const flood_ref& f) {
  if (!f->on) return;
  const auto c = begin_call("flood", self->clock().now() + 1s);
  ask(self, whom, 1s, status_v, c)
      .then(
          [=](const std::string&) {
            ++f->answered;
            ask_forever(self, whom, f);
          },
          [=](const actor_error&) {
            ++f->refused;
            // A refused one comes again with the next turn, and not in the same: others have the thread in between.
            tell_later(self, 100us, tick_v);
          });
}
plain_behavior flooder(plain_actor* self, coordinator_protocol whom, flood_ref f) {
  for (int i = 0; i < in_flight / 8; ++i) ask_forever(self, whom, f);
  return {[=](tick_atom) { ask_forever(self, whom, f); }};
}

/// Milliseconds of each command, one after the other.
std::vector<double> command_times(app::node& n, int& number) {
  const auto risk = n.addresses()->at<coordinator_protocol>("risk_management/coordinator");
  std::vector<double> took;
  outside_actor self{n.system()};
  for (int i = 0; i < commands; ++i) {
    ++number;
    const auto json = std::string(R"({"command":")") + (number % 2 == 0 ? "resume" : "reduce") + R"(","who":"bench","why":"flood","idempotency_key":"k)" +
                      std::to_string(number) + "\"}";
    const auto begun = stopwatch::now();
    const auto c = begin_call("bench", n.system().clock().now() + 5s, {}, urgency::urgent);
    ask_urgently(&*self, risk, 5s, command_v, c, json).receive([](const std::string&) {}, [](const actor_error& e) { stop(from_caf(e)); });
    took.push_back(microseconds(stopwatch::now() - begun) / 1e3);
  }
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  harness h("overload_bench", "The kill switch while each service in turn is flooded with questions.");
  h.parse(argc, argv);
  auto d = must(config::load(std::string(TOMNEXT_SOURCE_DIR) + "/tests/data/demo.yaml", {}));
  must(replay::prepare(d));
  app::node_options o;
  o.log = std::make_shared<persistence::memory_log>();
  o.stay = true;
  auto parts = must(replay::load_models(d, ""));
  auto n = must(app::node::start(d, std::move(parts), std::move(o)));
  const auto ingress_done = [&] {
    const auto ingress = n->figures()->find("data_pipeline/ingress");
    return ingress && std::string_view(ingress->state()) == "stopped";
  };
  while (!ingress_done()) std::this_thread::yield();  // the market is over: what is left is the flood

  int number = 0;
  const auto quiet = command_times(*n, number);
  for (const auto& service : app::service_names()) {
    const auto f = std::make_shared<flood>();
    const auto whom = n->addresses()->at<coordinator_protocol>(service + "/coordinator");
    std::vector<actor_ptr> all;
    for (int i = 0; i < 8; ++i) all.push_back(pointer_of(n->system().spawn(flooder, whom, f)));
    while (f->answered + f->refused < 2 * in_flight) std::this_thread::yield();  // it has risen
    const auto took = command_times(*n, number);
    f->on = false;
    for (const auto& a : all) exit_now(a, exit_reason::kill);
    h.add({"kill switch, " + service + " flooded, p50", quantile(took, 0.5), "ms", "the same node at rest", quantile(quiet, 0.5), std::nullopt});
    h.add({"kill switch, " + service + " flooded, p99", quantile(took, 0.99), "ms", "the same node at rest", quantile(quiet, 0.99), 10.0});
  }
  h.print();
  n->stop();
  return 0;
}
