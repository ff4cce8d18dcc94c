// What instrumentation costs: the same two actors bare and instrumented, one way and as requests. The bare framework is the limit.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "actors/runtime/address.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/supervisor.hpp"
#include "bench/harness.hpp"

using namespace tomnext::actors;

namespace {

TOMNEXT_ATOM(item, "bItem");
TOMNEXT_ATOM(go, "bGo");
TOMNEXT_ATOM(question, "bQuestion");
using sink = typed<answer<void>(item_atom, std::int64_t), answer<std::int64_t>(question_atom, std::int64_t)>;
using source = typed<answer<void>(go_atom)>;
using finished = std::shared_ptr<std::promise<void>>;

struct sink_state {
  finished done;
  std::int64_t expected, seen = 0;
  sink_state(sink::pointer, finished d, std::int64_t n) : done(std::move(d)), expected(n) {}
  sink::behavior_type behavior() {
    return {[this](item_atom, std::int64_t) {
              if (++seen == expected) done->set_value();
            },
            [](question_atom, std::int64_t n) { return n + 1; }};
  }
};
/// Sends in bursts, so that its own mailbox and the other's are worked off meanwhile.
struct sender_state {
  source::pointer self;
  sink to;
  std::int64_t left;
  sender_state(source::pointer s, sink t, std::int64_t n) : self(s), to(std::move(t)), left(n) {}
  source::behavior_type behavior() {
    return {[this](go_atom) {
      for (int i = 0; i < 1'000 && left > 0; ++i, --left) tell(self, to, item_v, left);
      if (left > 0) tell(self, self, go_v);
    }};
  }
};
/// Keeps a number of requests in flight.
struct asker_state {
  source::pointer self;
  sink to;
  finished done;
  std::int64_t left, open = 0;
  int in_flight;
  asker_state(source::pointer s, sink t, finished d, std::int64_t n, int k) : self(s), to(std::move(t)), done(std::move(d)), left(n), in_flight(k) {}
  source::behavior_type behavior() {
    return {[this](go_atom) {
      for (int i = 0; i < in_flight; ++i) next();
    }};
  }
  void next() {
    if (left == 0) {
      if (open == 0) done->set_value();
      return;
    }
    --left;
    ++open;
    ask(self, to, std::chrono::seconds(30), question_v, left)
        .then(
            [this](std::int64_t) {
              --open;
              next();
            },
            [](const actor_error&) { std::abort(); });
  }
};

/// The same State in an actor of the framework, with nothing around it.
template <class Protocol, class State> class bare final : public Protocol::base {
 public:
  template <class... A> explicit bare(spawn_config& c, A... args) : Protocol::base(c), state_(this, std::move(args)...) {}
  typename Protocol::behavior_type make_behavior() override { return state_.behavior(); }

 private:
  State state_;
};

struct bare_way {
  template <class P, class S, class... A> static P spawn(actor_system& s, A... args) { return s.spawn<bare<P, S>>(std::move(args)...); }
};
struct instrumented_way {
  template <class P, class S, class... A> static P spawn(actor_system& s, A... args) {
    static const auto figures = std::make_shared<introspection>();
    return spawn_actor<P, S>(s, figures, {typeid(S).name(), "bench", ""}, std::move(args)...);
  }
};

/// Behind a stable address, under a supervisor, as the actors of a node are.
struct supervised_way {
  template <class P, class S, class... A> static P spawn(actor_system& s, A... args) {
    const auto figures = std::make_shared<introspection>();
    const auto where = make_address(s, typeid(S).name(), 1'024);
    const auto ready = std::make_shared<std::promise<void>>();
    child_spec child{typeid(S).name(), [=](parent_actor& by) {
                       auto life = spawn_actor<P, S>(by, figures, {typeid(S).name(), "bench", "root"}, args...);
                       ready->set_value();
                       return pointer_of(life);
                     }};
    child.address = [where](actor_system&) { return where; };
    supervisor_settings root;
    root.name = "root";
    supervisors.push_back(spawn_supervisor(s, figures, root, {child}));
    ready->get_future().wait();
    return handle_of<P>(where);
  }
  static inline std::vector<actor_ptr> supervisors;
  static void stop() {
    for (const auto& s : std::exchange(supervisors, {})) exit_now(s, exit_reason::kill);
  }
};

enum class load { one_way, one_request, many_requests };

/// Messages or requests per second.
template <class Way> double measure(load what, std::int64_t n) {
  struct settings : system_config {
    settings() { configure(*this, 2); }
  } config;
  actor_system system{config};
  const auto done = std::make_shared<std::promise<void>>();
  auto end = done->get_future();
  const auto to = Way::template spawn<sink, sink_state>(system, done, n);
  const auto from = what == load::one_way ? Way::template spawn<source, sender_state>(system, to, n)
                                          : Way::template spawn<source, asker_state>(system, to, done, n, what == load::one_request ? 1 : 64);
  const auto start = std::chrono::steady_clock::now();
  tell_from_outside(from, go_v);
  end.wait();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  for (const auto& a : {pointer_of(from), pointer_of(to)}) exit_now(a, exit_reason::kill);
  if constexpr (requires { Way::stop(); }) Way::stop();
  return static_cast<double>(n) / took.count();
}

/// All in turn, so that what else the machine does falls on each.
void compare(tomnext::bench::harness& h, const std::string& name, load what, std::int64_t n, std::optional<double> target) {
  std::vector<double> plain, measured, supervised;
  for (int round = 0; round < tomnext::bench::rounds; ++round) {
    plain.push_back(measure<bare_way>(what, n));
    measured.push_back(measure<instrumented_way>(what, n));
    supervised.push_back(measure<supervised_way>(what, n));
  }
  const auto bare = tomnext::bench::median(plain) / 1e3;
  const auto goal = [&](bool here) { return here && target ? std::optional(*target * bare) : std::nullopt; };
  h.add({name, tomnext::bench::median(measured) / 1e3, "k/s", "the same actors without instrumentation", bare, goal(what == load::one_way)});
  h.add({name + ", supervised, stable address", tomnext::bench::median(supervised) / 1e3, "k/s", "the same actors bare", bare,
         goal(what == load::many_requests)});
}

/// Children of one supervisor: started, watched, and stopped in order, per second.
double lifecycles(std::size_t children, int rounds) {
  struct settings : system_config {
    settings() { configure(*this, 2); }
  } config;
  actor_system system{config};
  const auto figures = std::make_shared<introspection>();
  std::vector<child_spec> specs;
  std::promise<void> all_up;
  for (std::size_t i = 0; i < children; ++i)
    specs.push_back({"child " + std::to_string(i), [figures, i, last = i + 1 == children, &all_up](parent_actor& by) {
                       auto life = pointer_of(spawn_actor<sink, sink_state>(by, figures, {"child " + std::to_string(i), "bench", "root"}, nullptr, 1));
                       if (last) all_up.set_value();
                       return life;
                     }});
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    supervisor_settings root;
    root.name = "root";
    const auto down = std::make_shared<std::promise<void>>();
    all_up = {};
    auto up = all_up.get_future();
    const auto supervisor = spawn_supervisor(system, figures, root, specs);
    up.wait();
    when_down(supervisor, [down](const actor_error&) { down->set_value(); });
    exit_after_queue(supervisor, exit_reason::user_shutdown);
    down->get_future().wait();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(children) * rounds / took.count();
}
/// Actors of the framework alone: spawned, told to end, and waited for.
double bare_lifecycles(std::size_t children, int rounds) {
  struct settings : system_config {
    settings() { configure(*this, 2); }
  } config;
  actor_system system{config};
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    outside_actor self{system};
    std::vector<sink> all;
    for (std::size_t i = 0; i < children; ++i) all.push_back(bare_way::spawn<sink, sink_state>(system, finished(), std::int64_t{1}));
    for (const auto& a : all) exit_after_queue(pointer_of(a), exit_reason::user_shutdown);
    self->wait_for(all);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(children) * rounds / took.count();
}

}  // namespace

int main(int argc, char** argv) {
  tomnext::bench::harness h("actors_bench", "What instrumentation of actors costs, one way and as requests.");
  h.parse(argc, argv);
  compare(h, "messages, one way", load::one_way, 500'000, 0.7);
  compare(h, "requests, 1 in flight", load::one_request, 200'000, std::nullopt);
  compare(h, "requests, 64 in flight", load::many_requests, 200'000, 0.7);
  std::vector<double> ours, bare;
  for (int round = 0; round < tomnext::bench::rounds; ++round) {
    bare.push_back(bare_lifecycles(1'000, 20));
    ours.push_back(lifecycles(1'000, 20));
  }
  h.add({"spawned, supervised, stopped in order", tomnext::bench::median(ours) / 1e3, "k/s", "bare actors, spawned and ended",
         tomnext::bench::median(bare) / 1e3, 100.0});
  h.print();
  return 0;
}
