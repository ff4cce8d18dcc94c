#include "tests/sim/model/topology.hpp"

#include <algorithm>

namespace tomnext::sim {

topology::topology(random_source& random) {
  const bool feedback = random.chance(50);
  auto since = [&] { return random.chance(15) ? 1 + static_cast<unsigned>(random.below(2)) : 0U; };
  for (int to = 1; to < service_count; ++to)
    if (to == 1 || random.chance(50)) quotes_[static_cast<std::size_t>(to)] = {to == 1 ? 0 : since(), random.chance(20)};
  double readers = 0.5;
  for (int from = 0; from < service_count; ++from)
    for (int to = 0; to < service_count; ++to) {
      const bool forward = from < to;
      if (from == to || (!forward && !feedback) || !random.chance(forward ? 65 : 25)) continue;
      const lane made{since(), random.chance(15)};
      outputs_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] = made;
      readers += (made.all_keys ? key_count : 1) / double(service_count);
    }
  // Each event should cause fewer than one: three chances, of which four in five are read, by `readers` hosts.
  const double children = 0.35 + static_cast<double>(random.below(55)) / 100;
  output_percent_ = static_cast<std::uint64_t>(std::clamp(100 * children / (3 * 0.8 * readers), 4.0, 35.0));
}

bool topology::reads(int host, unsigned fold_version, const event& e) const {
  if (e.host == host) return false;
  const auto to = static_cast<std::size_t>(service_of(host));
  switch (e.type) {
    case kind::command_requested:
    case kind::timer_fired: return e.target == host;
    case kind::quote: return carries(quotes_[to], host, fold_version, e);
    case kind::output:
    case kind::effect: return carries(outputs_[static_cast<std::size_t>(service_of(e.host))][to], host, fold_version, e);
    default: return false;
  }
}

}  // namespace tomnext::sim
