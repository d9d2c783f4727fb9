// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tails of the distributions that statistics follow, with bits of our own: + − × ÷ √ and the
// library's exp and ln.
//
//   chi_square_survival(3.84, 1);   // 0.05
//   chi_square_quantile(0.05, 1);   // 3.84
//   kolmogorov_survival(1.358);     // 0.05

#include <cstdint>

namespace mlcore {

/// P(X > x). 1 for 0 degrees of freedom or x ≤ 0. Error: below 1e-12 relative down to 1e-300.
[[nodiscard]] double chi_square_survival(double x, std::uint64_t degrees_of_freedom) noexcept;
/// The x with P(X > x) = alpha. Requires: 1e-300 ≤ alpha < 1, degrees of freedom ≥ 1.
[[nodiscard]] double chi_square_quantile(double alpha, std::uint64_t degrees_of_freedom) noexcept;
/// P(√n D > x) of the limit law.
[[nodiscard]] double kolmogorov_survival(double x) noexcept;

}  // namespace mlcore
