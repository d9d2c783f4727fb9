// SPDX-License-Identifier: Apache-2.0
#pragma once

// Durations in buckets that grow with them: 16 equal ones an octave.
//
//   LatencyHistogram pane;
//   pane.add(1'250);       // nanoseconds
//   pane.quantile(0.99);   // the upper end of the bucket of the 99th percentile
//
// A quantile is at least the true one and less than 1/16 above it.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace mlcore {

/// A group, as NumericCounts. Units: nanoseconds. Thread-safe: not. Cost: no allocation, no lock.
struct LatencyHistogram {
  static constexpr std::uint32_t kOctaveBits = 4;                          // 16 buckets
  static constexpr std::uint64_t kLongest = (std::uint64_t{1} << 40) - 1;  // 18 minutes
  static constexpr std::size_t kBuckets = (40 - kOctaveBits + 1) << kOctaveBits;

  std::array<std::uint64_t, kBuckets> buckets{};
  std::uint64_t sum = 0;  // of what was added; a longer duration than kLongest counts as that

  void add(std::uint64_t nanoseconds) noexcept {
    const std::uint64_t held = nanoseconds < kLongest ? nanoseconds : kLongest;
    ++buckets[bucket_of(held)];
    sum += held;
  }
  LatencyHistogram& operator+=(const LatencyHistogram& other) noexcept;
  LatencyHistogram& operator-=(const LatencyHistogram& other) noexcept;
  friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

  [[nodiscard]] std::uint64_t count() const noexcept;
  /// The longest duration of the bucket that holds rank ⌈p · count⌉, the first where p = 0; 0
  /// without any. Requires: 0 ≤ p ≤ 1.
  [[nodiscard]] std::uint64_t quantile(double p) const noexcept;

  /// Requires: nanoseconds ≤ kLongest.
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t nanoseconds) noexcept {
    if (nanoseconds < (1u << kOctaveBits)) return static_cast<std::size_t>(nanoseconds);
    const auto octave = static_cast<std::uint32_t>(std::bit_width(nanoseconds)) - (kOctaveBits + 1);
    return static_cast<std::size_t>((std::uint64_t{octave} << kOctaveBits) +
                                    (nanoseconds >> octave));
  }
  /// The longest duration of a bucket. Requires: bucket < kBuckets.
  [[nodiscard]] static std::uint64_t longest_of(std::size_t bucket) noexcept {
    if (bucket < (1u << kOctaveBits)) return bucket;
    const std::uint64_t octave = (bucket >> kOctaveBits) - 1;
    const std::uint64_t mantissa = (bucket & ((1u << kOctaveBits) - 1)) + (1u << kOctaveBits);
    return ((mantissa + 1) << octave) - 1;
  }
};

}  // namespace mlcore
