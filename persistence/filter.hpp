// Which events somebody wants: by type, host, instrument, workflow and time. All that is named must hold.
#pragma once
#include <bitset>
#include <optional>

#include "domain/events/event.hpp"

namespace tomnext::persistence {

struct event_filter {
  std::bitset<event_numbers> types;            ///< none set: every type
  std::optional<host_id> host;                 ///< the stream of one host or ingress
  std::optional<std::uint32_t> instrument;     ///< the payload's routing key
  std::optional<std::uint64_t> correlation;    ///< the workflow, named by the seq that began it
  std::optional<timestamp> from_at, until_at;  ///< from_at <= at < until_at

  [[nodiscard]] bool wants(const event& e) const {
    const header& h = e.head;
    if (types.any() && !(h.type < event_numbers && types[h.type])) return false;
    if (host && h.host != *host) return false;
    if (correlation && h.correlation != *correlation) return false;
    if (from_at && h.at < *from_at) return false;
    if (until_at && h.at >= *until_at) return false;
    return !instrument || routing_key_of(e) == *instrument;
  }
};

}  // namespace tomnext::persistence
