#include "persistence/disk_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tomnext::persistence {

std::optional<growth_rate> growth_of(std::span<const growth_sample> samples) {
  if (samples.size() < 2) return std::nullopt;
  // Times and sizes are taken relative to the first sample, so that doubles hold them without loss.
  const auto& origin = samples.front();
  const auto seconds = [&](const growth_sample& s) { return static_cast<double>(s.at_ns - origin.at_ns) * 1e-9; };
  const auto bytes = [&](const growth_sample& s) { return static_cast<double>(s.bytes) - static_cast<double>(origin.bytes); };
  const auto count = static_cast<double>(samples.size());
  double mean_s = 0, mean_bytes = 0;
  for (const auto& s : samples) {
    mean_s += seconds(s) / count;
    mean_bytes += bytes(s) / count;
  }
  double spread = 0, together = 0;
  for (const auto& s : samples) {
    spread += (seconds(s) - mean_s) * (seconds(s) - mean_s);
    together += (seconds(s) - mean_s) * (bytes(s) - mean_bytes);
  }
  if (!(spread > 0)) return std::nullopt;
  const double slope = together / spread;
  if (samples.size() == 2) return growth_rate{slope, slope, slope};
  double unexplained = 0;
  for (const auto& s : samples) {
    const double off = bytes(s) - mean_bytes - slope * (seconds(s) - mean_s);
    unexplained += off * off;
  }
  const double standard_error = std::sqrt(unexplained / (count - 2) / spread);
  return growth_rate{slope, slope - 2 * standard_error, slope + 2 * standard_error};
}

std::optional<full_forecast> forecast_full(std::span<const growth_sample> samples, std::uint64_t free_bytes, std::uint64_t free_bytes_min) {
  const auto rate = growth_of(samples);
  if (!rate) return std::nullopt;
  const double room = free_bytes > free_bytes_min ? static_cast<double>(free_bytes - free_bytes_min) : 0.0;
  // What is full now is full, whichever way it goes from here; below one byte in three years there is nothing to tell.
  const auto until = [room](double bytes_per_s) -> std::optional<double> {
    if (room == 0) return 0.0;
    if (!(bytes_per_s > 1e-8)) return std::nullopt;
    return room / bytes_per_s;
  };
  return full_forecast{*rate, until(rate->high), until(rate->likely), until(rate->low)};
}

result<std::uint64_t> free_bytes_of(const std::string& directory) {
  std::error_code bad;
  const auto room = std::filesystem::space(directory, bad);
  if (bad) return error(errc::file_unreadable, directory + ": the room on the disk: " + bad.message());
  return room.available;
}

}  // namespace tomnext::persistence
