#include "actors/journal/writer_actor.hpp"

#include "actors/runtime/feed_reader.hpp"
#include "tests/actors/journal/later_log.hpp"
#include "tests/actors/journal/test_logs.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/process.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

TOMNEXT_ATOM(send_on, "tSendOn");
/// Plays the journal towards a writer: hands on the groups that a test gives it, and notes what it is told to be durable.
using fake_journal = typed<answer<void>(send_on_atom, group_ref), answer<void>(durable_atom, durable_ref), answer<void>(full_atom, std::string)>;
struct fake_journal_state {
  fake_journal::pointer self;
  writer_protocol writer;
  std::shared_ptr<std::vector<std::uint64_t>> durable;
  std::shared_ptr<std::vector<std::string>> full;
  fake_journal_state(fake_journal::pointer self_, writer_protocol writer_, std::shared_ptr<std::vector<std::uint64_t>> durable_,
                     std::shared_ptr<std::vector<std::string>> full_)
      : self(self_), writer(std::move(writer_)), durable(std::move(durable_)), full(std::move(full_)) {}
  fake_journal::behavior_type behavior() {
    return {[this](send_on_atom, const group_ref& g) { tell(self, writer, write_v, g); },
            [this](durable_atom, const durable_ref& head) { durable->push_back(head->seq); },
            [this](full_atom, const std::string& why) { full->push_back(why); }};
  }
};

/// An adapter that notes the seqs it hears of, and tells that it is done with them; a deaf one does not.
using adapter = typed<answer<void>(durable_atom, groups_ref, durable_ref)>;
enum class hearing { good, deaf };
struct adapter_state {
  adapter::pointer self;
  std::shared_ptr<std::vector<std::uint64_t>> heard;
  hearing how;
  adapter_state(adapter::pointer self_, const feed_protocol& feed, std::shared_ptr<std::vector<std::uint64_t>> heard_, hearing how_)
      : self(self_), heard(std::move(heard_)), how(how_) {
    feed_wish wish;
    wish.name = "adapter";
    wish.credit_events = 20;
    join_feed(self, feed, std::move(wish));
  }
  adapter::behavior_type behavior() {
    return {[this](durable_atom, const groups_ref& groups, const durable_ref& head) {
      if (how == hearing::deaf) return;
      for (const auto& g : *groups)
        for (const auto& e : g->events) {
          heard->push_back(e.head.seq);
          CHECK(e.head.seq <= head->seq);
        }
      return_credit(self, "adapter", *groups, *head);
    }};
  }
};

/// A writer on a log, and somebody who sends it groups of any size.
struct desk {
  stage s;
  std::shared_ptr<test_log> log = std::make_shared<test_log>();
  std::shared_ptr<std::vector<std::uint64_t>> durable = std::make_shared<std::vector<std::uint64_t>>(), heard = std::make_shared<std::vector<std::uint64_t>>();
  std::shared_ptr<std::vector<std::string>> full = std::make_shared<std::vector<std::string>>();
  std::shared_ptr<feed_link> link = std::make_shared<feed_link>(log, 30 * sizeof(event));
  writer_protocol writer = spawn_actor<writer_protocol, writer_state>(s.system, s.figures, {"writer", "journal", ""}, log, link);
  feed_protocol feed = spawn_actor<feed_protocol, feed_state>(s.system, s.figures, {"feed", "journal", ""}, link, writer, feed_settings{30s, s.figures});
  fake_journal journal = spawn_actor<fake_journal, fake_journal_state>(s.system, s.figures, {"journal", "journal", ""}, writer, durable, full);
  std::uint64_t head = 0;
  desk() { s.settle(); }
  ~desk() {
    for (const auto& who : {pointer_of(journal), pointer_of(feed), pointer_of(writer)}) exit_now(who, exit_reason::kill);
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
    auto a = spawn_actor<adapter, adapter_state>(s.system, s.figures, {"adapter", "adapter", ""}, feed, heard, how);
    s.settle();
    return a;
  }
  void kill(const adapter& a) {
    exit_now(pointer_of(a), exit_reason::kill);
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
      exit_now(pointer_of(a), exit_reason::kill);
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
  when_down(pointer_of(d.writer), [&](const actor_error& why) { reason = reason_text(why); });
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

TEST_CASE("a full log refuses before it writes: the batch is kept and offered again, nothing is lost or doubled, and the journal is told once") {
  desk d;
  auto a = d.join();
  d.send(2);
  d.s.settle();
  d.log->full_for = 3;
  d.send(2);
  d.send(1);
  d.s.settle();
  CHECK(*d.durable == std::vector<std::uint64_t>{2});
  REQUIRE(d.full->size() == 1);
  CHECK(has_text(d.full->front(), "no room"));
  CHECK(d.s.of("writer").state == "log full");
  CHECK(has_text(d.s.of("writer").last_error, "no room"));
  d.send(3);  // what comes meanwhile waits behind it
  d.s.pass(1'900ms);
  CHECK(d.log->appends == 3);
  CHECK(d.log->head().seq == 2);
  d.s.pass(1'200ms);
  CHECK(d.log->head().seq == 8);
  CHECK(d.full->size() == 1);
  CHECK(d.durable->back() == 8);
  CHECK(*d.heard == seqs(1, 8));
  CHECK(d.s.of("writer").state == "running");
  d.send(1);
  d.s.settle();
  CHECK(*d.heard == seqs(1, 9));
  // A second time is another alert.
  d.log->full_for = 1;
  d.send(1);
  d.s.pass(1'100ms);
  CHECK(d.full->size() == 2);
  CHECK(*d.heard == seqs(1, 10));
  d.kill(a);
}

namespace {

/// Real threads, a log that answers later, and a fake journal.
struct later_desk {
  system_config config;
  std::unique_ptr<actor_system> system;
  std::shared_ptr<introspection> figures = std::make_shared<introspection>();
  std::shared_ptr<later_log> log = std::make_shared<later_log>();
  std::shared_ptr<std::atomic<std::uint64_t>> durable = std::make_shared<std::atomic<std::uint64_t>>(0),
                                              fulls = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::atomic<bool>> backwards = std::make_shared<std::atomic<bool>>(false), ended = std::make_shared<std::atomic<bool>>(false);
  writer_protocol writer;
  fake_journal journal;
  std::uint64_t head = 0;
  later_desk() {
    configure(config, 2);
    system = std::make_unique<actor_system>(config);
    writer = spawn_detached_actor<writer_protocol, writer_state>(*system, figures, {"writer", "journal", ""}, log);
    when_down(pointer_of(writer), [e = ended](const actor_error&) { *e = true; });
    journal = system->spawn([w = writer, d = durable, f = fulls, b = backwards](fake_journal::pointer self) -> fake_journal::behavior_type {
      return {[=](send_on_atom, const group_ref& g) { tell(self, w, write_v, g); },
              [=](durable_atom, const durable_ref& h) {
                if (h->seq <= d->load()) *b = true;
                *d = h->seq;
              },
              [=](full_atom, const std::string&) { ++*f; }};
    });
  }
  ~later_desk() {
    for (const auto& who : {pointer_of(journal), pointer_of(writer)}) exit_now(who, exit_reason::kill);
    journal = fake_journal();
    writer = writer_protocol();
    log->answer(1'000'000);
    system.reset();
  }
  later_desk(const later_desk&) = delete;
  later_desk& operator=(const later_desk&) = delete;
  void send() {
    auto g = std::make_shared<persistence::group>();
    header h;
    h.seq = h.correlation = ++head;
    h.host = {16};
    g->events.emplace_back(h, bar_closed{});
    tell_from_outside(journal, send_on_v, group_ref(std::move(g)));
  }
};

}  // namespace

TEST_CASE("a log that answers later: nothing is durable before its answer, batches under way are bounded, and order holds") {
  later_desk d;
  std::uint64_t commits = 0;
  for (; commits < writer_state::batches_under_way_max; ++commits) {
    d.send();
    REQUIRE(eventually([&] { return d.log->waiting() == commits + 1; }));
  }
  for (int i = 0; i < 500; ++i) d.send();
  CHECK(*d.durable == 0);
  d.log->answer(1);
  REQUIRE(eventually([&] { return *d.durable == 1; }));
  CHECK(d.log->head().seq == 1);
  d.log->answer(1'000'000);
  REQUIRE(eventually([&] { return *d.durable == d.head; }));
  CHECK(d.log->most_under_way() == writer_state::batches_under_way_max);
  CHECK(d.log->appends < 100);  // what queued up went together
  CHECK_FALSE(*d.backwards);
  CHECK(d.log->head().seq == d.head);
}

TEST_CASE("a log that answers later and was full: what was under way behind the refused batch follows it again, in order and once") {
  later_desk d;
  for (std::uint64_t i = 0; i < 5; ++i) {
    d.send();
    REQUIRE(eventually([&] { return d.log->waiting() == i + 1; }));
  }
  d.log->full_for = 1;  // the first is refused; the others do not follow on what is there
  d.log->answer(1'000'000);
  REQUIRE(eventually([&] { return *d.fulls == 1; }));
  REQUIRE(eventually([&] { return *d.durable == 5; }));
  CHECK_FALSE(*d.ended);
  CHECK_FALSE(*d.backwards);
  d.send();
  REQUIRE(eventually([&] { return *d.durable == 6; }));
  CHECK(*d.fulls == 1);
}

TEST_CASE("a log that answers later with a failure ends the writer, and nothing behind it counts as durable") {
  later_desk d;
  for (std::uint64_t i = 0; i < 3; ++i) {
    d.send();
    REQUIRE(eventually([&] { return d.log->waiting() == i + 1; }));
  }
  d.log->fail_after = 1;
  d.log->answer(1'000'000);
  REQUIRE(eventually([&] { return d.ended->load(); }));
  REQUIRE(eventually([&] { return *d.durable == 1; }));  // whoever is told has a thread of its own
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
  market_folder folder("keeper");
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
