#include <algorithm>
#include <iterator>
#include <span>

#include "tests/sim/model/node.hpp"
#include "tests/sim/model/oracle.hpp"

namespace tomnext::sim {
namespace {

bool equal(const std::vector<reaction>& a, const std::vector<reaction>& b) {
  auto same_reaction = [](const reaction& x, const reaction& y) { return std::equal(x.begin(), x.end(), y.begin(), y.end(), same_content); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_reaction);
}

/// Inputs decided anew behind the last one that led to anything.
std::size_t quiet_tail(const recovered& r) {
  const seq_number last = r.proposals.empty() ? 0 : r.proposals.back().front().position;
  return static_cast<std::size_t>(std::count_if(r.decided_anew.begin(), r.decided_anew.end(), [&](seq_number seq) { return seq > last; }));
}

}  // namespace

// Any stored snapshot must do, and none as well: which one a start finds is chance.
const snapshot* node::any_snapshot(int host, seq_number visible) {
  std::vector<const snapshot*> fit;
  for (const auto& s : stored_) {
    const bool same_fold = s.fold_version == fold_version_of(build_) || broken_ == broken_rule::snapshot_survives_new_fold;
    if (s.host == host && same_fold && s.mark <= visible) fit.push_back(&s);
  }
  if (fit.empty() || random_.chance(20)) return nullptr;
  return random_.chance(60) ? fit.back() : fit[static_cast<std::size_t>(random_.below(fit.size()))];
}

void node::start(int host) {
  auto& h = at(host);
  h.on_the_way.clear();
  h.incarnation = journal_.enroll(host);
  ++figures_.recoveries;

  const bool prefix_only = broken_ == broken_rule::restart_reads_durable_prefix;
  const std::span<const event> visible(journal_.log().data(), static_cast<std::size_t>(prefix_only ? journal_.durable() : journal_.head()));
  const auto role = role_of(host);
  const auto* chosen = any_snapshot(host, visible.size());
  auto found = recover(role, visible, chosen);
  if (chosen != nullptr) ++figures_.from_snapshot;
  figures_.proposed_again += found.proposals.size();
  if (!found.problem.empty()) return fail(found.problem);

  for (const auto* other : {static_cast<const snapshot*>(nullptr), any_snapshot(host, visible.size())}) {
    const auto again = recover(role, visible, other);
    if (again.now.fingerprint() != found.now.fingerprint() || !equal(again.proposals, found.proposals))
      return fail("recovery depends on the snapshot that it starts from");
  }
  const auto truth = decide_again(role, visible, log_extent::cut);
  if (!truth.problem.empty()) return fail("after a crash: " + truth.problem);
  if (truth.fingerprint != found.now.fingerprint()) return fail("the recovered state is not the fold of the log");
  if (!equal(truth.missing, found.proposals)) return fail("recovery proposes something else than what the log lacks");

  const bool is_new = std::none_of(visible.begin(), visible.end(), [&](const event& e) { return e.host == host; });
  if (is_new) h.born_at = journal_.head();
  h.now = std::move(found.now);
  h.read_to = visible.size();
  h.consumed = found.consumed;
  const auto decides_after = broken_ == broken_rule::mark_at_head ? journal_.head() : found.decided_to;
  if (is_new || broken_ != broken_rule::build_without_mark) send_mark(host, kind::host_activated, decides_after, 0);
  const auto quiet = quiet_tail(found);
  for (auto& r : found.proposals) send(host, std::move(r));
  h.quiet_inputs = quiet;
  if (quiet >= quiet_inputs_max && broken_ != broken_rule::quiet_host_unmarked) send_mark(host, kind::host_progressed, h.consumed, 0);
}

void node::host_crash(int host) {
  ++figures_.host_crashes;
  std::erase_if(pending_, [&](const snapshot& s) { return s.host == host; });
  // The journal finds some of the old life's appends before the registration in its mailbox, and the others behind it.
  const auto before = random_.below(at(host).on_the_way.size() + 1);
  for (std::uint64_t i = 0; i < before; ++i) deliver(host);
  std::copy(at(host).on_the_way.begin(), at(host).on_the_way.end(), std::back_inserter(stragglers_));
  start(host);
}

void node::drain() {
  bool moved = true;
  while (moved) {
    moved = false;
    for (int h = 0; h < host_count; ++h) {
      while (deliver(h)) moved = true;
      while (host_step(h)) {
        moved = true;
        while (deliver(h)) {}
      }
    }
  }
}

void node::check_snapshots_belong() {
  for (const auto& s : stored_)
    if (s.mark > journal_.head() || s.prefix_hash != journal_.prefix_hash(s.mark)) return fail("a stored snapshot tells of events that the log does not have");
}

void node::node_ends(ending how) {
  if (how == ending::ordered_stop) {
    ++figures_.ordered_stops;
    drain();
    // The mark says how far the host has read, not only its last input: a later version may read more than this one.
    for (int h = 0; h < host_count && broken_ != broken_rule::stop_without_mark; ++h)
      if (at(h).created) send_mark(h, kind::host_progressed, at(h).read_to, 0);
    drain();
    journal_.sync();
    store_snapshots();
  } else {
    ++figures_.node_crashes;
    figures_.lost_events += journal_.head() - journal_.durable();
  }
  journal_.crash();
  pending_.clear();
  timers_.crash();
  clients_.restart();
  effects_.restart(journal_);
  check_snapshots_belong();
  if (broken_ == broken_rule::journal_restarted_alone && how == ending::crash) {
    for (auto& h : hosts_) h.read_to = std::min(h.read_to, journal_.head());
    return;
  }
  stragglers_.clear();
  if (random_.chance(40)) {
    ++build_;
    ++figures_.upgrades;
  }
  for (int host = 0; host < host_count && why_.empty(); ++host) {
    auto& h = at(host);
    h.on_the_way.clear();
    h.created = h.created && std::any_of(journal_.log().begin(), journal_.log().end(), [&](const event& e) { return e.host == host; });
    if (!h.created) continue;
    const bool all_was_decided = how == ending::ordered_stop;
    if (all_was_decided && !recover(role_of(host), journal_.log(), nullptr).decided_anew.empty())
      return fail("an input from before an ordered stop is decided again");
    start(host);
  }
}

}  // namespace tomnext::sim
