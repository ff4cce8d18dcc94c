#include "actors/journal/journal_actor.hpp"

#include <nlohmann/json.hpp>

#include "tests/actors/journal/test_logs.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/support/process.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// Answers every quote with a bar.
class echo_service {
 public:
  static constexpr const char* service = "echo";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted>;
  using outputs = type_list<bar_closed>;
  explicit echo_service(host_id) {}
  void decide(const header&, const quote_accepted& q, outbox& out) const {
    bar_closed b;
    b.instrument = q.instrument;
    b.close = q.bid;
    out.emit(b);
  }
  template <class Archive> void archive(Archive& a) { a(unused_); }

 private:
  std::uint32_t unused_ = 0;
};

std::vector<test_host> echo() { return {host_of<echo_service>(16, "echo")}; }
std::shared_ptr<persistence::memory_log> empty_log() { return std::make_shared<persistence::memory_log>(); }

nlohmann::json status_of(stage& s, const small_node& n) {
  auto status = ask_from_outside<std::string>(s.system, n.journal(), status_v);
  s.settle();
  REQUIRE(status->value);
  return nlohmann::json::parse(*status->value);
}

std::vector<offered_input> quotes_from(std::uint64_t first, std::uint64_t count) {
  std::vector<offered_input> all;
  for (std::uint64_t i = first; i < first + count; ++i) all.push_back(quote_at(static_cast<std::int64_t>(i), i));
  return all;
}

}  // namespace

TEST_CASE("the ingress waits while more than the window is not durable; hosts are never refused, and the waiting ends with the writing") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  small_node n(s, empty_log(), echo(), {.order = order, .window_events = 100, .hold_writes = true});
  n.release(n.held->held.size());
  s.settle();
  std::uint64_t offered = 0;
  std::shared_ptr<asked<std::uint64_t>> answer;
  do {
    answer = n.offer(quotes_from(offered + 1, 10));
    s.settle();
    offered += 10;
  } while (answer->value && offered < 1'000);
  CHECK_FALSE(answer->done());
  CHECK(offered < 120);
  auto status = status_of(s, n);
  const auto head = status["head"].get<std::uint64_t>();
  const auto durable = status["durable"].get<std::uint64_t>();
  CHECK(head - durable >= 100);
  CHECK(head - durable <= 100 + 20);  // at most one offer beyond, and what the host says to it
  // Whatever was let in, the host has answered it: its answers are sequenced, not refused.
  std::uint64_t quotes = 0, bars = 0;
  for (const auto& g : n.held->held)
    for (const auto& e : g->events) {
      quotes += e.is<quote_accepted>();
      bars += e.is<bar_closed>();
    }
  CHECK(quotes == bars);
  CHECK(quotes >= 40);
  CHECK(status["refused_appends"] == 0);

  n.release(n.held->held.size());
  s.settle();
  CHECK(answer->value);
  n.release(n.held->held.size());
  s.settle();
  CHECK(n.only<quote_accepted>().size() == offered);
  CHECK(n.only<bar_closed>().size() == offered);
}

TEST_CASE("a writer on a slow disk holds up the ingress and nobody else: real threads, an append that blocks") {
  system_config config;
  configure(config, 2);
  actor_system system(config);
  const auto figures = std::make_shared<introspection>();
  const auto log = std::make_shared<test_log>();
  log->hold = std::make_shared<gate>();
  const auto definition = echo()[0].definition;
  auto rows = std::make_shared<sequencer>(ordering::arrival);
  rows->define(definition);
  const auto writer = spawn_detached_actor<writer_protocol, writer_state>(system, figures, {"writer", "journal", ""}, log);
  const journal_settings settings{ordering::arrival, 200, {}};
  const auto journal = spawn_actor<journal_protocol, journal_state>(system, figures, {"journal", "journal", ""}, settings, rows, std::vector{definition},
                                                                    writer, persistence::log_head{});
  const auto time = spawn_actor<time_protocol, time_authority_state>(system, figures, {"time", "timers", ""}, journal, ordering::arrival);
  // A host by hand: it answers every group with as many bars as there are quotes.
  const auto host = system.spawn([journal, definition](host_protocol::pointer self) -> host_protocol::behavior_type {
    ask(self, journal, 10s, enroll_v, definition.id.value, pointer_of(self)).then([self, journal, definition](const enrolment_ref& e) {
      auto hello = std::make_shared<answer_batch>();
      *hello = {definition.id, e->granted.incarnation, e->granted.registered_at, {}};
      tell(self, journal, answers_v, answers_ref(hello));
    });
    return {[self, journal, definition](deliver_atom, const group_ref& g) {
              auto batch = std::make_shared<answer_batch>();
              *batch = {definition.id, 1, g->last_seq(), {}};
              for (const auto& e : g->events)
                if (e.is<quote_accepted>()) {
                  header h;
                  h.cause = h.position = e.head.seq;
                  h.host = definition.id;
                  h.incarnation = 1;
                  batch->reactions.push_back({e.head.seq, {event(h, bar_closed{})}});
                }
              tell(self, journal, answers_v, answers_ref(batch));
            },
            [](tick_atom) {}, [](query_atom, const call_ref&, const std::string&, const std::string&) { return std::string(); }};
  });
  const auto status = [&](const char* figure) {
    auto box = std::make_shared<std::atomic<std::int64_t>>(-1);
    spawn_errand(system, [=](plain_actor* self) {
      ask(self, journal, 10s, status_v).then([=](const std::string& j) { *box = nlohmann::json::parse(j)[figure].get<std::int64_t>(); });
    });
    REQUIRE(eventually([&] { return *box >= 0; }));
    return box->load();
  };
  auto admitted = std::make_shared<std::atomic<std::uint64_t>>(0);
  spawn_errand(system, [=](plain_actor* self) {
    for (std::uint64_t i = 0; i < 100; ++i)
      ask(self, time, 60s, offer_v, inputs_ref(std::make_shared<const std::vector<offered_input>>(quotes_from(1 + i * 20, 20)))).then([=](std::uint64_t) {
        ++*admitted;
      });
  });
  REQUIRE(log->entered->pass());
  REQUIRE(eventually([&] { return status("head") >= 200; }));
  // The disk stands still, and still: the journal answers, its window is full, and no input is let in beyond it.
  REQUIRE(eventually([&] { return status("head") % 40 == 0; }));  // the host has answered what was let in
  const auto stands = status("head");
  CHECK(stands < 200 + 20 + 20 + 1);
  CHECK(status("durable") == 0);
  CHECK(*admitted < 100);
  CHECK(status("head") == stands);
  CHECK(status("refused_appends") == 0);
  log->hold->open();
  CHECK(eventually([&] { return *admitted == 100; }));
  CHECK(eventually([&] { return status("durable") == 4'000; }));
  CHECK(log->head().seq == 4'000);
  CHECK(log->appends < 400);  // what queued up behind a sync went with the next
  for (const auto& who : {pointer_of(host), pointer_of(time), pointer_of(journal), pointer_of(writer)}) exit_now(who, exit_reason::kill);
}

TEST_CASE("settled is answered when all that was offered is answered and durable, and not before") {
  stage s;
  small_node n(s, empty_log(), echo(), {.hold_writes = true});
  n.release(n.held->held.size());
  s.settle();
  auto idle = n.settled();
  s.settle();
  CHECK(idle->value);
  const auto at_rest = s.of("journal").memory_bytes;

  n.offer({quote_at(1, 1)});
  s.settle();
  auto settled = n.settled();
  s.settle();
  CHECK_FALSE(settled->done());
  REQUIRE(n.held->held.size() == 2);                                   // the quote, and the bar
  CHECK(s.of("journal").memory_bytes == at_rest + 2 * sizeof(event));  // it keeps them until they are durable, and says so
  n.release(1);
  s.settle();
  CHECK_FALSE(settled->done());
  n.release(1);
  s.settle();
  REQUIRE(settled->value);
  CHECK(*settled->value == n.events().back().head.seq);
  CHECK(s.of("journal").memory_bytes == at_rest);
}

TEST_CASE("await is answered when the hosts have answered that event and what they said is durable, whatever comes after it") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  small_node n(s, empty_log(), echo(), {.order = order, .hold_writes = true});
  n.release(n.held->held.size());
  s.settle();
  auto offer = n.offer({quote_at(1, 1)});
  s.settle();
  REQUIRE(offer->value);
  const auto before = n.events().size();
  auto outcome = ask_for_outcome(s.system, n.journal(), before + 1);
  s.settle();
  CHECK_FALSE(outcome->done());
  n.offer({quote_at(2, 2)});  // later inputs do not hold it up
  s.settle();
  n.release(1);  // the quote is durable; its answer is not
  s.settle();
  CHECK_FALSE(outcome->done());
  n.release(1);
  s.settle();
  REQUIRE(outcome->value);
  CHECK(outcome->value->durable_seq == before + 2);
  CHECK(n.held->held.size() == 2);  // the second quote and its bar wait still
}

TEST_CASE("a host that has not recovered yet owes its answers: neither settled nor await passes over it") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  const auto log = empty_log();
  small_node n(s, log, echo(), {.order = order});
  n.kill("echo");
  n.kill("reader");
  // Nobody runs yet: the quote is delivered to a host that dies first, and its next life waits for a reader that is started again later.
  n.offer({quote_at(1, 1)});
  s.settle();
  auto settled = n.settled();
  s.settle();
  CHECK_FALSE(settled->done());
  s.pass(20ms);
  REQUIRE(settled->value);
  CHECK(n.only<bar_closed>().size() == 1);
  CHECK(*settled->value == log->head().seq);
}

// A life that has registered and reads the log still is no host yet that has answered.
TEST_CASE("a host that has registered and not recovered owes what its earlier life left: neither settled nor await passes over it") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  small_node n(s, empty_log(), echo(), {.order = order});
  n.kill("echo");
  n.offer({quote_at(1, 1)});
  s.settle();
  const auto quote_seq = n.only<quote_accepted>().at(0).head.seq;
  const auto mute = s.system.spawn([](host_protocol::pointer) -> host_protocol::behavior_type {
    return {[](deliver_atom, const group_ref&) {}, [](tick_atom) {},
            [](query_atom, const call_ref&, const std::string&, const std::string&) { return std::string(); }};
  });
  auto granted = ask_from_outside<enrolment_ref>(s.system, n.journal(), enroll_v, std::uint32_t{16}, pointer_of(mute));
  s.settle();
  REQUIRE(granted->value);
  auto settled = n.settled();
  auto outcome = ask_for_outcome(s.system, n.journal(), quote_seq);
  s.settle();
  CHECK_FALSE(settled->done());
  CHECK_FALSE(outcome->done());
  CHECK(n.only<bar_closed>().empty());
  s.pass(5ms);  // its supervisor starts the host again
  CHECK(settled->value);
  CHECK(outcome->value);
  CHECK(n.only<bar_closed>().size() == 1);
  exit_now(pointer_of(mute), exit_reason::kill);
}

namespace {

/// Arms a timer for the instant after each quote.
class waking_service {
 public:
  static constexpr const char* service = "waking";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted>;
  using outputs = type_list<timer_armed>;
  explicit waking_service(host_id self) : self_(self) {}
  void decide(const header& h, const quote_accepted&, outbox& out) const { out.emit(timer_armed{self_, timer_id{1}, 1, h.at + 1}); }
  template <class Archive> void archive(Archive& a) { a(self_); }

 private:
  host_id self_;
};

}  // namespace

TEST_CASE("a new time authority is told the timers when the input before it is answered, with the one that the answer armed") {
  stage s;
  small_node n(s, empty_log(), {host_of<waking_service>(16, "waking")});
  n.kill("waking");
  n.offer({quote_at(10, 1)});
  s.settle();
  auto timers = ask_from_outside<timers_ref>(s.system, n.journal(), timers_v, pointer_of(n.time()));
  s.settle();
  CHECK_FALSE(timers->done());
  s.pass(5ms);
  REQUIRE(timers->value);
  REQUIRE((*timers->value)->size() == 1);
  CHECK((*timers->value)->front().due == timestamp{11});
}

TEST_CASE("the status names what is durable by its hash, and whom the journal waits for") {
  stage s;
  const auto log = empty_log();
  small_node n(s, log, echo());
  n.offer({quote_at(1, 1)});
  s.settle();
  auto j = status_of(s, n);
  CHECK(j["head"] == log->head().seq);
  CHECK(j["durable"] == log->head().seq);
  std::string hash;
  for (const auto byte : log->head().chain_hash.bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(byte));
    hash += two;
  }
  CHECK(j["durable_hash"] == hash);
  CHECK(j["waiting_for"] == "");
  n.kill("echo");
  n.offer({quote_at(2, 2)});
  s.settle();
  CHECK(status_of(s, n)["waiting_for"] == "echo");
}
