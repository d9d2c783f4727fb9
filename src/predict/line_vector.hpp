// SPDX-License-Identifier: Apache-2.0
#pragma once

// A vector that starts a cache line, so that a kernel's 64 bytes never lie in two.
//
//   LineVector<float> thresholds;

#include <cstddef>
#include <new>
#include <vector>

namespace mlcore {

template <typename T>
struct LineAllocator {
  static constexpr std::align_val_t kLine{64};
  using value_type = T;

  LineAllocator() = default;
  template <typename U>
  LineAllocator(const LineAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kLine));
  }
  void deallocate(T* values, std::size_t) noexcept { ::operator delete(values, kLine); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

template <typename T>
using LineVector = std::vector<T, LineAllocator<T>>;

}  // namespace mlcore
