#include "persistence/projection_runner.hpp"

#include <algorithm>

#include "persistence/projection_batch.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::size_t batch_bytes_max = std::size_t{16} << 20;

std::string named(const projection& p) { return "projection " + std::string(p.name()); }

/// One projection on its way through the log.
class lane {
 public:
  lane(std::shared_ptr<const projection> p, projection_mark m, projection_store& store, const projection_options& options)
      : projection_(std::move(p)), mark_(std::move(m)), store_(store), options_(options), batch_(store, std::string(projection_->name())) {}

  [[nodiscard]] bool halted() const { return mark_.halt != projection_halt::none; }
  [[nodiscard]] std::uint64_t offset() const { return mark_.offset; }
  [[nodiscard]] const projection& what() const { return *projection_; }
  [[nodiscard]] const projection_mark& mark() const { return mark_; }

  /// Applies the event, where it is this projection's next one. False: it was parked just now.
  result<bool> take(const event& e) {
    if (halted() || e.head.seq <= mark_.offset) return true;
    for (;;) {
      const auto applied = batch_.take(*projection_, e);
      if (applied) break;
      if (applied.error().code != errc::poisonous_input) return applied.error();
      TOMNEXT_TRY(fail(applied.error().message));
      if (halted()) return false;
    }
    mark_.offset = e.head.seq;
    mark_.attempts = 0;
    mark_.reason.clear();
    if (++uncommitted_ >= options_.batch_events || batch_.bytes() >= batch_bytes_max) TOMNEXT_TRY(commit());
    return true;
  }
  result<void> commit_rest() { return uncommitted_ == 0 ? result<void>{} : commit(); }

 private:
  /// What came before the event is committed with the failure, so that a run that is killed meanwhile has counted it.
  result<void> fail(const std::string& reason) {
    ++mark_.attempts;
    mark_.reason = reason.substr(0, halt_reason_bytes_max);
    if (mark_.attempts >= options_.attempts_max) mark_.halt = projection_halt::poisoned;
    return commit();
  }
  result<void> commit() {
    const auto changes = batch_.changes();
    if (auto written = store_.commit(projection_->name(), changes, mark_); !written) return written.error().within(named(*projection_));
    batch_.clear();
    uncommitted_ = 0;
    return {};
  }

  std::shared_ptr<const projection> projection_;
  projection_mark mark_;
  projection_store& store_;
  const projection_options& options_;
  projection_batch batch_;
  std::uint32_t uncommitted_ = 0;
};

result<void> commit_all(std::vector<lane>& lanes) {
  for (auto& l : lanes) TOMNEXT_TRY(l.commit_rest());
  return {};
}

/// The first event that any lane that is not parked still needs; beyond `head` where none does.
std::uint64_t first_needed(const std::vector<lane>& lanes, std::uint64_t head) {
  auto first = head + 1;
  for (const auto& l : lanes)
    if (!l.halted()) first = std::min(first, l.offset() + 1);
  return first;
}

projection_state state_of(const projection_mark& m, const projection& p, bool same_history, std::uint64_t head) {
  if (m.version != p.version()) return projection_state::other_version;
  if (!same_history) return projection_state::other_history;
  if (m.halt == projection_halt::poisoned) return projection_state::poisoned;
  if (m.halt == projection_halt::paused) return projection_state::paused;
  return m.offset < head ? projection_state::behind : projection_state::current;
}

}  // namespace

projection_runner::projection_runner(projection_store& store, const event_log& log, const projection_options& options, notice_call notice)
    : store_(store), log_(log), options_{std::max(options.attempts_max, 1u), std::max(options.batch_events, 1u)}, notice_(std::move(notice)) {
  if (!notice_) notice_ = [](const std::string&) {};
}

/// The mark to go on from: of this version and of this log's history, or a new one.
result<projection_mark> projection_runner::prepare(const projection& p, const log_head& head) {
  auto stored = store_.mark(p.name());
  if (!stored) return stored.error().within(named(p));
  const projection_mark fresh{p.version(), 0, head, projection_halt::none, 0, {}, {}};
  if (!*stored) return fresh;
  auto& m = **stored;
  if (m.halt == projection_halt::paused) return m;
  std::string why;
  if (m.version != p.version()) {
    why = "its rows are of version " + std::to_string(m.version) + ", this build's are of version " + std::to_string(p.version());
  } else {
    auto same = log_.holds(m.witness);
    if (!same) return same.error();
    if (!*same) why = "the log's history is not the one that it was folded from: they differ at or before event " + std::to_string(m.witness.seq);
  }
  if (why.empty()) {
    m.witness = head;
    return m;
  }
  notice_(named(p) + " begins anew: " + why);
  if (auto cleared = store_.clear(p.name(), fresh); !cleared) return cleared.error().within(named(p));
  return fresh;
}

result<std::vector<projection_status>> projection_runner::run(const projection_list& chosen, const keep_going& go_on) {
  // What comes after this head is the next run's: the marks name a head that the log has when they are written.
  const auto head = log_.head();
  std::vector<lane> lanes;
  lanes.reserve(chosen.size());
  for (const auto& p : chosen) {
    auto m = prepare(*p, head);
    if (!m) return m.error();
    lanes.emplace_back(p, std::move(*m), store_, options_);
  }
  auto fold = [&]() -> result<void> {
    const auto first = first_needed(lanes, head.seq);
    if (first > head.seq) return {};
    auto walk = log_.scan(first);
    if (!walk) return walk.error();
    for (;;) {
      auto g = (*walk)->next();
      if (!g) return g.error();
      if (!*g || (*g)->first_seq() > head.seq) return {};
      for (const auto& e : (*g)->events)
        for (auto& l : lanes) {
          auto taken = l.take(e);
          if (!taken) return taken.error();
          if (!*taken)
            notice_(named(l.what()) + " is parked before event " + std::to_string(e.head.seq) + " (" + std::string(event_name(e.head.type)) +
                    "): " + l.mark().reason);
        }
      if (go_on && !go_on((*g)->last_seq()))
        return error(errc::cancelled, "cancelled after event " + std::to_string((*g)->last_seq()) + "; what is done stays");
      if (std::all_of(lanes.begin(), lanes.end(), [](const lane& l) { return l.halted(); })) return {};
    }
  };
  const auto folded = fold();
  // What was good before an error stays good.
  const auto committed = commit_all(lanes);
  if (!folded) return folded.error();
  if (!committed) return committed.error();
  std::vector<projection_status> all;
  for (const auto& p : chosen) {
    auto s = status_of(*p, &store_, log_);
    if (!s) return s.error();
    all.push_back(std::move(*s));
  }
  return all;
}

/// The mark of a projection that has been run, of this version and this history: what an operator decides is about an event of it.
result<projection_mark> projection_runner::known_mark(const projection& p) const {
  auto s = status_of(p, &store_, log_);
  if (!s) return s.error();
  if (s->state == projection_state::other_version || s->state == projection_state::other_history)
    return error(errc::invalid_argument,
                 named(p) + " is of another " + (s->state == projection_state::other_version ? "version" : "history") + " and begins anew with the next run");
  return s->mark;
}

result<void> projection_runner::pause(const projection& p, const std::string& reason) {
  auto stored = store_.mark(p.name());
  if (!stored) return stored.error();
  auto m = stored->value_or(projection_mark{p.version(), 0, log_.head(), projection_halt::none, 0, {}, {}});
  if (m.halt != projection_halt::none)
    return error(errc::invalid_argument, named(p) + (m.halt == projection_halt::paused ? " is paused already" : " is parked already: " + m.reason));
  m.halt = projection_halt::paused;
  m.reason = reason.substr(0, halt_reason_bytes_max);
  return store_.commit(p.name(), {}, m);
}

result<void> projection_runner::resume(const projection& p) {
  auto stored = store_.mark(p.name());
  if (!stored) return stored.error();
  if (!*stored || (*stored)->halt == projection_halt::none) return error(errc::invalid_argument, named(p) + " is not parked");
  auto& m = **stored;
  m.halt = projection_halt::none;
  m.attempts = 0;
  m.reason.clear();
  return store_.commit(p.name(), {}, m);
}

result<std::uint64_t> projection_runner::skip(const projection& p) {
  auto m = known_mark(p);
  if (!m) return m.error();
  if (m->halt != projection_halt::poisoned) return error(errc::invalid_argument, named(p) + " is not parked before an event that it could not apply");
  if (m->skipped.size() >= skipped_events_max)
    return error(errc::invalid_argument, named(p) + " has passed over " + std::to_string(skipped_events_max) + " events, which is as many as there may be");
  m->skipped.push_back({m->offset + 1, m->reason});
  ++m->offset;
  m->halt = projection_halt::none;
  m->attempts = 0;
  m->reason.clear();
  TOMNEXT_TRY(store_.commit(p.name(), {}, *m));
  return m->offset;
}

result<void> projection_runner::reset(const projection& p) { return store_.clear(p.name(), {p.version(), 0, log_.head(), projection_halt::none, 0, {}, {}}); }

result<projection_status> status_of(const projection& p, const projection_store* store, const event_log& log) {
  projection_status s{std::string(p.name()), p.version(), projection_state::never_run, {}, log.head().seq, log.head().seq};
  if (store == nullptr) return s;
  auto stored = store->mark(p.name());
  if (!stored) return stored.error().within(named(p));
  if (!*stored) return s;
  s.mark = std::move(**stored);
  auto same = log.holds(s.mark.witness);
  if (!same) return same.error();
  s.state = state_of(s.mark, p, *same, s.head);
  const auto counted = s.state == projection_state::other_version || s.state == projection_state::other_history ? 0 : s.mark.offset;
  s.lag = s.head - std::min(s.head, counted);
  return s;
}

}  // namespace tomnext::persistence
