#include "actors/runtime/supervisor.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
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
TOMNEXT_ATOM(look, "svLook");

/// What a supervisor tells itself.
using supervisor_actor = typed<answer<void>(begin_atom),  // start the children
                               answer<void>(look_atom)>;  // something may be due

/// down: to be started when due. stopping: asked to. killed: told to. stuck: did neither. ended: for good.
enum class phase : std::uint8_t { down, up, stopping, killed, stuck, ended };

/// What is to happen when: the end of a back-off, or of a child's time to stop. One timer of the framework serves all, since each costs its clock's thread a
/// wake-up, and most are overtaken by events.
class appointments {
 public:
  static constexpr std::size_t whole_group = ~std::size_t{0};
  using book = std::multimap<actor_time, std::size_t>;  // when, and for which child
  using entry = std::optional<book::iterator>;

  entry make(actor_time due, std::size_t whose) { return book_.emplace(due, whose); }
  void drop(entry& e) {
    if (e) book_.erase(*e);
    e.reset();
  }
  [[nodiscard]] std::optional<actor_time> first() const { return book_.empty() ? std::nullopt : std::optional(book_.begin()->first); }
  [[nodiscard]] std::size_t first_whose() const { return book_.begin()->second; }

 private:
  book book_;
};

struct child {
  child_spec spec;
  actor_ptr life;
  actor_ptr stable;  ///< its address, where it has one
  phase now = phase::down;
  bool attempted = false;  ///< the next start is a restart
  std::uint64_t restarts = 0;
  appointments::entry due;  ///< the end of its back-off where each restarts alone, or of its time to stop
  std::string reason;       ///< why it starts again
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
    for (auto& spec : specs) children_.push_back({std::move(spec), nullptr, nullptr, phase::down, false, 0, {}, {}});
  }
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;
  /// Nobody is left without a supervisor. After an orderly stop nobody is left at all.
  ~supervisor_state() {
    for (auto& c : children_)
      if (c.life && c.now != phase::stuck) exit_now(c.life, exit_reason::kill);
  }

  supervisor_actor::behavior_type behavior() {
    on_exit_order(self_, [this](const actor_error& reason) {
      if (reason) stop_all(reason);
    });
    on_down(self_, [this](const down_notice& m) { take_down(m); });
    tell(self_, self_, begin_v);  // a start that fails must find a supervisor that is complete
    return {[this](begin_atom) { begin(); }, [this](look_atom) { look(); }};
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
      if (children_[i].now == phase::down && !children_[i].due) start(i);
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
      watch(self_, c.life);
      return;
    }
    const auto known = figures_->find(c.spec.name);
    const auto record = known ? known : figures_->add(0, c.spec.name, "child", settings_.name);
    record->set_error(trouble);
    record->end("failed");
    failed(i, to_caf({errc::actor_down, trouble}));
  }
  // ---- what is due ----
  void later(appointments::entry& e, std::chrono::milliseconds wait, std::size_t whose) {
    appointments_.drop(e);
    e = appointments_.make(self_->clock().now() + wait, whose);
    keep_looking();
  }
  void keep_looking() {
    const auto first = appointments_.first();
    if (!first || (looks_at_ && *looks_at_ <= *first)) return;
    looks_at_ = first;
    tell_later(self_, std::max<std::chrono::nanoseconds>(*first - self_->clock().now(), {}), look_v);
  }
  void look() {
    looks_at_.reset();
    const auto now = self_->clock().now();
    for (auto first = appointments_.first(); first && *first <= now; first = appointments_.first()) {
      const auto whose = appointments_.first_whose();
      appointments_.drop(whose == appointments::whole_group ? group_due_ : children_[whose].due);
      if (whose == appointments::whole_group) restart_group();
      else children_[whose].now == phase::down ? restart(whose) : deadline_passed(whose);
    }
    keep_looking();
  }
  void restart(std::size_t i) {
    if (mode_ != mode::stopping) start(i);
  }
  void restart_group() {
    if (mode_ != mode::regrouping) return;
    mode_ = mode::running;
    start_from(group_first_);
  }

  // ---- ends of children ----
  void take_down(const down_notice& m) {
    // Of this very life: what an earlier one sent may still arrive.
    const auto found = lives_.find(m.source.id());
    if (found == lives_.end() || !is_from(m, children_[found->second].life)) return;
    const auto i = found->second;
    lives_.erase(found);
    auto& c = children_[i];
    const bool on_its_own = std::exchange(c.now, phase::down) == phase::up;
    if (!on_its_own) --stopping_;
    if (c.stable) as_address(c.stable)->unbind(c.life);
    c.life = nullptr;
    appointments_.drop(c.due);
    if (mode_ == mode::stopping) return stop_next();
    if (mode_ != mode::regrouping || i < group_first_) return failed(i, m.reason);
    // Its siblings restart and so would it; an end of its own is an end for good where its kind says so.
    if (c.spec.restart == restart_kind::temporary || (on_its_own && !starts_again(c, m.reason))) end_for_good(c, m.reason);
    regroup();
  }
  static bool starts_again(const child& c, const actor_error& reason) {
    if (c.spec.restart == restart_kind::transient) return reason && reason != exit_reason::user_shutdown;
    return c.spec.restart == restart_kind::permanent;
  }
  void end_for_good(child& c, const actor_error& reason) {
    c.now = phase::ended;
    if (c.stable) as_address(c.stable)->retire();
    if (c.spec.restart == restart_kind::temporary) figures_->removed(c.spec.name);  // there may be ever new ones
    report(c, is_ours(reason) ? from_caf(reason) : error{errc::actor_down, reason_text(reason)});
  }
  void failed(std::size_t i, const actor_error& reason) {
    auto& c = children_[i];
    if (!starts_again(c, reason)) return end_for_good(c, reason);
    c.reason = reason_text(reason);
    const auto wait = policy_.on_failure(self_->clock().now(), i);
    if (!wait) {
      const auto limit = std::to_string(settings_.restarts_max) + " times within " + std::to_string(settings_.window.count()) + " ms";
      return give_up(c, "child " + c.spec.name + " failed more than " + limit + ", lastly: " + c.reason);
    }
    if (settings_.strategy == strategy_kind::one_for_one) return later(c.due, *wait, i);
    group_first_ = settings_.strategy == strategy_kind::one_for_all ? 0 : i;  // an elder may join a round that is under way: never a younger one
    mode_ = mode::regrouping;
    group_wait_ = *wait;
    appointments_.drop(group_due_);  // a start that was due would come before those that stop now
    for (auto k = group_first_; k < children_.size(); ++k)
      if (children_[k].now == phase::up) children_[k].reason = "restarted with " + c.spec.name;
    regroup();
  }
  /// Stops the youngest sibling that is still up; when all are down, waits and starts them.
  void regroup() {
    if (being_stopped()) return;
    for (auto i = children_.size(); i-- > group_first_;)
      if (children_[i].now == phase::up) return stop(i);
    later(group_due_, group_wait_, appointments::whole_group);
  }
  void give_up(const child& c, const std::string& why) {
    const error e{errc::actor_down, "supervisor " + settings_.name + " gives up: " + why};
    record_.set_error(e.message);
    report(c, e);
    stop_all(to_caf(e));
  }

  // ---- stopping ----
  void stop_all(actor_error reason) {
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
    if (mode_ == mode::stopping) exit_after_queue(c.life, exit_reason::user_shutdown);
    else exit_now(c.life, exit_reason::user_shutdown);
    later(c.due, c.spec.stop_deadline, i);
  }
  void deadline_passed(std::size_t i) {
    auto& c = children_[i];
    if (c.now == phase::stopping) {
      c.now = phase::killed;
      exit_now(c.life, exit_reason::kill);
      return later(c.due, settings_.kill_grace, i);
    }
    if (c.now == phase::killed) leave_behind(c);
  }
  /// It hangs in a handler, where no message reaches it. Neither a shutdown nor its siblings wait for it, and no second life starts beside it.
  void leave_behind(child& c) {
    c.now = phase::stuck;
    --stopping_;
    lives_.erase(c.life->id());
    appointments_.drop(c.due);
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

  supervisor_actor::pointer self_;
  actor_record& record_;
  std::shared_ptr<introspection> figures_;
  supervisor_settings settings_;
  restart_policy policy_;
  std::optional<error> invalid_;
  std::vector<child> children_;
  mode mode_ = mode::running;
  actor_error reason_;
  std::size_t group_first_ = 0;
  std::chrono::milliseconds group_wait_{};
  appointments appointments_;
  appointments::entry group_due_;                    // the end of the back-off of a round
  std::optional<actor_time> looks_at_;               // when the timer under way is due
  std::unordered_map<actor_id, std::size_t> lives_;  // which child has this life now
  std::size_t stopping_ = 0;                         // children that are being stopped
  std::size_t below_ = 0;                            // in the end: those from here on have ended
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
