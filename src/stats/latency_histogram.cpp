// SPDX-License-Identifier: Apache-2.0
// Outside code uses LatencyHistogram.
#include "mlcore/stats/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

#include "mlcore/base/fp_guard.hpp"

namespace mlcore {

LatencyHistogram& LatencyHistogram::operator+=(const LatencyHistogram& other) noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
  sum += other.sum;
  return *this;
}

LatencyHistogram& LatencyHistogram::operator-=(const LatencyHistogram& other) noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets[i] -= other.buckets[i];
  sum -= other.sum;
  return *this;
}

std::uint64_t LatencyHistogram::count() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint64_t bucket : buckets) total += bucket;
  return total;
}

std::uint64_t LatencyHistogram::quantile(double p) const noexcept {
  const FloatingPointGuard guard;
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(total)));
  const std::uint64_t rank = std::clamp<std::uint64_t>(wanted, 1, total);
  std::uint64_t before = 0;
  std::size_t bucket = 0;
  while (before + buckets[bucket] < rank) before += buckets[bucket++];
  return longest_of(bucket);
}

}  // namespace mlcore
