#include "config/instrument_terms.hpp"

#include <fmt/format.h>

#include "domain/base/money.hpp"
#include "domain/calendar/value_dates.hpp"

namespace tomnext::config {
namespace {

bool is_metal(currency c) { return !c.code.empty() && c.code.view()[0] == 'X' && (c.code == "XAU" || c.code == "XAG" || c.code == "XPT" || c.code == "XPD"); }

// ISO 4217 list one: national currencies in use, and the metals that are traded spot. Test codes, funds and XXX are left out.
constexpr std::string_view currencies =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNH CNY COP CRC CUP CVE CZK "
    "DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF "
    "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP "
    "PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU "
    "UZS VES VND VUV WST XAF XAG XAU XCD XOF XPD XPF XPT YER ZAR ZMW ";

result<std::pair<currency, currency>> parse_symbol(const std::string& symbol) {
  auto slash = symbol.find('/');
  auto allowed =
      error(errc::unknown_instrument,
            fmt::format("'{}' is no spot pair; write two different ISO 4217 codes such as GBP/USD or XAU/USD (forwards, options and CFDs are not traded here)",
                        symbol.substr(0, 40)));
  if (slash != 3 || symbol.size() != 7) return allowed;
  auto base = parse_currency(symbol.substr(0, 3)), quote = parse_currency(symbol.substr(4));
  if (!base || !quote || *base == *quote) return allowed;
  return std::pair{*base, *quote};
}

}  // namespace

result<currency> parse_currency(const std::string& text) {
  auto c = currency::parse(text);
  if (!c) return c.error();
  if (currencies.find(text + " ") == std::string_view::npos)
    return error(errc::invalid_argument, fmt::format("'{}' is no currency of ISO 4217, and no metal (XAU, XAG, XPT, XPD)", text));
  return *c;
}

result<instrument_defined> instrument_terms(const std::string& symbol, instrument_id id) {
  auto pair = parse_symbol(symbol);
  if (!pair) return pair.error();
  instrument_defined i;
  i.instrument = id;
  i.version = 1;
  i.symbol = std::string_view(symbol);
  i.base = pair->first;
  i.quote = pair->second;
  i.kind = is_metal(i.base) ? instrument_kind::spot_metal : instrument_kind::spot_fx;
  i.price_precision = minor_units(i.quote) == 0 ? 3 : is_metal(i.base) ? 2 : 5;
  i.quantity_step = quantity::whole(1);
  i.quantity_min = quantity::whole(1);
  i.spot_lag_days = calendar::spot_lag_days(i.base, i.quote);
  // NZD/USD rolls at 07:00 Auckland; crosses go with New York.
  if ((i.base.code == "NZD" && i.quote.code == "USD") || (i.base.code == "USD" && i.quote.code == "NZD")) i.roll = roll_profile::auckland;
  i.base_minor_units = minor_units(i.base);
  i.quote_minor_units = minor_units(i.quote);
  return i;
}

}  // namespace tomnext::config
