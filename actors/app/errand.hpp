// A request over HTTP that is answered by actors: nothing of it blocks the server's thread.
#pragma once
#include <string>
#include <utility>

#include "actors/api/http_message.hpp"
#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/caf.hpp"

namespace tomnext::app {

inline constexpr std::chrono::milliseconds answer_deadline{1500};

// One request that waits for an actor: the bridge's errand. The responder answers for it, also when the actor never does.
struct errand {
  std::string correlation_id;
  api::responder respond;
  void answer(std::string json) const { respond({200, "application/json", std::move(json), {}}); }
  void fail(const actors::actor_error& e) const { respond(api::problem(actors::from_caf(e), correlation_id)); }
};

// The call of a request from outside. Its server cannot tell when a client goes away: the deadline gives it up.
inline actors::call_ref call_of(actors::actor_system& system, const errand& e, actors::urgency how = actors::urgency::normal) {
  return actors::begin_call(e.correlation_id, system.clock().now() + answer_deadline, {}, how);
}

// Asks `who` from an actor of its own, which ends with the answer.
template <class Protocol, class Answer, class... Question>
void ask_then(actors::actor_system& system, const Protocol& who, const errand& e, const actors::call_ref& c, Answer on_answer, Question... question) {
  if (!who) return e.respond(api::problem(503, "unavailable", "not started yet", e.correlation_id));
  actors::spawn_errand(system, [=](actors::plain_actor* self) {
    actors::requests_in_flight one;
    actors::ask_within(self, one, *c, who, question...).then(on_answer, [e](const actors::actor_error& why) { e.fail(why); });
  });
}
template <class Protocol, class... Question>
void ask_and_answer(actors::actor_system& system, const Protocol& who, const errand& e, const actors::call_ref& c, Question... question) {
  ask_then(
      system, who, e, c, [e](const std::string& json) { e.answer(json); }, question...);
}

template <class Answer> void only(const char* method, const api::http_request& q, const errand& e, Answer answer) {
  if (q.method == method || (q.method == "HEAD" && std::string_view(method) == "GET")) return answer();
  auto refusal = api::problem(405, "method_not_allowed", std::string("use ") + method, e.correlation_id);
  refusal.headers.emplace_back("Allow", method);
  e.respond(std::move(refusal));
}
template <class Answer> void get(const api::http_request& q, const errand& e, Answer answer) { only("GET", q, e, answer); }
template <class Answer> void post(const api::http_request& q, const errand& e, Answer answer) { only("POST", q, e, answer); }

}  // namespace tomnext::app
