#include "actors/runtime/host_actor.hpp"

#include <fstream>
#include <stdexcept>

#include "tests/actors/small_node.hpp"
#include "tests/kernel/replay/market.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

constexpr std::int64_t poison = 666, deadly = 667, explosive = 668;

/// Sums up bids, and says the sum as a bar. Some bids cannot be answered: 666 is poisonous, 667 overflows, 668 throws.
class summing_service {
 public:
  static constexpr const char* service = "summing";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted>;
  using outputs = type_list<bar_closed>;
  explicit summing_service(host_id) {}
  void apply(const header&, const quote_accepted& q) { sum_ += q.bid.value; }
  void apply(const header&, const bar_closed& b) { told_ = b.close.value; }
  void decide(const header&, const quote_accepted& q, outbox& out) const {
    if (q.bid.value == poison) return out.fail(errc::poisonous_input, "a bid of 666");
    if (q.bid.value == explosive) throw std::runtime_error("a bid of 668");
    if (q.bid.value == deadly) return out.fail(errc::overflow, "a bid of 667");
    bar_closed b;
    b.instrument = q.instrument;
    b.open = {told_};
    b.close = {sum_};
    out.emit(b);
  }
  template <class Archive> void archive(Archive& a) { a(sum_, told_); }

 private:
  std::int64_t sum_ = 0, told_ = 0;
};

std::vector<test_host> summing() { return {host_of<summing_service>(16, "sum")}; }
std::shared_ptr<persistence::memory_log> empty_log() { return std::make_shared<persistence::memory_log>(); }

std::vector<std::int64_t> sums(const small_node& n) {
  std::vector<std::int64_t> all;
  for (const auto& e : n.only<bar_closed>()) all.push_back(e.as<bar_closed>().close.value);
  return all;
}
using numbers = std::vector<std::int64_t>;

/// Quotes for the small services, the kernel's log of them, and a node that is fed in two halves.
struct halves {
  std::vector<quote_accepted> quotes;
  kernel_run wanted;
  explicit halves(std::uint64_t seed) {
    sim::random_source random(seed);
    quotes = some_quotes(random, 80);
    wanted = run_in_kernel(quotes);
  }
  [[nodiscard]] std::vector<offered_input> first() const { return inputs_of({quotes.begin(), quotes.begin() + 40}); }
  [[nodiscard]] std::vector<offered_input> second() const {
    auto all = inputs_of({quotes.begin() + 40, quotes.end()});
    all.push_back(end_at(quotes.back().source_time.ns, quotes.size() + 1));
    return all;
  }
  void check(const small_node& n) const {
    auto got = n.events();
    std::erase_if(got, [](const event& e) { return e.is<source_state_changed>(); });
    CHECK(first_difference(wanted.log, without_marks(got)) == "");
  }
};

std::vector<host_recovered> recoveries(const small_node& n) {
  std::vector<host_recovered> all;
  for (const auto& e : n.only<host_recovered>()) all.push_back(e.as<host_recovered>());
  return all;
}

}  // namespace

TEST_CASE("a host recovers from the durable log and from what the journal has in memory, wherever the border lies") {
  const halves h(7);
  for (const std::size_t durable_percent : {0u, 1u, 50u, 99u, 100u}) {
    INFO(durable_percent << " % durable");
    stage s;
    small_node n(s, empty_log(), small_test_hosts(), {.hold_writes = true});
    auto answer = n.offer(h.first());
    s.settle();
    REQUIRE(answer->value);
    n.release(n.held->held.size() * durable_percent / 100);
    s.settle();
    const auto durable = n.events().size();
    for (const auto& host : small_test_hosts()) {
      n.kill(host.definition.name);
      s.pass(3ms);
    }
    CHECK(n.restarts.size() == small_test_hosts().size());
    CHECK(n.events().size() == durable);  // nobody wrote meanwhile
    auto rest = n.offer(h.second());
    s.settle();
    REQUIRE(rest->value);
    n.release(n.held->held.size());
    s.settle();
    h.check(n);
    CHECK(recoveries(n).size() == small_test_hosts().size());
    CHECK(n.fatal.empty());
  }
}

TEST_CASE("the next node on a log recovers without a snapshot, and goes on") {
  const halves h(8);
  const auto log = empty_log();
  {
    stage s;
    small_node n(s, log, small_test_hosts());
    n.offer(h.first());
    s.settle();
  }
  stage s;
  small_node n(s, log, small_test_hosts());
  n.offer(h.second());
  s.settle();
  h.check(n);
  for (const auto& r : recoveries(n)) CHECK(r.snapshot_position == 0);
}

TEST_CASE("an ordered stop leaves a mark with a snapshot; the next life begins from it, and from the log where the snapshot is damaged") {
  const std::string damage = GENERATE("none", "one bit", "cut short", "empty");
  INFO(damage);
  const halves h(9);
  const auto log = empty_log();
  market_folder folder("host");
  const auto store = std::make_shared<const persistence::snapshot_store>(folder.path.string());
  std::uint64_t before_stop = 0;
  {
    stage s;
    small_node n(s, log, small_test_hosts(), {.snapshots = store});
    n.offer(h.first());
    s.settle();
    before_stop = log->head().seq;
    n.stop();
    std::set<std::uint32_t> marked;
    for (const auto& e : n.only<host_progressed>()) {
      CHECK(e.head.seq > before_stop);
      CHECK(e.as<host_progressed>().snapshot);
      marked.insert(e.head.host.value);
    }
    CHECK(marked.size() == small_test_hosts().size());
  }
  CHECK(store->verify());
  std::size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path)) {
    if (!file.is_regular_file()) continue;
    ++files;
    const auto path = file.path();
    if (damage == "cut short") std::filesystem::resize_file(path, file.file_size() - 1);
    if (damage == "empty") std::filesystem::resize_file(path, 0);
    if (damage != "one bit") continue;
    std::fstream bytes(path, std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekg(static_cast<std::streamoff>(file.file_size() / 2));
    const int was = bytes.get();
    bytes.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    bytes.put(static_cast<char>(was ^ 4));
  }
  CHECK(files == small_test_hosts().size());
  stage s;
  small_node n(s, log, small_test_hosts(), {.snapshots = store});
  n.offer(h.second());
  s.settle();
  h.check(n);
  REQUIRE(recoveries(n).size() == small_test_hosts().size());
  for (const auto& r : recoveries(n)) {
    CHECK((r.snapshot_position > 0) == (damage == "none"));
    CHECK(r.snapshot_position <= before_stop);
  }
  CHECK(n.fatal.empty());
}

TEST_CASE("a snapshot of another state version is passed over") {
  const auto log = empty_log();
  market_folder folder("host-version");
  const auto store = std::make_shared<const persistence::snapshot_store>(folder.path.string());
  {
    stage s;
    small_node n(s, log, summing(), {.snapshots = store});
    n.offer({quote_at(1, 1, 10), quote_at(2, 2, 20)});
    s.settle();
    n.stop();
  }
  auto newer = summing();
  newer[0].definition.state_version = 2;
  stage s;
  small_node n(s, log, newer, {.snapshots = store});
  n.offer({quote_at(3, 3, 30)});
  s.settle();
  CHECK(sums(n) == numbers{10, 30, 60});
  REQUIRE(recoveries(n).size() == 1);
  CHECK(recoveries(n)[0].snapshot_position == 0);
}

TEST_CASE("snapshots are taken every so many inputs, and cover exactly these") {
  market_folder folder("host-marks");
  const auto log = empty_log();
  const auto store = std::make_shared<const persistence::snapshot_store>(folder.path.string());
  stage s;
  small_node n(s, log, summing(), {.snapshot_every = 3, .snapshots = store});
  for (std::uint64_t i = 1; i <= 7; ++i) {
    n.offer({quote_at(static_cast<std::int64_t>(i), i, 1)});
    s.settle();
  }
  CHECK(n.only<host_progressed>().size() == 2);
  const auto newest = store->newest({"sum", 1, 1, 0}, *log);
  REQUIRE(newest);
  REQUIRE(*newest);
  typed_service<summing_service> then{summing_service(host_id{16})};
  REQUIRE(then.load((**newest).state));
  typed_service<summing_service> six{summing_service(host_id{16})};
  for (int i = 1; i <= 6; ++i) {
    six.apply_input(quote_at(i, 1, 1).what);
    bar_closed b;
    b.close = {i};
    six.apply_output(event({}, b));
  }
  CHECK(then.state_hash() == six.state_hash());
}

TEST_CASE("a snapshot is due after a time too, where the host had inputs since the last one") {
  stage s;
  const auto log = std::make_shared<persistence::memory_log>();
  small_node n(s, log, small_test_hosts(), {.snapshot_interval = 10s});
  const auto marks = [&] { return n.only<host_progressed>().size(); };
  s.pass(25s);
  CHECK(marks() == 0);  // no inputs, no snapshots
  sim::random_source random(3);
  n.offer(inputs_of(some_quotes(random, 20)));
  s.pass(10s);
  const auto first = marks();
  CHECK(first >= 1);
  s.pass(30s);
  // Marks of hosts are no inputs: what was quiet stays quiet.
  CHECK(marks() == first);
  auto more = quote_at(1'000'000'000'000, 21);
  n.offer({more});
  s.pass(10s);
  CHECK(marks() > first);
  for (const auto& e : n.only<host_progressed>()) CHECK(e.as<host_progressed>().snapshot);
}

TEST_CASE("told to take a snapshot now, a host does, and its own look comes when it would have come, once") {
  stage s;
  const auto log = std::make_shared<persistence::memory_log>();
  small_node n(s, log, small_test_hosts(), {.snapshot_interval = 10s});
  const auto marks = [&] { return n.only<host_progressed>().size(); };
  const auto tell_all = [&] {
    for (const auto& h : small_test_hosts()) tell_from_outside(handle_of<host_protocol>(n.where->find(h.definition.name)), tick_v);
    s.pass(5ms);
  };
  tell_all();
  CHECK(marks() == 0);
  sim::random_source random(3);
  n.offer(inputs_of(some_quotes(random, 20)));
  s.pass(1s);
  CHECK(marks() == 0);
  tell_all();
  const auto first = marks();
  CHECK(first >= 1);
  for (int i = 0; i < 20; ++i) tell_all();
  CHECK(marks() == first);
  const auto handled = [&] {
    std::uint64_t sum = 0;
    for (const auto& h : small_test_hosts()) sum += s.of(h.definition.name).processed;
    return sum;
  };
  const auto before = handled();
  s.pass(30s);
  CHECK(handled() - before == 3 * small_test_hosts().size());  // one look in ten seconds
}

TEST_CASE("a poisonous input is parked once, and passed over by the life after it, and by the node after that") {
  const auto log = empty_log();
  {
    stage s;
    small_node n(s, log, summing());
    auto answer = n.offer({quote_at(1, 1, 10), quote_at(2, 2, poison), quote_at(3, 3, 20)});
    s.pass(5ms);
    REQUIRE(answer->value);
    CHECK(n.restarts == std::vector<std::string>{"sum"});
    const auto parked = n.only<input_parked>();
    REQUIRE(parked.size() == 1);
    const auto at = parked[0].as<input_parked>().parked_seq;
    CHECK(n.events()[at - 1].as<quote_accepted>().bid.value == poison);
    CHECK(parked[0].head.cause == at);
    CHECK(has_text(std::string(parked[0].as<input_parked>().reason.view()), "a bid of 666"));
    CHECK(sums(n) == numbers{10, 30});
    CHECK(n.fatal.empty());
  }
  stage s;
  small_node n(s, log, summing());
  auto answer = n.offer({quote_at(4, 4, 5), quote_at(5, 5, poison), quote_at(6, 6, poison), quote_at(7, 7, 1)});
  s.pass(10ms);
  REQUIRE(answer->value);
  CHECK(sums(n) == numbers{10, 30, 35, 36});
  CHECK(n.only<input_parked>().size() == 3);
  CHECK(n.restarts.size() == 2);
  CHECK(n.fatal.empty());
}

TEST_CASE("inputs behind a poisonous one in the same group are answered by the next life") {
  stage s;
  small_node n(s, empty_log(), summing(), {.order = ordering::arrival});
  auto answer = n.offer({quote_at(1, 1, 10), quote_at(2, 2, poison), quote_at(3, 3, 20), quote_at(4, 4, 30)});
  s.pass(10ms);
  REQUIRE(answer->value);
  auto settled = n.settled();
  s.settle();
  REQUIRE(settled->value);
  CHECK(sums(n) == numbers{10, 30, 60});
  CHECK(n.only<input_parked>().size() == 1);
}

TEST_CASE("an input that kills its host each time is parked after three deaths, and the host goes on") {
  const auto log = empty_log();
  {
    stage s;
    small_node n(s, log, summing());
    auto answer = n.offer({quote_at(1, 1, 10), quote_at(2, 2, explosive), quote_at(3, 3, 20)});
    s.pass(20ms);
    REQUIRE(answer->value);
    CHECK(n.restarts == std::vector<std::string>{"sum", "sum", "sum"});
    const auto parked = n.only<input_parked>();
    REQUIRE(parked.size() == 1);
    const auto& p = parked[0].as<input_parked>();
    CHECK(n.events()[p.parked_seq - 1].as<quote_accepted>().bid.value == explosive);
    CHECK(parked[0].head.cause == p.parked_seq);
    CHECK(parked[0].head.at == timestamp{2});
    CHECK(p.actor == text("sum"));
    CHECK(has_text(std::string(p.reason.view()), "killed this host 3 times: an exception escaped: a bid of 668"));
    CHECK(sums(n) == numbers{10, 30});
    CHECK(n.fatal.empty());
    // Dying of something else afterwards does not forget it, and another input of the kind has three tries of its own.
    n.kill("sum");
    answer = n.offer({quote_at(4, 4, explosive), quote_at(5, 5, 1)});
    s.pass(20ms);
    REQUIRE(answer->value);
    CHECK(n.only<input_parked>().size() == 2);
    CHECK(sums(n) == numbers{10, 30, 31});
  }
  // The log alone tells the next node.
  stage s;
  small_node n(s, log, summing());
  auto answer = n.offer({quote_at(6, 6, 5)});
  s.pass(10ms);
  REQUIRE(answer->value);
  CHECK(n.restarts.empty());
  CHECK(sums(n) == numbers{10, 30, 31, 36});
}

TEST_CASE("an input that waits for recorded answers until the end of the log is parked like any other") {
  const auto bid = GENERATE(poison, explosive);
  CAPTURE(bid);
  const auto log = empty_log();
  {
    stage s;
    small_node n(s, log, summing());
    n.offer({quote_at(1, 1, 10)});
    s.pass(5ms);
    CHECK(sums(n) == numbers{10});
  }
  // The node went down when the answer to the second quote was sequenced, behind the third.
  auto last = std::make_shared<persistence::group>();
  last->epoch = log->head().epoch;
  bar_closed answer;
  answer.instrument = {1};
  answer.open = {10};
  answer.close = {30};
  last->events = {quote_at(2, 2, 20).what, quote_at(3, 3, bid).what, event(header{}, answer)};
  const auto second = log->head().seq + 1;
  for (std::size_t i = 0; i < 3; ++i) {
    auto& h = last->events[i].head;
    h.seq = h.correlation = second + i;
  }
  auto& h = last->events.back().head;
  h.cause = h.position = h.correlation = second;
  h.depth = 1;
  h.at = last->events[1].head.at;
  h.host = host_id{16};
  h.incarnation = 1;
  const group_ref row = std::move(last);
  REQUIRE(log->append({&row, 1}));

  stage s;
  small_node n(s, log, summing());
  s.pass(30ms);
  auto next = n.offer({quote_at(4, 4, 5)});
  s.pass(30ms);
  REQUIRE(next->value);
  const auto parked = n.only<input_parked>();
  REQUIRE(parked.size() == 1);
  CHECK(parked[0].as<input_parked>().parked_seq == second + 1);
  CHECK(parked[0].head.cause == second + 1);
  CHECK(n.restarts.size() == (bid == poison ? 1 : 3));
  CHECK(sums(n) == numbers{10, 30, 35});
  CHECK(n.fatal.empty());
}

TEST_CASE("where the policy says so, an input that kills its host each time ends the node, and nothing is parked") {
  stage s;
  small_node n(s, empty_log(), summing(), {.poison = {2, poison_policy::stop}});
  n.offer({quote_at(1, 1, 10), quote_at(2, 2, explosive)});
  s.pass(20ms);
  REQUIRE_FALSE(n.fatal.empty());
  CHECK(has_text(n.fatal[0], "killed this host 2 times"));
  CHECK(n.only<input_parked>().empty());
  CHECK(sums(n) == numbers{10});
}

TEST_CASE("inputs behind one that kills its host are answered by the life that parks it, in the same group too") {
  stage s;
  small_node n(s, empty_log(), summing(), {.order = ordering::arrival});
  auto answer = n.offer({quote_at(1, 1, 10), quote_at(2, 2, explosive), quote_at(3, 3, 20), quote_at(4, 4, 30)});
  s.pass(30ms);
  REQUIRE(answer->value);
  auto settled = n.settled();
  s.settle();
  REQUIRE(settled->value);
  CHECK(sums(n) == numbers{10, 30, 60});
  CHECK(n.only<input_parked>().size() == 1);
}

TEST_CASE("what cannot be answered and must not be passed over is for the node to end for") {
  stage s;
  small_node n(s, empty_log(), summing());
  n.offer({quote_at(1, 1, 10), quote_at(2, 2, deadly)});
  s.settle();
  REQUIRE_FALSE(n.fatal.empty());
  CHECK(n.fatal[0].rfind("sum: ", 0) == 0);
  CHECK(has_text(n.fatal[0], "a bid of 667"));
  CHECK(n.only<input_parked>().empty());
  CHECK(sums(n) == numbers{10});
}

TEST_CASE("a log that a host cannot fold is fatal: nothing of it is parked") {
  const auto log = empty_log();
  {
    // A service that also read bars wrote this log.
    stage s;
    auto both = small_test_hosts();
    small_node n(s, log, both);
    const halves h(3);
    n.offer(h.first());
    s.settle();
  }
  auto others = small_test_hosts();
  for (auto& o : others) o.definition.inputs = {};
  stage s;
  small_node n(s, log, others);
  s.pass(5ms);
  REQUIRE_FALSE(n.fatal.empty());
  CHECK(has_text(n.fatal[0], "which this host never received"));
  CHECK(n.only<input_parked>().empty());
}

TEST_CASE("a host's earlier life is ended by its first append, of which nothing stays") {
  stage s;
  small_node n(s, empty_log(), summing());
  n.offer({quote_at(1, 1, 10)});
  s.settle();
  const auto old = as_address(n.where->find("sum"))->life();
  std::string end_of_old;
  when_down(old, [&](const actor_error& why) { end_of_old = reason_text(why); });
  // Somebody starts it a second time: from here on this life is the host.
  const auto second = spawn_actor<host_protocol, host_state>(s.system, s.figures, {"sum again", "host", ""}, n.settings_of(summing()[0]));
  s.settle();
  CHECK(n.only<host_recovered>().size() == 1);
  persistence::group stray;
  stray.events = {n.events()[1]};
  for (auto& e : stray.events) e = quote_at(2, 2, 99).what;
  stray.events[0].head.seq = 999;
  tell_from_outside(handle_of<host_protocol>(old), deliver_v, std::make_shared<const persistence::group>(stray));
  s.settle();
  CHECK(has_text(end_of_old, "append by incarnation 1, the present one is 2"));
  n.offer({quote_at(3, 3, 5)});
  s.settle();
  CHECK(sums(n).front() == 10);
  CHECK(sums(n)[1] == 15);
  exit_now(pointer_of(second), exit_reason::kill);
  s.settle();
}

TEST_CASE("a host shows nothing that a crash would undo: a question waits until what it has said is durable") {
  stage s;
  small_node n(s, empty_log(), summing(), {.hold_writes = true});
  n.release(n.held->held.size());
  s.settle();
  const auto asked_for = [&](std::chrono::milliseconds time) {
    return ask_from_outside<std::string>(s.system, n.where->at<host_protocol>("sum"), query_v, begin_call("test", s.system.clock().now() + time),
                                         std::string("status"), std::string());
  };
  auto at_rest = asked_for(1s);
  s.settle();
  REQUIRE(at_rest->value);
  n.offer({quote_at(1, 1, 10)});
  s.settle();
  auto status = asked_for(1s);
  s.settle();
  CHECK_FALSE(status->done());
  for (auto left = n.held->held.size(); left > 0; --left) {
    CHECK_FALSE(status->done());
    n.release(1);
    s.settle();
  }
  REQUIRE(status->value);
  CHECK(has_text(*status->value, "\"as_of_seq\":" + std::to_string(n.only<quote_accepted>().back().head.seq)));
  // A log that takes nothing is told as the reason.
  n.offer({quote_at(2, 2, 10)});
  s.settle();
  auto late = asked_for(100ms);
  s.pass(200ms);
  REQUIRE(late->failure);
  CHECK(late->failure->code == errc::timed_out);
  CHECK(has_text(late->failure->message, "not durable yet"));
}

TEST_CASE("a host answers questions about its state, and says of what it is a view") {
  stage s;
  small_node n(s, empty_log(), summing());
  n.offer({quote_at(1, 1, 10)});
  s.settle();
  auto status = ask_from_outside<std::string>(s.system, n.where->at<host_protocol>("sum"), query_v, begin_call("test", s.system.clock().now() + 1s),
                                              std::string("status"), std::string());
  auto nonsense = ask_from_outside<std::string>(s.system, n.where->at<host_protocol>("sum"), query_v, begin_call("test", s.system.clock().now() + 1s),
                                                std::string("why"), std::string());
  s.settle();
  REQUIRE(status->value);
  CHECK(has_text(*status->value, "\"host\":\"sum\""));
  CHECK(has_text(*status->value, "\"ready\":true"));
  std::uint64_t quote_seq = 0;
  for (const auto& e : n.only<quote_accepted>()) quote_seq = e.head.seq;
  CHECK(has_text(*status->value, "\"as_of_seq\":" + std::to_string(quote_seq)));
  REQUIRE(nonsense->failure);
  CHECK(nonsense->failure->code == errc::bad_request);
}
