#include "actors/runtime/introspection.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <utility>

#include "actors/runtime/message_name.hpp"

namespace tomnext::actors {
namespace {

constexpr std::size_t restart_notes_max = 8;
// Measured of this framework: what one small message takes in a mailbox.
constexpr std::uint64_t message_bytes = 128;

std::uint64_t now_ns() { return static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count()); }

std::string utc_text(std::chrono::system_clock::time_point t) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text;
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &utc);
  return text.data() + std::to_string(1000 + ms % 1000).substr(1) + "Z";
}

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1e3; }

}  // namespace

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
  if (restart_notes_.size() == restart_notes_max) restart_notes_.pop_front();
  restart_notes_.push_back({utc_text(std::chrono::system_clock::now()), reason});
  last_error_ = std::move(reason);
}

void actor_record::note_hop(std::uint64_t begun_ns, std::uint64_t ended_ns) {
  if (!hops_kept_) {
    hops_kept_ = std::make_unique<hop_ring>();
    hops_.store(hops_kept_.get(), std::memory_order_release);
  }
  hops_kept_->note({hop_first_, hop_last_, begun_ns, ended_ns});
  hop_last_ = 0;
}

actor_record::tables& actor_record::make_tables() {
  tables_kept_ = std::make_shared<tables>();
  tables_.store(tables_kept_.get(), std::memory_order_release);
  return *tables_kept_;
}
std::vector<flow_table::row> actor_record::flow() const {
  const auto* all = some_tables();
  return all == nullptr ? std::vector<flow_table::row>() : all->flow.rows();
}

void actor_record::begin_sample(std::uint64_t number) {
  std::uint64_t none = 0;
  const auto sample = (now_ns() << number_bits) | (number & number_mask);
  sample_.compare_exchange_strong(none, sample == 0 ? 1 : sample, relaxed);
}
void actor_record::take_sample(std::uint64_t now) {
  own_tables().latency.record((now - (sample_.load(relaxed) >> number_bits)) & ((std::uint64_t{1} << (64 - number_bits)) - 1));
  sample_.store(0, relaxed);
}

// One long message among short ones counts as what they took together, and the others as short ones did lately.
void actor_record::add_times(const timed_messages& t) {
  if (t.count == 0) return;
  auto& all = own_tables();
  service_ns_.store(service_ns_.load(relaxed) + t.total_ns, relaxed);
  if (t.longest_ns == 0) {
    all.short_ns = t.total_ns / t.count;
    all.service.record(all.short_ns, t.count);
    return;
  }
  all.service.record(t.longest_ns);
  if (t.count > 1) all.service.record(all.short_ns, t.count - 1);
  if (t.longest_ns > slow_ns) add_one(slow_);
}
timed_messages actor_record::rest_of(std::uint64_t word) {
  timed_messages t{word >> rest_bits, word & rest_mask, 0};
  if (t.total_ns >= t.count * turn_timer::short_ns) t.longest_ns = t.total_ns;
  return t;
}
bool actor_record::take_rest() {
  if (rest_.load(relaxed) == 0) return true;
  const auto t = rest_of(rest_.exchange(0, std::memory_order_acquire));
  add_times(t);
  return t.longest_ns == 0;
}

actor_record::busy actor_record::busy_now() const {
  if (apart_.load(relaxed)) return {};
  const auto since = busy_since_ns_.load(relaxed);
  if (since == 0) return {};
  const auto now = now_ns();
  return {processed_.load(relaxed), message_.load(relaxed), std::chrono::nanoseconds(now > since ? now - since : 0)};
}

void actor_record::take_over(const actor_record& earlier) {
  depth_max_.store(earlier.depth_max_.load(relaxed), relaxed);
  processed_.store(earlier.processed_.load(relaxed), relaxed);
  errors_.store(earlier.errors_.load(relaxed), relaxed);
  restarts_.store(earlier.restarts_.load(relaxed), relaxed);
  service_ns_.store(earlier.service_ns_.load(relaxed), relaxed);
  rest_.store(earlier.rest_.load(relaxed), relaxed);
  slow_.store(earlier.slow_.load(relaxed), relaxed);
  conflated_.store(earlier.conflated_.load(relaxed), relaxed);
  refused_.store(earlier.refused_.load(relaxed), relaxed);
  if (earlier.ended_.load(std::memory_order_acquire)) {
    tables_kept_ = earlier.tables_kept_;
    tables_.store(tables_kept_.get(), std::memory_order_release);
  } else if (const auto* all = earlier.some_tables(); all != nullptr) {  // it hangs, and may go on
    auto& mine = make_tables();
    mine.service.take_over(all->service);
    mine.latency.take_over(all->latency);
    mine.flow.take_over(all->flow);
  }
  const std::scoped_lock lock(text_mutex_, earlier.text_mutex_);
  last_error_ = earlier.last_error_;
  restart_notes_ = earlier.restart_notes_;
}

actor_figures actor_record::figures() const {
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
  static const tables none;
  const auto* all = some_tables() == nullptr ? &none : some_tables();
  const auto rest = rest_of(rest_.load(std::memory_order_acquire));  // of a turn that is over; the next one puts it to the others
  const auto service = [&](double q) {
    return us(all->service.percentile(q, rest.longest_ns != 0 ? rest.longest_ns : rest.total_ns / std::max<std::uint64_t>(1, rest.count),
                                      rest.longest_ns != 0 ? 1 : rest.count));
  };
  f.p50_us = service(0.50);
  f.p95_us = service(0.95);
  f.p99_us = service(0.99);
  f.service_s = us(service_ns_.load(relaxed) + rest.total_ns) / 1e6;
  f.p999_us = service(0.999);
  f.latency_p50_us = us(all->latency.percentile(0.50));
  f.latency_p95_us = us(all->latency.percentile(0.95));
  f.latency_p99_us = us(all->latency.percentile(0.99));
  f.latency_p999_us = us(all->latency.percentile(0.999));
  f.since = utc_text(since_);
  f.thread = apart_.load(relaxed) ? "own" : "shared";
  if (const auto since = busy_since_ns_.load(relaxed); since != 0) {
    f.message = message_name_text(message_.load(relaxed));
    const auto now = now_ns();
    f.busy_ms = now > since ? us(now - since) / 1e3 : 0;
  }
  f.slow = slow_.load(relaxed) + (rest.longest_ns > slow_ns ? 1 : 0);
  f.refused = refused_.load(relaxed);
  f.conflated = conflated_.load(relaxed);
  f.in_flight = ended_.load(relaxed) ? 0 : in_flight_.load(relaxed);
  f.memory_bytes = sizeof(*this) + (all == &none ? 0 : sizeof(tables)) + (hops() == nullptr ? 0 : sizeof(hop_ring)) + state_bytes_.load(relaxed) +
                   f.queue_depth * message_bytes;
  f.up_s = ended_.load(relaxed) ? 0.0 : std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  const std::lock_guard lock(text_mutex_);
  f.last_error = last_error_;
  f.restart_notes.assign(restart_notes_.begin(), restart_notes_.end());
  return f;
}

std::shared_ptr<actor_record> introspection::add(std::uint64_t id, std::string name, std::string kind, std::string parent) {
  auto record = std::make_shared<actor_record>(id, name, std::move(kind), std::move(parent));
  const std::lock_guard lock(mutex_);
  names_[id] = name;
  auto& known = entries_[std::move(name)];
  if (known.record) record->take_over(*known.record);
  else known.order = next_order_++;
  known.record = record;
  forget_lives();
  return record;
}

void introspection::declare(const std::string& name, std::string restart) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(name); found != entries_.end()) found->second.restart = std::move(restart);
}
void introspection::declare_strategy(const std::string& name, std::string strategy) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(name); found != entries_.end()) found->second.strategy = std::move(strategy);
}

// The oldest that are no more go first.
void introspection::forget_lives() {
  for (auto n = names_.begin(); n != names_.end() && names_.size() > lives_max;) {
    const auto known = entries_.find(n->second);
    n = known != entries_.end() && known->second.record->id() == n->first ? std::next(n) : names_.erase(n);
  }
}

std::vector<std::shared_ptr<const actor_record>> introspection::records() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const actor_record>> all;
  for (const auto& [name, known] : entries_) all.push_back(known.record);
  return all;
}

std::vector<message_flow> introspection::flow() const {
  std::vector<std::shared_ptr<const actor_record>> all = records();
  std::map<std::uint64_t, std::string> names;
  {
    const std::lock_guard lock(mutex_);
    names = names_;
  }
  // Lives of one name are one sender.
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  std::vector<message_flow> flows;
  for (const auto& to : all) {
    counts.clear();
    for (const auto& r : to->flow()) {
      const auto known = names.find(r.sender);
      const auto from = r.sender == 0 ? std::string() : known == names.end() ? "#" + std::to_string(r.sender) : known->second;
      counts[{from, r.message == 0 ? "(others)" : message_name_text(r.message)}] += r.count;
    }
    for (const auto& [key, count] : counts) flows.push_back({key.first, to->name(), key.second, count});
  }
  std::stable_sort(flows.begin(), flows.end(), [](const message_flow& a, const message_flow& b) { return a.count > b.count; });
  return flows;
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
      sorted.back().node = node_;
      sorted.back().policy = next->restart + (next->restart.empty() || next->strategy.empty() ? "" : "; ") + next->strategy;
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
