#include "tests/sim/model/node.hpp"

#include <algorithm>

namespace tomnext::sim {

node::node(std::uint64_t seed, broken_rule broken, figures& f)
    : random_(seed),
      broken_(broken),
      figures_(f),
      wiring_(random_),
      credit_(static_cast<std::size_t>(random_.below(7))),
      journal_(broken),
      effects_(broken),
      clients_(broken) {
  for (int h = 0; h < host_count; ++h)
    if (random_.chance(80)) create(h);  // the others come later, to a log that has a past
}

void node::create(int host) {
  if (at(host).created) return;
  at(host).created = true;
  start(host);
}

void node::send(int host, reaction events) {
  auto& h = at(host);
  h.on_the_way.push_back({host, h.incarnation, std::move(events)});
  h.quiet_inputs = 0;
}

void node::send_mark(int host, kind type, seq_number position, std::uint64_t id) {
  event e;
  e.type = type;
  e.key = key_of(host);
  e.host = host;
  e.position = position;
  e.id = id;
  e.build = build_;
  send(host, {e});
}

bool node::host_step(int host) {
  auto& h = at(host);
  const bool has_credit = h.on_the_way.size() <= credit_;
  if (!h.created || !has_credit) return false;
  while (h.read_to < journal_.head()) {
    const event input = journal_.log()[static_cast<std::size_t>(h.read_to)];
    ++h.read_to;
    if (!role_of(host).reads(input)) continue;
    h.consumed = h.read_to;
    auto answer = react(role_of(host), h.now, input, h.consumed);
    if (!answer.empty()) send(host, std::move(answer));
    else if (++h.quiet_inputs >= quiet_inputs_max && broken_ != broken_rule::quiet_host_unmarked) send_mark(host, kind::host_progressed, h.consumed, 0);
    return true;
  }
  return false;
}

bool node::ingress_step(int host) {
  auto& h = at(host);
  if (!h.created || h.on_the_way.size() > credit_) return false;
  send(host, {take_item(role_of(host), h.now, h.consumed)});
  return true;
}

bool node::deliver(int host) {
  auto& waiting = at(host).on_the_way;
  if (waiting.empty()) return false;
  const auto which = broken_ == broken_rule::appends_reordered ? static_cast<std::ptrdiff_t>(random_.below(waiting.size())) : 0;
  const append next = waiting[static_cast<std::size_t>(which)];
  waiting.erase(waiting.begin() + which);
  journal_.take(next);
  return true;
}

void node::take_snapshot(int host) {
  auto& h = at(host);
  if (!h.created) return;
  snapshot s{host, fold_version_of(build_), h.consumed, 0, mix(random_.next(), 9) | 1, 0, h.now};
  const bool unmarked = broken_ == broken_rule::snapshot_stored_at_once || broken_ == broken_rule::snapshot_ignores_outputs_in_flight;
  if (!unmarked) send_mark(host, kind::host_progressed, s.covered, s.mark_id);
  if (broken_ != broken_rule::snapshot_stored_at_once) return pending_.push_back(std::move(s));
  s.mark = journal_.head();
  s.prefix_hash = journal_.prefix_hash(s.mark);
  stored_.push_back(std::move(s));
}

void node::store_snapshots() {
  auto mark_of = [&](const snapshot& s) -> seq_number {
    seq_number newest_own = 0;
    for (seq_number seq = 1; seq <= journal_.durable(); ++seq) {
      const event& e = journal_.log()[static_cast<std::size_t>(seq - 1)];
      if (e.host != s.host) continue;
      newest_own = seq;
      if (e.type == kind::host_progressed && e.id == s.mark_id) return seq;
    }
    const bool inputs_suffice = broken_ == broken_rule::snapshot_ignores_outputs_in_flight && s.covered <= journal_.durable();
    return inputs_suffice ? newest_own : 0;
  };
  std::erase_if(pending_, [&](snapshot& s) {
    s.mark = mark_of(s);
    if (s.mark == 0) return false;
    s.prefix_hash = journal_.prefix_hash(s.mark);
    stored_.push_back(s);
    return true;
  });
}

void node::host_events(std::uint64_t dice) {
  const int first = static_cast<int>(random_.below(host_count));
  auto any_host = [&](auto&& act) {
    for (int i = 0; i < host_count; ++i)
      if (act((first + i) % host_count)) return;
  };
  if (dice < 14) ingress_step(static_cast<int>(random_.below(key_count)));
  else if (dice < 50) any_host([&](int h) { return host_step(h); });
  else if (dice < 76) any_host([&](int h) { return deliver(h); });
  else if (dice < 78) take_snapshot(first);
  else create(first);
}

void node::world_events(std::uint64_t dice) {
  switch (dice) {
    case 0:
    case 1:
    case 2:
    case 3: journal_.advance_durable(random_); return store_snapshots();
    case 4:
    case 5: return effects_.step(journal_, venue_);
    case 6: return clients_.step(journal_, random_);
    case 7:
    case 8: timers_.fire(journal_, random_); return;
    case 9:
    case 10: timers_.deliver(journal_); return;
    case 11:
      if (random_.chance(30)) timers_.restart();
      return;
    case 12:
    case 13: {
      const int target = static_cast<int>(random_.below(host_count));
      if (at(target).created) clients_.request(journal_, target, random_);
      return;
    }
    case 14:
    case 15: return clients_.repeat_one(journal_, random_);
    case 16:
    case 17:
      if (stragglers_.empty()) return;
      journal_.take(stragglers_.front());
      stragglers_.erase(stragglers_.begin());
      return;
    default: {
      const int victim = static_cast<int>(random_.below(host_count));
      if (at(victim).created && random_.chance(25)) host_crash(victim);
    }
  }
}

void node::step() {
  const auto dice = random_.below(100);
  if (dice < 80) host_events(dice);
  else world_events(dice - 80);
}

std::string node::run() {
  const auto lives = 1 + random_.below(4);
  for (std::uint64_t life = 0; life < lives && why_.empty(); ++life) {
    const auto steps = 20 + random_.below(random_.chance(20) ? 500 : 150);
    for (std::uint64_t i = 0; i < steps && why_.empty(); ++i) step();
    if (why_.empty()) node_ends(random_.chance(25) ? ending::ordered_stop : ending::crash);
    if (why_.empty() && random_.chance(20)) node_ends(ending::crash);  // at once again: recovery itself is interrupted
  }
  if (why_.empty()) come_to_rest();
  if (why_.empty()) verdict();
  figures_.events += journal_.head();
  figures_.refused += journal_.refused();
  return why_;
}

void node::come_to_rest() {
  for (int h = 0; h < host_count; ++h) create(h);
  for (int round = 0; round < 2000 && why_.empty(); ++round) {
    drain();
    for (const auto& late : stragglers_) journal_.take(late);
    stragglers_.clear();
    bool moved = false;
    while (timers_.fire(journal_, random_)) moved = true;
    while (timers_.deliver(journal_)) moved = true;
    journal_.sync();
    store_snapshots();
    const auto before = journal_.head();
    effects_.step(journal_, venue_);
    clients_.step(journal_, random_);
    if (clients_.repeat_all(journal_) || journal_.head() != before) moved = true;
    const bool all_read = std::all_of(hosts_.begin(), hosts_.end(), [&](const model_host& h) { return h.read_to == journal_.head() && h.on_the_way.empty(); });
    if (!moved && all_read) return;
  }
  fail("the node does not come to rest");
}

}  // namespace tomnext::sim
