#include "actors/runtime/time_authority.hpp"

#include "tests/actors/small_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// Each quote arms a timer of its own for the instant that its bid names; 0: none.
class alarm_service {
 public:
  static constexpr const char* service = "alarm";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted, timer_fired>;
  using outputs = type_list<timer_armed>;
  explicit alarm_service(host_id self) : self_(self) {}
  void decide(const header&, const quote_accepted& q, outbox& out) const {
    if (q.bid.value != 0) out.emit(timer_armed{self_, timer_id{static_cast<std::uint32_t>(q.source_position)}, 1, {q.bid.value}});
  }
  template <class Archive> void archive(Archive& a) { a(self_); }

 private:
  host_id self_;
};

std::vector<test_host> alarm() { return {host_of<alarm_service>(16, "alarm")}; }
std::shared_ptr<persistence::memory_log> empty_log() { return std::make_shared<persistence::memory_log>(); }

offered_input halt_by(const char* who, std::int64_t at_ns) {
  operator_commanded c;
  c.command = operator_command::halt;
  c.who = who;
  header h;
  h.at = {at_ns};
  h.host = replay::operator_ingress;
  return {event(h, c)};
}

}  // namespace

TEST_CASE("a timer fires before the first input later than it, and after all quotes of its own instant") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  small_node n(s, empty_log(), alarm(), {.order = order});
  // One by one, so that what is armed is known before the next input in both orders.
  for (const auto& q : {quote_at(10, 1, 30), quote_at(20, 2, 25), quote_at(30, 3), quote_at(30, 4, 31), quote_at(31, 5), quote_at(32, 6)}) {
    auto answer = n.offer({q});
    s.settle();
    REQUIRE(answer->value);
  }
  CHECK(n.story() ==
        "quote_accepted@10 timer_armed@10 quote_accepted@20 timer_armed@20 timer_fired@25 quote_accepted@30 quote_accepted@30 timer_armed@30 "
        "timer_fired@30 quote_accepted@31 timer_fired@31 quote_accepted@32");
}

TEST_CASE("timers of one instant fire in the order of host, timer and generation") {
  stage s;
  small_node n(s, empty_log(), {host_of<alarm_service>(16, "first"), host_of<alarm_service>(17, "second")});
  n.offer({quote_at(1, 9, 50), quote_at(2, 10, 50), quote_at(60, 11)});
  s.settle();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> fired;
  for (const auto& e : n.only<timer_fired>()) fired.emplace_back(e.as<timer_fired>().target.value, e.as<timer_fired>().timer.value);
  CHECK(fired == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{16, 9}, {16, 10}, {17, 9}, {17, 10}});
}

TEST_CASE("the end of a source is a later tick: timers due at its time fire, later ones wait") {
  stage s;
  small_node n(s, empty_log(), alarm());
  auto answer = n.offer({quote_at(10, 1, 20), quote_at(20, 2, 21), end_at(20, 3)});
  s.settle();
  REQUIRE(answer->value);
  CHECK(n.story() == "quote_accepted@10 timer_armed@10 quote_accepted@20 timer_armed@20 timer_fired@20 source_state_changed@20");
}

TEST_CASE("a clock without an input fires what is due, once") {
  stage s;
  small_node n(s, empty_log(), alarm());
  n.offer({quote_at(10, 1, 20), quote_at(11, 2, 30)});
  s.settle();
  for (const std::int64_t now : {19, 20, 15, 20, 29}) {
    tell_from_outside(n.time(), time_is_v, now);
    s.settle();
  }
  CHECK(n.story() == "quote_accepted@10 timer_armed@10 quote_accepted@11 timer_armed@11 timer_fired@20");
}

TEST_CASE("urgent inputs go before every market input that waits, stamped with the present") {
  stage s;
  small_node n(s, empty_log(), alarm());
  auto market = n.offer({quote_at(10, 1), quote_at(20, 2), quote_at(30, 3)});
  auto urgent = n.offer_urgent({halt_by("ann", 1), halt_by("bob", 999)});
  s.settle();
  REQUIRE(market->value);
  REQUIRE(urgent->value);
  // The first quote was under way; time neither goes back nor jumps ahead for an operator.
  CHECK(n.story() == "quote_accepted@10 operator_commanded@10 operator_commanded@10 quote_accepted@20 quote_accepted@30");
  CHECK(*urgent->value < *market->value);
}

TEST_CASE("after a halt inputs are refused as cancelled: those that wait, and those that come") {
  stage s;
  small_node n(s, empty_log(), alarm());
  auto waiting = n.offer({quote_at(10, 1), quote_at(20, 2), quote_at(30, 3)});
  auto behind = n.offer({quote_at(40, 4)});
  auto halted = ask_from_outside<bool>(s.system, n.time(), halt_v);
  s.settle();
  auto late = n.offer({quote_at(50, 5)});
  auto operators = n.offer_urgent({halt_by("ann", 1)});
  s.settle();
  CHECK(halted->value == true);
  for (const auto& refused : {waiting, behind, late, operators}) {
    REQUIRE(refused->failure);
    CHECK(refused->failure->code == errc::cancelled);
  }
  // What was under way at the journal is in the log, and nothing else; the journal settles.
  CHECK(n.story() == "quote_accepted@10");
  auto settled = n.settled();
  s.settle();
  CHECK(settled->value);
}

// The kernel on one thread says what the log must be. Actors are killed at random moments, in the middle of whatever they do.
TEST_CASE("restarts of the time authority and of hosts in the middle lose nothing, double nothing and change no order") {
  std::uint64_t restarts = 0, refused = 0, timers = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    sim::random_source random(seed);
    const auto quotes = some_quotes(random, 20 + random.below(60));
    const auto wanted = run_in_kernel(quotes);
    stage s;
    const auto log = empty_log();
    small_node n(s, log, small_test_hosts());
    std::vector<std::string> victims{"time", "time", "reader", "readiness", "keeper"};
    for (const auto& h : small_test_hosts()) victims.push_back(h.definition.name);
    auto inputs = inputs_of(quotes);
    inputs.push_back(end_at(quotes.back().source_time.ns, quotes.size() + 1));
    std::uint64_t position = 0, kills = 8;
    while (position < inputs.size()) {
      const auto count = 1 + random.below(inputs.size() - position);
      auto answer = n.offer({inputs.begin() + static_cast<std::ptrdiff_t>(position), inputs.begin() + static_cast<std::ptrdiff_t>(position + count)});
      for (std::uint64_t step = 0; !answer->done() && step < 200'000; ++step) {
        if (s.scheduler.has_job()) s.scheduler.run_once();
        else s.scheduler.advance_time(1ms);
        if (kills > 0 && random.chance(1)) {
          --kills;
          n.kill(victims[random.below(victims.size())]);
        }
      }
      REQUIRE(answer->done());
      refused += answer->failure.has_value();
      s.pass(3ms);  // whoever was killed lives again
      auto recorded = std::make_shared<asked<std::uint64_t>>();
      spawn_errand(s.system, [recorded, journal = n.journal()](plain_actor* self) {
        ask(self, journal, 10s, position_v, replay::market_ingress.value).then([recorded](std::uint64_t seq, std::int64_t) { recorded->value = seq; });
      });
      s.settle();
      REQUIRE(recorded->value);
      position = *recorded->value;
    }
    auto settled = n.settled();
    s.pass(5ms);
    REQUIRE(settled->value);
    auto got = n.events();
    REQUIRE(got.back().head.type != 0);
    std::erase_if(got, [](const event& e) { return e.is<source_state_changed>(); });
    CHECK(first_difference(wanted.log, without_marks(got)) == "");
    restarts += n.restarts.size();
    timers += n.only<timer_fired>().size();
    CHECK(n.fatal.empty());
  }
  CHECK(restarts > 300);
  CHECK(refused > 20);
  CHECK(timers > 300);
}
