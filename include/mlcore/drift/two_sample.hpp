// SPDX-License-Identifier: Apache-2.0
#pragma once

// Kolmogorov–Smirnov and Wasserstein distances: exact between arrays, and between counters.
//
//   ks_statistic(train_ages, todays_ages);
//   ks_at_edges(reference_bins, pane_bins);           // the same, seen at the bins' edges only
//   wasserstein_at_edges(edges, reference_bins, pane_bins);

#include <cstdint>
#include <span>

namespace mlcore {

/// max |F − G|, ties handled. Throws: failed_precondition/empty_input (a side is empty),
/// invalid_argument/invalid_number (a value that is not finite). Cost: O(n log n).
/// Source: scipy.stats.ks_2samp.
[[nodiscard]] double ks_statistic(std::span<const double> reference,
                                  std::span<const double> current);
/// Over bins in ascending order; at most `ks_statistic` of the values, and less by at most the
/// greatest share of one bin. Shape, Throws: as distance.hpp.
[[nodiscard]] double ks_at_edges(std::span<const std::uint64_t> reference,
                                 std::span<const std::uint64_t> current);
/// P(D ≥ d) in the limit of large samples. Source: scipy.stats.kstwobign.
[[nodiscard]] double ks_p_value(double d, std::uint64_t reference_rows, std::uint64_t current_rows);

/// ∫|F − G| dx. Units: the values'. Throws, Cost: as ks_statistic.
/// Source: scipy.stats.wasserstein_distance.
[[nodiscard]] double wasserstein(std::span<const double> reference,
                                 std::span<const double> current);
/// The same with values spread evenly within their bin, and those outside the first and the last
/// edge moved onto it. Shape: at least 2 edges, one bin more than edges; else as distance.hpp.
[[nodiscard]] double wasserstein_at_edges(std::span<const double> edges,
                                          std::span<const std::uint64_t> reference,
                                          std::span<const std::uint64_t> current);

}  // namespace mlcore
