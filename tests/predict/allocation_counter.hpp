// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often this program has called operator new, and how it is made to fail.

#include <cstdint>

namespace mlcore::test {

[[nodiscard]] std::uint64_t allocation_count() noexcept;

/// While it lives, operator new fails `count` times, the first time after `succeeding` calls.
class FailingAllocations {
 public:
  FailingAllocations(std::uint64_t succeeding, std::uint64_t count) noexcept;
  ~FailingAllocations();
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
};

}  // namespace mlcore::test
