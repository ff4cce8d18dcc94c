// The one actor class of tomnext: a typed actor around a State, which keeps its own figures and never lets an exception out.
#pragma once
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "actors/runtime/caf.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::actors {

/// What becomes of a message that finds a mailbox full.
enum class when_full : std::uint8_t {
  refuse,      ///< a request is answered with errc::overloaded; what is none is counted as refused
  latest_wins  ///< the oldest give way: for what people look at, never for hosts
};
/// How many messages may wait for an actor. Notices of the framework, answers to its own requests and urgent messages always get in.
struct mailbox_limit {
  std::uint64_t messages_max = 0;  ///< 0: bounded elsewhere, by the credit of those who send
  when_full policy = when_full::refuse;
};

/// Who an actor is in introspection, and how much it lets wait.
struct actor_name {
  std::string name;    ///< unique within the node: "risk_management/book"
  std::string kind;    ///< "host", "journal", …
  std::string parent;  ///< name of its supervisor; empty for a root
  mailbox_limit mailbox = {};
};

/// The part of actor_of that does not depend on the protocol.
class recorded {
 public:
  [[nodiscard]] actor_record& record() const { return *record_; }

 protected:
  explicit recorded(std::shared_ptr<actor_record> record) : record_(std::move(record)) {}
  ~recorded() = default;

 private:
  std::shared_ptr<actor_record> record_;
};

/// The record of an actor made by spawn_actor, for its State: record_of(self).set_state("recovering"). Look it up once, not per message.
template <class Self> actor_record& record_of(Self* self) { return dynamic_cast<const recorded&>(*self).record(); }

namespace detail {
/// An exception as the reason of an actor's end.
inline error error_of(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& known) { return {errc::actor_down, std::string("an exception escaped: ") + known.what()}; } catch (...) {
    return {errc::actor_down, "an exception escaped that is no std::exception"};
  }
}
}  // namespace detail

/// State is made as State(Protocol::pointer self, args…) in the actor's own context when it first runs, and destroyed there when it ends.
/// State::behavior() gives the handlers. An exception from any of these ends the actor with errc::actor_down, never the process.
/// The state reads "starting" until behavior() returned, then "running" unless State set another; at the end "stopped", or "failed" after an error.
template <class Protocol, class State> class actor_of final : public observed<Protocol, actor_of<Protocol, State>>, public recorded {
  using observed_base = observed<Protocol, actor_of>;
  friend observed_base;

 public:
  using base = typename Protocol::base;
  using behavior_type = typename Protocol::behavior_type;
  using make_state = std::function<void(std::optional<State>&, typename Protocol::pointer)>;

  actor_of(spawn_config& config, const std::shared_ptr<introspection>& figures, actor_name who, make_state make)
      : observed_base(config),
        recorded(figures->add(this->id(), who.name, std::move(who.kind), std::move(who.parent))),
        name_(std::move(who.name)),
        limit_(who.mailbox),
        make_(std::move(make)) {
    this->set_exception_handler([this](std::exception_ptr& e) {
      auto reason = detail::error_of(e);
      record().set_error(reason.message);
      return to_caf(reason);
    });
  }

  const char* name() const override { return name_.c_str(); }

 protected:
  behavior_type make_behavior() override {
    std::exchange(make_, nullptr)(state_, this);
    auto handlers = state_->behavior();
    if (std::string_view(record().state()) == "starting") record().set_state("running");
    timer_->skip_to(now_ns());  // the first message does not pay for the start
    return handlers;
  }
  /// Here, not in the destructor: what State holds may hold this actor, and its promises must answer while the mailbox still works.
  void on_exit() override { state_.reset(); }

 private:
  static std::uint64_t now_ns() { return static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count()); }
  /// Gets into a full mailbox all the same.
  static bool has_way(const mail& m) { return is_answer(m) || is_urgent(m) || is_system_message(m); }

  // ---- what `observed` tells ----
  bool admits(const mail& m) {
    if (limit_.messages_max != 0 && limit_.policy == when_full::refuse && !has_way(m) && record().queue_depth() >= limit_.messages_max) {
      record().count_refused();
      return false;
    }
    record().count_enqueued();
    return true;
  }
  [[nodiscard]] error why_refused() const {
    return {errc::overloaded, name_ + ": " + std::to_string(limit_.messages_max) + " messages wait already, and more are not taken: try again later"};
  }
  struct turn {
    actor_record& record;
    turn_timer timer;
    explicit turn(actor_of& self) : record(self.record()), timer(now_ns(), record.take_rest()) {
      record.look_at_queue();
      self.timer_ = &timer;
      on_this_thread() = this;
    }
    ~turn() {
      if (timer.pending() != 0) record.leave_rest(timer.settle(now_ns()));
      on_this_thread() = nullptr;
    }
    /// Null outside of turns: an actor may also end because nobody knows it any more, on whatever thread.
    static turn*& on_this_thread() {
      static thread_local turn* here = nullptr;
      return here;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
  };
  template <class Go> handling handle(mail& m, const Go& go) {
    const auto name = name_number(m);
    measured_message measured{*this, sender_id(m), name, name != message_number("system")};
    record().begin_message(name, timer_->last_ns());
    if (limit_.messages_max != 0 && limit_.policy == when_full::latest_wins && record().queue_depth() > limit_.messages_max && !has_way(m)) {
      record().count_conflated();
      refuse(m, to_caf(why_refused()), this->context());
      measured.is_work = false;
      return handling::done;
    }
    const auto how = go();
    measured.is_kept = how == handling::kept;
    if (how != handling::done) measured.is_work = false;
    return how;
  }
  void ending(const actor_error& reason) {
    // Before the next life may begin: its record goes on with the tables of this one.
    const auto* turn_here = turn::on_this_thread();
    if (turn_here != nullptr && &turn_here->record == &record() && timer_->pending() != 0) {
      const auto now = now_ns();
      record().took(timer_->settle(now), now);
    }
    record().end(!reason || reason == exit_reason::user_shutdown ? "stopped" : "failed");
  }

  /// Counts on the way out, also when a handler throws.
  struct measured_message {
    actor_of& self;
    std::uint64_t sender, name;
    bool is_work;
    bool is_kept = false;  ///< stays in the mailbox, and comes again
    ~measured_message() {
      auto& r = self.record();
      if (!is_work) {
        is_kept ? r.idle() : r.leave_queue();
        return;
      }
      r.end_message(sender, name);
      r.set_in_flight(self.requests_in_flight());
      if (!self.timer_->count() && !r.wants_time()) return;
      const auto now = now_ns();
      r.took(self.timer_->settle(now), now);
      r.look_at_queue();
    }
  };

  const std::string name_;
  const mailbox_limit limit_;
  make_state make_;
  std::optional<State> state_;
  turn_timer* timer_ = nullptr;  // of the turn that is under way
};

namespace detail {
template <class Protocol, class State, threads Where, class Parent, class... A>
Protocol spawn_with(Parent& parent, const std::shared_ptr<introspection>& figures, actor_name who, A&&... args) {
  using values = std::tuple<std::decay_t<A>...>;
  auto kept = std::make_shared<values>(std::forward<A>(args)...);  // shared: a std::function wants to be copyable, the arguments need not be
  typename actor_of<Protocol, State>::make_state make = [kept](std::optional<State>& state, typename Protocol::pointer self) {
    std::apply([&](auto&... a) { state.emplace(self, std::move(a)...); }, *kept);
  };
  return spawn_class<actor_of<Protocol, State>, Where>(parent, figures, std::move(who), std::move(make));
}
}  // namespace detail

/// Starts an actor on the shared workers. Parent: an actor_system, or the actor that starts it. Returns at once.
template <class Protocol, class State, class Parent, class... A>
Protocol spawn_actor(Parent& parent, const std::shared_ptr<introspection>& figures, actor_name who, A&&... args) {
  return detail::spawn_with<Protocol, State, threads::shared>(parent, figures, std::move(who), std::forward<A>(args)...);
}
/// The same with a thread of its own, for work that blocks or takes long.
template <class Protocol, class State, class Parent, class... A>
Protocol spawn_detached_actor(Parent& parent, const std::shared_ptr<introspection>& figures, actor_name who, A&&... args) {
  const auto name = who.name;
  auto spawned = detail::spawn_with<Protocol, State, threads::own>(parent, figures, std::move(who), std::forward<A>(args)...);
  if (const auto record = figures->find(name)) record->set_apart();
  return spawned;
}

/// An actor that blocks or takes long: on a thread of its own, but in a simulated system, where nothing may have one, like any other.
template <class Protocol, class State, class... A>
Protocol spawn_apart(parent_actor& parent, const std::shared_ptr<introspection>& figures, actor_name who, A&&... args) {
  if (is_simulated(parent.system())) return spawn_actor<Protocol, State>(parent, figures, std::move(who), std::forward<A>(args)...);
  return spawn_detached_actor<Protocol, State>(parent, figures, std::move(who), std::forward<A>(args)...);
}

}  // namespace tomnext::actors
