// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far two count vectors over the same bins are apart.
//
//   psi(reference, current);                           // nats
//   jensen_shannon_distance_base2(reference, current);  // 0 to 1
//   chi_square(reference, current).p_value;
//
// Sums run from the first bin to the last; differences of shares are exact integers until the last
// division. The same counts give the same bits.

#include <cstdint>
#include <span>

namespace mlcore {

/// Of everything below. Shape: `reference` and `current` have the same length B ≥ 2; the sum of
/// each is below 2^63. Throws: invalid_argument/wrong_width (lengths), failed_precondition/
/// empty_input (a side has no rows). Cost: O(B).
using Counts = std::span<const std::uint64_t>;

/// Population stability index. Units: nats, ≥ 0. Every share is smoothed:
/// (count + 1/2) / (n + B/2). Source: Yurdakul 2018, eq. 2.1.
[[nodiscard]] double psi(Counts reference, Counts current);

/// Half the sum of both Kullback–Leibler divergences from the middle. Units: nats, 0 to ln 2. No
/// smoothing. The distances are its root, in nats (SciPy's default) or after division by ln 2.
/// Source: Lin 1991; scipy.spatial.distance.jensenshannon.
[[nodiscard]] double jensen_shannon_divergence_nats(Counts reference, Counts current);
[[nodiscard]] double jensen_shannon_distance_nats(Counts reference, Counts current);
[[nodiscard]] double jensen_shannon_distance_base2(Counts reference, Counts current);

/// √(½ Σ(√p − √q)²), 0 to 1.
[[nodiscard]] double hellinger(Counts reference, Counts current);
/// ½ Σ|p − q|, 0 to 1.
[[nodiscard]] double total_variation(Counts reference, Counts current);
/// max |p − q|, 0 to 1.
[[nodiscard]] double l_infinity(Counts reference, Counts current);

struct ChiSquare {
  double statistic;
  std::uint64_t degrees_of_freedom;
  double p_value;
};
/// Pearson's test that both vectors come from one distribution, without a continuity correction.
/// A bin that is empty on both sides is left out; with one bin left the p value is 1.
/// Source: scipy.stats.chi2_contingency(correction=False).
[[nodiscard]] ChiSquare chi_square(Counts reference, Counts current);

}  // namespace mlcore
