#include "actors/journal/writer_actor.hpp"

#include "tests/actors/journal/test_logs.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/kernel/replay/market.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

TOMNEXT_ATOM(send_on, "tSendOn");
/// Plays the journal towards a writer: hands on the groups that a test gives it, and notes what it is told to be durable.
using fake_journal = typed<answer<void>(send_on_atom, group_ref), answer<void>(durable_atom, durable_ref)>;
struct fake_journal_state {
  fake_journal::pointer self;
  writer_protocol writer;
  std::shared_ptr<std::vector<std::uint64_t>> durable;
  fake_journal_state(fake_journal::pointer self_, writer_protocol writer_, std::shared_ptr<std::vector<std::uint64_t>> durable_)
      : self(self_), writer(std::move(writer_)), durable(std::move(durable_)) {}
  fake_journal::behavior_type behavior() {
    return {[this](send_on_atom, const group_ref& g) { tell(self, writer, write_v, g); },
            [this](durable_atom, const durable_ref& head) { durable->push_back(head->seq); }};
  }
};

/// An adapter that notes the seqs it hears of, and tells that it is done with them; a deaf one does not.
using adapter = typed<answer<void>(durable_atom, groups_ref, durable_ref)>;
enum class hearing { good, deaf };
struct adapter_state {
  adapter::pointer self;
  writer_protocol writer;
  std::shared_ptr<std::vector<std::uint64_t>> heard;
  hearing how;
  adapter_state(adapter::pointer self_, writer_protocol writer_, std::shared_ptr<std::vector<std::uint64_t>> heard_, hearing how_)
      : self(self_), writer(std::move(writer_)), heard(std::move(heard_)), how(how_) {
    tell(self, writer, subscribe_v, std::string("adapter"), pointer_of(self));
  }
  adapter::behavior_type behavior() {
    return {[this](durable_atom, const groups_ref& groups, const durable_ref& head) {
      if (how == hearing::deaf) return;
      for (const auto& g : *groups)
        for (const auto& e : g->events) {
          heard->push_back(e.head.seq);
          CHECK(e.head.seq <= head->seq);
        }
      tell(self, writer, done_v, std::string("adapter"), groups->back()->last_seq());
    }};
  }
};

/// A writer on a log, and somebody who sends it groups of any size.
struct desk {
  stage s;
  std::shared_ptr<test_log> log = std::make_shared<test_log>();
  std::shared_ptr<std::vector<std::uint64_t>> durable = std::make_shared<std::vector<std::uint64_t>>(), heard = std::make_shared<std::vector<std::uint64_t>>();
  writer_protocol writer = spawn_actor<writer_protocol, writer_state>(s.system, s.figures, {"writer", "journal", ""}, log);
  fake_journal journal = spawn_actor<fake_journal, fake_journal_state>(s.system, s.figures, {"journal", "journal", ""}, writer, durable);
  std::uint64_t head = 0;
  desk() { s.settle(); }
  ~desk() {
    for (const auto& who : {pointer_of(journal), pointer_of(writer)}) exit_now(who, caf::exit_reason::kill);
    s.settle();
  }
  desk(const desk&) = delete;
  desk& operator=(const desk&) = delete;
  /// A reaction of so many events as one group; sent, not yet written.
  void send(std::size_t events) {
    auto g = std::make_shared<persistence::group>();
    const auto cause = head;
    for (std::size_t i = 0; i < events; ++i) {
      header h;
      h.seq = ++head;
      h.cause = h.position = cause;
      h.correlation = 1;
      h.host = {16};
      h.ordinal = static_cast<std::uint16_t>(i);
      g->events.emplace_back(h, bar_closed{});
    }
    tell_from_outside(journal, send_on_v, group_ref(std::move(g)));
  }
  [[nodiscard]] std::vector<std::size_t> rows() const {
    auto scan = log->scan(1);
    REQUIRE(scan);
    std::vector<std::size_t> sizes;
    for (;;) {
      auto g = (*scan)->next();
      REQUIRE(g);
      if (!*g) return sizes;
      CHECK((*g)->events.front().head.ordinal == 0);  // no row begins in the middle of a reaction
      sizes.push_back((*g)->events.size());
    }
  }
  adapter join(hearing how = hearing::good) {
    auto a = spawn_actor<adapter, adapter_state>(s.system, s.figures, {"adapter", "adapter", ""}, writer, heard, how);
    s.settle();
    return a;
  }
  void kill(const adapter& a) {
    exit_now(pointer_of(a), caf::exit_reason::kill);
    s.settle();
  }
};
std::vector<std::uint64_t> seqs(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> all;
  for (; from <= to; ++from) all.push_back(from);
  return all;
}

}  // namespace

TEST_CASE("what is queued is one append; rows hold whole reactions, and not too many of them") {
  desk d;
  for (const std::size_t size : {3'000, 1'000, 97, 2'000, 5'000, 10, 1}) d.send(size);
  d.s.settle();
  CHECK(d.log->appends == 1);
  CHECK(d.rows() == std::vector<std::size_t>{4'000, 2'097, 5'000, 11});  // merged up to 4,096; the larger one alone
  CHECK(*d.durable == std::vector<std::uint64_t>{d.head});
  d.send(1);
  d.s.settle();
  CHECK(d.log->appends == 2);
  CHECK(d.durable->back() == d.head);
}

TEST_CASE("a restarted adapter hears what it has not done: neither gap nor double, wherever its earlier life ended") {
  std::uint64_t caught_up = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    sim::random_source random(seed);
    desk d;
    d.send(3);
    d.s.settle();
    auto a = d.join();
    for (int step = 0; step < 30; ++step) {
      d.send(1 + random.below(5));
      // The life ends at any moment: before the writer knows, while notices lie in its queue, or when all is quiet.
      for (auto runs = random.below(8); runs > 0 && d.s.scheduler.has_job(); --runs) d.s.scheduler.run_once();
      if (!random.chance(30)) continue;
      exit_now(pointer_of(a), caf::exit_reason::kill);
      for (auto runs = random.below(8); runs > 0 && d.s.scheduler.has_job(); --runs) d.s.scheduler.run_once();
      d.send(1);
      if (random.chance(50)) d.s.settle();
      const auto known = d.heard->size();
      a = d.join();
      caught_up += d.heard->size() - known;
    }
    d.s.settle();
    CHECK(*d.heard == seqs(4, d.head));  // what was durable before it first joined is not for it
    d.kill(a);
  }
  CHECK(caught_up > 500);
}

TEST_CASE("what was sent to an adapter that never handled it comes again") {
  desk d;
  auto deaf = d.join(hearing::deaf);
  d.send(2);
  d.send(3);
  d.s.settle();
  d.send(4);
  d.s.settle();
  CHECK(d.heard->empty());
  d.kill(deaf);
  auto good = d.join();
  CHECK(*d.heard == seqs(1, 9));
  d.kill(good);
}

TEST_CASE("a failed append ends the writer: nothing is tried again, and nobody is told that it is durable") {
  desk d;
  auto a = d.join();
  d.send(2);
  d.s.settle();
  d.log->fail_after = 0;
  std::string reason;
  when_down(pointer_of(d.writer), [&](const caf::error& why) { reason = reason_text(why); });
  d.send(2);
  d.send(1);
  d.s.settle();
  CHECK(reason == "writing the log: the disk is gone");
  d.send(1);
  d.s.settle();
  CHECK(d.log->appends == 2);
  CHECK(*d.durable == std::vector<std::uint64_t>{2});
  CHECK(*d.heard == seqs(1, 2));
  CHECK(d.s.of("writer").state == "failed");
  d.kill(a);
}

// A node whose disk fails: the supervisor learns that the writer is gone for good.
TEST_CASE("the writer's end is told by its supervisor, with the reason") {
  stage s;
  const auto log = std::make_shared<test_log>();
  small_node n(s, log, small_test_hosts());
  log->fail_after = 0;
  n.offer({quote_at(1, 1)});
  s.settle();
  REQUIRE(s.ended.size() == 1);
  CHECK(s.ended[0] == "writer: writing the log: the disk is gone");
}

TEST_CASE("a snapshot is stored when its mark is durable, and not before; one whose host died is given up for the next") {
  temporary_folder folder("keeper");
  const auto store = std::make_shared<const persistence::snapshot_store>(folder.path.string());
  const auto log = std::make_shared<persistence::memory_log>();
  stage s;
  small_node n(s, log, small_test_hosts(), {.snapshot_every = 5, .snapshots = store, .hold_writes = true});
  const auto files = [&] {
    std::size_t count = 0;
    for (const auto& f : std::filesystem::recursive_directory_iterator(folder.path)) count += f.is_regular_file();
    return count;
  };
  const auto marks_in = [](const persistence::group& g) {
    std::size_t count = 0;
    for (const auto& e : g.events) count += e.is<host_progressed>();
    return count;
  };
  sim::random_source random(5);
  n.offer(inputs_of(some_quotes(random, 60)));
  s.settle();
  std::size_t marks = 0, waiting = 0;
  for (const auto& g : n.held->held) waiting += marks_in(*g);
  REQUIRE(waiting > 5);
  CHECK(files() == 0);
  while (!n.held->held.empty()) {
    const auto group = n.held->held.front();
    const auto before = files();
    n.release(1);
    s.settle();
    marks += marks_in(*group);
    if (marks_in(*group) == 0) CHECK(files() == before);
  }
  CHECK(marks == waiting);
  CHECK(files() > 0);
  CHECK(store->verify());
  for (const auto& h : small_test_hosts()) {
    const auto newest = store->newest({h.definition.name, 1, 1, 0}, *log);
    REQUIRE(newest);
    if (!*newest) continue;
    const auto& mark = n.events()[(**newest).mark - 1];
    REQUIRE(mark.is<host_progressed>());
    CHECK(mark.head.host == h.definition.id);
    CHECK(mark.as<host_progressed>().consumed == (**newest).covered);
  }
}
