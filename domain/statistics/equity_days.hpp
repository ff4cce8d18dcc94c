// Daily returns out of an equity curve of events: cut at 17:00 New York, money paid in and out removed.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "domain/base/describe.hpp"
#include "domain/base/result.hpp"
#include "domain/base/time.hpp"

namespace tomnext::statistics {

/// Equity at a moment, and what was paid in (or out: negative) since the point before; equity contains it already.
struct equity_point {
  timestamp at;
  double equity{};
  double flow{};
};
/// A deposit, or a withdrawal (negative).
struct cash_flow {
  timestamp at;
  double amount{};
};
/// Flows written into the points: each into the first point at its time or later. A flow at or before the first point is part of the opening equity.
/// `invalid_argument` for one behind the last point, or out of the order of time.
result<std::vector<equity_point>> with_flows(std::vector<equity_point> points, std::span<const cash_flow> flows);

/// The days' ends as UTC instants, as calendar events give them: boundary i ends trading day first_date + i. Saturdays and Sundays have boundaries too.
struct day_boundaries {
  date first_date;
  std::span<const timestamp> ends;
};

/// The day from Monday to Friday that a moment belongs to; Saturday's and Sunday's belong to Monday. Nothing where it lies in no day of the boundaries.
std::optional<date> trading_weekday_of(timestamp at, const day_boundaries& boundaries);

struct trading_day {
  date day;                  ///< Monday to Friday
  double equity{};           ///< at its end
  double flow{};             ///< paid in during it
  double return_fraction{};  ///< time-weighted
  TOMNEXT_FIELDS(FIELD(1, day) FIELD(2, equity) FIELD(3, flow) FIELD(4, return_fraction))
};
struct daily_series {
  std::vector<trading_day> days;
  /// Nothing was left, by loss or by withdrawal: what comes later has no return, and is left out.
  bool used_up = false;
  std::vector<double> growth;  ///< per point: time-weighted, 1 at the first; as far as equity was positive
};

/// Time-weighted: a day's return is Π over the spans between flows of (equity just before the flow) / (equity after the one before) − 1; the product of all
/// days is the return of the whole (CFA Institute, GIPS). The first day begins at the first point.
///
/// Which day a point belongs to: a point behind a boundary belongs to the next day. Of several points exactly at a boundary the first is the valuation of the
/// day's end and closes that day, the others are of the next: the day rolls before that instant's ticks. What happens between Friday's and Sunday's ends
/// counts to Monday. A weekday without points has a return of 0; the days run from the first point's to the last point's, of which both may be short.
///
/// `invalid_argument` where points are out of order, not finite, the first equity is not positive, a point lies in no day, or equity grows or falls by a factor of
/// 1e100.
result<daily_series> days_of(std::span<const equity_point> points, const day_boundaries& boundaries);

}  // namespace tomnext::statistics
