// Transcendental functions that give the same bits on every CPU: built from + − × ÷ and exact scaling only.
#pragma once

namespace tomnext::math {

/// e^x, within 1 ulp of correctly rounded for normal results. Overflows to +∞ and underflows to 0 like libm.
double exp(double x);
/// Natural logarithm, within 1 ulp. −∞ at 0, NaN below.
double log(double x);
/// 1 / (1 + e^−x).
double logistic(double x);

}  // namespace tomnext::math
