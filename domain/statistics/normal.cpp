#include "domain/statistics/normal.hpp"

#include <cmath>
#include <limits>

#include "domain/base/math.hpp"

namespace tomnext::statistics {
namespace {

constexpr double one_over_root_two_pi = 0.39894228040143267794;

// The tail is a product with e^(−x²/2). The square of x is split, so that its low half is not rounded away before the exponential.
double gaussian(double x) {
  const double high = std::trunc(x * 16) / 16;
  const double rest = (x - high) * (x + high);
  return math::exp(-high * high * 0.5) * math::exp(-rest * 0.5);
}
double polynomial(const double* c, int degree, double x) {
  double sum = c[degree];
  for (int i = degree - 1; i >= 0; --i) sum = sum * x + c[i];
  return sum;
}

}  // namespace

double normal_density(double x) { return one_over_root_two_pi * gaussian(std::fabs(x)); }

double normal_cumulative(double x) {
  static constexpr double a[5] = {2.2352520354606839287, 161.02823106855587881, 1067.6894854603709582, 18154.981253343561249, .065682337918207449113};
  static constexpr double b[4] = {47.20258190468824187, 976.09855173777669322, 10260.932208618978205, 45507.789335026729956};
  static constexpr double c[9] = {.39894151208813466764, 8.8831497943883759412, 93.506656132177855979, 597.27027639480026226,   2494.5375852903726711,
                                  6848.1904505362823326, 11602.651437647350124, 9842.7148383839780218, 1.0765576773720192317e-8};
  static constexpr double d[8] = {22.266688044328115691, 235.38790178262499861, 1519.377599407554805,  6485.558298266760755,
                                  18615.571640885098091, 34900.952721145977266, 38912.003286093271411, 19685.429676859990727};
  static constexpr double p[6] = {.21589853405795699,     .1274011611602473639,  .022235277870649807,
                                  .001421619193227893466, 2.9112874951168792e-5, .02307344176494017303};
  static constexpr double q[5] = {1.28426009614491121, .468238212480865118, .0659881378689285515, .00378239633202758244, 7.29751555083966205e-5};
  const double y = std::fabs(x);
  if (y <= 0.67448975) {
    const double s = y > 0x1p-54 ? x * x : 0;
    double numerator = a[4] * s, denominator = s;
    for (int i = 0; i < 3; ++i) {
      numerator = (numerator + a[i]) * s;
      denominator = (denominator + b[i]) * s;
    }
    return 0.5 + x * (numerator + a[3]) / (denominator + b[3]);
  }
  double tail = 0;
  if (y <= 5.656854249492380195) {
    double numerator = c[8] * y, denominator = y;
    for (int i = 0; i < 7; ++i) {
      numerator = (numerator + c[i]) * y;
      denominator = (denominator + d[i]) * y;
    }
    tail = gaussian(y) * (numerator + c[7]) / (denominator + d[7]);
  } else if (y < 39) {
    const double s = 1 / (x * x);
    double numerator = p[5] * s, denominator = s;
    for (int i = 0; i < 4; ++i) {
      numerator = (numerator + p[i]) * s;
      denominator = (denominator + q[i]) * s;
    }
    tail = gaussian(y) * (one_over_root_two_pi - s * (numerator + p[4]) / (denominator + q[4])) / y;
  }
  return x > 0 ? 1 - tail : tail;
}

double normal_quantile(double p) {
  static constexpr double a[8] = {3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
                                  45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727};
  static constexpr double b[8] = {1,
                                  42.313330701600911252,
                                  687.18700749205790830,
                                  5394.1960214247511077,
                                  21213.794301586595867,
                                  39307.895800092710610,
                                  28729.085735721942674,
                                  5226.4952788528545610};
  static constexpr double c[8] = {1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,  3.64784832476320460504,
                                  1.27045825245236838258, .241780725177450611770, .0227238449892691845833, 7.74545014278341407640e-4};
  static constexpr double d[8] = {1,
                                  2.05319162663775882187,
                                  1.67638483018380384940,
                                  .689767334985100004550,
                                  .148103976427480074590,
                                  .0151986665636164571966,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double e[8] = {6.65790464350110377720,  5.46378491116411436990,   1.78482653991729133580,    .296560571828504891230,
                                  .0265321895265761230930, .00124266094738807843860, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[8] = {1,
                                  .599832206555887937690,
                                  .136929880922735805310,
                                  .0148753612908506148525,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  if (p != p) return p;
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, 7, r) / polynomial(b, 7, r);
  }
  double r = std::sqrt(-math::log(q < 0 ? p : 1 - p));
  double x = 0;
  if (r <= 5) {
    r -= 1.6;
    x = polynomial(c, 7, r) / polynomial(d, 7, r);
  } else {
    r -= 5;
    x = polynomial(e, 7, r) / polynomial(f, 7, r);
  }
  return q < 0 ? -x : x;
}

}  // namespace tomnext::statistics
