// What event_index and order_blotter answer, held against a scan of the log.
#include <nlohmann/json.hpp>

#include "persistence/memory_log.hpp"
#include "tests/persistence/projection_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;
using nlohmann::json;

namespace {

std::vector<event> events_of(const event_log& log) {
  std::vector<event> all;
  auto walk = must(log.scan(1));
  while (auto g = must(walk->next())) all.insert(all.end(), g->events.begin(), g->events.end());
  return all;
}

std::vector<json> answers(const projection& p, const projection_reader& rows, const std::string& key, std::uint64_t from = 1) {
  std::vector<json> all;
  must(p.answer({key, from}, rows, [&](const std::string& text) {
    all.push_back(json::parse(text));
    return true;
  }));
  return all;
}

std::vector<std::uint64_t> seqs(const std::vector<json>& all) {
  std::vector<std::uint64_t> found;
  for (const auto& j : all) found.push_back(j["seq"]);
  return found;
}

struct folded {
  temporary_folder folder;
  std::unique_ptr<event_log> log = must(open_log(folder / "log", {durability::os}));
  std::unique_ptr<projection_store> store = must(open_projections(folder / "log"));
  void append(std::vector<event> events) {
    auto g = std::make_shared<group>();
    g->epoch = 1;
    for (auto& e : events) {
      e.head.seq = log->head().seq + g->events.size() + 1;
      e.head.at.ns = static_cast<std::int64_t>(e.head.seq) * second_ns;
      if (e.head.correlation == 0) e.head.correlation = e.head.seq;
      g->events.push_back(e);
    }
    const group_ref ref = std::move(g);
    must(log->append({&ref, 1}));
  }
  std::unique_ptr<projection_reader> rows(const std::shared_ptr<const projection>& p) {
    const auto done = must(projection_runner(*store, *log, {}, {}).run({p}, {}));
    REQUIRE(done[0].state == projection_state::current);
    return must(store->reader(p->name()));
  }
};

template <class E> E of_order(std::uint64_t order) {
  E e{};
  e.order.value = order;
  return e;
}

}  // namespace

TEST_CASE("event_index finds what a scan finds, by type and by workflow, from anywhere") {
  folded at;
  order_log_writer(1).extend(*at.log, 5'000);  // several chunks
  const auto p = event_index();
  const auto rows = at.rows(p);
  const auto all = events_of(*at.log);
  std::map<std::uint16_t, std::vector<std::uint64_t>> by_type;
  std::map<std::uint64_t, std::vector<std::uint64_t>> by_workflow;
  for (const auto& e : all) {
    by_type[e.head.type].push_back(e.head.seq);
    if (e.head.correlation != e.head.seq) by_workflow[e.head.correlation].push_back(e.head.seq);
  }
  REQUIRE(by_type.size() == 7);
  REQUIRE(by_workflow.size() > 500);
  for (const auto& [type, expected] : by_type) {
    const std::string name(event_name(type));
    CHECK(seqs(answers(*p, *rows, name)) == expected);
    for (const std::uint64_t from : {1u, 2u, 1023u, 1024u, 1025u, 2500u, 4999u, 5000u, 5001u, 100'000u}) {
      auto later = expected;
      std::erase_if(later, [&](std::uint64_t seq) { return seq < from; });
      CHECK(seqs(answers(*p, *rows, name, from)) == later);
    }
  }
  for (const auto& [correlation, expected] : by_workflow) {
    const auto found = answers(*p, *rows, "correlation:" + std::to_string(correlation));
    REQUIRE(seqs(found) == expected);
    for (const auto& j : found) REQUIRE(j["type"] == event_name(all[j["seq"].get<std::uint64_t>() - 1].head.type));
  }
  std::map<std::string, std::size_t> counts;
  for (const auto& j : answers(*p, *rows, "")) counts[j["type"]] = j["events"];
  REQUIRE(counts.size() == by_type.size());
  for (const auto& [type, expected] : by_type) CHECK(counts[std::string(event_name(type))] == expected.size());
  // A type that the log does not have, and a workflow that nothing followed.
  CHECK(answers(*p, *rows, "day_closed").empty());
  CHECK(answers(*p, *rows, "correlation:999999").empty());
}

TEST_CASE("event_index takes the highest seqs, and answers are cut short when nobody wants more") {
  const auto p = event_index();
  struct one_row final : projection_rows, projection_reader {
    all_rows rows;
    [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) const override {
      const auto at = rows.find(std::string(key));
      return at == rows.end() ? std::optional<std::string>{} : std::optional<std::string>(at->second);
    }
    void put(std::string_view key, std::string_view value) override { rows[std::string(key)] = value; }
    result<void> walk(std::string_view prefix, std::string_view from, const std::function<bool(std::string_view, std::string_view)>& each) const override {
      for (auto at = rows.lower_bound(std::string(from.empty() ? prefix : from)); at != rows.end() && at->first.starts_with(prefix); ++at)
        if (!each(at->first, at->second)) break;
      return {};
    }
  } rows;
  std::vector<std::uint64_t> put;
  for (const std::uint64_t seq : {std::uint64_t{1}, std::uint64_t{1} << 40, UINT64_MAX - 1, UINT64_MAX}) {
    auto e = quote_at(1);
    e.head.seq = seq;
    e.head.correlation = 1;
    must(p->apply(e, rows));
    put.push_back(seq);
  }
  CHECK(seqs(answers(*p, rows, "quote_accepted")) == put);
  put.erase(put.begin());
  CHECK(seqs(answers(*p, rows, "correlation:1")) == put);
  CHECK(seqs(answers(*p, rows, "quote_accepted", UINT64_MAX)) == std::vector<std::uint64_t>{UINT64_MAX});
  int told = 0;
  must(p->answer({"quote_accepted", 1}, rows, [&](const std::string&) { return ++told < 2; }));
  CHECK(told == 2);
  // Rows that are none are refused, and none is read beyond.
  for (auto& [key, value] : rows.rows) value = "x";
  CHECK(p->answer({"quote_accepted", 1}, rows, [](const std::string&) { return true; }).error().code == errc::log_corrupt);
  CHECK(p->answer({"correlation:1", 1}, rows, [](const std::string&) { return true; }).error().code == errc::log_corrupt);
  CHECK(p->apply(quote_at(1), rows).error().code == errc::log_corrupt);
}

/// The next event of the same order says the same of it.
template <class From, class To> To with_terms_of(const From& from, To to) {
  to.strategy = from.strategy;
  to.account = from.account;
  to.instrument = from.instrument;
  to.direction = from.direction;
  to.kind = from.kind;
  to.size = from.size;
  to.limit = from.limit;
  return to;
}

TEST_CASE("order_blotter shows an order from its intent to its end") {
  folded at;
  const std::uint64_t id = (std::uint64_t{3} << 32) + 7;
  auto intended = of_order<order_intended>(id);
  intended.strategy.value = 3;
  intended.account.value = 1;
  intended.instrument.value = 2;
  intended.direction = side::sell;
  intended.kind = order_kind::limit;
  intended.size = quantity::whole(1'000'000);
  intended.limit = must(price::parse("1.2345"));
  const auto p = order_blotter();
  auto state = [&] {
    const auto found = answers(*p, *at.rows(p), std::to_string(id));
    REQUIRE(found.size() == 1);
    return found[0];
  };
  at.append({{{}, intended}});
  CHECK(state()["state"] == "intended");
  CHECK(state()["leaves"] == "1000000");
  auto approved = with_terms_of(intended, of_order<order_approved>(id));
  approved.size = quantity::whole(900'000);  // risk cut it
  at.append({{{}, approved}});
  CHECK(state()["state"] == "approved");
  CHECK(state()["size"] == "900000");
  const auto submitted = with_terms_of(approved, of_order<order_submitted>(id));
  at.append({{{}, submitted}});
  CHECK(state()["state"] == "submitted");
  at.append({{{}, of_order<send_started>(id)}});
  CHECK(state()["state"] == "sent");
  auto acknowledged = of_order<order_acknowledged>(id);
  acknowledged.venue_order = 555;
  at.append({{{}, acknowledged}});
  CHECK(state()["state"] == "acknowledged");
  CHECK(state()["venue_order"] == 555);
  auto fill = [&](const char* size, const char* at_price, const char* leaves) {
    auto f = of_order<order_filled>(id);
    f.strategy = approved.strategy;
    f.account = approved.account;
    f.instrument = approved.instrument;
    f.direction = approved.direction;
    f.size = must(quantity::parse(size));
    f.at_price = must(price::parse(at_price));
    f.leaves = must(quantity::parse(leaves));
    f.notional.value = 100;
    f.commission.value = 7;
    at.append({{{}, f}});
  };
  fill("300000", "1.2346", "600000");
  CHECK(state()["state"] == "partly_filled");
  CHECK(state()["average_price"] == "1.2346");
  fill("600000", "1.2349", "0");
  const auto filled = state();
  CHECK(filled["state"] == "filled");
  CHECK(filled["filled"] == "900000");
  CHECK(filled["leaves"] == "0");
  CHECK(filled["fills"] == 2);
  CHECK(filled["average_price"] == "1.2348");
  CHECK(filled["notional"] == 200);
  CHECK(filled["commission"] == 14);
  CHECK(filled["direction"] == "sell");
  CHECK(filled["kind"] == "limit");
  CHECK(filled["limit"] == "1.2345");
  CHECK(filled["strategy"] == 3);
  CHECK(filled["first_seq"] == 1);
  CHECK(filled["last_seq"] == 7);
  CHECK(filled["last_at"] == to_string(timestamp{7 * second_ns}));
  // An end is not taken back, whatever comes late.
  at.append({{{}, of_order<order_cancelled>(id)}, {{}, of_order<send_started>(id)}});
  CHECK(state()["state"] == "filled");
  CHECK(state()["last_seq"] == 9);
  // By the venue's number; and what nobody knows is no answer.
  const auto by_venue = answers(*p, *at.rows(p), "venue:555");
  REQUIRE(by_venue.size() == 1);
  CHECK(by_venue[0] == state());
  CHECK(answers(*p, *at.rows(p), "venue:556").empty());
  CHECK(answers(*p, *at.rows(p), "1").empty());
}

TEST_CASE("order_blotter shows how an order ended, and why") {
  folded at;
  auto denied = of_order<order_denied>(1);
  denied.reason = "position limit";
  auto rejected = of_order<order_rejected>(2);
  rejected.reason = "unknown \"symbol\" \xff";
  auto cancelled = of_order<order_cancelled>(3);
  cancelled.leaves = quantity::whole(5);
  auto expired = of_order<order_expired>(4);
  expired.why = "valid until passed";
  at.append({{{}, denied}, {{}, rejected}, {{}, cancelled}, {{}, expired}, {{}, of_order<reservation_released>(5)}});
  const auto p = order_blotter();
  const auto rows = at.rows(p);
  const auto all = answers(*p, *rows, "");
  REQUIRE(all.size() == 4);  // a reservation is no order's state
  CHECK(all[0]["state"] == "denied");
  CHECK(all[0]["why"] == "position limit");
  CHECK(all[1]["state"] == "rejected");
  CHECK(all[1]["why"] == "unknown \"symbol\" \xef\xbf\xbd");
  CHECK(all[2]["state"] == "cancelled");
  CHECK(all[2]["leaves"] == "5");
  CHECK(all[3]["state"] == "expired");
  CHECK_FALSE(all[0].contains("average_price"));
  CHECK(answers(*p, *rows, "", 3).size() == 2);
}

TEST_CASE("order_blotter adds up what 64 bits cannot hold, and is parked where the sums overflow") {
  folded at;
  auto big = of_order<order_filled>(1);
  big.size.value = 4'000'000'000'000'000'000;
  big.at_price.value = 9'000'000'000'000'000'000;
  at.append({{{}, big}, {{}, big}});
  const auto p = order_blotter();
  CHECK(answers(*p, *at.rows(p), "1")[0]["average_price"] == "9000000000");
  at.append({{{}, big}});
  const auto done = must(projection_runner(*at.store, *at.log, {}, {}).run({p}, {}));
  CHECK(done[0].state == projection_state::poisoned);
  CHECK(done[0].mark.offset == 2);
  CHECK(done[0].mark.reason.find("order 1") != std::string::npos);
}

TEST_CASE("a key that a projection does not have is refused with those that it has") {
  folded at;
  at.append({{{}, of_order<order_denied>(1)}});
  for (const auto& [p, key] : std::vector<std::pair<std::shared_ptr<const projection>, std::string>>{{event_index(), "order_fill"},
                                                                                                     {event_index(), "correlation:"},
                                                                                                     {event_index(), "correlation:-1"},
                                                                                                     {event_index(), "correlation:18446744073709551616"},
                                                                                                     {order_blotter(), "abc"},
                                                                                                     {order_blotter(), "1x"},
                                                                                                     {order_blotter(), "venue:"},
                                                                                                     {order_blotter(), " 1"}}) {
    INFO(key);
    const auto refused = p->answer({key, 1}, *at.rows(p), [](const std::string&) { return true; });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(refused.error().message.find(key) != std::string::npos);
  }
}
