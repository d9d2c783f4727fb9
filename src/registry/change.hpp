// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who, why and when: the one place where a registry looks at the clock.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "mlcore/base/time.hpp"
#include "mlcore/registry/registry.hpp"
#include "registry/names.hpp"

namespace mlcore::registry {

inline constexpr std::size_t kLongestFact = 500;

/// Throws: as check_text.
inline void check_change(const Change& change) {
  check_text("by", change.by, kLongestFact);
  check_text("reason", change.reason, kLongestFact);
}

/// The change's own time, or now; within the years that timestamps have.
[[nodiscard]] inline std::int64_t time_of(const Change& change) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::clamp(change.at.value_or(now.count()), kFirstTimestamp, kLastTimestamp);
}

}  // namespace mlcore::registry
