// SPDX-License-Identifier: Apache-2.0
#pragma once

// Hosts change the floating-point environment (flush-to-zero, rounding). Every entry that computes
// holds one guard, which costs one register read when nothing was changed.
//
//   FloatingPointGuard guard;  // default rounding, no flush-to-zero, until the end of the scope

#include <cstdint>

namespace mlcore {

class FloatingPointGuard {
 public:
  FloatingPointGuard() noexcept;
  ~FloatingPointGuard();
  FloatingPointGuard(const FloatingPointGuard&) = delete;
  FloatingPointGuard& operator=(const FloatingPointGuard&) = delete;

 private:
  std::uint64_t saved_;
  bool changed_;
};

}  // namespace mlcore
