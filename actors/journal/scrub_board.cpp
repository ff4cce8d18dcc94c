#include "actors/journal/scrub_board.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/api/metrics.hpp"

namespace tomnext::actors {
namespace {

constexpr std::size_t places_told_max = 100;
/// A disk that dies names a new place with each step: beyond so many they are only counted as one more.
constexpr std::size_t places_kept_max = 10'000;

bool same_place(const persistence::scrub_damage& a, const persistence::scrub_damage& b) {
  return a.part == b.part && a.file == b.file && a.offset == b.offset && a.event == b.event;
}

nlohmann::json time_or_null(timestamp t) { return t.ns == 0 ? nlohmann::json() : nlohmann::json(to_string(t)); }

}  // namespace

void scrub_board::show(const persistence::scrub_progress& p, std::uint64_t events_proven, std::uint64_t read_bytes) {
  const std::scoped_lock lock(mutex_);
  progress_ = p;
  events_ = events_proven;
  read_bytes_ += read_bytes;
}

bool scrub_board::damaged(const persistence::scrub_damage& d) {
  const std::scoped_lock lock(mutex_);
  const auto known = std::find_if(places_.begin(), places_.end(), [&](const place& p) { return same_place(p.damage, d); });
  if (known == places_.end()) {
    if (places_.size() < places_kept_max) places_.push_back({d});
    return true;
  }
  known->of_this_pass = true;
  return false;
}

void scrub_board::pass_complete() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(places_, [](const place& p) { return !p.of_this_pass; });
  for (auto& p : places_) p.of_this_pass = false;
}

bool scrub_board::failing(const std::string& why) {
  const std::scoped_lock lock(mutex_);
  if (failing_ == why) return false;
  failing_ = why;
  return true;
}

std::uint64_t scrub_board::damaged_places() const {
  const std::scoped_lock lock(mutex_);
  return places_.size();
}

nlohmann::json scrub_board::as_json() const {
  const std::scoped_lock lock(mutex_);
  auto damage = nlohmann::json::array();
  for (std::size_t i = 0; i < std::min(places_.size(), places_told_max); ++i) {
    const auto& d = places_[i].damage;
    damage.push_back({{"part", std::string(name_of(d.part))}, {"file", d.file}, {"offset", d.offset}, {"event", d.event}, {"what", sentence_of(d)}});
  }
  const auto& p = progress_;
  const nlohmann::json pass{{"began", time_or_null(p.began)},
                            {"bytes", p.bytes},
                            {"part", std::string(persistence::name_of(p.part))},
                            {"file", p.file},
                            {"offset", p.offset},
                            {"events", events_}};
  return {{"bytes_per_s", bytes_per_s_}, {"passes", p.passes}, {"last_ended", time_or_null(p.last_ended)},
          {"last_bytes", p.last_bytes},  {"pass", pass},       {"damage", std::move(damage)},
          {"damaged", places_.size()},   {"failing", failing_}};
}

std::string scrub_board::as_metrics() const {
  if (bytes_per_s_ == 0) return {};
  const std::scoped_lock lock(mutex_);
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  api::metrics_text m;
  m.counter("tomnext_scrub_passes_total", "complete passes over the log, those of earlier runs too", {}, number(progress_.passes));
  m.counter("tomnext_scrub_read_bytes_total", "bytes of the log that this node has read again", {}, number(read_bytes_));
  m.gauge("tomnext_scrub_pass_bytes", "bytes that the current pass has read", {}, number(progress_.bytes));
  m.gauge("tomnext_scrub_pass_events", "events that the current pass has proven", {}, number(events_));
  m.gauge("tomnext_scrub_last_ended_seconds", "when the last complete pass ended, in seconds since 1970; 0: none has", {},
          static_cast<double>(progress_.last_ended.ns) / 1e9);
  m.gauge("tomnext_scrub_damaged", "places of the log that are damaged; see /api/v1/log", {}, number(places_.size()));
  m.gauge("tomnext_scrub_failing", "1 while the scrubber cannot go on", {}, failing_.empty() ? 0 : 1);
  return m.text();
}

}  // namespace tomnext::actors
