// SPDX-License-Identifier: Apache-2.0
#pragma once

// How large a statistic gets when nothing has changed.
//
//   psi_null_quantile({20'000, 1'000}, 10, 0.001);  // a quiet PSI is above it once in a thousand
//
// Both sides are samples; rows are taken as independent. Every quantile falls as the sizes grow, so
// that the same value may be noise in a small pane and drift in a large one.

#include <cstdint>

namespace mlcore {

struct SampleSizes {
  std::uint64_t reference;
  std::uint64_t current;
};

/// Of everything below. Requires: both sizes ≥ 1, 1e-300 ≤ alpha < 1, bins ≥ 2. `bins` counts those
/// that are not empty on both sides.

/// χ²(bins − 1). Source: Pearson 1911.
[[nodiscard]] double chi_square_null_quantile(std::uint64_t bins, double alpha);
/// χ² (1/n + 1/m). Source: Yurdakul 2018.
[[nodiscard]] double psi_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha);
/// √(χ² (1/n + 1/m) / (8 ln 2)): the divergence is χ²/8 to the second order. Source: Menéndez,
/// Pardo, Pardo and Pardo 1997.
[[nodiscard]] double jensen_shannon_base2_null_quantile(SampleSizes sizes, std::uint64_t bins,
                                                        double alpha);
/// √(χ² (1/n + 1/m) / 8), as above.
[[nodiscard]] double hellinger_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha);
/// ½ √(χ² (1/n + 1/m)), an upper bound by Cauchy and Schwarz.
[[nodiscard]] double total_variation_null_quantile(SampleSizes sizes, std::uint64_t bins,
                                                   double alpha);
/// √(½ ln(2 bins / alpha) (1/n + 1/m)), an upper bound. Source: Hoeffding 1963, over all bins.
[[nodiscard]] double l_infinity_null_quantile(SampleSizes sizes, std::uint64_t bins, double alpha);
/// √(½ ln(2 / alpha) (1/n + 1/m)), an upper bound of the limit law's quantile, above it by less
/// than 1e-6 of itself for alpha ≤ 0.01. Source: the first term of Kolmogorov's series; Massart
/// 1990.
[[nodiscard]] double ks_null_quantile(SampleSizes sizes, double alpha);
/// Of a difference of shares when the share of both sides together is `share`:
/// √(2 share (1 − share) L (1/n + 1/m)) + ⅔ L max(1/n, 1/m), L = ln(2 / alpha). Source: Bernstein's
/// inequality.
[[nodiscard]] double share_null_quantile(SampleSizes sizes, double share, double alpha);

/// What the reference says about a distance in the column's units.
struct Spread {
  double standard_deviation;
  double range;        // from the first to the last edge
  double mean_height;  // ∫√(F(1 − F)) dx, which is at least the mean of √(nm/(n+m)) W₁
};
/// E + √(2L ((1/n + 1/m) σ² + 2bE)) + bL/3 with L = ln(1 / alpha), E = mean_height √(1/n + 1/m),
/// b = range · max(1/n, 1/m): an upper bound that outliers can't break. Source: Bousquet 2002 for
/// the supremum over 1-Lipschitz functions, which W₁ is (Kantorovich and Rubinstein).
[[nodiscard]] double wasserstein_null_quantile(SampleSizes sizes, const Spread& spread,
                                               double alpha);

}  // namespace mlcore
