// Readers of the durable feed: their pace, their credit, their stalls, and their next lives.
#include "actors/journal/feed_actor.hpp"

#include <nlohmann/json.hpp>

#include "actors/journal/writer_actor.hpp"
#include "actors/runtime/feed_reader.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/sim/model/random.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

using reader_protocol_of_test = typed<answer<void>(durable_atom, groups_ref, durable_ref), answer<void>(tick_atom)>;

/// What a reader heard, and how it behaves: `returns` false keeps its credit.
struct notebook {
  std::vector<std::uint64_t> heard;
  std::size_t messages = 0;
  std::uint64_t events_most = 0;  // in its hands at once, while it kept its credit
  bool returns = true;
};

struct reading_state {
  reader_protocol_of_test::pointer self;
  std::shared_ptr<notebook> book;
  std::string name;
  std::vector<groups_ref> kept;
  actor_ptr feed;
  reading_state(reader_protocol_of_test::pointer self_, const feed_protocol& feed_, feed_wish wish, std::shared_ptr<notebook> book_)
      : self(self_), book(std::move(book_)), name(wish.name), feed(pointer_of(feed_)) {
    join_feed(self, feed_, std::move(wish));
  }
  reader_protocol_of_test::behavior_type behavior() {
    return {[this](durable_atom, const groups_ref& groups, const durable_ref& head) {
              ++book->messages;
              std::uint64_t events = 0;
              for (const auto& g : *groups)
                for (const auto& e : g->events) {
                  if (e.head.seq > head->seq) FAIL("beyond what is durable");
                  book->heard.push_back(e.head.seq);
                }
              if (book->returns) return return_credit(self, name.c_str(), *groups, *head);
              kept.push_back(groups);
              for (const auto& k : kept)
                for (const auto& g : *k) events += g->events.size();
              book->events_most = std::max(book->events_most, events);
            },
            [this](tick_atom) {  // does what it had put off
              book->returns = true;
              for (const auto& k : std::exchange(kept, {}))
                if (!k->empty()) tell(self, handle_of<feed_protocol>(feed), done_v, name, k->back()->last_seq());
            }};
  }
};

/// A log, a link that a test commits to as the writer would, and the serving actor.
struct desk {
  stage s;
  std::shared_ptr<persistence::memory_log> log = std::make_shared<persistence::memory_log>();
  std::shared_ptr<feed_link> link;
  writer_protocol writer;
  feed_protocol feed;
  std::uint64_t head = 0;
  std::vector<actor_ptr> all;
  explicit desk(std::uint64_t bytes_max = 100 * sizeof(event)) : link(std::make_shared<feed_link>(log, bytes_max)) {
    writer = spawn_actor<writer_protocol, writer_state>(s.system, s.figures, {"writer", "journal", ""}, log, link);
    all.push_back(pointer_of(writer));
    start_feed();
  }
  ~desk() {
    for (auto at = all.rbegin(); at != all.rend(); ++at) exit_now(*at, exit_reason::kill);
    s.settle();
  }
  desk(const desk&) = delete;
  desk& operator=(const desk&) = delete;
  void start_feed() {
    feed = spawn_actor<feed_protocol, feed_state>(s.system, s.figures, {"feed", "journal", ""}, link, writer, feed_settings{30s, s.figures});
    all.push_back(pointer_of(feed));
    s.settle();
  }
  /// Quotes, and a bar at every tenth seq.
  void commit(std::uint64_t events) {
    auto g = std::make_shared<persistence::group>();
    for (std::uint64_t i = 0; i < events; ++i) {
      header h;
      h.seq = h.correlation = ++head;
      h.host = {16};
      if (head % 10 == 0) g->events.emplace_back(h, bar_closed{});
      else g->events.emplace_back(h, quote_accepted{});
    }
    const group_ref ref = std::move(g);
    auto now = log->append({&ref, 1});
    if (!now) FAIL(now.error().message);
    link->recent.committed({ref}, *now);
    link->announce(feed, s.system.clock().now());
  }
  actor_ptr join(feed_wish wish, const std::shared_ptr<notebook>& book) {
    const auto name = wish.name;
    all.push_back(pointer_of(spawn_actor<reader_protocol_of_test, reading_state>(s.system, s.figures, {name, "adapter", ""}, feed, std::move(wish), book)));
    s.settle();
    return all.back();
  }
  nlohmann::json status() {
    auto asked = ask_from_outside<std::string>(s.system, feed, status_v);
    s.settle();
    REQUIRE(asked->value);
    return nlohmann::json::parse(*asked->value);
  }
};

feed_wish wish_of(const std::string& name, std::optional<std::uint64_t> from = {}, std::uint64_t credit = 50) {
  feed_wish w;
  w.name = name;
  w.from_seq = from;
  w.credit_events = credit;
  return w;
}
std::vector<std::uint64_t> seqs(std::uint64_t from, std::uint64_t to, std::uint64_t step = 1) {
  std::vector<std::uint64_t> all;
  for (; from <= to; from += step) all.push_back(from);
  return all;
}

}  // namespace

TEST_CASE("feed: a reader that keeps its credit gets that much and no more, and nothing is kept for it; one beside it is served as ever") {
  desk d;
  const auto slow = std::make_shared<notebook>(), quick = std::make_shared<notebook>();
  slow->returns = false;
  const auto who = d.join(wish_of("slow", 1), slow);
  d.join(wish_of("quick", 1), quick);
  for (int i = 0; i < 2'000; ++i) {
    d.commit(5);
    d.s.settle();
  }
  CHECK(slow->events_most == 50);
  CHECK(slow->heard == seqs(1, 50));
  CHECK(quick->heard == seqs(1, 10'000));
  CHECK(d.link->recent.kept().kept_bytes <= 100 * sizeof(event));
  CHECK(d.s.of("slow").queue_depth_max <= 50);
  auto j = d.status();
  CHECK(j["durable"] == 10'000);
  REQUIRE(j["readers"].size() == 2);
  CHECK(j["readers"][1]["name"] == "slow");
  CHECK(j["readers"][1]["lag_events"] == 10'000);
  CHECK(j["readers"][1]["given_events"] == 50);
  CHECK(j["readers"][0]["lag_events"] == 0);
  // It goes on: from the log, then from memory, at a seq that is known.
  tell_from_outside(handle_of<reader_protocol_of_test>(who), tick_v);
  d.s.settle();
  CHECK(slow->heard == seqs(1, 10'000));
  j = d.status();
  CHECK(j["readers"][1]["lag_events"] == 0);
  CHECK(j["readers"][1]["live_from"].get<std::uint64_t>() > 9'000);
  CHECK(j["readers"][1]["catching_up"] == false);
}

TEST_CASE("feed: readers at the head are served without the feed's actor; it hears of what was committed only where somebody could have more") {
  desk d;
  const auto near = std::make_shared<notebook>(), far = std::make_shared<notebook>();
  d.join(wish_of("near", 1), near);
  const auto messages = [&] { return d.s.of("feed").processed; };
  auto before = messages();
  for (int i = 0; i < 10; ++i) {
    d.commit(5);
    d.s.settle();
  }
  CHECK(near->heard == seqs(1, 50));
  CHECK(messages() - before == 10);  // the credit that came back, and nothing else
  // While somebody else serves, the writer goes on, and the actor makes up for it.
  before = messages();
  {
    const std::scoped_lock serving(d.link->serving);
    d.commit(5);
  }
  d.s.settle();
  CHECK(near->heard == seqs(1, 55));
  CHECK(messages() - before == 2);
  // What is no longer in memory is read from the log, by the actor.
  d.commit(200);
  d.s.settle();
  d.join(wish_of("far", 1), far);
  d.commit(5);
  d.s.settle();
  CHECK(far->heard == seqs(1, 260));
  CHECK(near->heard == seqs(1, 260));
}

TEST_CASE("feed: whoever waits for a reader hears of it too where the reader only passes over what is committed") {
  desk d;
  const auto bars = std::make_shared<notebook>();
  auto wish = wish_of("bars", 1);
  wish.wanted.types.set(bar_closed::type_number);
  d.join(std::move(wish), bars);
  d.commit(9);
  auto asked = ask_from_outside<std::uint64_t>(d.s.system, d.feed, settled_v, std::string("bars"));
  d.commit(1);
  d.commit(5);
  d.s.settle();
  REQUIRE(asked->value);
  CHECK(*asked->value >= 9);
  CHECK(bars->heard == seqs(10, 10));
}

TEST_CASE("feed: a reader that stands still is reported once for each stall, with its lag; what it does then is said too") {
  desk d;
  const auto book = std::make_shared<notebook>();
  const auto who = d.join(wish_of("reader"), book);
  d.s.pass(40s);  // idle is not stalled
  CHECK(d.s.of("feed").errors == 0);
  d.commit(5);
  d.s.settle();
  d.s.pass(40s);  // nor is one that has done everything
  CHECK(d.s.of("feed").errors == 0);
  book->returns = false;
  d.commit(5);
  d.s.pass(29s);
  CHECK(d.s.of("feed").errors == 0);
  d.commit(5);
  d.s.pass(3s);
  CHECK(d.s.of("feed").errors == 1);
  CHECK(has_text(d.s.of("feed").last_error, "reader has returned nothing"));
  CHECK(has_text(d.s.of("feed").last_error, "10 events behind"));
  CHECK(d.s.of("reader").feed_lag_events == 10u);
  CHECK(d.status()["readers"][0]["stalled"] == true);
  d.s.pass(60s);
  CHECK(d.s.of("feed").errors == 1);
  tell_from_outside(handle_of<reader_protocol_of_test>(who), tick_v);
  d.s.pass(2s);
  CHECK(d.status()["readers"][0]["stalled"] == false);
  CHECK(d.s.of("reader").feed_lag_events == 0u);
  book->returns = false;
  d.commit(5);
  d.s.pass(32s);
  CHECK(d.s.of("feed").errors == 2);
  CHECK(d.status()["readers"][0]["stalls"] == 2);
}

TEST_CASE("feed: a filter gives what is wanted and no more, and what is passed over counts as done") {
  desk d;
  const auto book = std::make_shared<notebook>();
  auto wish = wish_of("bars", 1);
  wish.wanted.types[bar_closed::type_number] = true;
  d.join(wish, book);
  for (int i = 0; i < 300; ++i) {
    d.commit(7);
    if (i % 3 == 0) d.s.settle();
  }
  d.s.settle();
  CHECK(book->heard == seqs(10, 2'100, 10));
  d.commit(5);
  d.s.settle();
  CHECK(d.status()["readers"][0]["lag_events"] == 0);
}

TEST_CASE("feed: settled is answered when the reader has done what was durable, and refused where there is none of that name") {
  desk d;
  const auto book = std::make_shared<notebook>();
  book->returns = false;
  const auto who = d.join(wish_of("reader"), book);
  auto idle = ask_from_outside<std::uint64_t>(d.s.system, d.feed, settled_v, std::string("reader"));
  d.s.settle();
  CHECK(idle->value);
  d.commit(5);
  d.s.settle();
  auto named = ask_from_outside<std::uint64_t>(d.s.system, d.feed, settled_v, std::string("reader"));
  auto all = ask_from_outside<std::uint64_t>(d.s.system, d.feed, settled_v, std::string());
  auto nobody = ask_from_outside<std::uint64_t>(d.s.system, d.feed, settled_v, std::string("nobody"));
  d.s.settle();
  CHECK_FALSE(named->done());
  CHECK_FALSE(all->done());
  REQUIRE(nobody->failure);
  CHECK(nobody->failure->code == errc::not_ready);
  tell_from_outside(handle_of<reader_protocol_of_test>(who), tick_v);
  d.s.settle();
  CHECK(named->value);
  CHECK(all->value == 5u);
}

TEST_CASE("feed: a new life of the feed goes on where the old one was, whatever moment that died at: no gap, no double, no reader restarted") {
  std::uint64_t lives = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    sim::random_source random(seed);
    desk d(20 * sizeof(event));
    const auto book = std::make_shared<notebook>(), bars = std::make_shared<notebook>();
    d.join(wish_of("reader", 1, 12), book);
    auto wish = wish_of("bars", 1);
    wish.wanted.types[bar_closed::type_number] = true;
    d.join(std::move(wish), bars);
    for (int step = 0; step < 40; ++step) {
      d.commit(1 + random.below(5));
      for (auto runs = random.below(6); runs > 0 && d.s.scheduler.has_job(); --runs) d.s.scheduler.run_once();
      if (!random.chance(20)) continue;
      exit_now(pointer_of(d.feed), exit_reason::kill);
      for (auto runs = random.below(4); runs > 0 && d.s.scheduler.has_job(); --runs) d.s.scheduler.run_once();
      d.commit(1);
      // The supervisor starts the next life when the old one is down.
      d.s.settle();
      d.start_feed();
      ++lives;
    }
    d.s.settle();
    CHECK(book->heard == seqs(1, d.head));
    CHECK(bars->heard == seqs(10, d.head, 10));
    CHECK(d.s.of("reader").state == "running");
    CHECK(d.status()["readers"][1]["lag_events"] == 0);
    CHECK(d.status()["readers"][1]["given_events"] == 0);
  }
  CHECK(lives > 400);
}

TEST_CASE("feed: what the writer gave in a dead life's name, before it knew the next one, is not waited for for ever") {
  desk d;
  const auto book = std::make_shared<notebook>();
  d.join(wish_of("reader", 1), book);
  d.commit(5);
  d.s.settle();
  const auto dead = d.feed;
  exit_now(pointer_of(dead), exit_reason::kill);
  d.s.settle();
  d.feed = spawn_actor<feed_protocol, feed_state>(d.s.system, d.s.figures, {"feed", "journal", ""}, d.link, d.writer, feed_settings{30s, d.s.figures});
  d.all.push_back(pointer_of(d.feed));
  d.s.scheduler.run_once();  // it takes over, and the writer has not heard of it
  const auto alive = std::exchange(d.feed, dead);
  d.commit(5);
  d.feed = alive;
  d.s.settle();
  CHECK(book->heard == seqs(1, 10));
  CHECK(d.status()["readers"][0]["lag_events"] == 0);
  CHECK(d.status()["readers"][0]["given_events"] == 0);
}

TEST_CASE("feed: wishes that cannot be met are refused with the reason, and the reader ends") {
  desk d;
  d.commit(5);
  d.s.settle();
  const auto refused = [&](feed_wish w, const std::string& says) {
    const auto book = std::make_shared<notebook>();
    const auto who = d.join(std::move(w), book);
    CHECK(book->heard.empty());
    std::string reason;
    when_down(who, [&](const actor_error& why) { reason = reason_text(why); });
    INFO(reason);
    CHECK(has_text(reason, says));
  };
  refused(wish_of("ahead", 7), "reading begins at events 1 to 6, not 7");
  refused(wish_of("zero", 0), "reading begins at events 1 to 6, not 0");
  refused(wish_of("broke", 1, 0), "credit is for 1 to");
  refused(wish_of("greedy", 1, 1u << 30), "credit is for 1 to");
  refused(wish_of("", 1), "has a name");
  const auto book = std::make_shared<notebook>();
  d.join(wish_of("exact", 6), book);
  d.commit(2);
  d.s.settle();
  CHECK(book->heard == seqs(6, 7));
}

TEST_CASE("feed: places are kept for so many names, and no more") {
  desk d;
  const auto book = std::make_shared<notebook>();
  for (int i = 0; i < 256; ++i) d.join(wish_of("r" + std::to_string(i)), book);
  const auto one_more = d.join(wish_of("r256"), book);
  CHECK(d.s.of("r256").state == "failed");
  CHECK(d.status()["readers"].size() == 256);
  exit_now(d.all[5], exit_reason::kill);
  d.s.settle();
  d.join(wish_of("r3"), book);  // a known name has its place
  CHECK(d.s.of("r3").state == "running");
}

TEST_CASE("feed: a log that cannot be read ends the reader that needs it, with the reason, and no other") {
  stage s;
  const auto log = std::make_shared<persistence::memory_log>(persistence::retention::hash_only);
  const auto link = std::make_shared<feed_link>(log, 10 * sizeof(event));
  const auto writer = spawn_actor<writer_protocol, writer_state>(s.system, s.figures, {"writer", "journal", ""}, log, link);
  const auto feed = spawn_actor<feed_protocol, feed_state>(s.system, s.figures, {"feed", "journal", ""}, link, writer, feed_settings{30s, s.figures});
  s.settle();
  const auto live = std::make_shared<notebook>(), behind = std::make_shared<notebook>();
  const auto one = spawn_actor<reader_protocol_of_test, reading_state>(s.system, s.figures, {"live", "adapter", ""}, feed, wish_of("live"), live);
  s.settle();
  for (std::uint64_t seq = 1; seq <= 30; ++seq) {
    auto g = std::make_shared<persistence::group>();
    header h;
    h.seq = h.correlation = seq;
    g->events.emplace_back(h, bar_closed{});
    const group_ref ref = std::move(g);
    auto head = log->append({&ref, 1});
    REQUIRE(head);
    link->recent.committed({ref}, *head);
    link->announce(feed, s.system.clock().now());
    s.settle();
  }
  const auto two = spawn_actor<reader_protocol_of_test, reading_state>(s.system, s.figures, {"behind", "adapter", ""}, feed, wish_of("behind", 1), behind);
  s.settle();
  CHECK(live->heard == seqs(1, 30));
  CHECK(behind->heard.empty());
  CHECK(s.of("behind").state == "failed");
  CHECK(s.of("live").state == "running");
  CHECK(has_text(s.of("feed").last_error, "reading the log for behind"));
  for (const auto& who : {pointer_of(one), pointer_of(two), pointer_of(feed), pointer_of(writer)}) exit_now(who, exit_reason::kill);
  s.settle();
}
