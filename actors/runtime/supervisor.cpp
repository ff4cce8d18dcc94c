#include "actors/runtime/supervisor.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "actors/runtime/address.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/restart_policy.hpp"
#include "actors/runtime/supervision_tree.hpp"

namespace tomnext::actors {
namespace {

TOMNEXT_ATOM(begin, "svBegin");
TOMNEXT_ATOM(restart, "svRestart");
TOMNEXT_ATOM(deadline, "svDeadline");

/// What a supervisor tells itself. A ticket is a number given out once; timers that were overtaken by events find no owner of theirs.
using supervisor_actor = typed<answer<void>(begin_atom),                     // start the children
                               answer<void>(restart_atom, std::uint64_t),    // the back-off is over
                               answer<void>(deadline_atom, std::uint64_t)>;  // a child had its time to stop

/// down: to be started when due. stopping: asked to. killed: told to. stuck: did neither. ended: for good.
enum class phase : std::uint8_t { down, up, stopping, killed, stuck, ended };

struct child {
  child_spec spec;
  actor_ptr life;
  actor_ptr stable;  ///< its address, where it has one
  phase now = phase::down;
  bool attempted = false;  ///< the next start is a restart
  std::uint64_t restarts = 0;
  std::uint64_t ticket = 0;  ///< of its own timer: back-off where each restarts alone, or the deadline to stop
  std::string reason;        ///< why it starts again
};

/// The first thing wrong with the settings, or nothing.
std::optional<error> check(const supervisor_settings& s, const std::vector<child_spec>& children) {
  const auto refuse = [&](const std::string& what) { return error{errc::invalid_argument, "supervisor " + s.name + ": " + what}; };
  if (s.name.empty()) return refuse("the name is empty");
  if (s.window.count() <= 0) return refuse("window must be longer than 0 ms");
  if (s.backoff_min.count() <= 0 || s.backoff_max < s.backoff_min) return refuse("allowed is 0 ms < backoff_min <= backoff_max");
  if (s.kill_grace.count() < 0) return refuse("kill_grace is negative");
  std::set<std::string> names;
  for (const auto& c : children) {
    if (c.name.empty()) return refuse("a child's name is empty");
    for (const auto& need : c.needs)
      if (!names.contains(need)) return refuse("child " + c.name + " needs " + need + ", which does not start before it");
    if (!names.insert(c.name).second) return refuse("two children are named " + c.name);
    if (!c.start) return refuse("child " + c.name + " has no start function");
    if (c.stop_deadline.count() < 0) return refuse("stop_deadline of child " + c.name + " is negative");
  }
  return std::nullopt;
}

/// FNV-1a: supervisors that fail together draw different jitter.
std::uint64_t seed_of(const supervisor_settings& s) {
  std::uint64_t h = 14695981039346656037ULL ^ s.seed;
  for (const char c : s.name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return h;
}

class supervisor_state {
 public:
  supervisor_state(supervisor_actor::pointer self, std::shared_ptr<introspection> figures, supervisor_settings settings, std::vector<child_spec> specs)
      : self_(self),
        record_(record_of(self)),
        figures_(std::move(figures)),
        settings_(std::move(settings)),
        policy_({settings_.restarts_max, settings_.window, settings_.backoff_min, settings_.backoff_max}, seed_of(settings_)),
        invalid_(check(settings_, specs)) {
    for (auto& spec : specs) children_.push_back({std::move(spec), nullptr, nullptr, phase::down, false, 0, 0, {}});
  }
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;
  /// Nobody is left without a supervisor. After an orderly stop nobody is left at all.
  ~supervisor_state() {
    for (auto& c : children_)
      if (c.life && c.now != phase::stuck) exit_now(c.life, caf::exit_reason::kill);
  }

  supervisor_actor::behavior_type behavior() {
    self_->set_exit_handler([this](caf::exit_msg& m) {
      if (m.reason) stop_all(m.reason);
    });
    self_->set_down_handler([this](caf::down_msg& m) { take_down(m); });
    tell(self_, self_, begin_v);  // a start that fails must find a supervisor that is complete
    return {[this](begin_atom) { begin(); }, [this](restart_atom, std::uint64_t ticket) { restart_due(ticket); },
            [this](deadline_atom, std::uint64_t ticket) { deadline_passed(ticket); }};
  }

 private:
  /// regrouping: one failed, and it and its siblings are being stopped, or wait to be started together.
  enum class mode : std::uint8_t { running, regrouping, stopping };

  void begin() {
    if (mode_ == mode::stopping) return;
    if (invalid_) return stop_all(to_caf(*invalid_));
    figures_->declare_strategy(settings_.name, to_string(settings_));
    start_from(0);
  }

  // ---- starting ----
  /// Starts what is down, in order. Where siblings depend on each other, a failure among them ends the round: they begin again together.
  void start_from(std::size_t first) {
    for (auto i = first; i < children_.size() && mode_ == mode::running; ++i)
      if (children_[i].now == phase::down && children_[i].ticket == 0) start(i);
  }
  void start(std::size_t i) {
    auto& c = children_[i];
    if (std::exchange(c.attempted, true)) {
      ++c.restarts;
      figures_->restarted(c.spec.name, c.reason);
      if (settings_.on_restart) settings_.on_restart(c.spec.name, c.restarts, c.reason);
    }
    std::string trouble = "start returned no actor";
    try {
      c.life = c.spec.start(*self_);
    } catch (...) { trouble = detail::error_of(std::current_exception()).message; }
    if (c.life) {
      c.now = phase::up;
      lives_[c.life->id()] = i;
      if (c.spec.address) {
        c.stable = c.spec.address(self_->system());
        as_address(c.stable)->bind(c.life);
      }
      figures_->declare(c.spec.name, to_string(c.spec));
      // High priority: news of an end overtakes what else is queued here.
      self_->template monitor<caf::message_priority::high>(c.life);
      return;
    }
    const auto known = figures_->find(c.spec.name);
    const auto record = known ? known : figures_->add(0, c.spec.name, "child", settings_.name);
    record->set_error(trouble);
    record->end("failed");
    failed(i, to_caf({errc::actor_down, trouble}));
  }
  void restart_due(std::uint64_t ticket) {
    if (mode_ == mode::stopping) return;
    if (mode_ == mode::regrouping && ticket == group_ticket_) {
      mode_ = mode::running;
      return start_from(group_first_);
    }
    const auto i = owner_of(ticket);
    if (!i || children_[*i].now != phase::down) return;
    forget_ticket(children_[*i]);
    start(*i);
  }

  // ---- ends of children ----
  void take_down(const caf::down_msg& m) {
    // Of this very life: what an earlier one sent may still arrive.
    const auto found = lives_.find(m.source.id());
    if (found == lives_.end() || children_[found->second].life->address() != m.source) return;
    const auto i = found->second;
    lives_.erase(found);
    auto& c = children_[i];
    const bool on_its_own = std::exchange(c.now, phase::down) == phase::up;
    if (!on_its_own) --stopping_;
    if (c.stable) as_address(c.stable)->unbind(c.life);
    c.life = nullptr;
    forget_ticket(c);
    if (mode_ == mode::stopping) return stop_next();
    if (mode_ != mode::regrouping || i < group_first_) return failed(i, m.reason);
    // Its siblings restart and so would it; an end of its own is an end for good where its kind says so.
    if (c.spec.restart == restart_kind::temporary || (on_its_own && !starts_again(c, m.reason))) end_for_good(c, m.reason);
    regroup();
  }
  static bool starts_again(const child& c, const caf::error& reason) {
    if (c.spec.restart == restart_kind::transient) return reason && reason != caf::exit_reason::user_shutdown;
    return c.spec.restart == restart_kind::permanent;
  }
  void end_for_good(child& c, const caf::error& reason) {
    c.now = phase::ended;
    if (c.stable) as_address(c.stable)->retire();
    if (c.spec.restart == restart_kind::temporary) figures_->removed(c.spec.name);  // there may be ever new ones
    report(c, is_ours(reason) ? from_caf(reason) : error{errc::actor_down, reason_text(reason)});
  }
  void failed(std::size_t i, const caf::error& reason) {
    auto& c = children_[i];
    if (!starts_again(c, reason)) return end_for_good(c, reason);
    c.reason = reason_text(reason);
    const auto wait = policy_.on_failure(self_->clock().now(), i);
    if (!wait) {
      const auto limit = std::to_string(settings_.restarts_max) + " times within " + std::to_string(settings_.window.count()) + " ms";
      return give_up(c, "child " + c.spec.name + " failed more than " + limit + ", lastly: " + c.reason);
    }
    if (settings_.strategy == strategy_kind::one_for_one) return tell_later(self_, *wait, restart_v, take_ticket(i));
    group_first_ = settings_.strategy == strategy_kind::one_for_all ? 0 : i;  // an elder may join a round that is under way: never a younger one
    mode_ = mode::regrouping;
    group_wait_ = *wait;
    group_ticket_ = 0;  // a start that was due would come before those that stop now
    for (auto k = group_first_; k < children_.size(); ++k)
      if (children_[k].now == phase::up) children_[k].reason = "restarted with " + c.spec.name;
    regroup();
  }
  /// Stops the youngest sibling that is still up; when all are down, waits and starts them.
  void regroup() {
    if (being_stopped()) return;
    for (auto i = children_.size(); i-- > group_first_;)
      if (children_[i].now == phase::up) return stop(i);
    tell_later(self_, group_wait_, restart_v, group_ticket_ = next_ticket());
  }
  void give_up(const child& c, const std::string& why) {
    const error e{errc::actor_down, "supervisor " + settings_.name + " gives up: " + why};
    record_.set_error(e.message);
    report(c, e);
    stop_all(to_caf(e));
  }

  // ---- stopping ----
  void stop_all(caf::error reason) {
    if (mode_ == mode::stopping) return;
    mode_ = mode::stopping;
    reason_ = std::move(reason);
    record_.set_state("stopping");
    below_ = children_.size();
    stop_next();
  }
  void stop_next() {
    if (being_stopped()) return;
    // Nobody starts any more: those above have all ended.
    while (below_ > 0)
      if (children_[--below_].now == phase::up) return stop(below_);
    self_->quit(reason_);
  }
  [[nodiscard]] bool being_stopped() const { return stopping_ != 0; }
  void stop(std::size_t i) {
    auto& c = children_[i];
    c.now = phase::stopping;
    ++stopping_;
    // In the end each finishes its work; before a restart its work is void, and the dead one is waited for.
    if (mode_ == mode::stopping) exit_after_queue(c.life, caf::exit_reason::user_shutdown);
    else exit_now(c.life, caf::exit_reason::user_shutdown);
    tell_later(self_, c.spec.stop_deadline, deadline_v, take_ticket(i));
  }
  void deadline_passed(std::uint64_t ticket) {
    const auto i = owner_of(ticket);
    if (!i) return;
    auto& c = children_[*i];
    if (c.now == phase::stopping) {
      c.now = phase::killed;
      exit_now(c.life, caf::exit_reason::kill);
      return tell_later(self_, settings_.kill_grace, deadline_v, take_ticket(*i));
    }
    if (c.now == phase::killed) leave_behind(c);
  }
  /// It hangs in a handler, where no message reaches it. Neither a shutdown nor its siblings wait for it, and no second life starts beside it.
  void leave_behind(child& c) {
    c.now = phase::stuck;
    --stopping_;
    lives_.erase(c.life->id());
    forget_ticket(c);
    const error e{errc::timed_out, "child " + c.spec.name + " did not stop within " + std::to_string(c.spec.stop_deadline.count()) + " ms, nor within " +
                                       std::to_string(settings_.kill_grace.count()) + " ms of being killed: it is left behind"};
    if (const auto record = figures_->find(c.spec.name)) record->set_state("failed");
    if (mode_ != mode::stopping) return give_up(c, e.message);
    record_.set_error(e.message);
    report(c, e);
    stop_next();
  }

  void report(const child& c, const error& e) {
    if (settings_.on_child_ended) settings_.on_child_ended(c.spec.name, e);
  }
  std::uint64_t next_ticket() { return ++tickets_; }
  /// A child has one ticket at a time.
  std::uint64_t take_ticket(std::size_t i) {
    forget_ticket(children_[i]);
    owners_[children_[i].ticket = next_ticket()] = i;
    return children_[i].ticket;
  }
  void forget_ticket(child& c) { owners_.erase(std::exchange(c.ticket, 0)); }
  [[nodiscard]] std::optional<std::size_t> owner_of(std::uint64_t ticket) const {
    const auto found = owners_.find(ticket);
    return found == owners_.end() ? std::nullopt : std::optional(found->second);
  }

  supervisor_actor::pointer self_;
  actor_record& record_;
  std::shared_ptr<introspection> figures_;
  supervisor_settings settings_;
  restart_policy policy_;
  std::optional<error> invalid_;
  std::vector<child> children_;
  mode mode_ = mode::running;
  caf::error reason_;
  std::size_t group_first_ = 0;
  std::chrono::milliseconds group_wait_{};
  std::uint64_t group_ticket_ = 0, tickets_ = 0;
  std::unordered_map<caf::actor_id, std::size_t> lives_;   // which child has this life now
  std::unordered_map<std::uint64_t, std::size_t> owners_;  // whose ticket it is
  std::size_t stopping_ = 0;                               // children that are being stopped
  std::size_t below_ = 0;                                  // in the end: those from here on have ended
};

template <class Parent>
actor_ptr spawn(Parent& parent, std::shared_ptr<introspection> figures, supervisor_settings settings, std::vector<child_spec> children) {
  actor_name who{settings.name, "supervisor", settings.parent};
  return pointer_of(spawn_actor<supervisor_actor, supervisor_state>(parent, figures, std::move(who), figures, std::move(settings), std::move(children)));
}

}  // namespace

actor_ptr spawn_supervisor(actor_system& system, std::shared_ptr<introspection> figures, supervisor_settings settings, std::vector<child_spec> children) {
  return spawn(system, std::move(figures), std::move(settings), std::move(children));
}
actor_ptr spawn_supervisor(parent_actor& parent, std::shared_ptr<introspection> figures, supervisor_settings settings, std::vector<child_spec> children) {
  return spawn(parent, std::move(figures), std::move(settings), std::move(children));
}

}  // namespace tomnext::actors
