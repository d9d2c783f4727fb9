// SPDX-License-Identifier: Apache-2.0
// Outside code uses the functions of null_quantile.hpp.
#include "mlcore/drift/null_quantile.hpp"

#include <algorithm>
#include <cmath>

#include "drift/distribution.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/math.hpp"

namespace mlcore {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;

double inverse_sum(SampleSizes sizes) noexcept {
  return 1 / static_cast<double>(sizes.reference) + 1 / static_cast<double>(sizes.current);
}

double largest_inverse(SampleSizes sizes) noexcept {
  return 1 / static_cast<double>(std::min(sizes.reference, sizes.current));
}

}  // namespace

double chi_square_null_quantile(std::uint64_t bins, double alpha) {
  const FloatingPointGuard guard;
  return chi_square_quantile(alpha, bins - 1);
}

double psi_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha) {
  const FloatingPointGuard guard;
  return chi_square_quantile(alpha, bins - 1) * inverse_sum(sizes);
}

double jensen_shannon_base2_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha) {
  const FloatingPointGuard guard;
  return std::sqrt(psi_null_quantile(sizes, bins, alpha) / (8 * kLn2));
}

double hellinger_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha) {
  const FloatingPointGuard guard;
  return std::sqrt(psi_null_quantile(sizes, bins, alpha) / 8);
}

double total_variation_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha) {
  const FloatingPointGuard guard;
  return 0.5 * std::sqrt(psi_null_quantile(sizes, bins, alpha));
}

double l_infinity_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha) {
  return ks_null_quantile(sizes, alpha / static_cast<double>(bins));
}

double ks_null_quantile(SampleSizes sizes, double alpha) {
  const FloatingPointGuard guard;
  return std::sqrt(0.5 * ln(2 / alpha) * inverse_sum(sizes));
}

double share_null_quantile(SampleSizes sizes, double share, double alpha) {
  const FloatingPointGuard guard;
  const double deviation = ln(2 / alpha);
  return std::sqrt(2 * share * (1 - share) * deviation * inverse_sum(sizes)) +
         2 * deviation * largest_inverse(sizes) / 3;
}

double wasserstein_null_quantile(SampleSizes sizes, const Spread& spread, double alpha) {
  const FloatingPointGuard guard;
  const double deviation = -ln(alpha);
  const double mean = spread.mean_height * std::sqrt(inverse_sum(sizes));
  const double step = spread.range * largest_inverse(sizes);
  const double variance =
      spread.standard_deviation * spread.standard_deviation * inverse_sum(sizes) + 2 * step * mean;
  return mean + std::sqrt(2 * deviation * variance) + step * deviation / 3;
}

}  // namespace mlcore
