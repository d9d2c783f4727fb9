// SPDX-License-Identifier: Apache-2.0
// Outside code uses FailureCounts and CallCounts.
#include "mlcore/drift/call_counts.hpp"

namespace mlcore {

FailureCounts& FailureCounts::operator+=(const FailureCounts& other) noexcept {
  for (std::size_t i = 0; i < kSlots; ++i) slots_[i] += other.slots_[i];
  return *this;
}

CallCounts& CallCounts::operator+=(const CallCounts& other) noexcept {
  row_latency += other.row_latency;
  batch_latency += other.batch_latency;
  failures += other.failures;
  return *this;
}

}  // namespace mlcore
