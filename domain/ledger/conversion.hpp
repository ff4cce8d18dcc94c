// From the currency that a trade is settled in to the account's: through the direct pair, the inverse one, or two pairs with USD between.
#pragma once
#include <array>
#include <optional>
#include <string>

#include "domain/base/market.hpp"
#include "domain/base/money.hpp"
#include "domain/base/ids.hpp"
#include "domain/events/market.hpp"
#include "domain/ledger/fraction.hpp"

namespace tomnext::ledger {

/// An amount in the account's minor units, the rate that gave it (account currency per unit converted, to nine decimals), and the source position of its quote.
struct converted {
  amount value;
  price effective_rate;
  std::uint64_t source_position{};
};

/// Units of one currency for a unit of another, and the source position of the quote that says so.
struct conversion_factor {
  fraction value{1, 1};
  std::uint64_t source_position{};
};

/// The newest book of each instrument, and what is known of the instruments. Updating is a few stores: it lies on the path of every quote.
class rate_table {
 public:
  void define(const instrument_defined& e);
  void update(const quote_accepted& e) {
    if (e.instrument.value == 0 || e.instrument.value >= instruments_max) return;
    auto& b = books_[e.instrument.value];
    b.bid = e.bid;
    b.ask = e.ask;
    b.source_position = e.source_position;
  }
  struct book {
    price bid, ask;
    std::uint64_t source_position{};
    currency base, quote;
    std::uint32_t base_minor_units{}, quote_minor_units{};
    template <class Archive> void archive(Archive& a) { a(bid, ask, source_position, base, quote, base_minor_units, quote_minor_units); }
  };
  /// An empty book where nothing is known of the instrument.
  [[nodiscard]] const book& at(instrument_id i) const { return books_[i.value < instruments_max ? i.value : 0]; }

  /// `value` in minor units of `from` into minor units (10^-to_minor_units) of `to`, rounded once, half away from zero.
  ///   side_traded  a sell uses the bid, a buy the ask of each pair on the way; the inverse divides by that same side's price
  ///   by_sign      what is held (positive) is sold, what is owed is bought: direct bid / ask, inverse ask / bid
  ///   mid          (bid + ask) / 2
  /// The pair that quotes `from` in `to` is preferred to its inverse, and both to the way through USD.
  /// errc::conversion_rate_missing names both currencies and the pairs that would help.
  [[nodiscard]] result<converted> convert(amount value, currency from, std::uint32_t from_minor_units, currency to, std::uint32_t to_minor_units, side traded,
                                          conversion_method method) const;

  /// An exact amount, in whole units of `from`: nothing is rounded before it is booked. Nothing is traded either: side_traded goes by sign.
  [[nodiscard]] result<converted> convert(const fraction& value, currency from, currency to, std::uint32_t to_minor_units, conversion_method method) const;

  template <class Archive> void archive(Archive& a) { a(books_); }

 private:
  [[nodiscard]] const book* quoted(currency base, currency quote) const;
  [[nodiscard]] result<conversion_factor> factor(currency from, currency to, bool positive, side traded, conversion_method method) const;
  [[nodiscard]] std::optional<conversion_factor> find(currency from, currency to, bool positive, side traded, conversion_method method) const;
  std::array<book, instruments_max> books_{};
};

}  // namespace tomnext::ledger
