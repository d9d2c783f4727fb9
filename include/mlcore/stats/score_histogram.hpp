// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a model's scores are spread: a hundred bins of equal width, the shape that a page draws.
//
//   ScoreScale scale(0, 1);  // probabilities
//   ScoreHistogram pane;
//   pane.add(scale, 0.73);

#include <array>
#include <cstddef>
#include <cstdint>

namespace mlcore {

inline constexpr std::size_t kScoreBins = 100;

/// Bin i holds low + i · width ≤ x < low + (i + 1) · width; the last holds `high` too.
class ScoreScale {
 public:
  ScoreScale() : ScoreScale(0, 1) {}
  /// Throws: invalid_argument/invalid_number unless low < high and both and their distance are
  /// finite.
  ScoreScale(double low, double high);

  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }
  /// Requires: low ≤ x ≤ high.
  [[nodiscard]] std::size_t bin_of(double x) const noexcept {
    const auto bin = static_cast<std::size_t>((x - low_) * bins_per_unit_);
    return bin < kScoreBins ? bin : kScoreBins - 1;
  }

  friend bool operator==(const ScoreScale&, const ScoreScale&) = default;

 private:
  double low_;
  double high_;
  double bins_per_unit_;
};

/// A group, as NumericCounts. Thread-safe: not. Cost: no allocation, no lock.
struct ScoreHistogram {
  std::array<std::uint64_t, kScoreBins> bins{};
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  std::uint64_t missing = 0;  // NaN

  void add(const ScoreScale& scale, double x) noexcept {
    if (x >= scale.low() && x <= scale.high()) [[likely]] {
      ++bins[scale.bin_of(x)];
    } else {
      ++(x < scale.low() ? below : x > scale.high() ? above : missing);
    }
  }
  ScoreHistogram& operator+=(const ScoreHistogram& other) noexcept;
  ScoreHistogram& operator-=(const ScoreHistogram& other) noexcept;
  friend bool operator==(const ScoreHistogram&, const ScoreHistogram&) = default;

  [[nodiscard]] std::uint64_t rows() const noexcept;
};

}  // namespace mlcore
