// The price of a quote on one side of the book.
#pragma once
#include "domain/events/market.hpp"

namespace tomnext::data_pipeline {

/// (bid + ask) / 2, towards minus infinity, without overflow. Exact where the instrument has at most eight decimals.
constexpr price mid_of(price bid, price ask) { return {(bid.value & ask.value) + ((bid.value ^ ask.value) >> 1)}; }

}  // namespace tomnext::data_pipeline
