#include "actors/runtime/introspection.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tomnext::actors {

actor_record::actor_record(std::uint64_t id, std::string name, std::string kind, std::string parent)
    : id_(id), name_(std::move(name)), kind_(std::move(kind)), parent_(std::move(parent)) {}

void actor_record::set_error(std::string text) {
  add_one(errors_);
  const std::lock_guard lock(text_mutex_);
  last_error_ = std::move(text);
}

void actor_record::count_restart(std::string reason) {
  add_one(restarts_);
  const std::lock_guard lock(text_mutex_);
  last_error_ = std::move(reason);
}

void actor_record::take_over(const actor_record& earlier) {
  constexpr auto relaxed = std::memory_order_relaxed;
  depth_max_.store(earlier.depth_max_.load(relaxed), relaxed);
  processed_.store(earlier.processed_.load(relaxed), relaxed);
  errors_.store(earlier.errors_.load(relaxed), relaxed);
  restarts_.store(earlier.restarts_.load(relaxed), relaxed);
  service_.take_over(earlier.service_);
  const std::scoped_lock lock(text_mutex_, earlier.text_mutex_);
  last_error_ = earlier.last_error_;
}

actor_figures actor_record::figures() const {
  constexpr auto relaxed = std::memory_order_relaxed;
  actor_figures f;
  f.id = id_;
  f.name = name_;
  f.kind = kind_;
  f.parent = parent_;
  f.state = state();
  // Read in this order, what was consumed never exceeds what was enqueued.
  const auto consumed = consumed_.load(std::memory_order_acquire);
  const auto enqueued = enqueued_.load(relaxed);
  f.queue_depth = ended_.load(relaxed) || enqueued < consumed ? 0 : enqueued - consumed;
  f.queue_depth_max = std::max(depth_max_.load(relaxed), f.queue_depth);  // a busy actor has not seen yet what waits behind
  f.processed = processed_.load(relaxed);
  f.errors = errors_.load(relaxed);
  f.restarts = restarts_.load(relaxed);
  if (const auto lag = feed_lag_.load(relaxed); lag >= 0) f.feed_lag_events = static_cast<std::uint64_t>(lag);
  f.p50_us = static_cast<double>(service_.percentile(0.50)) / 1e3;
  f.p99_us = static_cast<double>(service_.percentile(0.99)) / 1e3;
  f.up_s = ended_.load(relaxed) ? 0.0 : std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  const std::lock_guard lock(text_mutex_);
  f.last_error = last_error_;
  return f;
}

std::shared_ptr<actor_record> introspection::add(std::uint64_t id, std::string name, std::string kind, std::string parent) {
  auto record = std::make_shared<actor_record>(id, name, std::move(kind), std::move(parent));
  const std::lock_guard lock(mutex_);
  auto& known = entries_[std::move(name)];
  if (known.record) record->take_over(*known.record);
  else known.order = next_order_++;
  known.record = record;
  return record;
}

void introspection::restarted(const std::string& name, std::string reason) {
  if (const auto record = find(name)) record->count_restart(std::move(reason));
}

void introspection::removed(const std::string& name) {
  const std::lock_guard lock(mutex_);
  entries_.erase(name);
}

std::shared_ptr<actor_record> introspection::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.record;
}

std::vector<actor_figures> introspection::figures() const {
  std::vector<entry> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, known] : entries_) all.push_back(known);
  }
  std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) { return a.order < b.order; });
  std::set<std::string> names;
  for (const auto& e : all) names.insert(e.record->name());
  std::multimap<std::string, const entry*> children;  // keeps the order among equals
  std::vector<const entry*> open;                     // a stack: the next one last
  for (const auto& e : all)
    if (names.count(e.record->parent()) != 0) children.emplace(e.record->parent(), &e);
  for (auto e = all.rbegin(); e != all.rend(); ++e)
    if (names.count(e->record->parent()) == 0) open.push_back(&*e);

  std::vector<actor_figures> sorted;
  std::set<const entry*> listed;
  const auto list_tree = [&] {
    while (!open.empty()) {
      const auto* next = open.back();
      open.pop_back();
      if (!listed.insert(next).second) continue;
      sorted.push_back(next->record->figures());
      const auto [first, last] = children.equal_range(next->record->name());
      for (auto child = last; child != first;) open.push_back((--child)->second);
    }
  };
  list_tree();
  // Whoever names itself or its own descendant as its parent hangs on no root; it is listed all the same.
  for (const auto& e : all) {
    if (listed.count(&e) != 0) continue;
    open.push_back(&e);
    list_tree();
  }
  return sorted;
}

}  // namespace tomnext::actors
