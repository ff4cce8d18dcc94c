// A named time zone as data: which local time an instant has, and which instants have a local time. Where the data comes from is config/'s affair.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "domain/base/result.hpp"
#include "domain/base/time.hpp"
#include "domain/calendar/sessions.hpp"

namespace tomnext::calendar {

/// What a local clock shows: nanoseconds since its own 1970-01-01T00:00:00. Not an instant: a clock shows some times twice a year, and some never.
struct local_time {
  std::int64_t ns{};
  constexpr auto operator<=>(const local_time&) const = default;
};

constexpr date local_date(local_time x) { return {static_cast<std::int32_t>(floor_div(x.ns, day_ns))}; }
constexpr local_time local_midnight(date d) { return {d.days * day_ns}; }
/// Whole seconds since midnight, 0 to 86,399.
constexpr std::int32_t second_of_day(local_time x) { return static_cast<std::int32_t>((x.ns - local_midnight(local_date(x)).ns) / second_ns); }

/// `skipped`: the clock was put forward over this time (a gap). `repeated`: it was put back, and shows this time more than once (an overlap).
enum class local_kind : std::uint8_t { unique, skipped, repeated };

/// The instants at which a local clock shows a time: the first and the last of them. Of a skipped time both are the first instant behind the gap.
struct local_lookup {
  local_kind kind{};
  timestamp first, last;
};

/// Good for the instants of the years 1680 to 2259.
class zone {
 public:
  /// Offsets ascend strictly by `from`, and are at most 26 hours each way. Before the first entry its offset holds too.
  static result<zone> make(std::string name, std::vector<utc_offset> offsets);
  /// UTC itself.
  static zone utc();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::span<const utc_offset> offsets() const { return offsets_; }

  [[nodiscard]] local_time local(timestamp t) const { return local_at(segment_of(t), t); }
  [[nodiscard]] local_lookup lookup(local_time x) const;
  /// The first instant at which the clock shows `x` or later: of a skipped time the end of the gap, of a repeated one the first. Never falls as x rises.
  [[nodiscard]] timestamp first_reaching(local_time x) const;
  /// The least whole second that the clock has not reached up to and including `t`: exactly from this second on is first_reaching later than t.
  [[nodiscard]] local_time unreached_after(timestamp t) const;

  /// The stretches between two changes of the clock, in order.
  [[nodiscard]] std::size_t segment_of(timestamp t) const;
  [[nodiscard]] std::size_t segments() const { return offsets_.size(); }
  /// Where a segment ends, and the next begins; the end of time for the last.
  [[nodiscard]] timestamp end_of(std::size_t segment) const { return segment + 1 < offsets_.size() ? offsets_[segment + 1].from : timestamp{INT64_MAX}; }
  [[nodiscard]] local_time local_at(std::size_t segment, timestamp t) const { return {t.ns + offsets_[segment].minutes * minute_ns}; }
  [[nodiscard]] timestamp utc_at(std::size_t segment, local_time x) const { return {x.ns - offsets_[segment].minutes * minute_ns}; }

 private:
  zone(std::string name, std::vector<utc_offset> offsets) : name_(std::move(name)), offsets_(std::move(offsets)) {}
  std::string name_;
  std::vector<utc_offset> offsets_;
};

}  // namespace tomnext::calendar
