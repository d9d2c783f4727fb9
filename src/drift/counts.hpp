// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two count vectors over the same bins, checked once.
//
//   const CountPair pair(reference, current);
//   pair.difference(3);  // share in current − share in reference

#include <cstdint>
#include <span>

#include "mlcore/stats/numeric_counts.hpp"

namespace mlcore {

class CountPair {
 public:
  /// Throws: invalid_argument/wrong_width, failed_precondition/empty_input.
  CountPair(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current);

  [[nodiscard]] std::size_t size() const noexcept { return reference_.size(); }
  [[nodiscard]] std::uint64_t reference(std::size_t bin) const { return reference_[bin]; }
  [[nodiscard]] std::uint64_t current(std::size_t bin) const { return current_[bin]; }
  [[nodiscard]] std::uint64_t reference_rows() const noexcept { return reference_rows_; }
  [[nodiscard]] std::uint64_t current_rows() const noexcept { return current_rows_; }
  [[nodiscard]] double reference_share(std::size_t bin) const {
    return static_cast<double>(reference_[bin]) / static_cast<double>(reference_rows_);
  }
  [[nodiscard]] double current_share(std::size_t bin) const {
    return static_cast<double>(current_[bin]) / static_cast<double>(current_rows_);
  }
  /// c · n − r · m, exact: what is zero when the shares are equal. `r` and `c` are counts, or sums
  /// of them.
  [[nodiscard]] Int128 cross(std::uint64_t r, std::uint64_t c) const noexcept {
    return static_cast<Int128>(c) * reference_rows_ - static_cast<Int128>(r) * current_rows_;
  }
  /// A cross difference as a difference of shares.
  [[nodiscard]] double share(Int128 cross) const noexcept {
    return static_cast<double>(cross) / scale_;
  }
  [[nodiscard]] double difference(std::size_t bin) const {
    return share(cross(reference_[bin], current_[bin]));
  }

 private:
  std::span<const std::uint64_t> reference_;
  std::span<const std::uint64_t> current_;
  std::uint64_t reference_rows_ = 0;
  std::uint64_t current_rows_ = 0;
  double scale_ = 1;  // n · m
};

}  // namespace mlcore
