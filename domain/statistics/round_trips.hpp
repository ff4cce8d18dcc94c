// Fills matched into round trips: first in, first out.
#pragma once
#include <span>
#include <vector>

#include "domain/base/market.hpp"
#include "domain/base/time.hpp"

namespace tomnext::statistics {

/// A fill of one instrument.
struct fill {
  timestamp at;
  std::int64_t size{};  ///< bought: positive
  double price{};
};
/// What one closing fill has closed, of all the entries that it took from, oldest first.
struct round_trip {
  timestamp opened, closed;     ///< of the first entry taken from, and of the closing fill
  side direction{};             ///< buy: long
  std::int64_t size{};          ///< how much was closed
  double profit{};              ///< in quote currency, before costs
  double return_on_invested{};  ///< profit / Σ entry price · size; 0 where nothing was invested
};
/// Fills in the order of time. One that crosses zero closes all and opens the rest the other way; what is open at the end is no round trip.
/// The definitions of pyfolio's round_trips.
std::vector<round_trip> round_trips_of(std::span<const fill> fills);

}  // namespace tomnext::statistics
