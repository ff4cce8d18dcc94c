#include "persistence/upcasters.hpp"

#include <cstdlib>

namespace tomnext::persistence {
namespace {

// One line a step: {quote_accepted::type_number, 1, upcast_by<quote_accepted_v1, quote_accepted, with_venue>}
constexpr std::array<upcaster, 0> production_steps{};
static_assert(every_version_has_a_step(production_steps), "an event type has a version without its upcaster: see upcasters.hpp");

}  // namespace

result<upcaster_table> upcaster_table::make(std::vector<upcaster> steps, std::span<const newest_of> newer) {
  upcaster_table t;
  for_each_event_type([&]<class E>() { t.newest_[E::type_number] = E::schema_version; });
  for (const auto& n : newer) {
    if (t.newest(n.type) == 0) return error(errc::invalid_argument, "there is no event type " + std::to_string(n.type));
    t.newest_[n.type] = n.version;
  }
  for (std::uint16_t type = 0; type < event_numbers; ++type) {
    const auto version = version_without_step(steps, type, std::max<std::uint8_t>(t.newest_[type], 1));
    if (version != 0)
      return error(errc::invalid_argument, std::string(event_name(type)) + " (type " + std::to_string(type) +
                                               ") needs exactly one upcaster from each version before " + std::to_string(t.newest_[type]) +
                                               " and no other; look at version " + std::to_string(version));
  }
  for (const auto& s : steps)
    if (s.type >= event_numbers || s.from_version == 0 || s.step == nullptr)
      return error(errc::invalid_argument,
                   "an upcaster of type " + std::to_string(s.type) + " from version " + std::to_string(s.from_version) + ", which cannot be");
  t.steps_ = std::move(steps);
  return t;
}

result<std::string> upcaster_table::upcast(std::uint16_t type, std::uint8_t from_version, std::string_view payload) const {
  std::string bytes(payload);
  for (auto version = from_version; version < newest(type); ++version) {
    // Few events are of an earlier version and few types have one: no need for more than a walk.
    const auto step = std::find_if(steps_.begin(), steps_.end(), [&](const upcaster& s) { return s.type == type && s.from_version == version; });
    if (step == steps_.end()) return error(errc::decode_failed, "no upcaster from version " + std::to_string(version));
    auto next = step->step(bytes);
    if (!next) return next.error().within("from version " + std::to_string(version) + " to " + std::to_string(version + 1));
    bytes = std::move(*next);
  }
  return bytes;
}

const upcaster_table& upcasters() {
  static const upcaster_table table = [] {
    auto made = upcaster_table::make({production_steps.begin(), production_steps.end()});
    if (!made) std::abort();  // the assertion above has said so while compiling, but for a step that is no function
    return std::move(*made);
  }();
  return table;
}

}  // namespace tomnext::persistence
