#include "tests/node_sim/log_laws.hpp"

#include "actors/replay/kernel.hpp"
#include "actors/runtime/host_core.hpp"

namespace tomnext::tests {

std::string reaction_law::take(const persistence::group& g) {
  ++groups_;
  for (const auto& e : g.events) {
    if (e.head.host.value < replay::first_composed_host || actors::is_host_mark(e.head.type)) continue;
    auto& last = last_[e.head.host.value];
    const auto broke = [&](const char* how) {
      return "event " + std::to_string(e.head.seq) + " (" + std::string(event_name(e.head.type)) + " of host " + std::to_string(e.head.host.value) +
             ", cause " + std::to_string(e.head.cause) + "): a reaction is one append, once for each input: " + how;
    };
    if (e.head.cause < last.cause) return broke("this host has answered later inputs before");
    if (e.head.cause == last.cause) {
      if (last.group != groups_) return broke("its first part lies in another group");
      if (e.head.ordinal != last.ordinal + 1) return broke("its ordinals do not run on, or it is there twice");
    } else if (e.head.ordinal != 0) {
      return broke("it begins in the middle");
    }
    last = {e.head.cause, e.head.ordinal, groups_};
  }
  return {};
}

void log_laws::broke(const event& e, const std::string& law) {
  if (broken_.empty()) broken_ = "event " + std::to_string(e.head.seq) + " (" + std::string(event_name(e.head.type)) + "): " + law;
}

void log_laws::take(const persistence::group& g) {
  if (!broken_.empty()) return;
  if (g.epoch < epoch_) broken_ = "a group of epoch " + std::to_string(g.epoch) + " behind one of epoch " + std::to_string(epoch_);
  epoch_ = g.epoch;
  if (broken_.empty()) broken_ = reactions_.take(g);
  for (const auto& e : g.events) look(e);
  if (broken_.empty()) broken_ = orders_.broken();
}

void log_laws::look(const event& e) {
  seqs_are_gapless(e);
  if (!broken_.empty()) return;
  time_never_goes_back(e);
  causes_come_first(e);
  incarnations_never_go_back(e);
  sources_are_read_once(e);
  timers_fire_once(e);
  keys_are_used_once(e);
  jobs_run_once(e);
  orders_.take(e);
  if (const auto* a = e.get_if<host_activated>()) names_[e.head.host.value] = a->name.view();
  if (const auto* p = e.get_if<host_progressed>(); p != nullptr && p->snapshot) marks_[e.head.seq] = {e.head.host.value, p->consumed};
  if (e.is<alert_changed>()) alerts_.insert(e.head.seq);
}

void log_laws::seqs_are_gapless(const event& e) {
  if (e.head.seq != head_ + 1) return broke(e, "seqs are gapless (I2), and this one follows " + std::to_string(head_));
  head_ = e.head.seq;
}

void log_laws::time_never_goes_back(const event& e) {
  if (e.head.at < at_) broke(e, "`at` never goes back (law 2)");
  at_ = e.head.at;
}

void log_laws::causes_come_first(const event& e) {
  depths_.push_back(0);
  if (e.head.cause == 0) return;
  if (e.head.cause >= e.head.seq) return broke(e, "a cause comes before its effect (law 2)");
  depths_.back() = static_cast<std::uint16_t>(depths_[e.head.cause] + 1);
  // A timer begins a chain of its own, though it names the event that armed it.
  if (e.is<timer_fired>()) depths_.back() = 0;
  if (depths_.back() > cause_depth_max) broke(e, "chains of causes are bounded (law 12)");
}

void log_laws::incarnations_never_go_back(const event& e) {
  auto& latest = incarnations_[e.head.host.value];
  if (e.head.incarnation < latest)
    broke(e, "an earlier life of host " + std::to_string(e.head.host.value) + " was fenced by incarnation " + std::to_string(latest) + " (law 6)");
  latest = e.head.incarnation;
}

void log_laws::sources_are_read_once(const event& e) {
  if (e.head.host.value >= replay::first_composed_host || e.head.position == 0) return;
  auto& last = positions_[e.head.host.value];
  if (e.head.position <= last) broke(e, "what an ingress has read is in the log once (law 6)");
  last = e.head.position;
}

void log_laws::timers_fire_once(const event& e) {
  if (const auto* t = e.get_if<timer_armed>()) armed_.insert({t->target.value, t->timer.value, t->generation});
  const auto* t = e.get_if<timer_fired>();
  if (t == nullptr) return;
  const std::tuple key{t->target.value, t->timer.value, t->generation};
  if (!armed_.contains(key)) broke(e, "a timer fires that nobody armed (law 9)");
  if (!fired_.insert(key).second) broke(e, "a timer fires once (law 9)");
}

void log_laws::keys_are_used_once(const event& e) {
  const auto* c = e.get_if<operator_commanded>();
  if (c == nullptr || c->idempotency_key.empty()) return;
  if (!commands_.try_emplace(std::string(c->idempotency_key.view()), e.head.seq).second) broke(e, "a command is taken once (law 9)");
}

// The same beginning may be told twice, where the answer to it was lost. Another run does not begin before the one before it has ended.
void log_laws::jobs_run_once(const event& e) {
  if (const auto* b = e.get_if<job_run_started>()) {
    const std::string job(b->job.view());
    const auto [known, is_new] = runs_.try_emplace({job, b->scheduled}, b->run);
    if (!is_new && known->second != b->run) return broke(e, "a scheduled time has one run, and this one had run " + std::to_string(known->second));
    auto& [number, ended] = last_runs_[job];
    if (b->run < number) return broke(e, "numbers of runs ascend, and run " + std::to_string(number) + " came before");
    if (b->run > number && number != 0 && !ended) return broke(e, "run " + std::to_string(number) + " of it goes on");
    if (b->run == number && ended && is_new) return broke(e, "a run that has ended begins at another time");
    if (b->run > number) ended = false;
    number = b->run;
  }
  const auto* end = e.get_if<job_run_ended>();
  if (end == nullptr) return;
  auto& [number, ended] = last_runs_[std::string(end->job.view())];
  if (end->run > number) return broke(e, "a run ends that has not begun");
  if (end->run < number) return broke(e, "a run that was over before the next one began ends again");
  if (end->run == number) ended = true;
}

std::uint64_t log_laws::command_of(const std::string& key) const {
  const auto found = commands_.find(key);
  return found == commands_.end() ? 0 : found->second;
}

bool log_laws::is_snapshot_mark(std::uint64_t seq, std::uint64_t covered, const std::string& host) const {
  const auto found = marks_.find(seq);
  if (found == marks_.end() || found->second.consumed != covered) return false;
  const auto name = names_.find(found->second.host);
  return name != names_.end() && name->second == host;
}

}  // namespace tomnext::tests
