#include "tests/node_sim/simulated_life.hpp"

#include <algorithm>
#include <utility>

#include "actors/journal/journal_actor.hpp"
#include "actors/replay/preamble.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/job_events.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::tests {

using app::name_of::feed;
using app::name_of::journal;
using app::name_of::keeper;
using app::name_of::node;
using app::name_of::time;
using app::name_of::writer;

simulated_life::simulated_life(life_settings settings) : settings_(std::move(settings)) {
  faults_.now = [this] { return now(); };
  faults_.on_enrolled = settings_.on_enrolled;
  settings_.log->open();
  parts_ = parts_of();
  if (!refused_) restore();
  if (!refused_) start();
  else root_ended_ = true;
}

simulated_life::~simulated_life() {
  if (!root_ended_ && !crashed_) crash(0);
  root_ = nullptr;
  parts_.directory->clear();
  faults_.clear();
  // Those who still wait for an answer hear of its time-out; the end of the system waits for all.
  for (int n = 0; n < 1'000 && running_actors(system_) > base_; ++n) {
    while (scheduler_.run() != 0) {}
    scheduler_.advance_time(1s);
  }
  while (scheduler_.run() != 0) {}
}

// ---- its beginning: as app::node does it ----------------------------------------------------------

app::node_parts simulated_life::parts_of() {
  app::node_parts n;
  auto d = settings_.deployment->what;
  d.node.pace.lockstep = settings_.lockstep;
  d.node.pace.times = settings_.pace;
  d.node.snapshot_every = 60;  // so that recoveries begin at many places
  d.node.storage.snapshot_interval_s = 20;
  n.deployment = std::make_shared<const config::deployment>(std::move(d));
  n.composition = settings_.deployment->parts;
  auto hosts = replay::compose_hosts(*n.deployment, n.composition);
  if (!hosts) {
    refused_ = hosts.error();
    return n;
  }
  n.hosts = std::move(*hosts);
  n.log = settings_.log;
  n.sequencer = std::make_shared<sequencer>(settings_.lockstep ? ordering::lockstep : ordering::arrival);
  for (const auto& h : n.hosts) n.sequencer->define(h.definition);
  n.snapshots = std::make_shared<const persistence::snapshot_store>(settings_.folder, n.deployment->node.storage.snapshots_kept);
  n.figures = std::make_shared<introspection>();
  n.directory = std::make_shared<directory>();
  n.notes = std::make_shared<supervision_notes>();
  n.boards.work = std::make_shared<work_board>();
  n.boards.jobs = std::make_shared<job_board>();
  n.jobs_known = std::make_shared<job_history>();
  n.clock = wall_clock::simulated(std::make_shared<simulated_wall>(settings_.wall_at_begin - now().time_since_epoch().count()));
  n.tap = [this](const persistence::group& g) {
    sequenced_ = g.last_seq();
    if (!crashed_) settings_.on_sequenced(g);
  };
  n.on_source_end = [this] {
    if (!outcome_) outcome_ = app::node_outcome{};
  };
  n.finish = [this](app::node_outcome outcome) {
    if (!outcome_) outcome_ = std::move(outcome);
  };
  return n;
}

void simulated_life::restore() {
  const auto& d = *parts_.deployment;
  auto& log = *settings_.log;
  parts_.preamble = replay::preamble_events(d, persistence::sha256({d.source_text}), log_purpose::live);
  if (log.head().seq == 0) {
    auto first = std::make_shared<persistence::group>();
    first->epoch = log.head().epoch;
    first->events.push_back(parts_.preamble.front());
    first->events.front().head.seq = first->events.front().head.correlation = 1;
    const persistence::group_ref declared = std::move(first);
    if (auto appended = log.append({&declared, 1}); !appended) refused_ = appended.error();
  }
  auto scan = log.scan(1);
  while (scan) {
    auto g = (*scan)->next();
    if (!g) refused_ = g.error();
    if (!g || !*g) break;
    for (const auto& e : (*g)->events) {
      parts_.sequencer->restore(e);
      parts_.jobs_known->apply(e);
      const auto* s = e.get_if<source_state_changed>();
      if (s != nullptr && s->state == source_state::ended) parts_.source_ended = true;
    }
  }
  parts_.sequencer->set_epoch(log.head().epoch);
  sequenced_ = log.head().seq;
}

/// The same journal with a small window, or, for a mutant, with none.
child_spec simulated_life::small_window_journal(child_spec like) const {
  const auto window = settings_.with == mutant::unbounded_queue ? std::uint64_t{1} << 40 : window_events;
  const journal_settings s{parts_.sequencer->order(), window, parts_.tap};
  std::vector<host_definition> definitions;
  for (const auto& h : parts_.hosts) definitions.push_back(h.definition);
  like.start = [f = parts_.figures, s, restored = parts_.sequencer, definitions, d = parts_.directory, durable = parts_.log->head()](parent_actor& p) {
    return pointer_of(
        spawn_actor<journal_protocol, journal_state>(p, f, {journal, "journal", node}, s, restored, definitions, d->at<writer_protocol>(writer), durable));
  };
  return like;
}

/// Each child's life is known here, and the way to it leads through the message faults.
void simulated_life::change(supervised_group& group) {
  change_group(settings_.with, group, parts_);
  for (auto& child : group.children) {
    if (child.name == journal) child = small_window_journal(std::move(child));
    child.start = [this, name = child.name, begin = child.start](parent_actor& p) {
      auto life = begin(p);
      if (lives_.count(name) == 0) order_.push_back(name);
      lives_[name] = weak_of(life);
      return life;
    };
    if (child.address) child.address = [this, name = child.name](actor_system& system) { return faults_.behind(system, *parts_.directory, name); };
  }
}

void simulated_life::start() {
  change_parts(settings_.with, parts_);
  change_messages(settings_.with, faults_, parts_);
  auto root = app::node_tree(parts_);
  auto services = app::service_groups(parts_);
  services.push_back(app::jobs_group(parts_));
  for (auto& s : services) change(s);
  for (auto& child : root.children)
    for (auto& s : services)
      if (child.name == s.settings.name) {
        auto same = nested(parts_.figures, s);
        same.needs = child.needs;
        same.address = child.address;
        child = std::move(same);
      }
  change(root);
  order_.push_back(root.settings.name);
  root_ = spawn_supervisor(system_, parts_.figures, std::move(root.settings), std::move(root.children));
  lives_[node] = weak_of(root_);
  when_down(root_, [this](const actor_error&) { root_ended_ = true; });
}

// ---- its schedule ---------------------------------------------------------------------------------

void simulated_life::step() {
  auto& c = *settings_.schedule;
  if (++turns_ % 64 == 0) scheduler_.advance_time(std::chrono::microseconds(c.below(settings_.pace_us)));
  if (faults_.holds_any()) faults_.release(now());
  if (log_full_until_ && now() >= *log_full_until_) {
    log_full_until_.reset();
    settings_.log->set_full(false);
  }
  if (stopping_ != 0) go_on_stopping();
  const bool moved = std::exchange(seen_sequenced_, sequenced_) != sequenced_;
  if (moved) pause_ = 1ms;
  if (run_one()) return;
  scheduler_.advance_time(pause_);
  pause_ = std::min<std::chrono::microseconds>(pause_ * 2, 250ms);
}

// Any job may be next: the interleavings of many workers, on one thread. The log answers like one of them.
bool simulated_life::run_one() {
  auto& c = *settings_.schedule;
  auto& jobs = scheduler_.jobs;
  if (!stalled_.empty()) std::erase_if(stalled_, [t = now()](const auto& s) { return t >= s.second; });
  std::vector<std::size_t> may;
  if (!stalled_.empty())
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (!stalled_.contains(id_of_job(jobs[i]))) may.push_back(i);
    }
  const auto count = stalled_.empty() ? jobs.size() : may.size();
  const bool log_ready = settings_.log->has_commit() && (!log_slow_until_ || now() >= *log_slow_until_);
  if (count == 0 && !log_ready) return false;
  const auto pick = c.below(count + (log_ready ? 1 : 0));
  if (pick == count) {
    settings_.log->answer_one();
    return true;
  }
  // For a while at a time: any, mostly the oldest, or mostly the newest.
  auto place = pick;
  const auto manner = (turns_ / 512) % 3;
  if (manner == 1 && !c.once_in(8)) place = 0;
  if (manner == 2 && !c.once_in(8)) place = count - 1;
  std::swap(jobs.front(), jobs[stalled_.empty() ? place : may[place]]);
  scheduler_.run_once();
  return true;
}

// ---- faults ---------------------------------------------------------------------------------------

std::vector<std::string> simulated_life::living() const {
  std::vector<std::string> names;
  for (const auto& name : order_) {
    const auto record = parts_.figures->find(name);
    if (!record) continue;
    const std::string_view state = record->state();
    if (state != "stopped" && state != "failed") names.push_back(name);
  }
  return names;
}

bool simulated_life::kill_by_name(const std::string& name) {
  const auto found = lives_.find(name);
  if (found == lives_.end()) return false;
  const auto life = strong_of(found->second);
  if (!life) return false;
  exit_now(life, exit_reason::kill);
  return true;
}

std::string simulated_life::kill(std::uint64_t which) {
  const auto names = living();
  if (names.empty()) return {};
  const auto& name = names[which % names.size()];
  return kill_by_name(name) ? name : std::string();
}

std::string simulated_life::stall(std::uint64_t which, std::chrono::milliseconds for_so_long) {
  const auto names = living();
  if (names.empty()) return {};
  const auto& name = names[which % names.size()];
  stalled_[lives_.at(name).id()] = now() + for_so_long;
  return name;
}

std::string simulated_life::lose(std::uint64_t which, bool request) {
  std::vector<std::string> names;
  for (auto& n : living())
    if (parts_.directory->find(n)) names.push_back(std::move(n));
  if (names.empty()) return {};
  const auto& name = names[which % names.size()];
  if (request) faults_.lose_request(name);
  else faults_.lose_answer(name);
  return name;
}

std::string simulated_life::slow_link(std::uint64_t which, std::chrono::milliseconds for_so_long, bool and_end) {
  const auto& name = parts_.hosts[which % parts_.hosts.size()].definition.name;
  const auto found = lives_.find(name);
  if (found == lives_.end()) return {};
  if (and_end) faults_.late_words(found->second.id(), now() + for_so_long);
  else faults_.slow_link(found->second.id(), now() + for_so_long);
  return name;
}

void simulated_life::fill_log(std::chrono::milliseconds for_so_long) {
  settings_.log->set_full(true);
  log_full_until_ = now() + for_so_long;
}

// First the log and those through whom something leaves, then whoever would start others again, then all. Nothing of the process runs after its end.
void simulated_life::crash(std::size_t kept) {
  crashed_ = true;
  settings_.log->crash(kept);
  kill_all();
}

void simulated_life::kill_all() {
  const auto end = [this](const std::string& name) {
    const auto found = lives_.find(name);
    const auto life = found == lives_.end() ? actor_ptr() : strong_of(found->second);
    if (!life) return;
    exit_now(life, exit_reason::kill);
    for (int n = 0; n < 4 && scheduler_.prioritize(life); ++n) scheduler_.run_once();
  };
  for (const char* name : {keeper, "monitoring_alerting/log_channel", node}) end(name);
  for (const auto& name : app::service_names()) end(name);
  for (const auto& name : order_) end(name);
  root_ended_ = true;
}

// ---- its end --------------------------------------------------------------------------------------

void simulated_life::begin_stop(bool orderly) {
  if (stopping_ != 0) return;
  stopping_ = 1;
  if (orderly) {
    halted_ = ask_as<time_protocol, bool>(time, 5s, halt_v);
  } else {
    stopping_ = 4;
    exit_now(root_, exit_reason::kill);
  }
}

void simulated_life::go_on_stopping() {
  if (stopping_ == 1 && halted_->done()) {
    stopping_ = 2;
    settled_ = ask_as<journal_protocol, std::uint64_t>(journal, 5s, settled_v);
  } else if (stopping_ == 2 && settled_->done()) {
    stopping_ = 3;
    settled_ = ask_as<feed_protocol, std::uint64_t>(feed, 2s, settled_v, std::string());
  } else if (stopping_ == 3 && settled_->done()) {
    stopping_ = 4;
    exit_after_queue(root_, exit_reason::user_shutdown);
  }
}

// ---- looking --------------------------------------------------------------------------------------

std::string simulated_life::deep_mailbox(std::uint64_t most) const {
  for (const auto& r : parts_.figures->records())
    if (r->queue_depth() > most && std::string_view(r->state()) != "stopped" && std::string_view(r->state()) != "failed")
      return r->name() + " has " + std::to_string(r->queue_depth()) + " messages";
  return {};
}

std::string simulated_life::picture() const {
  std::string text = "sequenced " + std::to_string(sequenced_) + ", durable " + std::to_string(settings_.log->head().seq) + ", commits under way " +
                     std::to_string(settings_.log->waiting());
  for (const auto& f : parts_.figures->figures())
    if (f.state != "running" || f.queue_depth != 0)
      text += "\n  " + f.name + ": " + f.state + ", " + std::to_string(f.queue_depth) + " queued, " + f.last_error;
  return text;
}

}  // namespace tomnext::tests
