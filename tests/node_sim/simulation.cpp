#include "tests/node_sim/simulation.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "actors/replay/decision_replay.hpp"
#include "persistence/bytes.hpp"
#include "persistence/files.hpp"
#include "persistence/json.hpp"
#include "persistence/wire.hpp"
#include "tests/node_sim/fragile_strategy.hpp"

namespace tomnext::tests {
namespace {

namespace fs = std::filesystem;

/// A history that stands still for so long, though no fault befalls it, is stuck. The longest deadline in the tree is five minutes.
constexpr auto quiet_max = 900s;
constexpr std::uint64_t quiet_steps_max = 1'500'000;
constexpr std::uint64_t lives_max = 60;
constexpr std::uint64_t look_every_steps = 512;
/// A supervisor gives up at the sixth failure within ten seconds.
constexpr std::uint64_t blows_to_give_up = 6;

/// What the log channel writes leaves the process: here it is seen.
class effect_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit effect_sink(std::function<void(std::uint64_t)> on_alert, std::function<void(std::string)> on_line)
      : on_alert_(std::move(on_alert)), on_line_(std::move(on_line)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& m) override {
    const std::string line(m.payload.data(), m.payload.size());
    const auto number = line.find('#');
    if (line.starts_with("alert ") && number != std::string::npos) on_alert_(std::strtoull(line.c_str() + number + 1, nullptr, 10));
    if (on_line_) on_line_(line);
  }
  void flush_() override {}

 private:
  std::function<void(std::uint64_t)> on_alert_;
  std::function<void(std::string)> on_line_;
};

std::vector<event> events_of(const persistence::event_log& log) {
  std::vector<event> all;
  auto scan = log.scan(1);
  while (scan) {
    auto g = (*scan)->next();
    if (!g || !*g) break;
    all.insert(all.end(), (*g)->events.begin(), (*g)->events.end());
  }
  return all;
}

bool is_quote(const event& e) { return e.is<quote_accepted>() || e.is<quote_rejected>(); }

/// Without what tells of the runtime's life, and without what follows from that (its alerts and their timers); seqs counted anew.
std::vector<event> comparable(const std::vector<event>& log) {
  std::map<std::uint64_t, std::uint64_t> renumbered{{0, 0}};
  std::vector<event> kept;
  for (auto e : log) {
    const bool gone = is_runtime_event(e.head.type) || e.is<log_declared>() || !renumbered.contains(e.head.cause);
    if (gone) continue;
    renumbered[e.head.seq] = kept.size() + 1;
    e.head.seq = kept.size() + 1;
    e.head.cause = renumbered.at(e.head.cause);
    e.head.position = e.head.correlation = 0;
    e.head.incarnation = 0;
    kept.push_back(e);
  }
  return kept;
}

/// By its bytes: a feature may be no number.
bool same_payload(const event& a, const event& b) { return a.head.type == b.head.type && persistence::encode_to_string(a) == persistence::encode_to_string(b); }

/// Where the logs part, or nothing.
std::string first_difference(const std::vector<event>& wanted, const std::vector<event>& got) {
  for (std::size_t i = 0; i < wanted.size() && i < got.size(); ++i) {
    const auto names = std::string(event_name(wanted[i].head.type)) + " and " + std::string(event_name(got[i].head.type));
    const auto place = "event " + std::to_string(i + 1) + " of " + std::to_string(wanted.size()) + ", " + names;
    if (!same_payload(wanted[i], got[i])) return place + ": the payloads differ";
    if (wanted[i].head != got[i].head) return place + ": the envelopes differ";
  }
  if (wanted.size() != got.size()) return std::to_string(wanted.size()) + " events against " + std::to_string(got.size());
  return {};
}

}  // namespace

simulation::simulation(const simulated_case& c, mutant with) : case_(c), with_(with), deployment_(deployment_of(c.variant)), schedule_(c.seed) {
  if (auto hosts = replay::compose_hosts(deployment_.what, deployment_.parts))
    for (const auto& h : *hosts) hosts_.push_back(h.definition);
  log_->on_durable = [this](const persistence::group& g) { on_durable(g); };
  std::function<void(std::string)> show;
  if (std::getenv("TOMNEXT_SIM_TRACE") != nullptr) show = [this](const std::string& line) { tell("  " + line); };
  auto logger = std::make_shared<spdlog::logger>("simulation", std::make_shared<effect_sink>([this](std::uint64_t seq) { alert_left(seq); }, show));
  spdlog::set_default_logger(std::move(logger));
  poison_of_fragile = {};
}

simulation::~simulation() {
  life_.reset();
  poison_of_fragile = {};
  mend_source();
}

void simulation::broke(const std::string& what) {
  if (!verdict_.broken.empty()) return;
  verdict_.broken = what;
  tell("BROKEN: " + what);
}

// ---- the history ----------------------------------------------------------------------------------

verdict simulation::run() {
  while (verdict_.broken.empty() && !finished_) {
    if (++verdict_.lives > lives_max) broke("liveness: the node was started " + std::to_string(lives_max) + " times, and has not come to the end");
    else live();
  }
  // What faults are left would befall those who check.
  log_->heal();
  poison_of_fragile = {};
  if (verdict_.broken.empty()) {
    all_has_ended_well();
    all_inputs_are_there();
    decisions_are_repeatable();
    snapshots_and_their_tails_are_the_whole();
    log_is_the_backtest();
  }
  if (const char* path = std::getenv("TOMNEXT_SIM_DUMP")) {
    std::ofstream out(path);
    for (const auto& e : events_of(*log_)) out << persistence::to_json(e) << "\n";
  }
  verdict_.events = log_->head().seq;
  verdict_.chain_hash = log_->head().chain_hash;
  verdict_.orders = laws_.orders().orders();
  verdict_.fills = laws_.orders().fills();
  verdict_.alerts = laws_.alerts();
  verdict_.job_runs = laws_.job_runs();
  verdict_.acknowledged = operators_.acknowledged();
  verdict_.snapshots = snapshots_seen_.size();
  return verdict_;
}

void simulation::live() {
  blows_ = 0;
  journal_hit_ = root_hit_ = disk_failed_ = life_over_ = stopping_ = false;
  sequenced_.clear();
  registered_.clear();
  quotes_not_durable_ = 0;
  sequenced_reactions_ = {};
  if (types_.size() > log_->head().seq + 1) types_.resize(log_->head().seq + 1);
  life_settings s;
  s.deployment = &deployment_;
  s.lockstep = case_.lockstep;
  s.pace = case_.pace;
  s.log = log_;
  s.folder = folder_ / "";
  s.with = with_;
  s.schedule = &schedule_;
  s.wall_at_begin = wall_;
  s.on_enrolled = [this](std::uint32_t host, std::uint32_t incarnation) { registered_[host] = incarnation; };
  s.on_sequenced = [this](const persistence::group& g) { on_sequenced(g); };
  if (next_fault_ >= case_.plan.size()) mend_source();
  life_ = std::make_unique<simulated_life>(std::move(s));
  if (life_->refused()) return broke("the node does not start: " + life_->refused()->message);
  quiet_from_ = life_->now();
  quiet_from_step_ = verdict_.steps;
  while (verdict_.broken.empty() && !life_over_) {
    while (!life_over_ && next_fault_ < case_.plan.size() && case_.plan[next_fault_].at_step <= verdict_.steps) apply(case_.plan[next_fault_++]);
    if (life_over_) break;
    life_->step();
    ++verdict_.steps;
    if (case_.commands && verdict_.steps % 16 == 0)
      if (auto wrong = operators_.step(*life_, laws_); !wrong.empty()) broke(wrong);
    if (verdict_.steps % look_every_steps == 0) {
      mailboxes_are_bounded();
      snapshots_stand_on_durable_marks();
      it_goes_on();
    }
    if (life_->outcome() && !stopping_) outcome_came();
    if (life_->ended()) life_ended();
  }
  snapshots_stand_on_durable_marks();
  wall_ = wall_ + life_->now().time_since_epoch().count();
  operators_.node_ended();
  // The process has ended: of what it had handed to the disk some was written.
  log_->crash(schedule_.below(log_->waiting() + 1));
  life_.reset();
}

void simulation::apply(const fault& f) {
  const auto ms = std::chrono::milliseconds(f.amount);
  std::string what;
  switch (f.kind) {
    case fault_kind::kill:
      what = life_->kill(f.target);
      journal_hit_ = journal_hit_ || what == app::name_of::journal || what == app::name_of::writer;
      root_hit_ = root_hit_ || what == app::name_of::node;
      ++blows_;
      break;
    case fault_kind::crash: {
      const auto kept = f.amount % (log_->waiting() + 1);
      what = "of " + std::to_string(log_->waiting()) + " commits under way " + std::to_string(kept) + " written";
      life_->crash(kept);
      life_over_ = true;
      break;
    }
    case fault_kind::stop:
      if (stopping_) return;
      stopping_ = true;
      life_->begin_stop(true);
      break;
    case fault_kind::stall: what = life_->stall(f.target, ms); break;
    case fault_kind::lose_request:
    case fault_kind::lose_answer:
      what = life_->lose(f.target, f.kind == fault_kind::lose_request);
      ++blows_;
      break;
    case fault_kind::slow_link: what = life_->slow_link(f.target, ms, false); break;
    case fault_kind::late_words:
      what = life_->slow_link(f.target, ms, true);
      ++blows_;
      break;
    case fault_kind::slow_log: life_->slow_log(ms); break;
    case fault_kind::full_log: life_->fill_log(ms); break;
    case fault_kind::io_error:
      log_->fail_next(f.amount % 2 == 0);
      disk_failed_ = true;
      what = f.amount % 2 == 0 ? "written all the same" : "not written";
      break;
    case fault_kind::read_error:
      log_->fail_read();
      ++blows_;
      break;
    case fault_kind::jump: life_->jump(ms * 20); break;
    case fault_kind::poison:
      poison_of_fragile = {static_cast<std::uint32_t>(f.amount), {}};
      blows_ += f.amount;
      break;
    case fault_kind::command: what = operators_.command(f.target); break;
    case fault_kind::source_broken:
      for (const auto& source : deployment_.what.data)
        for (const auto& file : source.files) {
          std::error_code ignored;
          fs::rename(file, file + ".away", ignored);
        }
      source_away_ = true;
      life_->kill_by_name(app::name_of::source);
      ++blows_;
      break;
  }
  ++verdict_.faults[word_of(f.kind)];
  tell(std::string(word_of(f.kind)) + " " + what + " (" + std::to_string(f.amount) + ")");
  quiet_from_step_ = verdict_.steps;
  if (life_) quiet_from_ = life_->now();
}

void simulation::mend_source() {
  if (!std::exchange(source_away_, false)) return;
  for (const auto& source : deployment_.what.data)
    for (const auto& file : source.files) {
      std::error_code ignored;
      fs::rename(file + ".away", file, ignored);
    }
}

std::string simulation::unexplained(const app::node_outcome& o) const {
  switch (o.code) {
    case app::exit_code::ok: return {};
    case app::exit_code::journal_died: return journal_hit_ || disk_failed_ ? "" : "nothing has befallen the journal";
    case app::exit_code::input_data: return source_away_ ? "" : "the source is there";
    case app::exit_code::service_failed:
      return blows_ >= blows_to_give_up || source_away_ ? "" : "only " + std::to_string(blows_) + " blows befell this life, and supervisors bear five";
    default: return "no fault explains that";
  }
}

void simulation::outcome_came() {
  const auto& o = *life_->outcome();
  tell("the node ends: " + std::to_string(static_cast<int>(o.code)) + " " + o.message);
  if (const auto why = unexplained(o); !why.empty())
    return broke("the node ended with " + std::to_string(static_cast<int>(o.code)) + " (" + o.message + "): " + why);
  const bool orderly = o.code == app::exit_code::ok || o.code == app::exit_code::input_data;
  stopping_ = true;
  life_->begin_stop(orderly);
}

void simulation::life_ended() {
  life_over_ = true;
  const auto& o = life_->outcome();
  if (!stopping_ && !o && !root_hit_) return broke("all actors have ended, and the node does not say so");
  tell("the life is over");
  if (o && o->code == app::exit_code::ok) finished_ = true;
  if (o && o->code == app::exit_code::input_data) mend_source();
}

// ---- what must hold -------------------------------------------------------------------------------

void simulation::on_durable(const persistence::group& g) {
  durable_is_what_was_sequenced(g);
  laws_.take(g);
  if (!laws_.broken().empty()) broke(laws_.broken());
}

// The writer merges and never invents: what becomes durable is what hosts saw, in that order.
void simulation::durable_is_what_was_sequenced(const persistence::group& g) {
  for (const auto& e : g.events) {
    if (e.head.seq == 1 && e.is<log_declared>()) continue;  // written before anybody runs
    if (sequenced_.empty() || sequenced_.front().head != e.head || !same_payload(sequenced_.front(), e))
      return broke("event " + std::to_string(e.head.seq) + " (" + std::string(event_name(e.head.type)) + ") became durable as it was not sequenced: " +
                   (sequenced_.empty() ? std::string("nothing waits")
                                       : std::string(event_name(sequenced_.front().head.type)) + " " + std::to_string(sequenced_.front().head.seq)) +
                   " (law 6)");
    if (is_quote(e)) --quotes_not_durable_;
    sequenced_.pop_front();
  }
}

void simulation::on_sequenced(const persistence::group& g) {
  if (auto wrong = sequenced_reactions_.take(g); !wrong.empty()) broke(wrong);
  for (const auto& e : g.events) {
    if (types_.size() <= e.head.seq) types_.resize(e.head.seq + 1);
    types_[e.head.seq] = e.head.type;
    earlier_lives_are_fenced(e);
    nobody_decides_before_durability(e);
    if (is_quote(e)) ++quotes_not_durable_;
    sequenced_.push_back(e);
  }
  what_is_not_durable_is_bounded();
}

void simulation::earlier_lives_are_fenced(const event& e) {
  const auto found = registered_.find(e.head.host.value);
  if (found != registered_.end() && e.head.incarnation < found->second)
    broke("event " + std::to_string(e.head.seq) + " (" + std::string(event_name(e.head.type)) + ") is of incarnation " + std::to_string(e.head.incarnation) +
          " of host " + std::to_string(e.head.host.value) + ", and incarnation " + std::to_string(found->second) + " has registered before (law 6)");
}

// Law 4: what would leave the process (an order to the venue) is heard of when it is durable, and not before.
void simulation::nobody_decides_before_durability(const event& e) {
  if (e.head.cause == 0 || actors::is_host_mark(e.head.type)) return;
  for (const auto& h : hosts_)
    if (h.id == e.head.host && e.head.cause < types_.size() && h.durable_inputs[types_[e.head.cause]] && e.head.cause > log_->head().seq)
      broke(h.name + " answered event " + std::to_string(e.head.cause) + ", which is not durable yet (law 4)");
}

// Credit for the next admission is given while less than the window is not durable; an admission is of one input in lockstep, otherwise of 256 at most.
void simulation::what_is_not_durable_is_bounded() {
  const auto most = window_events + (case_.lockstep ? 1 : 256);
  if (quotes_not_durable_ > most)
    broke(std::to_string(quotes_not_durable_) + " quotes are sequenced and not durable, where credit is for " + std::to_string(most) + " (law 12)");
  if (sequenced_.size() > not_durable_max) broke(std::to_string(sequenced_.size()) + " events are sequenced and not durable (law 12)");
}

void simulation::mailboxes_are_bounded() {
  if (auto deep = life_->deep_mailbox(not_durable_max); !deep.empty()) broke(deep + " (law 12)");
}

// A snapshot is stored when its mark is durable: law 6. The folder is read as persistence/snapshots.hpp describes it.
void simulation::snapshots_stand_on_durable_marks() {
  std::error_code none;
  for (auto at = fs::directory_iterator(folder_ / "snapshots", none); !none && at != fs::directory_iterator(); at.increment(none)) {
    const auto path = at->path().string();
    if (!path.ends_with(".snapshot") || snapshots_seen_.contains(path)) continue;
    auto bytes = persistence::read_file(path, 1u << 24);
    if (!bytes) continue;
    snapshots_seen_.insert(path);
    persistence::byte_reader r{std::string_view(*bytes).substr(12)};
    r.number<std::uint32_t>();
    const auto length = r.number<std::uint32_t>();
    const std::string host(r.take(length));
    r.number<std::uint32_t>();
    r.number<std::uint32_t>();
    r.number<std::uint64_t>();
    const auto covered = r.number<std::uint64_t>(), mark = r.number<std::uint64_t>();
    if (!laws_.is_snapshot_mark(mark, covered, host))
      broke("a snapshot of " + host + " covers inputs to " + std::to_string(covered) + " and names event " + std::to_string(mark) +
            " as its mark, which is no durable mark of that (law 6)");
  }
}

void simulation::alert_left(std::uint64_t seq) {
  if (!laws_.is_firing_or_resolved_alert(seq)) broke("alert #" + std::to_string(seq) + " has left, and is not durable (law 4)");
}

void simulation::it_goes_on() {
  if (next_fault_ < case_.plan.size()) return;
  if (life_->now() - quiet_from_ > quiet_max || verdict_.steps - quiet_from_step_ > quiet_steps_max)
    broke("liveness: no fault for " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(life_->now() - quiet_from_).count()) + " s and " +
          std::to_string(verdict_.steps - quiet_from_step_) + " steps, and the node has not come to the end (I6): " + life_->picture());
}

// ---- at the end -----------------------------------------------------------------------------------

void simulation::all_has_ended_well() {
  if (auto wrong = laws_.broken_at_end(); !wrong.empty()) broke(wrong + " (I6)");
  if (auto wrong = operators_.check(laws_); !wrong.empty()) broke(wrong);
}

void simulation::all_inputs_are_there() {
  std::uint64_t quotes = 0, ends = 0;
  for (const auto& e : events_of(*log_)) {
    if (is_quote(e)) ++quotes;
    if (const auto* s = e.get_if<source_state_changed>(); s != nullptr && s->state == source_state::ended) ++ends;
    if (e.is<input_parked>()) ++verdict_.parked;
  }
  if (quotes != deployment_.quotes || ends != 1)
    broke("the source has " + std::to_string(deployment_.quotes) + " quotes and one end, the log " + std::to_string(quotes) + " and " + std::to_string(ends));
}

// I3, and the proof that the running code still makes the same decisions.
void simulation::decisions_are_repeatable() {
  auto hosts = replay::compose_hosts(deployment_.what, deployment_.parts);
  if (!hosts) return broke(hosts.error().message);
  auto report = replay::replay_decisions(*log_, std::move(*hosts), [](std::uint64_t) { return true; });
  if (!report) return broke("decision replay: " + report.error().message);
  if (!report->difference) return;
  const auto& d = *report->difference;
  const auto named = [](const std::optional<event>& e) {
    return e ? std::string(event_name(e->head.type)) + " for " + std::to_string(e->head.cause) : "nothing";
  };
  broke("decision replay: " + d.host + " decides otherwise at event " + std::to_string(d.seq) + ", recorded " + named(d.recorded) + ", decided " +
        named(d.decided) + " (I3)");
}

// I3: what a host recovers from its newest snapshot is what it recovers from the whole log.
void simulation::snapshots_and_their_tails_are_the_whole() {
  const auto events = events_of(*log_);
  const persistence::snapshot_store store(folder_ / "");
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const auto& d = hosts_[i];
    auto found = store.newest({d.name, d.version, d.state_version, hash64(deployment_.what.source_text)}, *log_);
    if (!found) return broke("the snapshot of " + d.name + ": " + found.error().message);
    if (!*found) continue;
    host_record record;
    for (const auto& e : events)
      if (e.head.host == d.id) {
        record.decided_to = std::max(record.decided_to, e.head.position);
        record.recorded_to = e.head.seq;
      }
    const auto recovered = [&](const persistence::snapshot* from) -> result<std::uint64_t> {
      auto hosts = replay::compose_hosts(deployment_.what, deployment_.parts);
      if (!hosts) return hosts.error();
      host_core core(d, (*hosts)[i].service);
      if (from != nullptr && !core.service().load(from->state)) return error(errc::snapshot_invalid, "it cannot be loaded");
      const auto point = from != nullptr ? recovery_point{from->covered, from->mark} : recovery_point{};
      core.begin(UINT32_MAX, record, point);
      for (const auto& e : events)
        if (e.head.seq > point.covered) TOMNEXT_TRY(core.fold(e));
      TOMNEXT_TRY(core.end_of_log());
      return core.service().state_hash();
    };
    const auto whole = recovered(nullptr), tail = recovered(&**found);
    if (!whole || !tail) return broke(d.name + " does not recover: " + (whole ? tail : whole).error().message);
    if (*whole != *tail) return broke(d.name + " is another from its snapshot at event " + std::to_string((*found)->mark) + " than from the whole log (I3)");
  }
}

void simulation::log_is_the_backtest() {
  if (!case_.lockstep || case_.commands || verdict_.parked != 0) return;
  const auto wanted = comparable(deployment_.backtest), got = comparable(events_of(*log_));
  if (auto wrong = first_difference(wanted, got); !wrong.empty()) broke("lockstep: the log is not the back-test's: " + wrong);
}

}  // namespace tomnext::tests
