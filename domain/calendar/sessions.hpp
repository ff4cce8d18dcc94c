// Trading sessions by local time, from a table of UTC offsets. The domain knows no time zones.
#pragma once
#include <cstdint>
#include <vector>

#include "domain/base/time.hpp"

namespace tomnext::calendar {

/// From this instant on, local time is UTC plus so many minutes.
struct utc_offset {
  timestamp from;
  std::int32_t minutes{};
};

/// The offsets of three cities, each ascending by `from`. Before the first entry a city counts as closed.
struct session_table {
  std::vector<utc_offset> tokyo;
  std::vector<utc_offset> london;
  std::vector<utc_offset> new_york;
};

/// The most liquid session that is open. Numbers are feature values and never change.
enum class session : std::uint8_t { none = 0, tokyo = 1, london = 2, new_york = 3, london_new_york = 4 };

/// Monday to Friday by local date, Tokyo 09:00–18:00, London 08:00–17:00, New York 08:00–17:00 local time, opening instants included, closing ones not.
/// Where Tokyo and London overlap it is London; where London and New York overlap it is `london_new_york`.
session session_of(timestamp t, const session_table& table);

}  // namespace tomnext::calendar
