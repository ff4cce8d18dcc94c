// What the book holds and what it may still come to hold: positions, and reservations of orders that have not ended.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "domain/base/decimal.hpp"
#include "domain/base/ids.hpp"
#include "domain/base/market.hpp"

namespace tomnext::risk_management {

/// The sum, or the nearest end of the range: a report from outside must not overflow what guards us from it.
constexpr quantity saturating_add(quantity a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a.value, b, &sum)) return {sum};
  return {b > 0 ? std::numeric_limits<std::int64_t>::max() : -std::numeric_limits<std::int64_t>::max()};
}

/// A net position (+ long, − short) and the sizes reserved on either side of it, both ≥ 0.
struct exposure {
  quantity net;
  quantity reserved_buys;
  quantity reserved_sells;

  [[nodiscard]] quantity reserved(side direction) const { return direction == side::buy ? reserved_buys : reserved_sells; }
  void reserve(side direction, std::int64_t size) {
    auto& held = direction == side::buy ? reserved_buys : reserved_sells;
    held = {std::max<std::int64_t>(saturating_add(held, size).value, 0)};
  }
  /// What the position would be in `direction` if all orders of that direction filled and none of the other: + in the direction, − against it.
  [[nodiscard]] int128 worst(side direction) const { return int128{net.value} * sign(direction) + reserved(direction).value; }
  /// How much an order of `direction` can close, after what is reserved for that already.
  [[nodiscard]] quantity closable(side direction) const;
  [[nodiscard]] bool empty() const { return !net && !reserved_buys && !reserved_sells; }
  template <class Archive> void archive(Archive& a) { a(net, reserved_buys, reserved_sells); }
};

/// What an order holds until it ends.
struct reservation {
  account_id account;
  instrument_id instrument;
  side direction{};
  quantity remaining;
  position_id closes;  ///< 0: none in particular
  template <class Archive> void archive(Archive& a) { a(account, instrument, direction, remaining, closes); }
};

/// A fill, as far as exposure is concerned.
struct exposure_fill {
  order_id order;
  account_id account;
  instrument_id instrument;
  side direction{};
  quantity size;
  position_id closes;
};

/// Exposure of one book: per instrument over all accounts, per account and instrument, and per position of hedging accounts.
/// Every size is in the unit of `quantity`. A fill moves its size from reserved to held in one step, so no prefix of events shows either twice or not at all.
class exposure_book {
 public:
  /// Accounts that nobody declared are kept like hedging ones: then their positions are known either way.
  void declare(account_id account, position_mode mode) { modes_[account] = mode; }
  [[nodiscard]] bool netting(account_id account) const;
  /// Nothing changes where the order holds a reservation already.
  void reserve(order_id order, const reservation& r);
  /// Ends the reservation, whatever remains of it.
  void release(order_id order);
  void fill(const exposure_fill& f);

  /// instrument < instruments_max.
  [[nodiscard]] const exposure& of(instrument_id instrument) const { return instruments_[instrument.value]; }
  [[nodiscard]] exposure of(account_id account, instrument_id instrument) const;
  /// What an order of this account may close: of the position named, or of the account's net where none is. 0 where it would open.
  [[nodiscard]] quantity closable(account_id account, instrument_id instrument, side direction, position_id closes) const;
  /// The open reservation of an order, or null.
  [[nodiscard]] const reservation* find(order_id order) const;
  [[nodiscard]] std::size_t reservations() const { return reservations_.size(); }

  template <class Archive> void archive(Archive& a) { a(instruments_, accounts_, positions_, reservations_, modes_); }

 private:
  using account_key = std::pair<account_id, instrument_id>;
  struct hedged_position {
    account_id account;
    instrument_id instrument;
    exposure held;
    template <class Archive> void archive(Archive& a) { a(account, instrument, held); }
  };
  void change_reserved(const reservation& r, std::int64_t by);
  void change_net(const exposure_fill& f);
  void drop_if_empty(account_key key, position_id position);

  std::array<exposure, instruments_max> instruments_{};
  std::map<account_key, exposure> accounts_;
  std::map<position_id, hedged_position> positions_;
  std::map<order_id, reservation> reservations_;
  std::map<account_id, position_mode> modes_;
};

}  // namespace tomnext::risk_management
