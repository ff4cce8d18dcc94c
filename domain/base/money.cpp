#include "domain/base/money.hpp"

namespace tomnext {

result<currency> currency::parse(std::string_view text) {
  bool good = text.size() == 3;
  for (char c : text) good = good && c >= 'A' && c <= 'Z';
  if (!good)
    return error(errc::invalid_argument, "'" + std::string(text.substr(0, 20)) + "' is no currency; write the three capital letters of ISO 4217, such as USD");
  currency c;
  (void)c.code.assign(text);
  return c;
}

// ISO 4217:2015, active currencies whose minor unit is not two decimals. Metals are quoted here to a thousandth of an ounce.
unsigned minor_units(currency c) {
  for (const char* none : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"})
    if (c.code == none) return 0;
  for (const char* three : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "XAU", "XAG", "XPT", "XPD"})
    if (c.code == three) return 3;
  for (const char* four : {"CLF", "UYW"})
    if (c.code == four) return 4;
  return 2;
}

std::string to_string(amount a, unsigned decimals) { return format_decimal(a.value, decimals, decimals); }

}  // namespace tomnext
