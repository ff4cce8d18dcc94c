#include "actors/runtime/work_queue.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace std::chrono_literals;

namespace {

using time_point = work_queue::time_point;
const time_point start{1h};

// Deficit round robin as the paper has it, one turn after the other.
struct plain_round_robin {
  std::chrono::nanoseconds quantum;
  struct owner {
    std::string name;
    std::deque<std::pair<work_id, std::chrono::nanoseconds>> waiting;
    std::chrono::nanoseconds balance{0};
  };
  std::deque<owner> ring;
  bool has_quantum = false;
  void put(const std::string& name, work_id id, std::chrono::nanoseconds weight) {
    for (auto& o : ring)
      if (o.name == name) return o.waiting.emplace_back(id, weight), void();
    ring.push_back({name, {{id, weight}}, 0ns});
  }
  [[nodiscard]] bool anybody() const {
    return std::any_of(ring.begin(), ring.end(), [](const owner& o) { return !o.waiting.empty(); });
  }
  void turn() {
    auto o = std::move(ring.front());
    ring.pop_front();
    has_quantum = false;
    if (!o.waiting.empty() || o.balance < 0ns) ring.push_back(std::move(o));
  }
  // The next one's id and owner; its time is known at once here.
  std::pair<work_id, std::string> take(const std::map<work_id, std::chrono::nanoseconds>& times) {
    for (;;) {
      auto& o = ring.front();
      if (!has_quantum) o.balance += quantum;
      has_quantum = true;
      if (o.waiting.empty() || o.balance < o.waiting.front().second) {
        turn();
        continue;
      }
      const auto id = o.waiting.front().first;
      const auto name = o.name;
      o.waiting.pop_front();
      o.balance -= times.at(id);
      if (o.waiting.empty()) turn();
      if (!anybody()) {
        ring.clear();
        has_quantum = false;
      }
      return {id, name};
    }
  }
};

fair_line::entry entry_of(work_id id, std::chrono::nanoseconds weight) { return {id, weight, start}; }

}  // namespace

TEST_CASE("fair_line: whole laps at one stroke are the same as one turn after the other", "[runtime]") {
  CHECK(rc::check("as plain round robin", [] {
    const auto quantum = std::chrono::milliseconds(*rc::gen::inRange(1, 20));
    fair_line line(quantum);
    plain_round_robin plain{quantum, {}, false};
    std::map<work_id, std::chrono::nanoseconds> times;
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        150, rc::gen::tuple(rc::gen::inRange(0, 7), rc::gen::inRange(1, 60), rc::gen::inRange(0, 300)));
    work_id ids = 0;
    for (const auto& [what, weight, time] : steps) {
      if (what < 4) {
        const auto name = std::string(1, static_cast<char>('a' + what));
        times[++ids] = std::chrono::milliseconds(time);
        line.put(name, entry_of(ids, std::chrono::milliseconds(weight)));
        plain.put(name, ids, std::chrono::milliseconds(weight));
      } else if (const auto next = line.take()) {
        RC_ASSERT(plain.anybody());
        const auto [id, name] = plain.take(times);
        RC_ASSERT(next->what.id == id);
        RC_ASSERT(next->owner == name);
        line.settle(*next, times.at(id));
      } else {
        RC_ASSERT(!plain.anybody());
      }
    }
  }));
}

TEST_CASE("fair_line: owners with work waiting differ by no more than the bound, whatever they say and submit", "[runtime]") {
  CHECK(rc::check("the bound of deficit round robin", [] {
    const auto quantum = std::chrono::milliseconds(*rc::gen::inRange(1, 100));
    const auto weight_max = *rc::gen::inRange(1, 200);
    const auto time_max = *rc::gen::inRange(1, 2'000);
    const auto workers = *rc::gen::inRange<std::size_t>(1, 4);
    fair_line line(quantum);
    std::map<std::string, std::chrono::nanoseconds> used{{"sweep", 0ns}, {"risk", 0ns}, {"report", 0ns}};
    work_id ids = 0;
    const auto refill = [&] {
      // Jobs of one are many and short, of another few and long, and nobody's estimate means anything.
      for (auto& [owner, time] : used)
        while (line.waiting_of(owner) < 2) line.put(owner, entry_of(++ids, std::chrono::milliseconds(*rc::gen::inRange(1, weight_max + 1))));
    };
    std::vector<fair_line::charge> running;
    for (int i = 0; i < 200; ++i) {
      refill();
      while (running.size() < workers) running.push_back(*line.take());
      const auto which = *rc::gen::inRange<std::size_t>(0, running.size());
      const auto done = running[which];
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
      const auto longest = done.owner == "sweep" ? (time_max + 9) / 10 : time_max;
      const auto took = std::chrono::milliseconds(*rc::gen::inRange(0, longest + 1));
      line.settle(done, took);
      used[done.owner] += took;
      // One worker: two quanta, one weight, one job. Each further one has a job out, of which the line knows the weight alone.
      const auto out = static_cast<int>(workers) - 1;
      const auto bound = 2 * quantum + std::chrono::milliseconds((1 + out) * weight_max + (1 + out) * time_max);
      const auto [least, most] = std::minmax_element(used.begin(), used.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
      RC_ASSERT(most->second - least->second <= bound);
    }
  }));
}

TEST_CASE("fair_line: who used the line when nobody waited owes nothing; who did so while others waited does, also after a pause", "[runtime]") {
  fair_line line(10ms);
  line.put("a", entry_of(1, 10ms));
  const auto alone = *line.take();
  for (work_id id = 10; id < 20; ++id) line.put("b", entry_of(id, 10ms));
  line.settle(alone, 1h);
  line.put("a", entry_of(2, 10ms));
  CHECK(line.take()->owner == "b");
  const auto second = *line.take();
  CHECK(second.owner == "a");
  // Now b waits all the time, and a goes away with a debt of 50 ms.
  line.settle(second, 60ms);
  for (int i = 0; i < 2; ++i) CHECK(line.take()->owner == "b");
  line.put("a", entry_of(3, 10ms));
  int before = 0;
  auto next = *line.take();
  for (; next.owner == "b"; next = *line.take()) ++before;
  CHECK(before == 4);  // 60 ms each, then it is a's turn
  line.settle(next, 10ms);
  CHECK(line.owners() == 1);  // a is forgotten once it has nothing here and owes nothing
}

TEST_CASE("work_queue: the higher priority first, and within an owner in the order of arrival", "[runtime]") {
  CHECK(rc::check("priorities", [] {
    work_queue q({});
    struct waiting_item {
      work_id id;
      std::string owner;
      work_priority priority;
    };
    std::vector<waiting_item> model;
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        200, rc::gen::tuple(rc::gen::inRange(0, 6), rc::gen::inRange(0, 3), rc::gen::inRange(0, 100)));
    work_id ids = 0;
    for (const auto& [what, owner, number] : steps) {
      if (what < 3) {
        const waiting_item i{++ids, std::string(1, static_cast<char>('a' + owner)), static_cast<work_priority>(what)};
        RC_ASSERT(q.put(i.id, i.owner, i.priority, std::chrono::milliseconds(number), start).has_value());
        model.push_back(i);
      } else if (what < 5) {
        const auto next = q.take(start);
        RC_ASSERT(next.has_value() == !model.empty());
        if (!next) continue;
        const auto found = std::find_if(model.begin(), model.end(), [&](const auto& i) { return i.id == next->id; });
        RC_ASSERT(found != model.end());
        for (const auto& i : model) {
          RC_ASSERT(i.priority >= next->priority);
          if (i.priority == next->priority && i.owner == next->owner) RC_ASSERT(i.id >= next->id);
        }
        RC_ASSERT(found->owner == next->owner);
        RC_ASSERT(found->priority == next->priority);
        model.erase(found);
        q.settle(*next, std::chrono::milliseconds(number));
      } else {
        const auto id = ids == 0 ? 1 : static_cast<work_id>(number) % ids + 1;
        const auto found = std::find_if(model.begin(), model.end(), [&](const auto& i) { return i.id == id; });
        RC_ASSERT(q.remove(id) == (found != model.end()));
        if (found != model.end()) model.erase(found);
      }
      RC_ASSERT(q.waiting() == model.size());
      RC_ASSERT(q.waiting(work_priority::urgent) + q.waiting(work_priority::normal) + q.waiting(work_priority::background) == model.size());
    }
  }));
}

TEST_CASE("work_queue: what is below waits no longer than its patience and its turns, however much comes above", "[runtime]") {
  CHECK(rc::check("nothing starves", [] {
    work_queue_limits limits;
    limits.one_in = *rc::gen::inRange(1u, 10u);
    work_queue q(limits);
    work_id ids = 0;
    const auto low = *rc::gen::inRange<std::size_t>(1, 30);
    std::set<work_id> missing;
    for (std::size_t i = 0; i < low; ++i) {
      const auto owner = std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3)));
      const auto priority = *rc::gen::element(work_priority::normal, work_priority::background);
      RC_ASSERT(q.put(++ids, owner, priority, std::chrono::milliseconds(*rc::gen::inRange(1, 60'000)), start).has_value());
      missing.insert(ids);
    }
    auto now = start;
    const auto above = [&] {
      while (q.waiting(work_priority::urgent) < 3) RC_ASSERT(q.put(++ids, "u", work_priority::urgent, 10ms, now).has_value());
    };
    // Within its patience nothing of it is taken.
    for (int i = 0; i < 100; ++i, now += limits.patience / 100) {
      above();
      RC_ASSERT(q.take(now)->priority == work_priority::urgent);
    }
    std::size_t taken = 0;
    for (; !missing.empty(); ++taken) {
      RC_ASSERT(taken < limits.one_in * low);
      above();
      const auto next = *q.take(now);
      missing.erase(next.id);
    }
    // And what is above has all the other turns.
    RC_ASSERT(taken == limits.one_in * low);
  }));
}

TEST_CASE("work_queue: one value at risk is not behind a sweep of a thousand", "[runtime]") {
  work_queue q({});
  for (work_id id = 1; id <= 1'000; ++id) REQUIRE(q.put(id, "sweep", work_priority::normal, 100ms, start));
  const auto first = *q.take(start);
  REQUIRE(q.put(2'000, "risk", work_priority::normal, 100ms, start));
  q.settle(first, 100ms);
  int before = 0;
  while (q.take(start)->owner == "sweep") ++before;
  CHECK(before <= 1);
}

TEST_CASE("work_queue: no more than may wait, of all and of one owner, and the refusal says how many do", "[runtime]") {
  work_queue_limits limits;
  limits.waiting_max = 5;
  limits.waiting_of_owner_max = 3;
  work_queue q(limits);
  for (work_id id = 1; id <= 3; ++id) REQUIRE(q.put(id, "sweep", static_cast<work_priority>(id - 1), 1ms, start));
  const auto of_owner = q.put(4, "sweep", work_priority::urgent, 1ms, start);
  REQUIRE_FALSE(of_owner);
  CHECK(of_owner.error().code == errc::overloaded);
  CHECK(of_owner.error().message == "3 of sweep's jobs wait already, at most 3 may");
  REQUIRE(q.put(5, "risk", work_priority::normal, 1ms, start));
  REQUIRE(q.put(6, "risk", work_priority::normal, 1ms, start));
  CHECK(q.put(7, "report", work_priority::urgent, 1ms, start).error().message == "5 jobs wait already, at most 5 may");
  CHECK(q.remove(5));
  CHECK_FALSE(q.remove(5));
  CHECK(q.put(7, "report", work_priority::urgent, 1ms, start));
}
