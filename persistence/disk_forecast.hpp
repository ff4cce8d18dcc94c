// When a disk will be full, from how fast something on it has grown.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// So many bytes were there at that time (of a clock that does not go backwards).
struct growth_sample {
  std::int64_t at_ns{};
  std::uint64_t bytes{};
};

/// Growth in bytes a second, by least squares: the likely value, and the bounds of two standard errors around it. Three samples or more tell their own error;
/// two have none, so their bounds are the likely value.
struct growth_rate {
  double likely{}, low{}, high{};
};
/// Nothing where there are fewer than two samples, or all of one time.
std::optional<growth_rate> growth_of(std::span<const growth_sample> samples);

/// Seconds until what is free has shrunk to `free_bytes_min`, at which a log refuses. Nothing: never, at this rate.
struct full_forecast {
  growth_rate bytes_per_s;
  std::optional<double> earliest_s, likely_s, latest_s;
};
/// Takes it that nothing else on the disk grows or shrinks. Nothing where growth_of tells nothing.
std::optional<full_forecast> forecast_full(std::span<const growth_sample> samples, std::uint64_t free_bytes, std::uint64_t free_bytes_min);

/// What others than root may still use of the disk below a folder.
result<std::uint64_t> free_bytes_of(const std::string& directory);

}  // namespace tomnext::persistence
