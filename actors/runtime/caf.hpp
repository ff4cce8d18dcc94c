// The thin layer over the actor framework: the only file that includes <caf/…>. Written for CAF 0.17; a later CAF changes this file alone.
#pragma once
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "domain/base/result.hpp"

// Test the parts of the version, never CAF_VERSION: it is octal in some releases.
#if CAF_MAJOR_VERSION != 0 || CAF_MINOR_VERSION != 17
#error "this layer is written for CAF 0.17 (Debian 12 and 13: libcaf-dev)"
#endif

namespace tomnext::actors {

using actor_ptr = caf::strong_actor_ptr;
using actor_system = caf::actor_system;
using system_config = caf::actor_system_config;
using parent_actor = caf::local_actor;

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
template <class Self, class... T> void tell_later(Self* self, std::chrono::nanoseconds delay, T&&... content) {
  self->delayed_send(self, delay, std::forward<T>(content)...);
}
/// An exit message that overtakes what is queued: send_exit of this CAF waits behind the mailbox.
inline void exit_now(const actor_ptr& who, caf::error reason) {
  if (!who) return;
  who->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(caf::message_priority::high), {},
                                         caf::exit_msg{caf::actor_cast<caf::actor_addr>(who), std::move(reason)}),
               nullptr);
}
/// An exit message behind what is queued: the actor finishes its work first.
inline void exit_after_queue(const actor_ptr& who, caf::error reason) {
  if (!who) return;
  who->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, caf::exit_msg{caf::actor_cast<caf::actor_addr>(who), std::move(reason)}),
               nullptr);
}
/// Calls f(caf::error reason) once the actor is down, in whatever context that happens; at once where it is down already.
template <class F> void when_down(const actor_ptr& who, F f) {
  if (who) who->get()->attach_functor([f = std::move(f)](const caf::error& reason) { f(reason); });
}
template <class Handle> actor_ptr pointer_of(const Handle& h) { return caf::actor_cast<actor_ptr>(h); }
template <class Handle> Handle handle_of(const actor_ptr& p) { return caf::actor_cast<Handle>(p); }

// ---- errors ----------------------------------------------------------------------------------------
/// Our error as the framework's, and back. Codes of others become errc::actor_down or errc::timed_out.
inline caf::error to_caf(const error& e) {
  return {static_cast<std::uint8_t>(static_cast<unsigned>(e.code) % 256), caf::atom("tomnext"),
          caf::make_message(static_cast<std::uint16_t>(e.code), e.message)};
}
inline error from_caf(const caf::error& e) {
  if (!e) return {errc::actor_down, "ended without an error"};  // an empty error has no category to ask for
  if (e.category() == caf::atom("tomnext") && e.context().match_elements<std::uint16_t, std::string>())
    return {static_cast<errc>(e.context().get_as<std::uint16_t>(0)), e.context().get_as<std::string>(1)};
  if (e == caf::sec::request_timeout) return {errc::timed_out, "no answer within the deadline"};
  return {errc::actor_down, "the actor that was asked is gone"};
}
/// True where the error was made by to_caf.
inline bool is_ours(const caf::error& e) { return e && e.category() == caf::atom("tomnext"); }
/// The reason of an actor's end, for people.
inline std::string reason_text(const caf::error& e) {
  if (!e) return "ended";
  if (e.category() == caf::atom("tomnext")) return from_caf(e).message;
  if (e == caf::exit_reason::user_shutdown) return "shut down";
  if (e == caf::exit_reason::kill) return "killed";
  if (e == caf::exit_reason::unhandled_exception) return "an exception escaped";
  return "ended with error " + std::to_string(e.code());
}

/// Answers a promise with errc::actor_down when it is dropped: in this CAF a dropped promise would leave the asker to its time-out.
template <class... R> class promise_guard {
 public:
  explicit promise_guard(caf::typed_response_promise<R...> p) : box_(std::make_shared<box>(std::move(p))) {}
  template <class... T> void deliver(T&&... value) {
    if (!box_ || box_->answered) return;
    box_->answered = true;
    box_->promise.deliver(std::forward<T>(value)...);
  }

 private:
  struct box {
    caf::typed_response_promise<R...> promise;
    bool answered = false;
    explicit box(caf::typed_response_promise<R...> p) : promise(std::move(p)) {}
    box(const box&) = delete;
    box& operator=(const box&) = delete;
    ~box() {
      if (!answered && promise.pending()) promise.deliver(to_caf({errc::actor_down, "the answer was given up"}));
    }
  };
  std::shared_ptr<box> box_;
};

// ---- what a mailbox holds --------------------------------------------------------------------------
/// Notices of the framework itself: ends of others, orders to end, time-outs of its own.
inline bool is_system_message(const caf::mailbox_element& m) {
  const auto type = m.content().type_token();
  return type == caf::make_type_token<caf::down_msg>() || type == caf::make_type_token<caf::exit_msg>() || type == caf::make_type_token<caf::timeout_msg>();
}

/// The name of a message for introspection: its atom, or what it is to the framework. A number; message_name_text gives the text.
inline std::uint64_t name_number(const caf::mailbox_element& m) {
  if (m.mid.is_response()) return static_cast<std::uint64_t>(caf::atom("answer"));
  const auto& content = m.content();
  if (!content.empty() && content.match_element<caf::atom_value>(0)) return static_cast<std::uint64_t>(content.get_as<caf::atom_value>(0));
  return static_cast<std::uint64_t>(is_system_message(m) ? caf::atom("system") : caf::atom("unnamed"));
}
/// 0 for messages from outside of actors.
inline std::uint64_t sender_id(const caf::mailbox_element& m) { return m.sender ? m.sender->id() : 0; }
/// Answers a request that is not taken; what is no request has nobody to tell.
inline void refuse(const caf::mailbox_element& m, caf::error why, caf::execution_unit* worker) {
  if (m.mid.is_request() && m.sender) m.sender->enqueue(nullptr, m.mid.response_id(), caf::make_message(std::move(why)), worker);
}

// ---- the system ------------------------------------------------------------------------------------
/// The settings that matter: work sharing (round trips a fifth of work stealing), and a bound on messages per turn, without which one actor starves the rest.
inline void configure(system_config& c, std::size_t threads) {
  c.set("scheduler.policy", caf::atom("sharing"));
  c.set("scheduler.max-throughput", std::size_t{50});
  c.set("scheduler.max-threads", threads);
  c.set("logger.console", caf::atom("none"));
}

// ---- tests: one thread and virtual time ------------------------------------------------------------
using test_scheduler = caf::scheduler::test_coordinator;
/// Actors run only when a test says so, and time passes only when it says so. Detached actors have their own threads all the same.
inline void configure_for_tests(system_config& c) {
  c.set("scheduler.policy", caf::atom("testing"));  // as text it would silently mean the real scheduler
  c.set("logger.console", caf::atom("none"));
}
/// True where everything runs on one thread in virtual time.
inline bool is_simulated(actor_system& s) { return dynamic_cast<test_scheduler*>(&s.scheduler()) != nullptr; }
inline test_scheduler& test_scheduler_of(actor_system& s) { return dynamic_cast<test_scheduler&>(s.scheduler()); }

}  // namespace tomnext::actors
