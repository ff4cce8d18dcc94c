// Orders of a whole recorded back-test, at every prefix; and each check shown to notice what it is there for.
#include "tests/support/order_invariants.hpp"

#include <functional>

#include "actors/replay/backtest.hpp"
#include "config/loader.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/kernel/replay/market.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

std::vector<event> recorded(const std::vector<config::override_setting>& overrides) {
  tests::market_folder folder{"orders"};
  auto d = config::load(tests::shipped_data("demo.yaml"), overrides);
  if (!d) FAIL(d.error().message);
  auto r = replay::run_backtest(*d, {folder.file("log"), {}});
  if (!r) FAIL(r.error().message);
  auto log = persistence::open_log_for_reading(folder.file("log"));
  if (!log) FAIL(log.error().message);
  auto scan = (*log)->scan(1);
  std::vector<event> all;
  for (;;) {
    auto g = (*scan)->next();
    if (!g) FAIL(g.error().message);
    if (!*g) return all;
    all.insert(all.end(), (*g)->events.begin(), (*g)->events.end());
  }
}
const std::vector<event>& demo() {
  // One position is all that may be open: the limit is met exactly, again and again.
  static const auto all = recorded({{"risk.position_max", "1000000"}, {"risk.notional_max", "1700000"}});
  return all;
}

/// What is broken when the log is that of the demo, with each event changed, dropped (0) or doubled (2) as `mutant` says.
std::string broken_by(const std::function<int(event&)>& mutant) {
  tests::order_invariants check;
  for (event e : demo())
    for (int times = mutant(e); times > 0; --times) check.take(e);
  return check.broken_at_end();
}
template <class E> std::function<int(event&)> at_number(int number, std::function<int(E&)> change) {
  return [change, number, seen = 0](event& e) mutable {
    if (!e.is<E>() || ++seen != number) return 1;
    E payload = e.as<E>();
    const int times = change(payload);
    e = event(e.head, payload);
    return times;
  };
}
bool says(const std::string& broken, const std::string& part) { return broken.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("I4, I5, I6: no order without an approval, none twice, none beyond its size or its limits, all at an end") {
  tests::order_invariants check;
  for (const auto& e : demo()) check.take(e);
  CHECK(check.broken_at_end() == "");
  CHECK(check.orders() == 570);
  CHECK(check.sent() == 570);
  CHECK(check.fills() == 570);
}

// The 11th order opens a position; the 570th closes the last.
TEST_CASE("each check of orders notices its mutant") {
  CHECK(says(broken_by(at_number<order_approved>(11, [](auto&) { return 0; })), "was never approved"));
  CHECK(says(broken_by(at_number<order_approved>(11, [](auto&) { return 2; })), "approved twice"));
  CHECK(says(broken_by(at_number<send_started>(11, [](auto&) { return 2; })), "is sent twice"));
  CHECK(says(broken_by(at_number<send_started>(11, [](auto&) { return 0; })), "was never sent"));
  CHECK(says(broken_by(at_number<send_started>(11, [](auto& s) { return s.size.value *= 2, 1; })), "as another than was approved"));
  CHECK(says(broken_by(at_number<order_filled>(11, [](auto&) { return 2; })), "is booked twice"));
  CHECK(says(broken_by(at_number<order_filled>(570, [](auto&) { return 0; })), "reached no end"));
  CHECK(says(broken_by(at_number<order_filled>(11, [](auto& f) { return f.size.value *= 2, 1; })), "beyond its size"));
  CHECK(says(broken_by(at_number<order_filled>(11, [](auto& f) { return f.size.value /= 2, 1; })), "another size than is open"));
  CHECK(says(broken_by(at_number<order_approved>(11, [](auto& a) { return a.notional.value = INT64_MAX, 1; })), "larger than one order may be"));
  CHECK(says(broken_by(at_number<order_approved>(11, [](auto& a) { return a.reserved.value = INT64_MAX / 2, 1; })), "beyond its limit"));
}
