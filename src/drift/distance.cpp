// SPDX-License-Identifier: Apache-2.0
// Outside code uses psi, jensen_shannon_*, hellinger, total_variation, l_infinity, chi_square.
#include "mlcore/drift/distance.hpp"

#include <algorithm>
#include <cmath>

#include "drift/counts.hpp"
#include "drift/distribution.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/math.hpp"

namespace mlcore {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;

double smoothed(std::uint64_t count, std::uint64_t rows, std::size_t bins) noexcept {
  return (static_cast<double>(count) + 0.5) /
         (static_cast<double>(rows) + 0.5 * static_cast<double>(bins));
}

double square(double x) noexcept { return x * x; }

}  // namespace

double psi(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  double sum = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) {
    const double r = smoothed(pair.reference(bin), pair.reference_rows(), pair.size());
    const double c = smoothed(pair.current(bin), pair.current_rows(), pair.size());
    sum += (c - r) * ln(c / r);
  }
  return sum;
}

double jensen_shannon_divergence_nats(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  double sum = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) {
    const double p = pair.reference_share(bin);
    const double q = pair.current_share(bin);
    if (p == 0 && q == 0) continue;
    // ln(p / middle) = ln(1 − d), ln(q / middle) = ln(1 + d)
    const double d = pair.difference(bin) / (p + q);
    if (p > 0) sum += p * ln1p(-d);
    if (q > 0) sum += q * ln1p(d);
  }
  return std::max(0.0, 0.5 * sum);
}

double jensen_shannon_distance_nats(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  return std::sqrt(jensen_shannon_divergence_nats(reference, current));
}

double jensen_shannon_distance_base2(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  return std::min(1.0, std::sqrt(jensen_shannon_divergence_nats(reference, current) / kLn2));
}

double hellinger(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  double sum = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) {
    const double roots = std::sqrt(pair.reference_share(bin)) + std::sqrt(pair.current_share(bin));
    if (roots > 0) sum += square(pair.difference(bin) / roots);  // √q − √p = (q − p) / (√q + √p)
  }
  return std::min(1.0, std::sqrt(0.5 * sum));
}

double total_variation(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  double sum = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) sum += std::fabs(pair.difference(bin));
  return std::min(1.0, 0.5 * sum);
}

double l_infinity(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  double largest = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) {
    largest = std::max(largest, std::fabs(pair.difference(bin)));
  }
  return largest;
}

ChiSquare chi_square(Counts reference, Counts current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  const double n = static_cast<double>(pair.reference_rows());
  const double m = static_cast<double>(pair.current_rows());
  double sum = 0;
  std::uint64_t bins = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) {
    const std::uint64_t rows = pair.reference(bin) + pair.current(bin);
    if (rows == 0) continue;
    ++bins;
    // Both cells of the bin: (c − E)² / E + (r − E)² / E = (cn − rm)² / (nm (r + c))
    sum += square(pair.difference(bin)) / static_cast<double>(rows);
  }
  const double statistic = sum * n * m;
  return {statistic, bins - 1, chi_square_survival(statistic, bins - 1)};
}

}  // namespace mlcore
