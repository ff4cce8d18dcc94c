#include "persistence/event_message.hpp"

#include "persistence/wire.hpp"

namespace tomnext::persistence {

event_envelope envelope_of(const header& h) {
  return {h.seq, h.type, h.version, h.at, h.host, h.incarnation, h.cause, h.source, h.position, h.correlation, h.ordinal, h.depth};
}

std::string event_message(const event& e) {
  const auto envelope = envelope_of(e.head);
  const auto payload = encode_to_string(e);
  constexpr std::size_t tag_and_length_max = 20;
  std::string out(wire::bound(envelope) + tag_and_length_max, '\0');
  char* p = wire::encode(out.data(), envelope);
  // A payload whose fields are all at their default is there all the same: it says which event this is.
  p = wire::put_varint(p, payload_field(e.head.type) << 3 | static_cast<std::uint32_t>(wire::kind::bytes));
  p = wire::put_varint(p, payload.size());
  out.resize(static_cast<std::size_t>(p - out.data()));
  return out + payload;
}

}  // namespace tomnext::persistence
