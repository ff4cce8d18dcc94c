#include "actors/app/event_lines.hpp"

#include "persistence/json.hpp"

namespace tomnext::app {

result<void> print_events(session& s, persistence::filtered_scan& scan, std::uint64_t limit, const event_condition& condition) {
  for (std::uint64_t printed = 0; printed < limit;) {
    auto e = scan.next();
    if (!e) return e.error();
    if (*e == nullptr) return {};
    if (condition && !condition(**e)) continue;
    s.out << (s.json ? persistence::to_json(**e) : persistence::to_line(**e)) << '\n';
    if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
    ++printed;
  }
  return {};
}

}  // namespace tomnext::app
