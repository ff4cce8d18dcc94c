// What every service is: apply changes state, decide proposes. The envelope of an event, and where proposals go.
#pragma once
#include <concepts>
#include <cstdint>

#include "domain/base/describe.hpp"
#include "domain/base/ids.hpp"
#include "domain/base/time.hpp"

namespace tomnext {

/// The envelope: who, why, when. `seq` is the gapless position in the log, and alone orders.
struct header {
  std::uint64_t seq{};          ///< 0 while only proposed
  std::uint64_t cause{};        ///< the input it answers; 0 for what came from outside
  std::uint64_t position{};     ///< the last input consumed: the cause, or for an ingress host what it had read of its source
  std::uint64_t correlation{};  ///< the seq of the input from outside that began the workflow
  timestamp at{};               ///< stamped once by the sequencer; outputs inherit their cause's
  host_id host{};               ///< who put it out
  std::uint32_t incarnation{};  ///< which life of that host
  std::uint32_t source{};       ///< the log that `cause` lies in; 0 = this one
  std::uint16_t ordinal{};      ///< place within the reaction, from 0
  std::uint16_t type{};
  std::uint8_t version{};  ///< schema version
  std::uint8_t depth{};    ///< length of the chain of causes
  bool operator==(const header&) const = default;
};

/// Longer chains of causes are a loop between services, and are refused.
inline constexpr std::uint8_t cause_depth_max = 64;

template <class S, class E>
concept applies = requires(S& s, const header& h, const E& e) {
  s.apply(h, e);
};
class outbox;
template <class S, class E>
concept decides = requires(const S& s, const header& h, const E& e, outbox& out) {
  s.decide(h, e, out);
};

/// Which instrument an event is about: 0 where it is about none, so that it goes to every subscriber of its type.
template <class E> constexpr std::uint32_t routing_key(const E& e) {
  if constexpr (requires { e.instrument.value; }) return e.instrument.value;
  else return 0;
}

}  // namespace tomnext
