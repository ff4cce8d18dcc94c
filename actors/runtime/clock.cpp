// raw clock in this file: it is the seam itself.
#include "actors/runtime/clock.hpp"

#include <charconv>

namespace tomnext::actors {
namespace {

constexpr std::int64_t offset_max_ns = 3653 * day_ns;

}  // namespace

result<wall_clock> wall_clock::shifted(std::int64_t offset_ns) {
  if (offset_ns > offset_max_ns || offset_ns < -offset_max_ns)
    return error(errc::invalid_argument, "a clock that is off by " + std::to_string(offset_ns / day_ns) + " days; at most 3653 each way are allowed");
  wall_clock c;
  c.offset_ns_ = offset_ns;
  return c;
}

wall_clock wall_clock::simulated(std::shared_ptr<const simulated_wall> wall) {
  wall_clock c;
  c.simulated_ = std::move(wall);
  return c;
}

timestamp wall_clock::at(monotonic_time now) const {
  if (simulated_) return simulated_->at(now);
  return timestamp{std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()} + offset_ns_;
}

result<std::int64_t> parse_clock_offset(const std::string& text) {
  const error bad(errc::invalid_argument, "'" + text.substr(0, 40) + "' is no offset such as 26h, -90m, +3d or 45s");
  const char* at = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t count = 0;
  const auto [rest, failure] = std::from_chars(at, end, count);
  if (failure != std::errc{} || end - rest != 1 || (text.starts_with('+') && count < 0)) return bad;
  std::int64_t unit_ns = 0;
  switch (*rest) {
    case 's': unit_ns = second_ns; break;
    case 'm': unit_ns = minute_ns; break;
    case 'h': unit_ns = hour_ns; break;
    case 'd': unit_ns = day_ns; break;
    default: return bad;
  }
  if (count > offset_max_ns / unit_ns || count < -offset_max_ns / unit_ns)
    return error(errc::invalid_argument, "'" + text.substr(0, 40) + "': a clock is set by at most 3653 days each way");
  return count * unit_ns;
}

}  // namespace tomnext::actors
