#include "actors/runtime/worker_pool.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/runtime/address.hpp"
#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/instrumented.hpp"
#include "domain/base/hash.hpp"

namespace tomnext::actors {
namespace {

// Runs one job after the other on a thread of its own. It decides nothing.
class worker_state {
 public:
  explicit worker_state(worker_protocol::pointer self) : self_(self) {}
  worker_protocol::behavior_type behavior() {
    return {[this](run_atom, const work_order_ref& o) -> answer<work_done_ref> {
      record_of(self_).set_state("working");
      const auto began = self_->clock().now();
      auto came_to = run(*o);
      record_of(self_).set_state("running");
      return std::make_shared<const work_done>(work_done{std::move(came_to), self_->clock().now() - began});
    }};
  }

 private:
  static result<job_result> run(const work_order& o) {
    const auto threw = [&](const std::string& what) { return error(errc::poisonous_input, o.what->name + " threw " + what); };
    if (o.control->cancelled()) return o.control->why();  // while the order was on its way
    try {
      return o.what->run(*o.control);
    } catch (const std::exception& e) { return threw(e.what()); } catch (...) {
      return threw("what is no std::exception");
    }
  }
  worker_protocol::pointer self_;
};

}  // namespace

struct worker_pool_state::worker {
  std::size_t number = 0;
  worker_protocol life;
  std::optional<work_id> busy_with;
  bool given_up = false;
};

struct worker_pool_state::work {
  job_ref what;
  std::optional<promise_guard<job_result_ref>> promise;  // none: answered
  cancellation_source source;
  cancellation_reaction reaction;
  work_queue::item charged = {};
  worker_ref runs_on = {};
  time_point started = {};
  std::optional<time_point> told_at = {};  // to stop, while it ran
};

result<void> check(const worker_pool_settings& s) {
  const auto refuse = [](const char* what) { return error(errc::invalid_argument, std::string("worker pool: ") + what); };
  if (s.name.empty() || !s.board || !s.figures) return refuse("name, board and figures are needed");
  if (s.workers < 1 || s.workers > 64) return refuse("allowed for workers are 1 to 64");
  if (s.given_up_max > 64) return refuse("allowed for given_up_max are 0 to 64");
  if (s.queue.waiting_max < 1 || s.queue.waiting_of_owner_max < 1) return refuse("at least one job must be allowed to wait");
  if (s.queue.quantum.count() <= 0 || s.queue.weight_max.count() <= 0 || s.queue.one_in < 1) return refuse("quantum, weight_max and one_in must be above 0");
  if (s.look_every.count() <= 0 || s.stuck_after.count() <= 0 || s.stop_deadline.count() <= 0)
    return refuse("look_every, stuck_after and stop_deadline must be longer than 0 ms");
  return {};
}

worker_pool_state::worker_pool_state(pool_protocol::pointer self, worker_pool_settings settings)
    : self_(self), settings_(std::move(settings)), queue_(settings_.queue), restarts_(settings_.restarts, hash64(settings_.name)) {
  on_exit_order(self_, [this](const actor_error& reason) { stop(reason); });
  on_down(self_, [this](const down_notice& m) { worker_down(m); });
}

// Killed, or failing: nobody is left to tell the jobs.
worker_pool_state::~worker_pool_state() {
  for (auto& [id, k] : open_) {
    k.reaction.end();
    k.source.cancel({errc::cancelled, "the pool ended"});
  }
  for (const auto& w : workers_) exit_now(pointer_of(w->life), exit_reason::kill);
}

pool_protocol::behavior_type worker_pool_state::behavior() {
  if (const auto good = check(settings_); !good) {
    invalid_ = good.error();
    tell(self_, self_, tick_v);  // it ends when it is complete
  } else {
    settings_.board->begin(settings_.workers);
    for (std::size_t i = 0; i < settings_.workers; ++i) add_worker(free_number());
  }
  return {[this](submit_atom, const job_ref& j) { return submit(j); },
          [this](cancel_atom, work_id id, const std::string& why) -> answer<bool> { return cancel(id, why); },
          [this](withdraw_atom, work_id id) { withdrawn(id); }, [this](tick_atom) { look(); }};
}

// ---- jobs come -------------------------------------------------------------------------------------

answer<job_result_ref> worker_pool_state::submit(const job_ref& j) {
  const auto refuse = [this](const error& why) {
    if (settings_.board) settings_.board->refused();
    return to_caf(why);
  };
  if (invalid_) return refuse(*invalid_);
  if (stopping_) return refuse({errc::cancelled, "the pool stops"});
  if (!j || !j->run || j->owner.empty()) return refuse({errc::invalid_argument, "a job has an owner and something to run"});
  if (auto wanted = still_wanted(self_, j->call); !wanted) return refuse(wanted.error());
  if (j->call->deadline == cancellation_token::never) return refuse({errc::invalid_argument, j->name + ": a job has a deadline"});
  if (usable() == 0 && to_restart_.empty()) return refuse(nobody_left());
  auto source = cancellation_source::below(j->call->token, j->call->deadline);
  if (!source) return refuse(source.error());
  const auto id = settings_.board->next_id();
  if (auto admitted = admit(id, j, *source); !admitted) return refuse(admitted.error());
  auto promise = promise_answer<job_result_ref>(self_);
  open_.at(id).promise.emplace(promise);
  start_work();
  keep_looking();
  return promise;
}

result<void> worker_pool_state::admit(work_id id, const job_ref& j, const cancellation_source& source) {
  const auto now = self_->clock().now();
  // The token may be cancelled on any thread: that is news for this actor, in its turn.
  auto reaction = source.token().on_cancel([to = pool_protocol(self_), id](const error&) noexcept { tell_from_outside(to, withdraw_v, id); });
  if (!reaction) return reaction.error();
  TOMNEXT_TRY(queue_.put(id, j->owner, j->priority, j->weight, now));
  settings_.board->submitted(id, *j, now);
  open_.emplace(id, work{j, std::nullopt, source, std::move(*reaction)});
  return {};
}

// ---- jobs run --------------------------------------------------------------------------------------

void worker_pool_state::start_work() {
  for (const auto& w : workers_) {
    while (!w->busy_with && !w->given_up) {
      const auto next = queue_.take(self_->clock().now());
      if (!next) return;
      start(w, *next);
    }
  }
}

void worker_pool_state::start(const worker_ref& w, const work_queue::item& i) {
  auto& k = open_.at(i.id);
  // Nobody works for a caller who has given up, however new that is.
  if (const auto wanted = k.what->call->wanted(self_->clock().now()); !wanted || k.source.token().cancelled()) {
    queue_.settle(i, {});
    if (!wanted) k.source.cancel(wanted.error());
    return withdrawn(i.id);
  }
  k.charged = i;
  k.runs_on = w;
  k.started = self_->clock().now();
  w->busy_with = i.id;
  settings_.board->started(i.id, k.started);
  const auto sink = [board = settings_.board, id = i.id](std::uint64_t done, std::uint64_t total, std::string_view text) {
    board->progress(id, done, total, text);
  };
  auto order = std::make_shared<const work_order>(work_order{i.id, k.what, std::make_shared<job_control>(k.source.token(), sink)});
  // Its deadline is kept in look(): a thread that works on cannot answer in time anyway.
  ask_under_watch(self_, w->life, run_v, work_order_ref(std::move(order)))
      .then([this, w, id = i.id](const work_done_ref& d) { ended(w, id, d->came_to, d->took); },
            [this, id = i.id](const actor_error& e) { lost(id, from_caf(e).within("its worker")); });
}

void worker_pool_state::ended(const worker_ref& w, work_id id, const result<job_result>& came_to, std::chrono::nanoseconds used) {
  w->busy_with.reset();
  close(id, came_to, used);
  free_worker(w);
  if (stopping_) return quit_if_all_are_gone();
  start_work();
}

// Its worker is gone, or going: no other job is given to it until that is known.
void worker_pool_state::lost(work_id id, const error& why) { close(id, why, {}); }

void worker_pool_state::close(work_id id, const result<job_result>& came_to, std::chrono::nanoseconds used) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  queue_.settle(found->second.charged, used);
  conclude(found->second, id, came_to);
  open_.erase(found);
}

void worker_pool_state::conclude(work& k, work_id id, const result<job_result>& came_to) {
  const auto now = self_->clock().now();
  // A job that was told to stop may still have come to something: that counts only if its caller has not heard of the end.
  const auto reason = k.source.token().reason();
  const bool was_cancelled = reason && (!came_to || !k.promise);
  const auto how = was_cancelled ? work_state::cancelled : came_to ? work_state::done : work_state::failed;
  settings_.board->ended(id, how, was_cancelled ? reason->message : came_to ? "" : came_to.error().message, now);
  if (!k.promise) return;
  if (came_to) k.promise->deliver(std::make_shared<const job_result>(*came_to));
  else k.promise->deliver(to_caf(came_to.error()));
}

// ---- jobs are not wanted any more ------------------------------------------------------------------

bool worker_pool_state::cancel(work_id id, const std::string& why) {
  const auto found = open_.find(id);
  return found != open_.end() && found->second.source.cancel({errc::cancelled, why.empty() ? "cancelled" : why});
}

void worker_pool_state::withdrawn(work_id id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  auto& k = found->second;
  const auto reason = *k.source.token().reason();
  if (auto promise = std::exchange(k.promise, std::nullopt)) promise->deliver(to_caf(reason));
  if (k.runs_on) {
    if (!k.told_at) k.told_at = self_->clock().now();
    return;
  }
  queue_.remove(id);
  settings_.board->ended(id, work_state::cancelled, reason.message, self_->clock().now());
  open_.erase(found);
}

void worker_pool_state::look() {
  if (invalid_) return self_->quit(to_caf(*invalid_));
  looking_ = false;
  const auto now = self_->clock().now();
  std::vector<work_id> stuck;
  for (auto& [id, k] : open_) {
    if (now >= k.what->call->deadline && !k.source.token().cancelled())
      k.source.cancel({errc::timed_out, k.what->name + (k.runs_on ? " had not ended" : " had not begun") + " at its deadline"});  // comes back as withdrawn
    if (k.told_at && now - *k.told_at >= settings_.stuck_after) stuck.push_back(id);
  }
  for (const auto id : stuck) give_up(open_.at(id), id);
  if (!stopping_) restart_those_due();
  if (stopping_) {
    if (now >= stop_by_) return self_->quit(reason_);
  } else {
    start_work();
    if (usable() == 0 && to_restart_.empty()) refuse_all(nobody_left());
  }
  keep_looking();
}

void worker_pool_state::give_up(work& k, work_id id) {
  const auto now = self_->clock().now();
  const auto w = k.runs_on;
  const auto why = k.what->name + " did not end within " + std::to_string(settings_.stuck_after.count()) + " ms of being told to: its thread is given up";
  record_of(self_).set_error(why);
  queue_.settle(k.charged, now - k.started);
  settings_.board->ended(id, work_state::given_up, why, now);
  open_.erase(id);
  w->given_up = true;
  if (!stopping_ && given_up() <= settings_.given_up_max) add_worker(free_number());
  show_workers();
}

error worker_pool_state::nobody_left() const {
  return {errc::overloaded, settings_.name + ": all " + std::to_string(given_up()) +
                                " threads hang in jobs that do not end when they are told to, and no more than " + std::to_string(settings_.given_up_max) +
                                " are replaced; see /api/v1/work"};
}

void worker_pool_state::refuse_all(const error& why) {
  std::vector<work_id> waiting;
  for (const auto& [id, k] : open_)
    if (!k.runs_on) waiting.push_back(id);
  for (const auto id : waiting) {
    open_.at(id).source.cancel(why);
    withdrawn(id);
  }
}

// ---- workers ---------------------------------------------------------------------------------------

std::string worker_pool_state::name_of(std::size_t number) const { return settings_.name + "/" + std::to_string(number); }
std::size_t worker_pool_state::free_number() const {
  const auto taken = [this](std::size_t n) {
    return std::any_of(workers_.begin(), workers_.end(), [n](const worker_ref& w) { return w->number == n; }) ||
           std::any_of(to_restart_.begin(), to_restart_.end(), [n](const restart& r) { return r.number == n; });
  };
  std::size_t number = 1;
  while (taken(number)) ++number;
  return number;
}

void worker_pool_state::add_worker(std::size_t number) {
  auto w = std::make_shared<worker>();
  w->number = number;
  const actor_name who{name_of(number), "worker", settings_.name};
  w->life = spawn_apart<worker_protocol, worker_state>(*self_, settings_.figures, who);
  watch(self_, w->life);
  if (settings_.address) as_address(settings_.address(self_->system(), who.name))->bind(pointer_of(w->life));
  workers_.push_back(std::move(w));
  show_workers();
}

void worker_pool_state::worker_down(const down_notice& m) {
  const auto found = std::find_if(workers_.begin(), workers_.end(), [&](const worker_ref& w) { return is_from(m, pointer_of(w->life)); });
  if (found == workers_.end()) return;
  const auto w = *found;
  workers_.erase(found);
  if (settings_.address) as_address(settings_.address(self_->system(), name_of(w->number)))->unbind(pointer_of(w->life));
  show_workers();
  if (w->busy_with) lost(*w->busy_with, {errc::actor_down, "its worker ended: " + reason_text(m.reason)});
  if (stopping_) return quit_if_all_are_gone();
  if (usable() + to_restart_.size() >= settings_.workers) {
    settings_.figures->removed(name_of(w->number));  // it was one too many, and nobody follows it
    return;
  }
  const auto now = self_->clock().now();
  const auto wait = restarts_.on_failure(now, w->number);
  if (!wait) return self_->quit(to_caf({errc::actor_down, settings_.name + ": its workers end again and again, lastly: " + reason_text(m.reason)}));
  to_restart_.push_back({now + *wait, w->number, reason_text(m.reason)});
  keep_looking();
}

void worker_pool_state::restart_those_due() {
  const auto now = self_->clock().now();
  const auto due = std::stable_partition(to_restart_.begin(), to_restart_.end(), [&](const restart& r) { return r.at > now; });
  const std::vector<restart> all(due, to_restart_.end());
  to_restart_.erase(due, to_restart_.end());
  for (const auto& r : all) {
    settings_.figures->restarted(name_of(r.number), r.reason);
    if (settings_.on_restart) settings_.on_restart(name_of(r.number), ++restarts_of_[r.number], r.reason);
    add_worker(r.number);
  }
}

// Its job has ended. One that was given up is used again where there are too few; otherwise it is one too many.
void worker_pool_state::free_worker(const worker_ref& w) {
  if (!w->given_up) return;
  if (usable() < settings_.workers && !stopping_) w->given_up = false;
  else exit_now(pointer_of(w->life), exit_reason::user_shutdown);
  show_workers();
}

std::size_t worker_pool_state::given_up() const {
  return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), [](const worker_ref& w) { return w->given_up; }));
}
std::size_t worker_pool_state::usable() const { return workers_.size() - given_up(); }
void worker_pool_state::show_workers() { settings_.board->workers(usable(), given_up()); }

void worker_pool_state::keep_looking() {
  if (looking_ || (open_.empty() && to_restart_.empty() && !stopping_)) return;
  looking_ = true;
  tell_later(self_, settings_.look_every, tick_v);
}

// ---- the end ---------------------------------------------------------------------------------------

void worker_pool_state::stop(const actor_error& reason) {
  if (std::exchange(stopping_, true)) return;
  reason_ = reason;
  stop_by_ = self_->clock().now() + settings_.stop_deadline;
  record_of(self_).set_state("stopping");
  std::vector<work_id> all;
  for (const auto& [id, k] : open_) all.push_back(id);
  for (const auto id : all) {
    open_.at(id).source.cancel({errc::cancelled, "the pool stops"});
    withdrawn(id);
  }
  // Behind the job that it runs: a worker looks at its mailbox no sooner.
  for (const auto& w : workers_) exit_now(pointer_of(w->life), exit_reason::user_shutdown);
  quit_if_all_are_gone();
  keep_looking();
}

void worker_pool_state::quit_if_all_are_gone() {
  if (stopping_ && std::all_of(workers_.begin(), workers_.end(), [](const worker_ref& w) { return w->given_up; })) self_->quit(reason_);
}

}  // namespace tomnext::actors
