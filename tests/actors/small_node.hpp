// A node of real actors around a log in memory, on one thread with virtual time: journal, writer, reader, snapshots, time authority, hosts of a test's choice.
#pragma once
#include <deque>
#include <optional>

#include "actors/journal/feed_actor.hpp"
#include "actors/journal/journal_actor.hpp"
#include "actors/journal/reader_actor.hpp"
#include "actors/journal/snapshot_keeper.hpp"
#include "actors/journal/writer_actor.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/host_actor.hpp"
#include "actors/runtime/readiness.hpp"
#include "actors/runtime/time_authority.hpp"
#include "persistence/memory_log.hpp"
#include "tests/actors/runtime/stage.hpp"
#include "tests/kernel/runtime/log_comparison.hpp"
#include "tests/kernel/runtime/small_services.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/texts.hpp"

namespace tomnext::tests {


/// What became of a question.
template <class R> struct asked {
  std::optional<R> value;
  std::optional<error> failure;
  [[nodiscard]] bool done() const { return value || failure; }
};
/// Asks from an actor of its own, which ends with the answer. Nothing happens before the scheduler runs.
template <class R, class To, class... Question> std::shared_ptr<asked<R>> ask_from_outside(actor_system& system, const To& to, Question... question) {
  auto box = std::make_shared<asked<R>>();
  spawn_errand(system, [=](plain_actor* self) {
    ask(self, to, 600s, question...).then([box](const R& v) { box->value = v; }, [box](const actor_error& e) { box->failure = from_caf(e); });
  });
  return box;
}

/// What all hosts have made of the event with this seq, once it is durable.
struct outcome {
  std::uint64_t durable_seq{}, answered_by{};
};
inline std::shared_ptr<asked<outcome>> ask_for_outcome(actor_system& system, const journal_protocol& journal, std::uint64_t seq) {
  auto box = std::make_shared<asked<outcome>>();
  spawn_errand(system, [=](plain_actor* self) {
    ask(self, journal, 600s, await_v, seq)
        .then(
            [box](std::uint64_t durable, std::uint64_t answered_by) {
              box->value = outcome{durable, answered_by};
            },
            [box](const actor_error& e) { box->failure = from_caf(e); });
  });
  return box;
}

/// Stands in for the writer where a test decides what is durable: keeps groups until they are released.
struct held_groups {
  std::shared_ptr<persistence::event_log> log;
  std::deque<group_ref> held;
  journal_protocol journal;
  feed_protocol feed;
};
struct holding_writer_state {
  writer_protocol::pointer self;
  std::shared_ptr<held_groups> kept;
  holding_writer_state(writer_protocol::pointer self_, std::shared_ptr<held_groups> kept_) : self(self_), kept(std::move(kept_)) {}
  writer_protocol::behavior_type behavior() {
    return {[this](write_atom, const group_ref& group) {
              kept->journal = handle_of<journal_protocol>(self->current_sender());
              kept->held.push_back(group);
            },
            [](flush_atom) {}, [](committed_atom, const commit_ref&) {}, [](watch_atom) {},
            [this](subscribe_atom, const actor_ptr& who) { kept->feed = handle_of<feed_protocol>(who); }};
  }
};

struct test_host {
  host_definition definition;
  std::function<std::shared_ptr<hosted_service>()> make;
};
/// A service of a test's own as a host. `id` from replay::first_composed_host on.
template <class S, class... Args> test_host host_of(std::uint32_t id, const std::string& name, Args... args) {
  test_host h;
  h.definition = {host_id{id}, name, S::service, S::version, S::state_version, 0, {}};
  [&]<class... E>(type_list<E...>) { ((h.definition.inputs[E::type_number] = true), ...); }(typename S::inputs{});
  h.make = [=] { return std::make_shared<typed_service<S>>(S(host_id{id}, args...)); };
  return h;
}
inline std::vector<test_host> small_test_hosts() {
  std::vector<test_host> all;
  const auto hosts = small_hosts();
  for (std::size_t i = 0; i < hosts.size(); ++i) all.push_back({hosts[i].definition, [i] { return small_hosts()[i].service; }});
  return all;
}

struct small_node_options {
  ordering order = ordering::lockstep;
  std::uint64_t window_events = 8'192;
  std::uint64_t snapshot_every = 1'000'000;
  std::shared_ptr<const persistence::snapshot_store> snapshots = {};
  bool hold_writes = false;  ///< nothing is durable before release()
  std::chrono::seconds snapshot_interval{0};
  line_limits lines = {};
  std::uint64_t feed_bytes_max = 1u << 20;
  poison_rule poison = {};
};

class small_node {
 public:
  small_node(stage& on, std::shared_ptr<persistence::event_log> log, std::vector<test_host> hosts, small_node_options options = {})
      : link(std::make_shared<feed_link>(log, options.feed_bytes_max)),
        stage_(on),
        log_(std::move(log)),
        options_(std::move(options)),
        hosts_(std::move(hosts)) {
    held->log = log_;
    restore();
    root_ = stage_.run(root_settings(), tree());
    stage_.pass(2ms);
  }
  ~small_node() {
    exit_now(root_, exit_reason::kill);
    stage_.settle();
    where->clear();
    *held = {};
  }
  small_node(const small_node&) = delete;
  small_node& operator=(const small_node&) = delete;

  std::shared_ptr<directory> where = std::make_shared<directory>();
  std::shared_ptr<held_groups> held = std::make_shared<held_groups>();
  std::shared_ptr<feed_link> link;
  std::vector<std::string> fatal;     ///< "host: message"
  std::vector<std::string> restarts;  ///< names, in order

  [[nodiscard]] journal_protocol journal() const { return where->at<journal_protocol>("journal"); }
  [[nodiscard]] time_protocol time() const { return where->at<time_protocol>("time"); }
  [[nodiscard]] writer_protocol writer() const { return where->at<writer_protocol>("writer"); }
  [[nodiscard]] feed_protocol feed() const { return where->at<feed_protocol>("feed"); }
  std::shared_ptr<asked<std::uint64_t>> offer(std::vector<offered_input> inputs) { return offer_as(offer_v, std::move(inputs)); }
  std::shared_ptr<asked<std::uint64_t>> offer_urgent(std::vector<offered_input> inputs) { return offer_as(urgent_v, std::move(inputs)); }
  std::shared_ptr<asked<std::uint64_t>> settled() { return ask_from_outside<std::uint64_t>(stage_.system, journal(), settled_v); }
  /// Ends at once; its supervisor starts it again within the next two milliseconds.
  void kill(const std::string& name) { exit_now(where->find(name), exit_reason::kill); }
  /// The ordered stop of a node: what the hosts say last is durable.
  void stop() {
    exit_after_queue(root_, exit_reason::user_shutdown);
    stage_.pass(50ms);
  }
  /// With hold_writes: the next groups become durable.
  void release(std::size_t groups) {
    if (groups == 0) return;
    std::vector<group_ref> rows(held->held.begin(), held->held.begin() + static_cast<std::ptrdiff_t>(groups));
    held->held.erase(held->held.begin(), held->held.begin() + static_cast<std::ptrdiff_t>(groups));
    auto head = log_->append(rows);
    if (!head) FAIL(head.error().message);
    link->recent.committed(rows, *head);
    tell_from_outside(held->feed, durable_v);
    tell_from_outside(held->journal, durable_v, std::make_shared<const persistence::log_head>(*head));
  }
  [[nodiscard]] std::vector<group_ref> groups() const {
    auto scan = log_->scan(1);
    if (!scan) FAIL(scan.error().message);
    std::vector<group_ref> all;
    for (;;) {
      auto g = (*scan)->next();
      if (!g) FAIL(g.error().message);
      if (!*g) return all;
      all.push_back(*g);
    }
  }
  [[nodiscard]] std::vector<event> events() const {
    std::vector<event> all;
    for (const auto& g : groups()) all.insert(all.end(), g->events.begin(), g->events.end());
    return all;
  }
  template <class E> [[nodiscard]] std::vector<event> only() const {
    std::vector<event> all;
    for (const auto& e : events())
      if (e.is<E>()) all.push_back(e);
    return all;
  }
  /// The names of the events, without the marks of hosts: "quote_accepted@10 timer_armed@10".
  [[nodiscard]] std::string story() const {
    std::string all;
    for (const auto& e : events())
      if (!is_host_mark(e.head.type)) all += (all.empty() ? "" : " ") + std::string(event_name(e.head.type)) + "@" + std::to_string(e.head.at.ns);
    return all;
  }
  host_settings settings_of(const test_host& h) {
    host_settings s;
    s.definition = h.definition;
    s.make = h.make;
    s.view = [](const hosted_service& service, const std::string& question, const std::string&) -> result<std::string> {
      if (question != "status") return error(errc::bad_request, "unknown question");
      return std::to_string(service.state_hash());
    };
    s.snapshot_every = options_.snapshot_every;
    s.snapshot_interval = options_.snapshot_interval;
    s.poison = poison_of_.try_emplace(h.definition.name, std::make_shared<poison_watch>(options_.poison)).first->second;
    s.journal = journal();
    s.reader = [w = where] { return w->at<reader_protocol>("reader"); };
    s.keeper = [w = where] { return w->at<keeper_protocol>("keeper"); };
    s.readiness = [w = where] { return w->at<readiness_protocol>("readiness"); };
    s.fatal = [this](const std::string& name, const error& why) { fatal.push_back(name + ": " + why.message); };
    return s;
  }

 private:
  std::shared_ptr<asked<std::uint64_t>> offer_as(auto how, std::vector<offered_input> inputs) {
    return ask_from_outside<std::uint64_t>(stage_.system, time(), how, inputs_ref(std::make_shared<const std::vector<offered_input>>(std::move(inputs))));
  }
  void restore() {
    sequencer_ = std::make_shared<sequencer>(options_.order);
    for (const auto& h : hosts_) sequencer_->define(h.definition);
    for (const auto& e : events()) sequencer_->restore(e);
    sequencer_->set_epoch(log_->head().epoch);
  }
  supervisor_settings root_settings() {
    auto s = stage_.supervisor("node");
    s.restarts_max = 100'000;
    s.backoff_min = s.backoff_max = 1ms;
    s.on_restart = [this](const std::string& name, std::uint64_t, const std::string&) { restarts.push_back(name); };
    return s;
  }
  child_spec child(const std::string& name, restart_kind kind, std::function<actor_ptr(parent_actor&)> start) {
    return {
        name, [start](parent_actor& p) { return start(p); }, kind, 2000ms, {}, [w = where, name](actor_system& system) { return w->address_of(system, name); }};
  }
  std::vector<child_spec> tree() {
    const auto f = stage_.figures;
    std::vector<child_spec> all;
    all.push_back(child("writer", restart_kind::temporary, [this, f](parent_actor& p) {
      if (options_.hold_writes) return pointer_of(spawn_actor<writer_protocol, holding_writer_state>(p, f, {"writer", "journal", "node"}, held));
      return pointer_of(spawn_actor<writer_protocol, writer_state>(p, f, {"writer", "journal", "node"}, log_, link));
    }));
    std::vector<host_definition> definitions;
    std::vector<std::string> names;
    std::map<std::uint32_t, persistence::snapshot_key> keys;
    for (const auto& h : hosts_) {
      definitions.push_back(h.definition);
      names.push_back(h.definition.name);
      keys[h.definition.id.value] = {h.definition.name, h.definition.version, h.definition.state_version, 0};
    }
    all.push_back(child("journal", restart_kind::temporary, [this, f, definitions](parent_actor& p) {
      const journal_settings s{options_.order, options_.window_events, {}};
      return pointer_of(spawn_actor<journal_protocol, journal_state>(p, f, {"journal", "journal", "node"}, s, sequencer_, definitions, writer(), log_->head()));
    }));
    all.push_back(child("reader", restart_kind::permanent, [this, f, keys](parent_actor& p) {
      return pointer_of(spawn_actor<reader_protocol, reader_state>(p, f, {"reader", "journal", "node"}, log_, options_.snapshots, keys));
    }));
    all.push_back(child("feed", restart_kind::permanent, [this, f](parent_actor& p) {
      return pointer_of(spawn_actor<feed_protocol, feed_state>(p, f, {"feed", "journal", "node"}, link, writer(), feed_settings{30s, f}));
    }));
    all.push_back(child("keeper", restart_kind::permanent, [this, f](parent_actor& p) {
      return pointer_of(spawn_actor<keeper_protocol, keeper_state>(p, f, {"keeper", "adapter", "node"}, options_.snapshots, feed(), journal()));
    }));
    all.push_back(child("readiness", restart_kind::permanent, [f, names](parent_actor& p) {
      return pointer_of(spawn_actor<readiness_protocol, readiness_state>(p, f, {"readiness", "runtime", "node"}, names, f));
    }));
    all.push_back(child("time", restart_kind::permanent, [this, f](parent_actor& p) {
      return pointer_of(spawn_actor<time_protocol, time_authority_state>(p, f, {"time", "timers", "node"}, journal(), options_.order, options_.lines));
    }));
    for (const auto& h : hosts_)
      all.push_back(child(h.definition.name, restart_kind::permanent, [this, f, h](parent_actor& p) {
        return pointer_of(spawn_actor<host_protocol, host_state>(p, f, {h.definition.name, "host", "node"}, settings_of(h)));
      }));
    return all;
  }

  stage& stage_;
  std::shared_ptr<persistence::event_log> log_;
  small_node_options options_;
  std::vector<test_host> hosts_;
  std::map<std::string, std::shared_ptr<poison_watch>> poison_of_;
  std::shared_ptr<sequencer> sequencer_;
  actor_ptr root_;
};

/// A quote as an input: at that time, with that source position; what `bid` means is the test service's affair.
inline offered_input quote_at(std::int64_t at_ns, std::uint64_t position, std::int64_t bid = 0, std::uint32_t instrument = 1) {
  quote_accepted q;
  q.instrument = {instrument};
  q.bid = {bid};
  q.source_time = {at_ns};
  q.source_position = position;
  header h;
  h.at = {at_ns};
  h.host = replay::market_ingress;
  h.position = position;
  return {event(h, q)};
}
inline std::vector<offered_input> inputs_of(const std::vector<quote_accepted>& quotes) {
  std::vector<offered_input> all;
  for (const auto& q : quotes) all.push_back(quote_at(q.source_time.ns, q.source_position, q.bid.value, q.instrument.value));
  return all;
}
/// The end of the source, behind `position` quotes.
inline offered_input end_at(std::int64_t at_ns, std::uint64_t position) {
  header h;
  h.at = {at_ns};
  h.host = replay::market_ingress;
  h.position = position;
  return {event(h, source_state_changed{source_id{1}, source_state::ended, "", position - 1, 0}), true};
}

}  // namespace tomnext::tests
