// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the calls of a model went: how long they took, and why some failed.
//
//   CallCounts calls;
//   calls.row_latency.add(1'250);
//   calls.failures.add(Reason::malformed_row);
//   calls.failures.count_of(Reason::malformed_row);  // 1

#include <array>
#include <cstddef>
#include <cstdint>

#include "mlcore/base/error.hpp"
#include "mlcore/stats/latency_histogram.hpp"

namespace mlcore {

/// A counter for each reason. Merges. Thread-safe: not. Cost: no allocation, no lock.
class FailureCounts {
 public:
  static constexpr std::size_t kSlotsPerHundred = 32;
  static constexpr std::size_t kSlots = 10 * kSlotsPerHundred;

  void add(Reason reason) noexcept { ++slots_[slot_of(reason)]; }
  [[nodiscard]] std::uint64_t count_of(Reason reason) const noexcept {
    return slots_[slot_of(reason)];
  }
  FailureCounts& operator+=(const FailureCounts& other) noexcept;
  friend bool operator==(const FailureCounts&, const FailureCounts&) = default;

  /// Where a reason is counted; the first slot for a number that has none of its own.
  [[nodiscard]] static constexpr std::size_t slot_of(Reason reason) noexcept {
    const auto number = static_cast<std::size_t>(reason);
    const std::size_t slot = number / 100 * kSlotsPerHundred + number % 100;
    return number % 100 < kSlotsPerHundred && slot < kSlots ? slot : 0;
  }
  [[nodiscard]] static constexpr Reason reason_of(std::size_t slot) noexcept {
    return static_cast<Reason>(slot / kSlotsPerHundred * 100 + slot % kSlotsPerHundred);
  }

 private:
  std::array<std::uint64_t, kSlots> slots_{};
};

/// Thread-safe: not.
struct CallCounts {
  LatencyHistogram row_latency;  // nanoseconds a call
  LatencyHistogram batch_latency;
  FailureCounts failures;

  CallCounts& operator+=(const CallCounts& other) noexcept;
  friend bool operator==(const CallCounts&, const CallCounts&) = default;
};

}  // namespace mlcore
