// The standard normal distribution, with the same bits on every machine.
#pragma once

namespace tomnext::statistics {

/// φ(x) = e^(−x²/2) / √(2π).
double normal_density(double x);
/// Φ(x), to 1e-15 relative also far out in the lower tail. W. J. Cody, "Rational Chebyshev approximations for the error function",
/// Mathematics of Computation 23 (1969).
double normal_cumulative(double x);
/// Φ⁻¹(p) for 0 < p < 1, to 1e-15 relative; −∞ and +∞ at the ends. M. J. Wichura, algorithm AS 241, Applied Statistics 37 (1988).
double normal_quantile(double p);

}  // namespace tomnext::statistics
