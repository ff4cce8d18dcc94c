// The thin layer over the actor framework: the only file that includes <caf/…>. Written for CAF 0.17; a later CAF changes this file alone.
#pragma once
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/base/describe.hpp"
#include "domain/base/result.hpp"

// Test the parts of the version, never CAF_VERSION: it is octal in some releases.
#if CAF_MAJOR_VERSION != 0 || CAF_MINOR_VERSION != 17
#error "this layer is written for CAF 0.17 (Debian 12 and 13: libcaf-dev)"
#endif

namespace tomnext::actors {

// ---- the framework's own words, and ours for them --------------------------------------------------
using actor_ptr = caf::strong_actor_ptr;  ///< keeps an actor alive and does not tell its protocol
using weak_actor = caf::actor_addr;       ///< tells one life from another, and keeps nothing alive
using actor_id = caf::actor_id;
using actor_system = caf::actor_system;
using system_config = caf::actor_system_config;
using spawn_config = caf::actor_config;
using parent_actor = caf::local_actor;
using plain_behavior = caf::behavior;
using plain_actor = caf::event_based_actor;  ///< without a protocol: for an errand that ends with its answer
using outside_actor = caf::scoped_actor;     ///< for a thread that is no actor and waits for answers
using actor_time = caf::actor_clock::time_point;
using actor_error = caf::error;  ///< why a request failed, or an actor ended; empty: it ended well
using exit_reason = caf::exit_reason;
using exit_notice = caf::exit_msg;  ///< .reason
using down_notice = caf::down_msg;  ///< .source, .reason
using mail = caf::mailbox_element;
using mail_ptr = caf::mailbox_element_ptr;
using worker_ptr = caf::execution_unit*;
template <class... R> using promise_of = caf::typed_response_promise<R...>;

// ---- interfaces: typed<result<R>(Args…), …> --------------------------------------------------------
namespace detail {
template <class> struct handler;
template <class... R, class... A> struct handler<caf::result<R...>(A...)> { using type = typename caf::replies_to<A...>::template with<R...>; };
template <class... A> struct handler<caf::result<void>(A...)> { using type = caf::reacts_to<A...>; };
}  // namespace detail
template <class... R> using answer = caf::result<R...>;
template <class... Signature> using typed = caf::typed_actor<typename detail::handler<Signature>::type...>;

/// A message's name: TOMNEXT_ATOM(append) gives the type append_atom and the value append_v. At most ten characters of text.
#define TOMNEXT_ATOM(name, text)                               \
  using name##_atom = ::caf::atom_constant<::caf::atom(text)>; \
  inline constexpr name##_atom name##_v {}

// ---- sending ---------------------------------------------------------------------------------------
// Only between handlers that answer nothing, or with ask: a plain send to a handler that answers brings the answer back as an ordinary message.
template <class Self, class To, class... T> void tell(Self* self, const To& to, T&&... content) { self->send(to, std::forward<T>(content)...); }
/// Before everything that waits and is not urgent itself. Urgent messages keep their order among themselves.
template <class Self, class To, class... T> void tell_urgently(Self* self, const To& to, T&&... content) {
  self->template send<caf::message_priority::high>(to, std::forward<T>(content)...);
}
template <class To, class... T> void tell_from_outside(const To& to, T&&... content) { caf::anon_send(to, std::forward<T>(content)...); }
/// The same in another actor's name: answers and credit go to that one.
template <class From, class To, class... T> void tell_as(const From& from, const To& to, T&&... content) {
  caf::send_as(from, to, std::forward<T>(content)...);
}
/// A request with a deadline, always. Answers or a time-out arrive as messages of the asking actor.
template <class Self, class To, class... T> auto ask(Self* self, const To& to, std::chrono::milliseconds deadline, T&&... content) {
  return self->request(to, deadline, std::forward<T>(content)...);
}
/// A request without a timer of its own, for those made thousands of times a second: the asker keeps its deadline with a deadline_watch. Only between
/// actors of one process, where the one that is asked holds its promises in guards: then the end of that one is an answer too.
template <class Self, class To, class... T> auto ask_under_watch(Self* self, const To& to, T&&... content) {
  return self->request(to, caf::infinite, std::forward<T>(content)...);
}
/// As ask and ask_under_watch, before everything that waits and is not urgent itself; a mailbox with a limit always takes it.
template <class Self, class To, class... T> auto ask_urgently(Self* self, const To& to, std::chrono::milliseconds deadline, T&&... content) {
  // As the framework's own duration: this CAF forgets the priority of a request whose deadline is given in std::chrono.
  return self->template request<caf::message_priority::high>(to, caf::duration(deadline), std::forward<T>(content)...);
}
template <class Self, class To, class... T> auto ask_urgently_under_watch(Self* self, const To& to, T&&... content) {
  return self->template request<caf::message_priority::high>(to, caf::duration(caf::infinite), std::forward<T>(content)...);
}
template <class Self, class... T> void tell_later(Self* self, std::chrono::nanoseconds delay, T&&... content) {
  self->delayed_send(self, delay, std::forward<T>(content)...);
}
/// An exit message that overtakes what is queued: send_exit of this CAF waits behind the mailbox.
inline void exit_now(const actor_ptr& who, actor_error reason) {
  if (!who) return;
  who->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(caf::message_priority::high), {},
                                         caf::exit_msg{caf::actor_cast<caf::actor_addr>(who), std::move(reason)}),
               nullptr);
}
/// An exit message behind what is queued: the actor finishes its work first.
inline void exit_after_queue(const actor_ptr& who, actor_error reason) {
  if (!who) return;
  who->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, caf::exit_msg{caf::actor_cast<caf::actor_addr>(who), std::move(reason)}),
               nullptr);
}
/// Calls f(actor_error reason) once the actor is down, in whatever context that happens; at once where it is down already.
template <class F> void when_down(const actor_ptr& who, F f) {
  if (who) who->get()->attach_functor([f = std::move(f)](const actor_error& reason) { f(reason); });
}
template <class Handle> actor_ptr pointer_of(const Handle& h) { return caf::actor_cast<actor_ptr>(h); }
template <class Handle> Handle handle_of(const actor_ptr& p) { return caf::actor_cast<Handle>(p); }
inline weak_actor weak_of(const actor_ptr& p) { return caf::actor_cast<weak_actor>(p); }
/// Null where it is gone.
inline actor_ptr strong_of(const weak_actor& w) { return caf::actor_cast<actor_ptr>(w); }
/// Whether a notice is about this life, and not about an earlier one of its name.
inline bool is_from(const down_notice& m, const actor_ptr& life) { return life && weak_of(life) == m.source; }

// ---- what an actor does with itself ----------------------------------------------------------------
/// f(actor_error reason) when somebody orders this actor to end; without it the actor ends at once.
template <class Self, class F> void on_exit_order(Self* self, F f) {
  self->set_exit_handler([f = std::move(f)](exit_notice& m) { f(m.reason); });
}
/// f(const down_notice&) when one that it watches has ended.
template <class Self, class F> void on_down(Self* self, F f) {
  self->set_down_handler([f = std::move(f)](const down_notice& m) { f(m); });
}
/// News of an end overtake what else is queued.
template <class Self, class Who> void watch(Self* self, const Who& who) { self->template monitor<caf::message_priority::high>(who); }
/// Takes the answer of the request at hand upon itself; give it to a promise_guard.
template <class... R, class Self> promise_of<R...> promise_answer(Self* self) { return self->template make_response_promise<R...>(); }
/// An actor for one errand, made of a function of itself.
template <class F> auto spawn_errand(actor_system& system, F f) {
  return system.spawn([f = std::move(f)](plain_actor* self) { f(self); });
}
/// Whether an actor runs on the workers' threads or has one of its own.
enum class threads : std::uint8_t { shared, own };
template <class Actor, threads Where, class Parent, class... A> auto spawn_class(Parent& parent, A&&... args) {
  constexpr auto options = Where == threads::own ? caf::detached : caf::no_spawn_options;
  return parent.template spawn<Actor, options>(std::forward<A>(args)...);
}
inline std::size_t running_actors(actor_system& system) { return system.registry().running(); }

// ---- errors ----------------------------------------------------------------------------------------
/// Our error as the framework's, and back. Codes of others become errc::actor_down or errc::timed_out.
inline actor_error to_caf(const error& e) {
  return {static_cast<std::uint8_t>(static_cast<unsigned>(e.code) % 256), caf::atom("tomnext"),
          caf::make_message(static_cast<std::uint16_t>(e.code), e.message)};
}
inline error from_caf(const actor_error& e) {
  if (!e) return {errc::actor_down, "ended without an error"};  // an empty error has no category to ask for
  if (e.category() == caf::atom("tomnext") && e.context().match_elements<std::uint16_t, std::string>())
    return {static_cast<errc>(e.context().get_as<std::uint16_t>(0)), e.context().get_as<std::string>(1)};
  if (e == caf::sec::request_timeout) return {errc::timed_out, "no answer within the deadline"};
  return {errc::actor_down, "the actor that was asked is gone"};
}
/// True where the error was made by to_caf.
inline bool is_ours(const actor_error& e) { return e && e.category() == caf::atom("tomnext"); }
/// The reason of an actor's end, for people.
inline std::string reason_text(const actor_error& e) {
  if (!e) return "ended";
  if (e.category() == caf::atom("tomnext")) return from_caf(e).message;
  if (e == exit_reason::user_shutdown) return "shut down";
  if (e == exit_reason::kill) return "killed";
  if (e == exit_reason::unhandled_exception) return "an exception escaped";
  return "ended with error " + std::to_string(e.code());
}

/// Answers a promise with errc::actor_down when it is dropped: in this CAF a dropped promise would leave the asker to its time-out.
template <class... R> class promise_guard {
 public:
  explicit promise_guard(promise_of<R...> p) : box_(std::make_shared<box>(std::move(p))) {}
  template <class... T> void deliver(T&&... value) {
    if (!box_ || box_->answered) return;
    box_->answered = true;
    box_->promise.deliver(std::forward<T>(value)...);
  }

 private:
  struct box {
    promise_of<R...> promise;
    bool answered = false;
    explicit box(promise_of<R...> p) : promise(std::move(p)) {}
    box(const box&) = delete;
    box& operator=(const box&) = delete;
    ~box() {
      if (!answered && promise.pending()) promise.deliver(to_caf({errc::actor_down, "the answer was given up"}));
    }
  };
  std::shared_ptr<box> box_;
};

// ---- what a mailbox holds --------------------------------------------------------------------------
inline bool is_request(const mail& m) { return m.mid.is_request(); }
inline bool is_answer(const mail& m) { return m.mid.is_response(); }
inline bool is_urgent(const mail& m) { return m.is_high_priority(); }
/// True where the message consists of these.
template <class... T> bool holds(const mail& m) { return m.content().match_elements<T...>(); }
/// Its n-th part; only where holds() said so.
template <class T> const T& part_of(const mail& m, std::size_t n) { return m.content().get_as<T>(n); }

/// Notices of the framework itself: ends of others, orders to end, time-outs of its own.
inline bool is_system_message(const mail& m) {
  const auto type = m.content().type_token();
  return type == caf::make_type_token<caf::down_msg>() || type == caf::make_type_token<caf::exit_msg>() || type == caf::make_type_token<caf::timeout_msg>();
}

/// A message's name as a number, and back as text.
template <std::size_t N> constexpr std::uint64_t message_number(const char (&text)[N]) { return static_cast<std::uint64_t>(caf::atom(text)); }
inline std::string message_text(std::uint64_t number) { return caf::to_string(static_cast<caf::atom_value>(number)); }
/// The name of a message for introspection: its atom, or what it is to the framework.
inline std::uint64_t name_number(const mail& m) {
  if (is_answer(m)) return message_number("answer");
  const auto& content = m.content();
  if (content.size() != 0 && content.match_element<caf::atom_value>(0)) return static_cast<std::uint64_t>(content.get_as<caf::atom_value>(0));
  return is_system_message(m) ? message_number("system") : message_number("unnamed");
}
/// 0 for messages from outside of actors.
inline std::uint64_t sender_id(const mail& m) { return m.sender ? m.sender->id() : 0; }
/// Answers a request that is not taken; what is no request has nobody to tell.
inline void refuse(const mail& m, actor_error why, worker_ptr worker) {
  if (m.mid.is_request() && m.sender) m.sender->enqueue(nullptr, m.mid.response_id(), caf::make_message(std::move(why)), worker);
}

// ---- actors with something around them -------------------------------------------------------------
/// What became of a message: done, left where it is until the actor may take it, or of no use.
enum class handling : std::uint8_t { done, kept, dropped };

/// The framework's actor for a protocol. It tells Derived, which makes it a friend, what happens to it:
///   bool admits(const mail&)        by whoever sends, before the message is in the mailbox; false refuses it with
///   error why_refused()
///   turn(Derived&), ~turn()         around some messages that are handled in a row. An object on the thread's stack: when it ends, the actor may run on another
///   handling handle(mail&, go)      around one message; go() has the framework handle it, and may throw
///   void ending(const actor_error&) before those who watch it learn of its end
template <class Protocol, class Derived> class observed : public Protocol::base {
 public:
  using base = typename Protocol::base;
  using base::base;
  using base::enqueue;
  void enqueue(mail_ptr m, worker_ptr worker) override {
    if (!derived().admits(*m)) return refuse(*m, to_caf(derived().why_refused()), worker);
    base::enqueue(std::move(m), worker);
  }
  caf::resumable::resume_result resume(worker_ptr worker, std::size_t messages_max) override {
    const typename Derived::turn around(derived());
    return base::resume(worker, messages_max);
  }
  caf::invoke_message_result consume(mail& m) override {
    using result = caf::invoke_message_result;
    const auto go = [&] {
      const auto how = base::consume(m);
      return how == result::consumed ? handling::done : how == result::skipped ? handling::kept : handling::dropped;
    };
    const auto how = derived().handle(m, go);
    return how == handling::done ? result::consumed : how == handling::kept ? result::skipped : result::dropped;
  }
  bool cleanup(actor_error&& reason, worker_ptr worker) override {
    derived().ending(reason);
    return base::cleanup(std::move(reason), worker);
  }

 protected:
  /// Of its own that wait for an answer.
  [[nodiscard]] std::size_t requests_in_flight() const { return this->multiplexed_responses_.size(); }

 private:
  Derived& derived() { return static_cast<Derived&>(*this); }
};

/// Runs nothing: stands for an actor, and the sender itself calls take() with what is sent here.
class stand_in : public caf::monitorable_actor {
 public:
  stand_in(spawn_config& config, std::string name) : caf::monitorable_actor(config), name_(std::move(name)) {}
  const char* name() const override { return name_.c_str(); }
  const std::string& own_name() const { return name_; }
  using caf::monitorable_actor::enqueue;
  void enqueue(mail_ptr m, worker_ptr worker) override { take(std::move(m), worker); }
  virtual void take(mail_ptr m, worker_ptr worker) = 0;

 protected:
  /// Those who watch it learn that it has ended.
  void end(actor_error reason) { cleanup(std::move(reason), nullptr); }
  [[nodiscard]] bool ended() const { return getf(is_cleaned_up_flag); }
  void on_destroy() override {
    if (ended()) return;
    end(exit_reason::unreachable);
    caf::monitorable_actor::on_destroy();
  }

 private:
  const std::string name_;
};
template <class T, class... A> actor_ptr make_stand_in(actor_system& system, A&&... args) {
  spawn_config config;
  return caf::make_actor<T, actor_ptr>(system.next_actor_id(), system.node(), &system, config, std::forward<A>(args)...);
}
/// What `p` points to, where it is a T; null otherwise.
template <class T> T* stand_in_behind(const actor_ptr& p) { return dynamic_cast<T*>(caf::actor_cast<caf::abstract_actor*>(p)); }

// ---- the system ------------------------------------------------------------------------------------
/// So many messages an actor handles before others have their turn. With 50 a command took three times as long while a service was flooded with questions.
inline constexpr std::size_t messages_per_turn = 10;
/// The settings that matter: work sharing (round trips a fifth of work stealing), and a bound on messages per turn, without which one actor starves the rest.
inline void configure(system_config& c, std::size_t threads) {
  c.set("scheduler.policy", caf::atom("sharing"));
  c.set("scheduler.max-throughput", messages_per_turn);
  c.set("scheduler.max-threads", threads);
  c.set("logger.console", caf::atom("none"));
}

// ---- tests: one thread and virtual time ------------------------------------------------------------
using test_scheduler = caf::scheduler::test_coordinator;
/// The actor that a job of the test scheduler is; 0 where it is none.
template <class Job> actor_id id_of_job(Job* job) {
  const auto* who = dynamic_cast<caf::abstract_actor*>(job);
  return who == nullptr ? 0 : who->id();
}
/// Actors run only when a test says so, and time passes only when it says so. Detached actors have their own threads all the same.
inline void configure_for_tests(system_config& c) {
  c.set("scheduler.policy", caf::atom("testing"));  // as text it would silently mean the real scheduler
  c.set("logger.console", caf::atom("none"));
}
/// True where everything runs on one thread in virtual time.
inline bool is_simulated(actor_system& s) { return dynamic_cast<test_scheduler*>(&s.scheduler()) != nullptr; }
inline test_scheduler& test_scheduler_of(actor_system& s) { return dynamic_cast<test_scheduler&>(s.scheduler()); }

// ---- messages as values: for those that carry them somewhere else ----------------------------------
using message_value = caf::message;
using message_parts = caf::type_erased_tuple;  ///< what a message consists of, wherever it lies
using message_tag = caf::message_id;           ///< whether it is a request or an answer, to which, and how urgent
using atom = caf::atom_value;

inline std::string atom_text(atom a) { return caf::to_string(a); }
inline atom atom_of(const std::string& text) { return caf::atom_from_string(text); }
/// The message that `name` begins, as TOMNEXT_ATOM made it, or parts without one.
template <class... T> message_value value_of_parts(T&&... parts) { return caf::make_message(std::forward<T>(parts)...); }
template <atom Name, class... T> message_value message_of(caf::atom_constant<Name>, T&&... parts) { return caf::make_message(Name, std::forward<T>(parts)...); }
/// Its atom; nothing where it does not begin with one.
inline std::optional<atom> atom_in(const message_parts& m) {
  if (m.size() == 0 || !m.match_element<atom>(0)) return std::nullopt;
  return m.get_as<atom>(0);
}
/// The error that it is, as an answer.
inline std::optional<error> error_in(const message_parts& m) {
  if (m.size() != 1 || !m.match_element<actor_error>(0)) return std::nullopt;
  return from_caf(m.get_as<actor_error>(0));
}

// ---- mail apart ------------------------------------------------------------------------------------
inline const message_parts& parts_in(const mail& m) { return m.content(); }
inline message_tag tag_of(const mail& m) { return m.mid; }
/// Of a request and of its answer the same, and of no other request of its sender.
inline std::uint64_t request_number(message_tag t) { return t.request_id().integer_value(); }
inline constexpr std::uint64_t request_number_max = caf::message_id::request_id_mask;

// ---- mail put together -----------------------------------------------------------------------------
/// `request`: its number; 0 where it is none.
inline void put_mail(const actor_ptr& to, const actor_ptr& from, std::uint64_t request, bool urgent, message_value m) {
  const message_tag tag = urgent ? message_tag(request) : caf::make_message_id(request);
  to->enqueue(caf::make_mailbox_element(from, tag, {}, std::move(m)), nullptr);
}
/// The answer to a request that had this tag.
inline void put_answer_mail(const actor_ptr& to, message_tag request, message_value m) { to->enqueue(nullptr, request.response_id(), std::move(m), nullptr); }
inline void put_failure_mail(const actor_ptr& to, message_tag request, const error& why) { put_answer_mail(to, request, caf::make_message(to_caf(why))); }

// ---- protocols, handler by handler -----------------------------------------------------------------
/// One handler of a protocol: its message's atom, what comes behind it, and what it is answered with.
template <atom Name, class Parts, class Answer> struct handler_of {
  static constexpr atom name = Name;
  using parts = Parts;
  using answered_with = Answer;  ///< type_list<> where it is answered with nothing
};
namespace detail {
template <class...> struct handler_parts;
template <atom Name, class... A, class... R>
struct handler_parts<caf::typed_mpi<caf::detail::type_list<caf::atom_constant<Name>, A...>, caf::output_tuple<R...>>> {
  using type = handler_of<Name, type_list<A...>, type_list<R...>>;
};
template <atom Name, class... A> struct handler_parts<caf::typed_mpi<caf::detail::type_list<caf::atom_constant<Name>, A...>, caf::output_tuple<void>>> {
  using type = handler_of<Name, type_list<A...>, type_list<>>;
};
template <class> struct signatures_of;
template <class... S> struct signatures_of<caf::detail::type_list<S...>> {
  template <class F> static void each(F& f) { (f.template operator()<typename handler_parts<S>::type>(), ...); }
};
}  // namespace detail
/// Calls f.template operator()<handler_of<…>>() for each handler of the protocol, in their order.
template <class Protocol, class F> void for_each_handler(F f) { detail::signatures_of<typename Protocol::signatures>::each(f); }

}  // namespace tomnext::actors
