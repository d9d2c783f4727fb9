// SPDX-License-Identifier: Apache-2.0
#pragma once

// The framework's ids of leaves: numbers that nearly always fit 16 bits, and then take no more.
//
//   LeafIds ids;
//   ids.resize(2);
//   ids.set(1, 70'000);
//   ids[1];  // 70,000

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlcore {

class LeafIds {
 public:
  /// New ones are 0.
  void resize(std::size_t size) {
    low_.resize(size);
    if (!high_.empty()) high_.resize(size);
  }
  void reserve(std::size_t size) { low_.reserve(size); }
  void set(std::size_t i, std::uint32_t id) {
    low_[i] = static_cast<std::uint16_t>(id);
    if (id >> 16 == 0 && high_.empty()) return;
    high_.resize(low_.size());
    high_[i] = static_cast<std::uint16_t>(id >> 16);
  }

  [[nodiscard]] std::size_t size() const noexcept { return low_.size(); }
  [[nodiscard]] std::uint32_t operator[](std::size_t i) const noexcept {
    return low_[i] | (high_.empty() ? 0u : std::uint32_t{high_[i]} << 16);
  }

 private:
  std::vector<std::uint16_t> low_;
  std::vector<std::uint16_t> high_;  // empty: all are 0
};

}  // namespace mlcore
