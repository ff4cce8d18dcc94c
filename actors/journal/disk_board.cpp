#include "actors/journal/disk_board.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "actors/api/metrics.hpp"

namespace tomnext::actors {
namespace {

constexpr double hour_s = 3'600, day_s = 24 * hour_s;
constexpr std::size_t looks_min = 3;  // fewer do not tell their own error

double bytes_per_event(const disk_look& l) { return l.events == 0 ? 0 : static_cast<double>(l.log_bytes) / static_cast<double>(l.events); }

disk_outlook outlook_of(const std::optional<persistence::full_forecast>& f, bool full) {
  if (full) return disk_outlook::full;
  if (!f || !f->likely_s || *f->likely_s > day_s) return disk_outlook::fine;
  return *f->likely_s > hour_s ? disk_outlook::within_a_day : disk_outlook::within_an_hour;
}

nlohmann::json number_or_null(const std::optional<double>& x) { return x ? nlohmann::json(*x) : nlohmann::json(); }

}  // namespace

std::optional<persistence::full_forecast> disk_board::forecast_now() const {
  if (looks_.size() < looks_min) return std::nullopt;
  const auto& last = looks_.back();
  const double each = bytes_per_event(last);
  std::vector<persistence::growth_sample> samples;
  // All at today's size of an event: tables are packed by and by, so that files shrink while the log grows.
  for (const auto& l : looks_) samples.push_back({l.at_ns, static_cast<std::uint64_t>(static_cast<double>(l.last_seq) * each)});
  return persistence::forecast_full(samples, last.free_bytes, free_bytes_min_);
}

std::optional<std::pair<disk_outlook, std::string>> disk_board::show(const disk_look& look) {
  const std::scoped_lock lock(mutex_);
  looks_.push_back(look);
  if (looks_.size() > looks_max) looks_.pop_front();
  const auto f = forecast_now();
  const auto now = outlook_of(f, look.free_bytes < free_bytes_min_);
  if (now == outlook_) return std::nullopt;
  outlook_ = now;
  if (now == disk_outlook::full)
    return std::pair(now, fmt::format("the log's disk is full: {} bytes are free, and below {} the log takes nothing: make room, or archive and retain",
                                      look.free_bytes, free_bytes_min_));
  if (now == disk_outlook::fine)
    return std::pair(now, fmt::format("the log's disk will not be full within a day as the log grows now; {} bytes are free", look.free_bytes));
  return std::pair(now,
                   fmt::format("the log's disk will be full in {:.1f} hours as the log grows now ({:.0f} bytes/s); {} bytes are free, and below {} the log "
                               "takes nothing: make room, or archive and retain",
                               *f->likely_s / hour_s, f->bytes_per_s.likely, look.free_bytes, free_bytes_min_));
}

std::optional<persistence::full_forecast> disk_board::forecast() const {
  const std::scoped_lock lock(mutex_);
  return forecast_now();
}

nlohmann::json disk_board::as_json() const {
  if (!watched_) return {};
  const std::scoped_lock lock(mutex_);
  const disk_look last = looks_.empty() ? disk_look{} : looks_.back();
  nlohmann::json j{{"free_bytes_min", free_bytes_min_}, {"growth_bytes_per_s", nullptr}, {"full_in_s", nullptr}};
  j["free_bytes"] = looks_.empty() ? nlohmann::json() : nlohmann::json(last.free_bytes);
  j["log_bytes"] = looks_.empty() ? nlohmann::json() : nlohmann::json(last.log_bytes);
  j["bytes_per_event"] = bytes_per_event(last);
  j["watched_s"] = looks_.empty() ? 0.0 : static_cast<double>(last.at_ns - looks_.front().at_ns) * 1e-9;
  if (const auto f = forecast_now()) {
    j["growth_bytes_per_s"] = {{"low", f->bytes_per_s.low}, {"likely", f->bytes_per_s.likely}, {"high", f->bytes_per_s.high}};
    j["full_in_s"] = {{"earliest", number_or_null(f->earliest_s)}, {"likely", number_or_null(f->likely_s)}, {"latest", number_or_null(f->latest_s)}};
  }
  return j;
}

std::string disk_board::as_metrics() const {
  const std::scoped_lock lock(mutex_);
  if (looks_.empty()) return {};
  const auto& last = looks_.back();
  api::metrics_text m;
  m.gauge("tomnext_log_disk_free_bytes", "bytes free on the log's disk", {}, static_cast<double>(last.free_bytes));
  m.gauge("tomnext_log_disk_bytes", "bytes of the log's files", {}, static_cast<double>(last.log_bytes));
  if (const auto f = forecast_now()) {
    m.gauge("tomnext_log_growth_bytes_per_second", "how fast the log has grown in the last hour", {}, f->bytes_per_s.likely);
    // Absent where the disk never gets full at this rate: no number says that.
    if (f->likely_s) m.gauge("tomnext_log_disk_full_seconds", "seconds until the log takes nothing for want of room, as it grows now", {}, *f->likely_s);
  }
  return m.text();
}

}  // namespace tomnext::actors
