// What the tests of the trading hosts send in: one instrument, its quotes, and a host's state as bytes and back.
#pragma once
#include <string>

#include "domain/base/archive.hpp"
#include "domain/events/event.hpp"

namespace tomnext::tests {

inline constexpr instrument_id pound{1};
inline constexpr account_id alice{1};
inline constexpr timestamp start{1'000 * second_ns};

inline price at(const char* text) { return *price::parse(text); }
inline quantity units(std::int64_t n) { return quantity::whole(n); }
inline currency in(const char* code) { return *currency::parse(code); }
inline order_id order_of(std::uint32_t strategy, std::uint32_t number) { return order_id{std::uint64_t{strategy} << 32 | number}; }

/// GBP/USD with five decimals.
inline instrument_defined pound_dollar() {
  instrument_defined d;
  d.instrument = pound;
  d.symbol = "GBP/USD";
  d.base = in("GBP");
  d.quote = in("USD");
  d.price_precision = 5;
  d.base_minor_units = d.quote_minor_units = 2;
  return d;
}
inline quote_accepted quote_of(const char* bid, const char* ask, std::uint32_t flags = 0, instrument_id instrument = pound) {
  quote_accepted q;
  q.instrument = instrument;
  q.bid = at(bid);
  q.ask = at(ask);
  q.flags = flags;
  return q;
}

template <class Host> std::string saved(Host& host) {
  state_writer w;
  w(host);
  return w.bytes();
}
/// True where the bytes were exactly one state.
template <class Host> bool restore(Host& fresh, std::string_view bytes) {
  state_reader r(bytes);
  r(fresh);
  return !r.failed() && r.at_end();
}

}  // namespace tomnext::tests
