// The validation of one source of quotes: what is refused, and what is only flagged.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "domain/data_pipeline/quote_price.hpp"
#include "domain/events/market.hpp"

namespace tomnext::data_pipeline {

/// Half-open [from, until) in UTC: the market is closed.
struct closed_interval {
  timestamp from;
  timestamp until;
};

struct judge_configuration {
  double spike_threshold = 20;                      ///< robust z from which a change of the mid is a spike; 0 switches the check off
  std::uint32_t spike_window = 64;                  ///< changes that median and MAD are taken over, 8 to 1,024; nothing spikes before it is full
  std::uint32_t spike_floor_steps = 5;              ///< the deviation is never taken as less than so many price steps
  std::uint32_t spike_confirmations = 2;            ///< after so many spikes in a row, a quote close to the last of them is believed
  std::array<price, instruments_max> price_step{};  ///< by instrument id; 0: spikes of this instrument are not looked for
  std::array<price, instruments_max> spread_max{};  ///< by instrument id; a wider quote is flagged wide_spread; 0: not looked for
  std::vector<closed_interval> closed;              ///< in order and disjoint; quotes within are flagged off_hours
};

/// Judges quotes in the order of their source and recovers by folding its own events: judge() proposes, apply() remembers.
///
/// Refused: prices that are not positive, a time before the instrument's last accepted quote, and the exact repetition of that quote (time and prices).
/// Flagged: crossed (bid > ask), locked (bid = ask), wide spread, off hours, and spike.
///
/// Spike: |c − median| > threshold · max(1.4826 · MAD, floor), where c is the change of the mid since the last believed quote, and median and MAD
/// (lower middle of an even window) are over the last `spike_window` such changes (P. Rousseeuw, C. Croux, "Alternatives to the Median Absolute
/// Deviation", JASA 1993, for the factor). Changes are in price units: over so short a window their ratio is that of the returns.
/// Crossed, locked and spiking quotes move neither the window nor the level, so that the quote after an outlier is not one itself.
///
/// In a calm market nobody has to know the median: where c and more than half of the window lie within half of threshold · floor of 0, so does the median, and c
/// is no spike. The window is sorted only around changes that are larger.
class quote_judge {
 public:
  struct verdict {
    bool accepted{};
    quote_rejection reason{};
    std::uint32_t flags{};  ///< quote_flag
    bool operator==(const verdict&) const = default;
  };

  explicit quote_judge(judge_configuration configuration);

  [[nodiscard]] verdict judge(instrument_id instrument, timestamp source_time, price bid, price ask) const;
  void apply(const quote_accepted& e);
  void apply(const quote_rejected& e) { ++rejected_[static_cast<std::size_t>(e.reason) % rejected_.size()]; }

  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  [[nodiscard]] std::uint64_t rejected(quote_rejection reason) const { return rejected_[static_cast<std::size_t>(reason) % rejected_.size()]; }
  /// Accepted quotes that carry this one flag.
  [[nodiscard]] std::uint64_t flagged(std::uint32_t flag) const;

  template <class Archive> void archive(Archive& a) { a(books_, accepted_, rejected_, flagged_); }

 private:
  struct book {
    bool seen{};
    timestamp time;
    price bid, ask;
    bool levelled{};                    ///< a believed mid is known
    std::int64_t level{};               ///< the last believed mid
    std::int64_t outlier{};             ///< mid of the last spike
    std::uint32_t outliers{};           ///< spikes in a row
    std::uint32_t next{};               ///< place in `changes` that is overwritten next
    std::uint32_t small{};              ///< changes in the window that are small
    std::uint32_t calm{};               ///< how many more small changes end the keeping of `sorted`; 0: it is not kept
    std::vector<std::int64_t> changes;  ///< ring
    std::vector<std::int64_t> sorted;   ///< the same, in order, where it is kept
    template <class Archive> void archive(Archive& a) { a(seen, time, bid, ask, levelled, level, outlier, outliers, next, small, calm, changes, sorted); }
  };

  [[nodiscard]] bool spikes(const book& b, std::int64_t mid, instrument_id instrument) const;
  [[nodiscard]] bool spikes(const book& b, std::int64_t mid, price step, const std::vector<std::int64_t>& sorted) const;
  [[nodiscard]] bool off_hours(timestamp t) const;
  void believe(book& b, std::int64_t mid, std::uint64_t small_max);

  judge_configuration configuration_;
  std::array<std::uint64_t, instruments_max> small_max_{};  // by instrument id: half of threshold · floor
  std::array<book, instruments_max> books_{};
  std::uint64_t accepted_ = 0;
  std::array<std::uint64_t, 8> rejected_{};
  std::array<std::uint64_t, 8> flagged_{};  // by bit
};

}  // namespace tomnext::data_pipeline
