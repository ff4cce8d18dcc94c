// Time bars from quotes.
#pragma once
#include <array>
#include <limits>
#include <vector>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/data_pipeline/quote_price.hpp"

namespace tomnext::data_pipeline {

struct aggregator_configuration {
  instrument_id instrument;
  std::vector<bar_spec> bars;            ///< each once; their order is the order in which simultaneous bars close
  bool without_updates{};                ///< also a bar where nothing traded: all prices the last close, ticks 0, weekends included
  bool flagged_quotes_aggregate = true;  ///< crossed, locked and spiking quotes form bars too
};

/// Steps of 1 s to 31 days, each specification once, at most 64 of them.
result<void> validate(const aggregator_configuration& configuration);

/// One host per instrument for all of its bar specifications. A left-open bar covers (opened_at, closed_at], a right-open one [opened_at, closed_at): a quote
/// exactly on a boundary belongs to the bar that closes there, or to the one that opens. Boundaries are multiples of the step since 1970 in UTC, later by the
/// specification's offset.
///
/// A bar closes when its timer fires, which is after all quotes of that instant: its last one, a nanosecond before the boundary where the bar is right-open.
/// Timer numbers are the index of the specification + 1.
/// Quotes that come after their bar has closed change nothing and are counted as late. A quote beyond the open bar that overtook its timer closes it.
class aggregator {
 public:
  static constexpr const char* service = "data_pipeline";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<quote_accepted, timer_fired>;
  using outputs = type_list<bar_closed, timer_armed>;

  /// The configuration must be valid.
  aggregator(host_id self, aggregator_configuration configuration);

  void apply(const header&, const quote_accepted& e) {
    needs_decision_ = false;
    if ((e.flags & ignored_flags_) != 0) return;
    const std::array<std::int64_t, 3> prices{mid_of(e.bid, e.ask).value, e.bid.value, e.ask.value};  // by price_side
    for (auto& s : series_) {
      const std::int64_t p = prices[static_cast<std::size_t>(s.from)];
      // last − t lies in [0, span) exactly where the quote lies in the open bar; span is 0 while none is open.
      const auto ahead = static_cast<std::uint64_t>(s.last()) - static_cast<std::uint64_t>(e.source_time.ns);
      if (ahead < s.span) [[likely]]
        s.add(p);
      else outside(s, e.source_time.ns, p);
    }
  }
  void apply(const header&, const bar_closed& e);
  void apply(const header&, const timer_armed& e);

  void decide(const header&, const quote_accepted&, outbox& out) const {
    if (needs_decision_) [[unlikely]]
      open_bars(out);
  }
  void decide(const header&, const timer_fired& e, outbox& out) const;

  /// Quotes that came after their bar had closed, over all specifications.
  [[nodiscard]] std::uint64_t late_quotes() const { return late_; }

  template <class Archive> void archive(Archive& a) {
    for (auto& s : series_) a(s);
    a(late_);
  }

 private:
  /// The open bar of one specification.
  struct series {
    // What the hot path touches.
    std::int64_t closes_at{};
    std::uint64_t span{};  ///< the step in ns while a bar is open, else 0
    std::int64_t open{}, high{}, low{}, close{};
    std::uint32_t ticks{};
    price_side from{};
    std::int64_t open_end{};  ///< 1: its last instant is a nanosecond before the boundary
    // The rest.
    bar_spec spec;
    std::uint32_t generation{};
    std::int64_t armed_for{};  ///< due time of the newest timer
    // A bar that a later quote overtook before its timer fired.
    bool overtaken{};
    std::int64_t overtaken_closes_at{};
    std::array<std::int64_t, 4> overtaken_prices{};
    std::uint32_t overtaken_ticks{};

    [[nodiscard]] std::int64_t last() const { return closes_at - open_end; }
    [[nodiscard]] std::int64_t step_ns() const { return std::int64_t{spec.step_s} * second_ns; }
    /// The boundary at which a bar with this instant closes.
    [[nodiscard]] std::int64_t boundary_of(std::int64_t t) const {
      const std::int64_t offset = std::int64_t{spec.offset_s} * second_ns;
      return floor_div(t + open_end - offset + step_ns() - 1, step_ns()) * step_ns() + offset;
    }
    void add(std::int64_t p) {
      open = ticks == 0 ? p : open;
      high = p > high ? p : high;
      low = p < low ? p : low;
      close = p;
      ++ticks;
    }
    void empty() {
      ticks = 0;
      high = std::numeric_limits<std::int64_t>::min();
      low = std::numeric_limits<std::int64_t>::max();
    }
    template <class Archive> void archive(Archive& a) {
      a(closes_at, span, open, high, low, close, ticks, generation, armed_for);
      a(overtaken, overtaken_closes_at, overtaken_prices, overtaken_ticks);
    }
  };

  void outside(series& s, std::int64_t t, std::int64_t p);
  void open_bars(outbox& out) const;
  void close_overtaken(const series& s, outbox& out) const;
  void arm(std::size_t i, std::int64_t due, outbox& out) const;
  [[nodiscard]] bar_closed bar_of(const series& s, std::int64_t closes_at, std::array<std::int64_t, 4> prices, std::uint32_t ticks) const;

  host_id self_;
  instrument_id instrument_;
  bool without_updates_;
  std::uint32_t ignored_flags_;
  std::vector<series> series_;
  std::uint64_t late_ = 0;
  bool needs_decision_ = false;  // between apply and decide of one quote only, hence no part of the archive
};

}  // namespace tomnext::data_pipeline
