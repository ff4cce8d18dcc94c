// Logs with the lives of orders in them, projections that count or fail, and stores that end the process, as far as a test can, at a chosen step.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "persistence/projection_runner.hpp"
#include "persistence/rocksdb_log.hpp"
#include "tests/persistence/log_fixture.hpp"
#include "tests/persistence/random_event.hpp"

namespace tomnext::tests {

using namespace persistence;

/// Quotes, and orders that live and end in every way; correlations reach back. Commits groups of random sizes.
class order_log_writer {
 public:
  explicit order_log_writer(std::uint64_t seed) : random_(seed) {}

  void extend(event_log& log, std::uint64_t events) {
    const auto end = log.head().seq + events;
    while (log.head().seq < end) {
      auto g = std::make_shared<group>();
      g->epoch = std::max<std::uint64_t>(log.head().epoch, 1);
      for (auto n = std::min<std::uint64_t>(1 + random_() % 7, end - log.head().seq); n > 0; --n) {
        header h;
        h.seq = log.head().seq + g->events.size() + 1;
        h.at.ns = static_cast<std::int64_t>(h.seq) * 1'000;
        h.correlation = h.seq > 20 && random_() % 3 == 0 ? h.seq - 1 - random_() % 20 : h.seq;
        g->events.push_back(next(h));
      }
      const group_ref ref = std::move(g);
      must(log.append({&ref, 1}));
    }
  }

 private:
  event next(const header& h) {
    const order_id order{1 + random_() % 12};
    switch (random_() % 10) {
      case 0: return {h, with<order_intended>(order)};
      case 1: return {h, with<order_approved>(order)};
      case 2: return {h, with<order_submitted>(order)};
      case 3: {
        auto a = with<order_acknowledged>(order);
        a.venue_order = 1 + random_() % 50;
        return {h, a};
      }
      case 4:
      case 5: {
        auto f = with<order_filled>(order);
        f.size.value = static_cast<std::int64_t>(random_() % 1'000'000);
        f.at_price.value = static_cast<std::int64_t>(random_() % 2'000'000'000);
        f.notional.value = static_cast<std::int64_t>(random_() % 1'000'000);
        f.commission.value = static_cast<std::int64_t>(random_() % 100);
        return {h, f};
      }
      case 6: return {h, with<order_cancelled>(order)};
      default: {
        auto q = quote_at(h.seq);
        q.head = h;
        q.set(quote_at(h.seq).as<quote_accepted>());
        return q;
      }
    }
  }
  template <class E> E with(order_id order) {
    auto e = random_payload<E>(random_);
    e.order = order;
    return e;
  }
  generator random_;
};

/// Every event changes one row, and none twice in the same way: an event that is folded twice, left out, or in another order shows.
class counting_projection final : public projection {
 public:
  using fails = std::function<void(const event&)>;  ///< throws, where the event is to be poison
  explicit counting_projection(std::string name = "counter", std::uint32_t version = 1, fails poison = {})
      : name_(std::move(name)), version_(version), poison_(std::move(poison)) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::uint32_t version() const override { return version_; }
  [[nodiscard]] std::string_view description() const override { return "counts"; }
  [[nodiscard]] std::string_view keys() const override { return "none"; }
  result<void> apply(const event& e, projection_rows& rows) const override {
    for (const auto& key : {"type " + std::to_string(e.head.type), std::string("all")}) {
      auto before = rows.get(key);
      if (!before) return before.error();
      rows.put(key, std::to_string(std::hash<std::string>{}(before->value_or("") + " " + std::to_string(e.head.seq) + " v" + std::to_string(version_))));
    }
    rows.put("last", std::to_string(e.head.seq));
    if (poison_) poison_(e);  // after the puts: they must not stay
    rows.put("applied", std::to_string(e.head.seq));
    return {};
  }
  result<void> answer(const projection_question&, const projection_reader&, const projection_answer&) const override { return {}; }

 private:
  std::string name_;
  std::uint32_t version_;
  fails poison_;
};

using all_rows = std::map<std::string, std::string>;

/// The fold as such: no batches, no store, no runner.
inline all_rows fold_from_scratch(const projection& p, const event_log& log, const std::set<std::uint64_t>& left_out = {}, std::uint64_t up_to = UINT64_MAX) {
  struct plain_rows final : projection_rows {
    all_rows rows;
    [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) const override {
      const auto at = rows.find(std::string(key));
      return at == rows.end() ? std::optional<std::string>{} : std::optional<std::string>(at->second);
    }
    void put(std::string_view key, std::string_view value) override { rows[std::string(key)] = value; }
  } plain;
  auto walk = must(log.scan(1));
  while (auto g = must(walk->next()))
    for (const auto& e : g->events)
      if (!left_out.contains(e.head.seq) && e.head.seq <= up_to) must(p.apply(e, plain));
  return plain.rows;
}

inline all_rows stored_rows(const projection_store& store, const projection& p) {
  all_rows rows;
  must(must(store.reader(p.name()))->walk("", "", [&](std::string_view key, std::string_view value) {
    rows[std::string(key)] = value;
    return true;
  }));
  return rows;
}

/// Thrown where the process ends. No std::exception: nothing may catch it on the way.
struct killed {};

/// In front of a store: the n-th step of it is the last. Steps are counted before and after each write, and before each read.
class mortal_store final : public projection_store {
 public:
  mortal_store(projection_store& behind, std::uint64_t steps_to_live) : behind_(behind), left_(steps_to_live) {}
  [[nodiscard]] result<std::optional<projection_mark>> mark(std::string_view p) const override { return step(), behind_.mark(p); }
  [[nodiscard]] result<std::optional<std::string>> get(std::string_view p, std::string_view key) const override { return step(), behind_.get(p, key); }
  [[nodiscard]] result<std::unique_ptr<projection_reader>> reader(std::string_view p) const override { return behind_.reader(p); }
  result<void> commit(std::string_view p, std::span<const row_change> changes, const projection_mark& m) override {
    step();
    auto done = behind_.commit(p, changes, m);
    step();
    return done;
  }
  result<void> clear(std::string_view p, const projection_mark& m) override {
    step();
    auto done = behind_.clear(p, m);
    step();
    return done;
  }

 private:
  void step() const {
    if (left_ == 0 || --left_ == 0) throw killed{};
  }
  projection_store& behind_;
  mutable std::uint64_t left_;
};

/// A folder with a log in it that others may write on to.
struct projected_log {
  temporary_folder folder;
  std::string directory = folder / "log";
  order_log_writer writer;
  std::unique_ptr<event_log> log;
  explicit projected_log(std::uint64_t seed, std::uint64_t events) : writer(seed), log(must(open_log(directory, {durability::os}))) {
    writer.extend(*log, events);
  }
};

}  // namespace tomnext::tests
