// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counters of one numeric column against bins that never move.
//
//   NumericBins bins = NumericBins::from_sample(train_column);  // once, from the reference
//   NumericCounts pane;
//   pane.add(bins, 41.5);      // one value
//   pane.add(bins, column);    // many: the same counters
//   day += pane;               // merge
//   day -= expired;            // and take away again
//
// A counter is a sum of integers: the order of values, of threads and of merges can't change a bit.
// Counters over different bins must not meet; the caller keeps them beside their bins.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "mlcore/base/span2d.hpp"

namespace mlcore {

__extension__ typedef __int128 Int128;

inline constexpr std::size_t kMaxEdges = 63;
inline constexpr std::size_t kMaxBins = kMaxEdges + 1;

/// How a value becomes the integer q that moments add up: q = round((x − centre) / 2^exponent),
/// half to even, held within ±2^44.
struct FixedPoint {
  static constexpr double kClamp = 0x1p44;
  static constexpr std::int32_t kMaxExponent = 1000;  // of either sign

  double centre = 0;
  std::int32_t exponent = 0;

  /// The integer nearest to x, half to even. Requires: |x| ≤ 2^51; rounding to nearest.
  [[nodiscard]] static std::int64_t nearest(double x) noexcept {
    constexpr double kRoundToInteger = 0x1.8p52;  // leaves the integer in the low bits
    return std::bit_cast<std::int64_t>(x + kRoundToInteger) -
           std::bit_cast<std::int64_t>(kRoundToInteger);
  }

  friend bool operator==(const FixedPoint&, const FixedPoint&) = default;
};

/// Bin i holds edge[i − 1] < x ≤ edge[i]; the first has no lower end, the last no upper one. With
/// edges from a sample the first bin is "below its minimum" and the last "above its maximum".
class NumericBins {
 public:
  /// One bin for everything.
  NumericBins() { edges_.fill(std::numeric_limits<double>::infinity()); }
  /// Throws: invalid_argument/limit_exceeded (more than kMaxEdges), invalid_number (an edge or the
  /// centre that is not finite, edges that do not ascend, an exponent past its limit).
  NumericBins(std::span<const double> edges, FixedPoint fixed_point);

  /// Quantiles of the finite values as edges, equal ones once. A value that occurs as often as a
  /// whole bin holds ("atom") has a bin of its own, between the double before it and itself. The
  /// first edge is just below the minimum, the last is the maximum. The moments' unit is 2^-32 to
  /// 2^-31 of the largest distance from the centre, which is the middle of the range.
  /// Cost: O(n log n).
  [[nodiscard]] static NumericBins from_sample(std::span<const double> values);

  [[nodiscard]] std::span<const double> edges() const noexcept {
    return std::span(edges_).first(edge_count_);
  }
  [[nodiscard]] std::size_t bin_count() const noexcept { return edge_count_ + 1; }
  [[nodiscard]] const FixedPoint& fixed_point() const noexcept { return fixed_point_; }

  /// How many edges are below x. Requires: x is finite.
  [[nodiscard]] std::size_t bin_of(double x) const noexcept;
  /// Requires: x is finite; rounding to nearest.
  [[nodiscard]] std::int64_t quantize(double x) const noexcept;

  friend bool operator==(const NumericBins& a, const NumericBins& b) noexcept {
    return a.edges_ == b.edges_ && a.fixed_point_ == b.fixed_point_;
  }

 private:
  friend struct NumericCounts;
  static constexpr std::size_t kCells = 512;

  void fill_cells() noexcept;
  /// x in units from the centre, held within ±2^44.
  [[nodiscard]] double units(double x) const noexcept;
  void bins_of_block(const double* values, const double* units, std::size_t count,
                     std::uint64_t* bins) const noexcept;

  std::array<double, kMaxBins> edges_;  // then infinity
  double per_unit_ = 1;                 // 2^-exponent
  FixedPoint fixed_point_;
  std::uint32_t edge_count_ = 0;
  // A grid over the units, for many values at once: how many edges lie in earlier cells.
  std::uint32_t steps_ = 0;  // the most edges in one cell
  std::array<std::uint8_t, kCells> edges_before_{};
};

/// A group: += and −= undo each other exactly, modulo 2^64 and 2^128.
/// Requires, of every add: round-to-nearest, as a FloatingPointGuard gives; `add` of many holds
/// one. Thread-safe: not; one writer, and readers only of what it has handed over. Cost: no
/// allocation, no lock.
struct NumericCounts {
  std::array<std::uint64_t, kMaxBins> bins{};  // the finite values
  std::uint64_t missing = 0;                   // NaN
  std::uint64_t infinite = 0;
  Int128 sum = 0;          // of q over the finite values
  Int128 sum_squares = 0;  // of q²

  void add(const NumericBins& reference, double x) noexcept;
  void add(const NumericBins& reference, std::span<const double> values) noexcept;
  /// Requires: column < rows.columns().
  void add_column(const NumericBins& reference, Span2d<const double> rows,
                  std::size_t column) noexcept;
  NumericCounts& operator+=(const NumericCounts& other) noexcept;
  NumericCounts& operator-=(const NumericCounts& other) noexcept;
  friend bool operator==(const NumericCounts&, const NumericCounts&) = default;

  [[nodiscard]] std::uint64_t finite() const noexcept;
  [[nodiscard]] std::uint64_t rows() const noexcept { return finite() + missing + infinite; }
  /// NaN without a finite value. Error: at most half a unit (2^exponent) and 4 ulp, as long as no
  /// value is further than 2^44 units from the centre.
  [[nodiscard]] double mean(const FixedPoint& fixed_point) const noexcept;
  /// Of the population (÷ n). NaN without a finite value.
  [[nodiscard]] double standard_deviation(const FixedPoint& fixed_point) const noexcept;

 private:
  void add_block(const NumericBins& reference, const double* values, std::size_t count,
                 std::size_t stride) noexcept;
};

/// Least and greatest finite value. Merges, and does not subtract: keep one a pane.
struct Extent {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  /// Zeros of both signs count as +0; what is not finite is left out.
  void add(double x) noexcept;
  Extent& operator+=(const Extent& other) noexcept;
  [[nodiscard]] bool empty() const noexcept { return min > max; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

// --- inline bodies

inline std::size_t NumericBins::bin_of(double x) const noexcept {
  // Six halvings without a branch that the values could mislead.
  const double* edge = edges_.data();
  std::size_t below = 0;
  for (std::size_t half = kMaxBins / 2; half > 0; half /= 2) {
    below += static_cast<std::size_t>(edge[below + half - 1] < x) * half;
  }
  return below;
}

inline double NumericBins::units(double x) const noexcept {
  double units = (x - fixed_point_.centre) * per_unit_;
  units = units < FixedPoint::kClamp ? units : FixedPoint::kClamp;
  return units > -FixedPoint::kClamp ? units : -FixedPoint::kClamp;
}

inline std::int64_t NumericBins::quantize(double x) const noexcept {
  return FixedPoint::nearest(units(x));
}

inline void NumericCounts::add(const NumericBins& reference, double x) noexcept {
  constexpr double kLargest = std::numeric_limits<double>::max();
  if (!(x >= -kLargest && x <= kLargest)) [[unlikely]] {
    ++(x != x ? missing : infinite);
    return;
  }
  ++bins[reference.bin_of(x)];
  const std::int64_t q = reference.quantize(x);
  sum += q;
  sum_squares += static_cast<Int128>(q) * q;
}

inline void Extent::add(double x) noexcept {
  constexpr double kLargest = std::numeric_limits<double>::max();
  if (!(x >= -kLargest && x <= kLargest)) return;
  x += 0.0;  // −0 becomes +0
  if (x < min) min = x;
  if (x > max) max = x;
}

}  // namespace mlcore
