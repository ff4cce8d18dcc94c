#include "domain/data_pipeline/quote_judge.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace tomnext::data_pipeline {
namespace {

constexpr std::uint32_t window_min = 8, window_max = 1'024;
// Crossed and locked quotes have no mid worth believing.
constexpr std::uint32_t unbelieved = quote_flag::crossed | quote_flag::locked;

// |a − b| of any two 64-bit numbers fits into 64 bits without a sign.
std::uint64_t distance(std::int64_t a, std::int64_t b) {
  return a > b ? static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b) : static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a);
}

// The first value that is not below v; without branches, which nobody could foretell here.
std::vector<std::int64_t>::iterator first_not_below(std::vector<std::int64_t>& sorted, std::int64_t v) {
  auto at = sorted.begin();
  for (std::size_t n = sorted.size(); n > 0;) {
    const std::size_t half = (n + 1) / 2;
    at += at[static_cast<std::ptrdiff_t>(half) - 1] < v ? static_cast<std::ptrdiff_t>(half) : 0;
    n -= half;
  }
  return at;
}

// Takes one value of a sorted list out and another in: what lies between their places moves by one.
void replace_sorted(std::vector<std::int64_t>& sorted, std::int64_t old_value, std::int64_t new_value) {
  const auto old_place = first_not_below(sorted, old_value), place = first_not_below(sorted, new_value);
  if (new_value > old_value) {
    std::move(old_place + 1, place, old_place);
    *(place - 1) = new_value;
  } else {
    std::move_backward(place, old_place, old_place + 1);
    *place = new_value;
  }
}

std::vector<std::int64_t> sorted_copy(const std::vector<std::int64_t>& changes) {
  auto sorted = changes;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// The median of the distances to the median: walks outwards from the middle of the sorted values, nearest first.
std::uint64_t median_distance(const std::vector<std::int64_t>& sorted) {
  const std::size_t middle = (sorted.size() - 1) / 2;
  const std::int64_t median = sorted[middle];
  std::size_t below = middle, above = middle + 1;  // next candidates: sorted[below − 1] and sorted[above]
  std::uint64_t d = 0;
  for (std::size_t taken = 0; taken < middle; ++taken) {
    const bool take_below = above == sorted.size() || (below > 0 && distance(median, sorted[below - 1]) <= distance(sorted[above], median));
    d = take_below ? distance(median, sorted[below - 1]) : distance(sorted[above], median);
    if (take_below) --below;
    else ++above;
  }
  return d;
}

double floor_of(const judge_configuration& c, price step) { return static_cast<double>(step.value) * c.spike_floor_steps; }

}  // namespace

quote_judge::quote_judge(judge_configuration configuration) : configuration_(std::move(configuration)) {
  configuration_.spike_window = std::clamp(configuration_.spike_window, window_min, window_max);
  for (std::size_t i = 0; i < instruments_max; ++i) {
    const double half = configuration_.spike_threshold * floor_of(configuration_, configuration_.price_step[i]) / 2;
    small_max_[i] = half > 0 ? static_cast<std::uint64_t>(std::min(half, 0x1p62)) : 0;
  }
}

quote_judge::verdict quote_judge::judge(instrument_id instrument, timestamp source_time, price bid, price ask) const {
  const auto refuse = [](quote_rejection why) { return verdict{false, why, 0}; };
  if (instrument.value == 0 || instrument.value >= instruments_max) return refuse(quote_rejection::malformed);
  if (bid.value <= 0 || ask.value <= 0) return refuse(quote_rejection::non_positive);
  const book& b = books_[instrument.value];
  if (b.seen && source_time < b.time) return refuse(quote_rejection::time_backwards);
  if (b.seen && source_time == b.time && bid == b.bid && ask == b.ask) return refuse(quote_rejection::duplicate);

  std::uint32_t flags = 0;
  if (bid > ask) flags |= quote_flag::crossed;
  else if (bid == ask) flags |= quote_flag::locked;
  const price spread_max = configuration_.spread_max[instrument.value];
  if (spread_max && ask.value - bid.value > spread_max.value) flags |= quote_flag::wide_spread;
  if (off_hours(source_time)) flags |= quote_flag::off_hours;
  if ((flags & unbelieved) == 0 && spikes(b, mid_of(bid, ask).value, instrument)) flags |= quote_flag::spike;
  return {true, quote_rejection::none, flags};
}

bool quote_judge::spikes(const book& b, std::int64_t mid, instrument_id instrument) const {
  const double threshold = configuration_.spike_threshold;
  const price step = configuration_.price_step[instrument.value];
  if (threshold <= 0 || !step || b.changes.size() < configuration_.spike_window) return false;
  const std::int64_t change = mid - b.level;  // both are positive: no overflow
  if (distance(change, 0) <= small_max_[instrument.value] && b.small > b.changes.size() / 2) return false;
  return b.calm != 0 ? spikes(b, mid, step, b.sorted) : spikes(b, mid, step, sorted_copy(b.changes));
}

bool quote_judge::spikes(const book& b, std::int64_t mid, price step, const std::vector<std::int64_t>& sorted) const {
  const double threshold = configuration_.spike_threshold;
  const double floor = floor_of(configuration_, step);
  const auto deviation = static_cast<double>(distance(mid - b.level, sorted[(sorted.size() - 1) / 2]));
  if (deviation <= threshold * floor) return false;  // no need for the MAD
  const double limit = threshold * std::max(1.4826 * static_cast<double>(median_distance(sorted)), floor);
  if (deviation <= limit) return false;
  const bool confirmed = b.outliers >= configuration_.spike_confirmations && static_cast<double>(distance(mid, b.outlier)) <= limit;
  return !confirmed;
}

bool quote_judge::off_hours(timestamp t) const {
  const auto& closed = configuration_.closed;
  const auto after = std::upper_bound(closed.begin(), closed.end(), t, [](timestamp x, const closed_interval& c) { return x < c.from; });
  return after != closed.begin() && t < std::prev(after)->until;
}

void quote_judge::apply(const quote_accepted& e) {
  if (e.instrument.value >= instruments_max) return;
  ++accepted_;
  for (std::uint32_t flags = e.flags & 0xFFu; flags != 0; flags &= flags - 1) ++flagged_[static_cast<std::size_t>(std::countr_zero(flags))];
  book& b = books_[e.instrument.value];
  b.seen = true;
  b.time = e.source_time;
  b.bid = e.bid;
  b.ask = e.ask;
  if ((e.flags & unbelieved) != 0) return;
  const std::int64_t mid = mid_of(e.bid, e.ask).value;
  if ((e.flags & quote_flag::spike) == 0) return believe(b, mid, small_max_[e.instrument.value]);
  b.outlier = mid;
  ++b.outliers;
}

void quote_judge::believe(book& b, std::int64_t mid, std::uint64_t small_max) {
  b.outliers = 0;
  const std::int64_t change = mid - b.level;
  b.level = mid;
  if (!std::exchange(b.levelled, true)) return;
  const auto is_small = [small_max](std::int64_t c) { return distance(c, 0) <= small_max ? 1u : 0u; };
  b.small += is_small(change);
  if (b.changes.size() < configuration_.spike_window) return b.changes.push_back(change);
  const std::int64_t oldest = std::exchange(b.changes[b.next], change);
  b.small -= is_small(oldest);
  if (++b.next == configuration_.spike_window) b.next = 0;
  const bool needed = is_small(change) == 0 || b.small <= b.changes.size() / 2;  // or soon will be
  if (b.calm != 0) replace_sorted(b.sorted, oldest, change);
  else if (needed) b.sorted = sorted_copy(b.changes);
  if (needed) b.calm = configuration_.spike_window;
  else if (b.calm != 0) --b.calm;
}

std::uint64_t quote_judge::flagged(std::uint32_t flag) const {
  return std::has_single_bit(flag) && flag <= 0x80u ? flagged_[static_cast<std::size_t>(std::countr_zero(flag))] : 0;
}

}  // namespace tomnext::data_pipeline
