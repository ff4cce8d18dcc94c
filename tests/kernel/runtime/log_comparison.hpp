// Two logs are equal, payload by payload, where they differ only in the marks of the runtime and in the seqs that these took.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "actors/runtime/host_core.hpp"
#include "domain/events/event.hpp"

namespace tomnext::tests {

/// Without the runtime's marks; seq, cause, position and correlation counted anew, as if the marks had never been.
inline std::vector<event> without_marks(const std::vector<event>& log) {
  std::map<std::uint64_t, std::uint64_t> renumbered{{0, 0}};
  std::vector<event> kept;
  for (auto e : log) {
    if (actors::is_host_mark(e.head.type)) continue;
    renumbered[e.head.seq] = kept.size() + 1;
    // An ingress's position is one in its source.
    if (e.head.cause != 0 && e.head.position == e.head.cause) e.head.position = renumbered.at(e.head.position);
    e.head.seq = kept.size() + 1;
    e.head.cause = renumbered.at(e.head.cause);
    e.head.correlation = renumbered.at(e.head.correlation);
    e.head.incarnation = 0;
    kept.push_back(e);
  }
  return kept;
}

inline bool same_payload(const event& a, const event& b) {
  bool same = false;
  visit(a, [&]<class E>(const E& payload) { same = b.is<E>() && payload == b.as<E>(); });
  return same;
}

/// Where the logs part, or nothing.
inline std::string first_difference(const std::vector<event>& wanted, const std::vector<event>& got) {
  for (std::size_t i = 0; i < wanted.size() && i < got.size(); ++i) {
    const std::string place = "event " + std::to_string(i + 1) + " of " + std::to_string(wanted.size()) + ": ";
    if (!same_payload(wanted[i], got[i]))
      return place + "payload, " + std::string(event_name(wanted[i].head.type)) + " and " + std::string(event_name(got[i].head.type));
    if (wanted[i].head != got[i].head) return place + "envelope of " + std::string(event_name(wanted[i].head.type));
  }
  if (wanted.size() != got.size()) return std::to_string(wanted.size()) + " events against " + std::to_string(got.size());
  return {};
}

}  // namespace tomnext::tests
