// SPDX-License-Identifier: Apache-2.0
// Outside code uses chi_square_survival, chi_square_quantile and kolmogorov_survival.
#include "drift/distribution.hpp"

#include <cmath>

#include "mlcore/base/math.hpp"

namespace mlcore {
namespace {

constexpr double kPi = 0x1.921fb54442d18p+1;
constexpr double kEpsilon = 0x1p-55;
constexpr int kMostSteps = 100'000;

/// Γ(a) for a = k/2 < 10, by its recurrence.
double small_gamma(double a) noexcept {
  double product = a == std::floor(a) ? 1.0 : std::sqrt(kPi);
  for (double factor = a == std::floor(a) ? 1.0 : 0.5; factor < a; factor += 1) product *= factor;
  return product;
}

/// Γ(a) / (√(2π/a) (a/e)^a) for a ≥ 10. Source: Stirling's series, DLMF 5.11.3.
double stirling(double a) noexcept {
  const double b = 1 / (a * a);
  const double series =
      1.0 / 12 -
      b * (1.0 / 360 -
           b * (1.0 / 1260 -
                b * (1.0 / 1680 - b * (1.0 / 1188 - b * (691.0 / 360360 - b * (1.0 / 156))))));
  return exp(series / a);
}

/// x^a e^-x / Γ(a). Requires: a is a multiple of 1/2, x > 0.
double gamma_density(double a, double x) noexcept {
  if (a < 10) return exp(a * ln(x) - x) / small_gamma(a);
  const double from_peak = (x - a) / a;
  return exp(a * (ln1p(from_peak) - from_peak)) * std::sqrt(a / (2 * kPi)) / stirling(a);
}

/// The lower tail's series over its first factor. Source: DLMF 8.11.4.
double lower_series(double a, double x) noexcept {
  double term = 1 / a;
  double sum = term;
  for (int k = 1; k < kMostSteps && term > sum * kEpsilon; ++k) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

/// The upper tail's continued fraction over its first factor, by Lentz's method. Source:
/// DLMF 8.9.2.
double upper_fraction(double a, double x) noexcept {
  double b = x + 1 - a;
  double c = 1e300;
  double d = 1 / b;
  double fraction = d;
  for (int k = 1; k < kMostSteps; ++k) {
    const double numerator = -k * (k - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const double factor = c * d;
    fraction *= factor;
    if (std::fabs(factor - 1) < kEpsilon) break;
  }
  return fraction;
}

/// A value that P(Z > z) = alpha roughly; alpha ≤ 1/2. Source: Abramowitz and Stegun 26.2.22.
double rough_normal_quantile(double alpha) noexcept {
  const double t = std::sqrt(-2 * ln(alpha));
  return t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + t * 0.04481));
}

/// Source: Wilson and Hilferty 1931.
double rough_chi_square_quantile(double alpha, double degrees) noexcept {
  const double z = alpha <= 0.5 ? rough_normal_quantile(alpha) : -rough_normal_quantile(1 - alpha);
  const double part = 2 / (9 * degrees);
  const double root = 1 - part + z * std::sqrt(part);
  return root > 0.05 ? degrees * root * root * root : degrees * 0.000125;
}

}  // namespace

double chi_square_survival(double x, std::uint64_t degrees_of_freedom) noexcept {
  if (degrees_of_freedom == 0 || !(x > 0)) return 1;
  const double a = static_cast<double>(degrees_of_freedom) / 2;
  const double half = x / 2;
  if (!(half < 1e6 + a * 1e3)) return 0;
  if (half < a + 1) return 1 - gamma_density(a, half) * lower_series(a, half);
  return gamma_density(a, half) * upper_fraction(a, half);
}

double chi_square_quantile(double alpha, std::uint64_t degrees_of_freedom) noexcept {
  const auto degrees = static_cast<double>(degrees_of_freedom);
  const double target = ln(alpha);
  double x = rough_chi_square_quantile(alpha, degrees);
  // Newton's steps on the tail's logarithm, which is concave.
  for (int step = 0; step < 64; ++step) {
    const double tail = chi_square_survival(x, degrees_of_freedom);
    if (!(tail > 0)) {
      x /= 2;
      continue;
    }
    const double density = gamma_density(degrees / 2, x / 2) / x;
    const double change = (ln(tail) - target) * tail / density;
    const double next = x + change > 0 ? x + change : x / 2;
    const bool is_done = std::fabs(next - x) <= 0x1p-50 * x;
    x = next;
    if (is_done) break;
  }
  return x;
}

double kolmogorov_survival(double x) noexcept {
  if (!(x > 0)) return 1;
  if (x < 1) {
    // Source: DLMF 20.7.32 turns the series below into one that converges here.
    double sum = 0;
    for (int k = 1; k < 20; k += 2) sum += exp(-(k * k) * kPi * kPi / (8 * x * x));
    return 1 - std::sqrt(2 * kPi) / x * sum;
  }
  double sum = 0;
  for (int k = 1; k < 20; ++k) {
    const double term = exp(-2.0 * k * k * x * x);
    sum += k % 2 == 1 ? term : -term;
  }
  return 2 * sum;
}

}  // namespace mlcore
