// The usual bank holidays of the currencies that are traded most, by rule: what value dates go by where nobody says otherwise.
#pragma once
#include <vector>

#include "domain/base/money.hpp"
#include "domain/base/time.hpp"

namespace tomnext::calendar {

/// Easter Sunday of the Gregorian calendar (anonymous algorithm, as in J. Meeus, "Astronomical Algorithms", 1991). Years 1583 on.
date easter_sunday(int year);

/// The first weekday holidays of a year, ascending: of USD those of the Federal Reserve, of EUR TARGET's, of GBP London's, of CHF Zurich's, of CAD Toronto's,
/// of AUD Sydney's, of NZD those of the whole country, of JPY Tokyo's banks. Single days that were moved or added are there as data, as far as they are known
/// here. Nothing for other currencies, and for years before 2000: their holidays must be told.
std::vector<date> usual_bank_holidays(currency c, int year);

}  // namespace tomnext::calendar
