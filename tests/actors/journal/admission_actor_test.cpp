// Inputs at a real journal: refused in words, answered again, bounded while they wait, and let in when a full log has room again.
#include <nlohmann/json.hpp>

#include "tests/actors/journal/test_logs.hpp"
#include "tests/actors/small_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// Answers every quote with a bar, and every halt with a trading state.
class book_service {
 public:
  static constexpr const char* service = "book";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted, operator_commanded>;
  using outputs = type_list<bar_closed, trading_state_changed>;
  explicit book_service(host_id) {}
  void decide(const header&, const quote_accepted&, outbox& out) const { out.emit(bar_closed{}); }
  void decide(const header&, const operator_commanded&, outbox& out) const { out.emit(trading_state_changed{}); }
  template <class Archive> void archive(Archive& a) { a(unused_); }

 private:
  std::uint32_t unused_ = 0;
};

std::vector<test_host> book() { return {host_of<book_service>(16, "book")}; }

offered_input command(const std::string& key, std::optional<std::uint64_t> expected = {}, const char* who = "ann") {
  operator_commanded c;
  c.command = operator_command::halt;
  c.who = who;
  c.idempotency_key = std::string_view(key);
  header h;
  h.host = replay::operator_ingress;
  return {event(h, c), false, expected};
}
std::vector<offered_input> quotes_from(std::uint64_t first, std::uint64_t count) {
  std::vector<offered_input> all;
  for (std::uint64_t i = first; i < first + count; ++i) all.push_back(quote_at(static_cast<std::int64_t>(i), i));
  return all;
}

}  // namespace

TEST_CASE("a repeated command is answered with the first one's seq, and is in the log once; so it is for the node that comes after") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  const auto log = std::make_shared<persistence::memory_log>();
  std::uint64_t first = 0, outcome = 0;
  for (int life = 0; life < 3; ++life) {
    stage s;
    small_node n(s, log, book(), {.order = order});
    for (int time = 0; time < 2; ++time) {
      auto told = n.offer_urgent({command("k1")});
      n.offer({quote_at(life * 10 + time + 1, static_cast<std::uint64_t>(life * 10 + time + 1))});
      s.settle();
      REQUIRE(told->value);
      if (first == 0) first = *told->value;
      CHECK(*told->value == first);
      auto what = ask_for_outcome(s.system, n.journal(), first);
      s.settle();
      REQUIRE(what->value);
      if (outcome == 0) outcome = what->value->answered_by;
      CHECK(what->value->answered_by == outcome);
      CHECK(outcome > first);
    }
    CHECK(n.only<operator_commanded>().size() == 1);
    CHECK(n.only<trading_state_changed>().size() == 1);
    CHECK(n.events()[first - 1].is<operator_commanded>());
    CHECK(n.events()[outcome - 1].is<trading_state_changed>());
    auto other = n.offer_urgent({command("k1", {}, "bob")});
    s.settle();
    REQUIRE(other->failure);
    CHECK(other->failure->code == errc::invalid_argument);
    CHECK(has_text(other->failure->message, "that of another command (event " + std::to_string(first)));
    CHECK(n.restarts.empty());
  }
}

TEST_CASE("a command that expects another version is refused with both, and nothing of it is in the log; the next one passes") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  const auto log = std::make_shared<persistence::memory_log>();
  small_node n(s, log, book(), {.order = order});
  auto fresh = n.offer_urgent({command("k1", 0)});
  s.settle();
  REQUIRE(fresh->value);
  const auto head = log->head();
  auto stale = n.offer_urgent({command("k2", 0)});
  auto several = n.offer_urgent({command("k3"), command("k4")});
  auto by_market = n.offer({command("k5", 0)});
  s.settle();
  REQUIRE(stale->failure);
  CHECK(stale->failure->code == errc::version_conflict);
  CHECK(has_text(stale->failure->message, "expected version 0, actual version " + std::to_string(*fresh->value)));
  REQUIRE(several->failure);
  CHECK(several->failure->code == errc::invalid_argument);
  CHECK(has_text(several->failure->message, "is offered alone"));
  REQUIRE(by_market->failure);
  CHECK(by_market->failure->code == errc::invalid_argument);
  CHECK(log->head() == head);
  auto next = n.offer_urgent({command("k2", *fresh->value)});
  s.settle();
  CHECK(next->value);
  CHECK(n.only<operator_commanded>().size() == 2);
  CHECK(n.restarts.empty());
}

TEST_CASE("a flood of offers is refused beyond the line's bound, whole and at once; what was taken keeps its order, and the urgent line has its own share") {
  stage s;
  const auto log = std::make_shared<persistence::memory_log>();
  small_node n(s, log, book(), {.order = ordering::arrival, .window_events = 10, .hold_writes = true, .lines = {100, 5}});
  n.release(n.held->held.size());
  s.settle();
  std::vector<std::shared_ptr<asked<std::uint64_t>>> offers;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    offers.push_back(n.offer(quotes_from(1 + i * 10, 10)));
    s.settle();
  }
  std::uint64_t waiting = 0, refused = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (!offers[i]->failure) {
      CHECK(refused == 0);  // those that wait are the first ones
      ++waiting;
      continue;
    }
    ++refused;
    CHECK(offers[i]->failure->code == errc::overloaded);
    CHECK(has_text(offers[i]->failure->message, "the market line holds"));
  }
  CHECK(waiting <= 12);
  CHECK(refused >= 988);
  // One that is larger than the line is refused while anything waits. Operators get in all the same, up to their own share.
  auto large = n.offer(quotes_from(1, 101));
  std::vector<std::shared_ptr<asked<std::uint64_t>>> urgent;
  for (int i = 0; i < 8; ++i) urgent.push_back(n.offer_urgent({command("k" + std::to_string(i))}));
  s.settle();
  REQUIRE(large->failure);
  for (std::size_t i = 0; i < 5; ++i) CHECK_FALSE(urgent[i]->failure);
  REQUIRE(urgent[7]->failure);
  CHECK(urgent[7]->failure->code == errc::overloaded);
  CHECK(has_text(urgent[7]->failure->message, "the urgent line holds"));
  // The disk goes on: all that was taken is there, once and in order, the commands before the market's rest.
  for (int i = 0; i < 1'000 && !n.held->held.empty(); ++i) {
    n.release(n.held->held.size());
    s.settle();
  }
  const auto quotes = n.only<quote_accepted>();
  REQUIRE(quotes.size() == waiting * 10);
  for (std::size_t i = 0; i < quotes.size(); ++i) CHECK(quotes[i].as<quote_accepted>().source_position == i + 1);
  REQUIRE(n.only<operator_commanded>().size() >= 5);
  CHECK(n.only<operator_commanded>().back().head.seq < quotes.back().head.seq);
  // Refused is not lost: offered again it is taken. An empty line takes one offer of any size.
  auto again = n.offer(quotes_from(waiting * 10 + 1, 300));
  s.settle();
  for (int i = 0; i < 1'000 && !n.held->held.empty(); ++i) {
    n.release(n.held->held.size());
    s.settle();
  }
  CHECK(again->value);
  CHECK(n.only<quote_accepted>().size() == waiting * 10 + 300);
}

TEST_CASE("a full log: inputs wait, commands are refused as log_full, hosts' reactions are kept, and with room all goes on") {
  const auto order = GENERATE(ordering::lockstep, ordering::arrival);
  stage s;
  const auto log = std::make_shared<test_log>();
  small_node n(s, log, book(), {.order = order, .window_events = 50});
  n.offer(quotes_from(1, 5));
  s.settle();
  const auto before = log->head().seq;
  log->full_for = 4;
  auto market = n.offer(quotes_from(6, 60));  // more than the window holds
  s.settle();
  CHECK(log->head().seq == before);
  CHECK_FALSE(market->done());
  auto status = ask_from_outside<std::string>(s.system, n.journal(), status_v);
  auto refused = n.offer_urgent({command("k1")});
  s.settle();
  CHECK(has_text(nlohmann::json::parse(*status->value)["log_full"], "no room"));
  REQUIRE(refused->failure);
  CHECK(refused->failure->code == errc::log_full);
  CHECK(has_text(refused->failure->message, "no room"));
  s.pass(2'500ms);
  CHECK_FALSE(market->done());
  CHECK(log->head().seq == before);
  s.pass(1'600ms);
  CHECK(market->value);
  auto later = n.offer_urgent({command("k1")});
  s.settle();
  CHECK(later->value);
  CHECK(n.only<quote_accepted>().size() == 65);
  CHECK(n.only<bar_closed>().size() == 65);
  CHECK(n.only<operator_commanded>().size() == 1);
  std::uint64_t seq = 0;
  for (const auto& e : n.events()) CHECK(e.head.seq == ++seq);
  CHECK(n.restarts.empty());
  CHECK(s.ended.empty());
}

TEST_CASE("commands that wait when the log becomes full are refused; what the journal has is answered when there is room") {
  stage s;
  const auto log = std::make_shared<test_log>();
  small_node n(s, log, book(), {.order = ordering::lockstep});
  log->full_for = 2;
  std::vector<std::shared_ptr<asked<std::uint64_t>>> all;
  for (int i = 1; i <= 8; ++i) all.push_back(n.offer_urgent({command("k" + std::to_string(i))}));
  s.settle();
  std::size_t refused = 0, taken = 0;
  for (const auto& c : all) {
    if (!c->failure) continue;
    ++refused;
    CHECK(c->failure->code == errc::log_full);
  }
  CHECK(refused >= 5);
  CHECK(refused < 8);
  s.pass(3s);
  for (const auto& c : all) {
    CHECK(c->done());
    if (c->value) ++taken;
  }
  CHECK(taken == 8 - refused);
  CHECK(n.only<operator_commanded>().size() == taken);
}

TEST_CASE("a writer that was fenced off: of a stale epoch nothing is accepted, nothing counts as durable, and the writer ends") {
  stage s;
  const auto log = std::make_shared<persistence::memory_log>();
  small_node n(s, log, book());
  n.offer(quotes_from(1, 3));
  s.settle();
  // Another writer takes the log over in a later epoch.
  const auto seq = log->head().seq;
  auto g = std::make_shared<persistence::group>();
  g->epoch = log->head().epoch + 1;
  header h;
  h.seq = h.correlation = seq + 1;
  g->events.emplace_back(h, bar_closed{});
  const group_ref taken_over = std::move(g);
  REQUIRE(log->append({&taken_over, 1}));
  const auto head = log->head();
  n.offer(quotes_from(4, 3));
  n.offer_urgent({command("k1")});
  s.settle();
  CHECK(log->head() == head);
  auto status = ask_from_outside<std::string>(s.system, n.journal(), status_v);
  s.settle();
  if (status->value) CHECK(nlohmann::json::parse(*status->value)["durable"] == seq);
  CHECK(n.only<operator_commanded>().empty());
  REQUIRE_FALSE(s.ended.empty());
  CHECK(has_text(s.ended[0], "writer: writing the log"));
  CHECK(n.link->recent.head().seq == seq);
}
