// A live node without actors: the real sequencer and the real host cores, their messages delivered at random moments, and crashes in between.
#pragma once
#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "actors/journal/sequencer.hpp"
#include "actors/runtime/host_core.hpp"
#include "tests/kernel/runtime/small_services.hpp"

namespace tomnext::tests {

/// What may happen to a node, and how often at most.
struct troubles {
  unsigned node_crashes = 0;
  unsigned host_crashes = 0;
  bool snapshots = false;
};

/// What a run went through.
struct happenings {
  std::uint64_t refused_appends = 0, from_snapshot = 0, repeated_inputs_refused = 0, lost_events = 0, timers = 0, decided_again = 0;
};

class random_node {
 public:
  random_node(std::uint64_t seed, actors::ordering order, std::vector<quote_accepted> quotes, troubles most, happenings& seen)
      : random_(seed), order_(order), quotes_(std::move(quotes)), left_(most), seen_(seen) {
    begin_node();
  }

  /// Until every quote and every timer up to the last quote was answered. Returns what went wrong, or nothing.
  std::string run() {
    for (std::uint64_t step = 0; step < 200'000 && failure_.empty(); ++step) {
      act(random_.below(100));
      if (finished()) return failure_;
    }
    return failure_.empty() ? "comes to no end; waits for " + sequencer_->waiting_for() : failure_;
  }
  [[nodiscard]] std::vector<event> log() const {
    std::vector<event> all;
    for (const auto& g : groups_) all.insert(all.end(), g->events.begin(), g->events.end());
    return all;
  }
  [[nodiscard]] std::vector<std::uint64_t> state_hashes() const {
    std::vector<std::uint64_t> all;
    for (const auto& h : hosts_) all.push_back(h.core->service().state_hash());
    return all;
  }

 private:
  struct batch {
    std::uint32_t incarnation;
    std::uint64_t answered_to;
    std::vector<actors::reaction> reactions;
  };
  struct taken_snapshot {
    std::uint32_t incarnation;
    std::uint64_t covered;
    std::string state;
  };
  struct stored_snapshot {
    actors::recovery_point point;
    std::string state;
  };
  struct live_host {
    actors::host_definition definition;
    std::unique_ptr<actors::host_core> core;
    std::optional<actors::registration> granted;  // registered, and has still to read the log
    std::deque<persistence::group_ref> inbox;
    std::deque<batch> on_the_way;
    std::vector<taken_snapshot> taken;    // their mark is not durable
    std::vector<stored_snapshot> stored;  // on disk
    bool activated = false;               // the journal has its first mark
  };

  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
  }

  // ---- the node ----
  void begin_node() {
    sequencer_ = std::make_unique<actors::sequencer>(order_);
    auto fresh = small_hosts();
    std::vector<std::vector<stored_snapshot>> disk;
    for (auto& h : hosts_) disk.push_back(std::move(h.stored));
    hosts_.clear();
    hosts_.resize(fresh.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      hosts_[i].definition = fresh[i].definition;
      if (!disk.empty()) hosts_[i].stored = std::move(disk[i]);
      sequencer_->define(fresh[i].definition);
    }
    for (const auto& e : log()) sequencer_->restore(e);
    // Hosts register in any order.
    std::vector<std::size_t> line;
    for (std::size_t i = 0; i < hosts_.size(); ++i) line.insert(line.begin() + static_cast<std::ptrdiff_t>(random_.below(line.size() + 1)), i);
    for (const auto i : line) enroll(hosts_[i]);
  }
  void crash_node() {
    --left_.node_crashes;
    stragglers_.clear();
    // Some of what the disk was not asked to keep had got there: any group boundary is possible.
    durable_ += random_.below(groups_.size() - durable_ + 1);
    store_snapshots();
    for (std::size_t i = durable_; i < groups_.size(); ++i) seen_.lost_events += groups_[i]->events.size();
    groups_.resize(durable_);
    begin_node();
  }
  void publish() {
    auto group = sequencer_->drain();
    if (!group) return;
    groups_.push_back(group);
    // A host is not told of groups in which nothing is for it, and does not answer them.
    for (auto& h : hosts_)
      if (std::any_of(group->events.begin(), group->events.end(), [&](const event& e) { return h.definition.wants(e); })) h.inbox.push_back(group);
  }
  void advance_durable() {
    durable_ += random_.below(groups_.size() - durable_ + 1);
    store_snapshots();
  }
  void store_snapshots() {
    for (; stored_through_ < durable_; ++stored_through_)
      for (const auto& e : groups_[stored_through_]->events) {
        const auto* mark = e.get_if<host_progressed>();
        if (mark == nullptr) continue;
        for (auto& h : hosts_) {
          if (h.definition.id != e.head.host) continue;
          for (const auto& s : h.taken)
            if (s.incarnation == e.head.incarnation && s.covered == mark->consumed) h.stored.push_back({{s.covered, e.head.seq}, s.state});
        }
      }
  }

  // ---- hosts, as their actor drives them ----
  void enroll(live_host& h) {
    h.granted = sequencer_->enroll(h.definition.id);
    h.inbox.clear();
    h.taken.clear();
  }
  void recover(live_host& h) {
    actors::recovery_point from;
    std::shared_ptr<actors::hosted_service> service;
    for (auto& fresh : small_hosts())
      if (fresh.definition.id == h.definition.id) service = fresh.service;
    if (!h.stored.empty() && random_.chance(70)) {
      const auto& s = h.stored[static_cast<std::size_t>(random_.below(h.stored.size()))];
      if (!service->load(s.state)) return fail("a stored state cannot be read");
      from = s.point;
      ++seen_.from_snapshot;
    }
    h.core = std::make_unique<actors::host_core>(h.definition, service);
    h.core->begin(h.granted->incarnation, h.granted->record, from);
    for (const auto& g : groups_)
      for (const auto& e : g->events) {
        if (e.head.seq <= from.covered || e.head.seq > h.granted->registered_at) continue;
        if (auto folded = h.core->fold(e); !folded) return fail(folded.error().message);
      }
    if (auto ended = h.core->end_of_log(); !ended) return fail(ended.error().message);
    host_activated a;
    a.decides_after = h.granted->record.decided_to;
    batch all{h.granted->incarnation, h.granted->registered_at, {h.core->mark(a, a.decides_after)}};
    for (auto& r : h.core->reactions()) {
      all.reactions.push_back(std::move(r));
      ++seen_.decided_again;
    }
    h.on_the_way.push_back(std::move(all));
    h.granted.reset();
  }
  bool host_step(live_host& h) {
    if (h.granted) {
      recover(h);
      return true;
    }
    if (h.inbox.empty()) return false;
    const auto group = h.inbox.front();
    h.inbox.pop_front();
    for (const auto& e : group->events)
      if (auto taken = h.core->take(e); !taken) fail(taken.error().message);
    h.on_the_way.push_back({h.core->incarnation(), group->last_seq(), h.core->reactions()});
    return true;
  }
  void snapshot(live_host& h) {
    if (!left_.snapshots || h.granted || !h.core || h.core->consumed() == 0) return;
    h.taken.push_back({h.core->incarnation(), h.core->consumed(), h.core->service().save()});
    h.on_the_way.push_back({h.core->incarnation(), h.core->consumed(), {h.core->mark(host_progressed{h.core->consumed(), true}, h.core->consumed())}});
  }
  void crash_host(live_host& h) {
    --left_.host_crashes;
    for (auto before = random_.below(h.on_the_way.size() + 1); before > 0; --before) journal_step(h);
    for (auto& late : h.on_the_way) stragglers_.emplace_back(h.definition.id, std::move(late));
    h.on_the_way.clear();
    h.core.reset();
    enroll(h);
  }

  // ---- the journal ----
  bool journal_step(live_host& h) {
    if (h.on_the_way.empty()) return false;
    auto next = std::move(h.on_the_way.front());
    h.on_the_way.pop_front();
    if (auto taken = sequencer_->take(h.definition.id, next.incarnation, next.answered_to, std::move(next.reactions)); !taken) fail(taken.error().message);
    h.activated = true;
    publish();
    return true;
  }
  void straggler_step() {
    if (stragglers_.empty()) return;
    auto [host, late] = std::move(stragglers_.front());
    stragglers_.pop_front();
    const auto head = sequencer_->head();
    const auto taken = sequencer_->take(host, late.incarnation, late.answered_to, std::move(late.reactions));
    if (taken || taken.error().code != errc::stale_incarnation || sequencer_->head() != head) fail("an append of an earlier life was taken");
    ++seen_.refused_appends;
  }

  // ---- inputs, as the time authority offers them ----
  [[nodiscard]] bool may_admit() const {
    for (const auto& h : hosts_)
      if (!h.activated) return false;
    return order_ == actors::ordering::arrival || sequencer_->quiet();
  }
  [[nodiscard]] std::uint64_t quotes_in() const { return sequencer_->position_of(replay::market_ingress); }
  [[nodiscard]] std::optional<event> next_input() const {
    const auto timers = sequencer_->armed_timers();
    const bool more = quotes_in() < quotes_.size();
    const timestamp last = quotes_.back().source_time;
    if (!timers.empty() && (more ? timers.front().due < quotes_[quotes_in()].source_time : timers.front().due <= last)) {
      const auto& t = timers.front();
      header h;
      h.at = t.due;
      h.host = replay::timer_authority;
      return event(h, timer_fired{t.target, t.timer, t.generation, t.due});
    }
    if (!more) return {};
    const auto& q = quotes_[quotes_in()];
    header h;
    h.at = q.source_time;
    h.host = replay::market_ingress;
    h.position = q.source_position;
    return event(h, q);
  }
  void admit_step() {
    if (!may_admit()) return;
    auto input = next_input();
    if (!input) return;
    if (input->is<timer_fired>()) ++seen_.timers;
    if (!sequencer_->admit(*input)) fail("an input was refused");
    // Sources and timers repeat themselves after a restart of theirs.
    if (random_.chance(10)) {
      ++seen_.repeated_inputs_refused;
      if (sequencer_->admit(*input)) fail("an input was taken twice");
    }
    publish();
  }

  // ---- chance ----
  void act(std::uint64_t dice) {
    const auto first = random_.below(hosts_.size());
    auto any = [&](auto&& step) {
      for (std::size_t i = 0; i < hosts_.size(); ++i)
        if (step(hosts_[static_cast<std::size_t>((first + i) % hosts_.size())])) return;
    };
    auto& one = hosts_[static_cast<std::size_t>(first)];
    if (dice < 15) admit_step();
    else if (dice < 55) any([&](live_host& h) { return host_step(h); });
    else if (dice < 90) any([&](live_host& h) { return journal_step(h); });
    else if (dice < 94) advance_durable();
    else if (dice < 96) snapshot(one);
    else if (dice < 98) straggler_step();
    else if (dice == 98 && left_.host_crashes > 0 && random_.chance(40)) crash_host(one);
    else if (dice == 99 && left_.node_crashes > 0 && random_.chance(40)) crash_node();
  }
  [[nodiscard]] bool finished() const {
    if (!may_admit() || next_input()) return false;
    for (const auto& h : hosts_)
      if (h.granted || !h.inbox.empty() || !h.on_the_way.empty()) return false;
    return stragglers_.empty();
  }

  sim::random_source random_;
  actors::ordering order_;
  std::vector<quote_accepted> quotes_;
  troubles left_;
  happenings& seen_;
  std::string failure_;
  std::unique_ptr<actors::sequencer> sequencer_;
  std::vector<live_host> hosts_;
  std::vector<persistence::group_ref> groups_;  // the log
  std::size_t durable_ = 0;                     // groups
  std::size_t stored_through_ = 0;              // groups whose marks were looked at
  std::deque<std::pair<host_id, batch>> stragglers_;
};

}  // namespace tomnext::tests
