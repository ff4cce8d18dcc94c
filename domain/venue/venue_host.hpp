// The simulated venue: top of book, displayed size, and one price step worse for what exceeds it.
#pragma once
#include <array>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/orders/id_set.hpp"

namespace tomnext::venue {

struct venue_configuration {
  bool flagged_quotes_fill{};  ///< comparison mode: crossed or spiking quotes fill too
};

/// One venue with the books of all instruments. Market orders fill at once on the book of the newest quote, which they do not consume:
/// up to the displayed size at the top, the remainder one price step worse. Where neither the source nor the instrument tells a size, all fills at the top.
/// A client order id is taken once; a second order under it is refused, for ever (see orders::id_set for how that stays bounded).
class venue_host {
 public:
  static constexpr const char* service = "trading_gateway";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<instrument_defined, quote_accepted, send_started>;
  using outputs = type_list<venue_order_reported>;
  /// A venue must not hear of an order whose client order id could still be lost: it gets it when it is durable.
  using durable_inputs = type_list<send_started>;

  venue_host(host_id, venue_configuration configuration) : configuration_(configuration) {}

  void apply(const header&, const instrument_defined& e);
  void apply(const header&, const quote_accepted& e) {
    if (e.instrument.value >= instruments_max || (e.flags != 0 && !configuration_.flagged_quotes_fill)) return;
    auto& b = books_[e.instrument.value];
    b.bid = e.bid;
    b.ask = e.ask;
    b.bid_size = e.bid_size;
    b.ask_size = e.ask_size;
  }
  void apply(const header&, const venue_order_reported& e);
  void decide(const header&, const send_started& e, outbox& out) const;

  template <class Archive> void archive(Archive& a) { a(books_, taken_, next_venue_order_, next_execution_); }

 private:
  struct book {
    price bid, ask;
    quantity bid_size, ask_size;
    quantity displayed;  // of the instrument
    price step;
    template <class Archive> void archive(Archive& a) { a(bid, ask, bid_size, ask_size, displayed, step); }
  };
  venue_configuration configuration_;
  std::array<book, instruments_max> books_{};
  orders::id_set taken_;
  std::uint64_t next_venue_order_ = 1;
  std::uint64_t next_execution_ = 1;
};

}  // namespace tomnext::venue
