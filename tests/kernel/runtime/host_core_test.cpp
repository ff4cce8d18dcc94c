#include "actors/runtime/host_core.hpp"

#include <algorithm>
#include <iterator>

#include "tests/kernel/runtime/log_comparison.hpp"
#include "tests/kernel/runtime/small_services.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using actors::host_core;
using actors::host_record;
using actors::recovery_point;

namespace {

host_core made(std::size_t rank) {
  auto all = small_hosts();
  return {all[rank].definition, all[rank].service};
}
std::vector<event> kernel_log(std::uint64_t seed) {
  sim::random_source random(seed);
  return run_in_kernel(some_quotes(random, 10 + random.below(40))).log;
}
bool same(const std::vector<event>& a, const std::vector<event>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const event& x, const event& y) {
    return same_payload(x, y) && x.head.cause == y.head.cause && x.head.position == y.head.position && x.head.ordinal == y.head.ordinal &&
           x.head.at == y.head.at;
  });
}
/// A group ends before this index: it would not cut a reaction in two.
bool between_reactions(const std::vector<event>& log, std::size_t index) {
  return index == 0 || index == log.size() || log[index].head.host != log[index - 1].head.host || log[index].head.ordinal == 0;
}
host_record record_in(const std::vector<event>& log, host_id host) {
  host_record r;
  for (const auto& e : log) {
    if (e.head.host != host) continue;
    r.decided_to = std::max(r.decided_to, e.head.position);
    r.recorded_to = e.head.seq;
  }
  return r;
}

}  // namespace

TEST_CASE("a host that recovers from any cut, with or without a snapshot, is the one that lived on") {
  std::uint64_t missing = 0, from_snapshot = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const auto log = kernel_log(seed);
    sim::random_source random(seed + 1'000'000);
    const std::size_t rank = static_cast<std::size_t>(random.below(small_hosts().size()));
    std::size_t cut = static_cast<std::size_t>(random.below(log.size() + 1));
    while (!between_reactions(log, cut)) ++cut;
    const std::vector<event> visible(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(cut));
    INFO("seed " << seed << ", rank " << rank << ", cut after event " << cut);

    // The life that goes on, and a snapshot somewhere on its way, as it is stored: its mark behind all own events that it holds.
    auto living = made(rank);
    const auto self = living.definition().id;
    living.begin(1, {}, {});
    const auto record = record_in(visible, self);
    std::vector<std::pair<recovery_point, std::string>> snapshots{{{0, 0}, living.service().save()}};
    for (const auto& e : visible) {
      const auto before = living.consumed();
      REQUIRE(living.take(e));
      if (living.consumed() == before) continue;
      // Own events with causes up to here; a stored snapshot has them all in the log.
      std::uint64_t last_own = 0;
      bool all_recorded = true;
      for (const auto& own : log)
        if (own.head.host == self && own.head.position <= living.consumed()) {
          last_own = own.head.seq;
          all_recorded = own.head.seq <= cut;
        }
      if (all_recorded && living.consumed() <= record.decided_to) snapshots.push_back({{living.consumed(), last_own}, living.service().save()});
    }
    std::vector<event> lacking;
    for (auto& r : living.reactions())
      if (r.cause > record.decided_to) lacking.insert(lacking.end(), r.events.begin(), r.events.end());

    for (const auto& [point, state] : {snapshots.front(), snapshots[static_cast<std::size_t>(random.below(snapshots.size()))], snapshots.back()}) {
      auto recovered = made(rank);
      REQUIRE(recovered.service().load(state));
      recovered.begin(2, record, point);
      for (const auto& e : visible) REQUIRE(recovered.fold(e));
      REQUIRE(recovered.end_of_log());
      CHECK(recovered.service().state_hash() == living.service().state_hash());
      CHECK(recovered.consumed() == living.consumed());
      std::vector<event> proposed;
      for (auto& r : recovered.reactions()) {
        for (const auto& e : r.events) CHECK(e.head.incarnation == 2);
        proposed.insert(proposed.end(), r.events.begin(), r.events.end());
      }
      CHECK(same(proposed, lacking));
      missing += proposed.size();
      if (point.covered > 0) ++from_snapshot;
    }
  }
  CHECK(missing > 50);
  CHECK(from_snapshot > 200);
}

TEST_CASE("a live host reacts as the log has it") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto log = kernel_log(seed);
    for (std::size_t rank = 0; rank < small_hosts().size(); ++rank) {
      auto host = made(rank);
      host.begin(1, {}, {});
      for (const auto& e : log) REQUIRE(host.take(e));
      std::vector<event> got, wanted;
      for (auto& r : host.reactions()) {
        CHECK(!r.events.empty());
        CHECK(!r.is_mark());
        got.insert(got.end(), r.events.begin(), r.events.end());
      }
      std::copy_if(log.begin(), log.end(), std::back_inserter(wanted), [&](const event& e) { return e.head.host == host.definition().id; });
      INFO("seed " << seed << ", rank " << rank);
      CHECK(same(got, wanted));
    }
  }
}

namespace {

constexpr host_id self{16}, stranger{40};  // "bars:1", instrument 1

event quote_at(std::uint64_t seq, std::uint32_t instrument = 1) {
  header h;
  h.seq = seq;
  h.host = replay::market_ingress;
  h.at = {static_cast<std::int64_t>(seq)};
  quote_accepted q;
  q.instrument = {instrument};
  q.bid = {static_cast<std::int64_t>(seq * 1000)};
  return {h, q};
}
event own_at(std::uint64_t seq, std::uint64_t position) {
  header h;
  h.seq = seq;
  h.host = self;
  h.cause = h.position = position;
  return {h, saying<bar_closed>(seq, {1})};
}
event parked_at(std::uint64_t seq, std::uint64_t position) {
  header h;
  h.seq = seq;
  h.host = self;
  h.cause = h.position = position;
  return {h, input_parked{position, "too much", {}}};
}

}  // namespace

TEST_CASE("only what is for the host is an input of it") {
  auto host = made(0);
  host.begin(1, {}, {});
  const auto empty = host.service().state_hash();
  header h;
  h.seq = 2;
  h.host = replay::timer_authority;
  for (const auto& e : {quote_at(1, 2), event(h, timer_fired{stranger, timer_id{1}, 1, {}}), own_at(3, 1)}) {
    REQUIRE(host.take(e));
    CHECK(host.inputs() == 0);
    CHECK(host.service().state_hash() == empty);
  }
  REQUIRE(host.take(quote_at(4)));
  CHECK(host.inputs() == 1);
  CHECK(host.consumed() == 4);
  CHECK(host.service().state_hash() != empty);
}

TEST_CASE("an own event that answers an input never received is a corrupt log, and says which") {
  for (const auto& log : {std::vector{quote_at(1), own_at(2, 1), own_at(5, 4)}, std::vector{quote_at(1, 2), own_at(2, 1)},
                          std::vector{quote_at(1), quote_at(2), own_at(3, 2), own_at(4, 1)}}) {
    auto host = made(0);
    host.begin(2, record_in(log, self), {});
    result<void> folded;
    for (const auto& e : log)
      if (folded) folded = host.fold(e);
    REQUIRE(!folded);
    CHECK(folded.error().code == errc::log_corrupt);
    CHECK(folded.error().message.find("bars:1") != std::string::npos);
    CHECK(folded.error().message.find("event " + std::to_string(log.back().head.seq)) != std::string::npos);
  }
}

TEST_CASE("an input that was parked is passed over for ever") {
  const std::vector log{quote_at(1), quote_at(2), parked_at(3, 2), quote_at(4), own_at(5, 4)};
  auto host = made(0), other = made(0);
  host.begin(2, record_in(log, self), {});
  for (const auto& e : log) REQUIRE(host.fold(e));
  REQUIRE(host.end_of_log());
  CHECK(host.reactions().empty());

  other.service().apply_input(log[0]);
  other.service().apply_input(log[3]);
  other.service().apply_output(log[4]);
  CHECK(host.service().state_hash() == other.service().state_hash());
}

namespace {

/// Remembers when it said something, which it must not know otherwise than by its input (law 5).
struct dated {
  using inputs = type_list<quote_accepted>;
  using outputs = type_list<bar_closed>;
  void apply(const header&, const quote_accepted&) {}
  void apply(const header& h, const bar_closed&) { said_at = h.at; }
  void decide(const header&, const quote_accepted&, outbox& out) const { out.emit(saying<bar_closed>(1, {1})); }
  template <class Archive> void archive(Archive& a) { a(said_at); }
  timestamp said_at{};
};

}  // namespace

TEST_CASE("what a host said is folded at its cause's time, also where the sequencer has stamped it later") {
  auto definition = small_hosts()[0].definition;
  const auto service = [] { return std::make_shared<actors::typed_service<dated>>(dated{}); };
  host_core live(definition, service()), again(definition, service());
  auto quote = quote_at(1);
  quote.head.at = {100};
  live.begin(1, {}, {});
  REQUIRE(live.take(quote));
  auto said = live.reactions().front().events.front();
  said.head.seq = 5;
  said.head.at = {300};  // other inputs came between
  again.begin(2, {1, 5}, {});
  REQUIRE(again.fold(quote));
  REQUIRE(again.fold(said));
  CHECK(again.service().state_hash() == live.service().state_hash());
}

namespace {

struct listener {
  using inputs = type_list<quote_accepted>;
  using outputs = type_list<>;
  void apply(const header&, const quote_accepted&) { ++applied; }
  template <class Archive> void archive(Archive& a) { a(applied); }
  std::uint64_t applied = 0;
};

struct unable {
  using inputs = type_list<quote_accepted>;
  using outputs = type_list<bar_closed>;
  static constexpr std::uint64_t fails_at = 3;
  void apply(const header&, const quote_accepted&) { ++applied; }
  void decide(const header& h, const quote_accepted&, outbox& out) const {
    out.emit(saying<bar_closed>(applied, {1}));
    if (h.seq == fails_at) out.fail(errc::poisonous_input, "no rate for this day");
  }
  template <class Archive> void archive(Archive& a) { a(applied); }
  std::uint64_t applied = 0;
};

}  // namespace

TEST_CASE("a service that cannot answer leaves the reactions before, none of its own, and a reason") {
  actors::host_definition d{self, "unable", "test", 1, 1, 0, {}};
  d.inputs[quote_accepted::type_number] = true;
  host_core host(d, std::make_shared<actors::typed_service<unable>>(unable{}));
  host.begin(7, {}, {});
  REQUIRE(host.take(quote_at(1)));
  const auto taken = host.take(quote_at(unable::fails_at));
  REQUIRE(!taken);
  CHECK(taken.error().code == errc::poisonous_input);
  CHECK(taken.error().message.find("no rate for this day") != std::string::npos);
  CHECK(taken.error().message.find("unable at event 3") != std::string::npos);
  const auto left = host.reactions();
  REQUIRE(left.size() == 1);
  CHECK(left[0].cause == 1);
  CHECK(left[0].events.front().head.incarnation == 7);
  CHECK(host.reactions().empty());
}

TEST_CASE("an answer at the end of too long a chain of causes is poisonous; silence ends any chain") {
  const auto end_of_chain = [](std::uint64_t seq) {
    auto e = quote_at(seq);
    e.head.depth = cause_depth_max;
    return e;
  };
  actors::host_definition d{self, "talking", "test", 1, 1, 0, {}};
  d.inputs[quote_accepted::type_number] = true;
  host_core talking(d, std::make_shared<actors::typed_service<unable>>(unable{}));
  talking.begin(1, {}, {});
  const auto taken = talking.take(end_of_chain(1));
  REQUIRE(!taken);
  CHECK(taken.error().code == errc::poisonous_input);
  CHECK(talking.reactions().empty());

  d.name = "silent";
  host_core silent(d, std::make_shared<actors::typed_service<listener>>(listener{}));
  silent.begin(1, {}, {});
  CHECK(silent.take(end_of_chain(1)));
  CHECK(silent.reactions().empty());
}

TEST_CASE("marks tell of the host and are no output of its service") {
  auto host = made(0);
  host.begin(3, {}, {});
  REQUIRE(host.take(quote_at(1)));
  static_cast<void>(host.reactions());
  const auto mark = host.mark(host_progressed{1, true}, 1);
  CHECK(mark.is_mark());
  CHECK(mark.events.front().head.host == self);
  CHECK(mark.events.front().head.incarnation == 3);
  CHECK(mark.events.front().head.position == 1);
  // Folded, they change nothing.
  auto other = made(0);
  auto stored = mark.events.front();
  stored.head.seq = 2;
  other.begin(4, {1, 2}, {});
  REQUIRE(other.fold(quote_at(1)));
  REQUIRE(other.fold(stored));
  REQUIRE(other.end_of_log());
  CHECK(other.reactions().empty());
}
