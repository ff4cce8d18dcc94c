// Every message that may go from one node to another, by its number: made from the protocols themselves, so that a handler whose content cannot travel does
// not compile here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/remote/content.hpp"
#include "actors/runtime/caf.hpp"

namespace tomnext::remote {

using method = std::uint16_t;

struct message_kind {
  std::string name;                                                             ///< "journal_protocol enroll(u32, actor)": for people, and for the fingerprint
  bool is_request = false;                                                      ///< it is answered with something
  bool (*is_it)(const actors::message_parts&) = nullptr;                        ///< whether a message is of this kind
  void (*put)(content_writer&, const actors::message_parts&) = nullptr;         ///< its content, behind the atom
  bool (*get)(content_reader&, actors::message_value&) = nullptr;               ///< the message, atom included
  bool (*put_answer)(content_writer&, const actors::message_parts&) = nullptr;  ///< false where that is no answer to it
  bool (*get_answer)(content_reader&, actors::message_value&) = nullptr;
};

/// In the order of the protocols and their handlers. A message that two protocols share is there once.
const std::vector<message_kind>& message_table();
/// Which of them it is; nothing where it is none, so that it stays in its process.
std::optional<method> method_of(const actors::message_parts& content);
/// The number of a protocol's message, by its atom and how many values are behind it: ("enroll", 2).
method method_named(actors::atom name, std::size_t values);
/// Of all kinds and all events: two builds that differ in one refuse each other.
std::uint64_t messages_fingerprint();

}  // namespace tomnext::remote
