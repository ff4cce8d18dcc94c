#include "domain/calendar/zone.hpp"

#include <algorithm>

namespace tomnext::calendar {
namespace {

// Samoa's clocks differ by 25 hours from those of its neighbours; no clock is further off than this.
constexpr std::int32_t offset_minutes_max = 26 * 60;
constexpr std::int64_t offset_ns_max = offset_minutes_max * minute_ns;

}  // namespace

result<zone> zone::make(std::string name, std::vector<utc_offset> offsets) {
  if (offsets.empty()) return error(errc::invalid_argument, "time zone " + name + ": no UTC offset; at least one is needed");
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (i > 0 && offsets[i].from <= offsets[i - 1].from)
      return error(errc::invalid_argument,
                   "time zone " + name + ": the offset from " + to_string(offsets[i].from) + " on does not lie behind the one before it");
    if (offsets[i].minutes < -offset_minutes_max || offsets[i].minutes > offset_minutes_max)
      return error(errc::invalid_argument, "time zone " + name + ": an offset of " + std::to_string(offsets[i].minutes) + " minutes; allowed are " +
                                               std::to_string(-offset_minutes_max) + " to " + std::to_string(offset_minutes_max));
  }
  return zone(std::move(name), std::move(offsets));
}

zone zone::utc() { return {"UTC", {{timestamp{}, 0}}}; }

std::size_t zone::segment_of(timestamp t) const {
  const auto next = std::upper_bound(offsets_.begin(), offsets_.end(), t, [](timestamp x, const utc_offset& o) { return x < o.from; });
  return next == offsets_.begin() ? 0 : static_cast<std::size_t>(next - offsets_.begin()) - 1;
}

// All segments that can show x are looked at, not two: nothing says that a clock is not changed twice within a day.
local_lookup zone::lookup(local_time x) const {
  local_lookup found{local_kind::skipped, {}, {}};
  const std::size_t end = segment_of({x.ns + offset_ns_max}) + 1;
  for (std::size_t i = segment_of({x.ns - offset_ns_max}); i < end; ++i) {
    const timestamp t = utc_at(i, x);
    if (t >= end_of(i) || (i > 0 && t < offsets_[i].from)) continue;
    if (found.kind == local_kind::skipped) found = {local_kind::unique, t, t};
    else found = {local_kind::repeated, found.first, t};
  }
  if (found.kind == local_kind::skipped) found.first = found.last = first_reaching(x);
  return found;
}

// A segment that begins beyond x is reached at its beginning: the gap lies before it.
timestamp zone::first_reaching(local_time x) const {
  for (std::size_t i = segment_of({x.ns - offset_ns_max});; ++i) {
    const timestamp t = i > 0 ? std::max(utc_at(i, x), offsets_[i].from) : utc_at(i, x);
    if (t < end_of(i)) return t;
  }
}

local_time zone::unreached_after(timestamp t) const {
  const std::size_t now = segment_of(t);
  std::int64_t next = (floor_div(local_at(now, t).ns, second_ns) + 1) * second_ns;
  // Before each change of these the clock had come close to the change, exclusively.
  for (std::size_t i = segment_of({t.ns - 2 * offset_ns_max}); i < now; ++i)
    next = std::max(next, -floor_div(-local_at(i, offsets_[i + 1].from).ns, second_ns) * second_ns);
  return {next};
}

}  // namespace tomnext::calendar
