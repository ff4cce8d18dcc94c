// The other part of the layer over the framework: messages as values, for those that carry them somewhere else. Like caf.hpp it has names for the framework's
// words; nobody needs it who only sends and handles messages.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "actors/runtime/caf.hpp"
#include "domain/base/describe.hpp"

namespace tomnext::actors {

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
