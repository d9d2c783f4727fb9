// SPDX-License-Identifier: Apache-2.0
// Outside code uses NumericBins, NumericCounts and Extent.
#include "mlcore/stats/numeric_counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int32_t kReferenceBits = 32;  // of q, for the reference's most distant value

/// 2^exponent. Requires: −1022 ≤ exponent ≤ 1023.
double power_of_two(std::int32_t exponent) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// floor(log2(x)). Requires: x > 0, finite.
std::int32_t exponent_of(double x) noexcept {
  constexpr double kLeastNormal = std::numeric_limits<double>::min();
  if (x < kLeastNormal) return exponent_of(x * 0x1p54) - 54;
  return static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(x) >> 52) - 1023;
}

FixedPoint fixed_point_of(double min, double max) noexcept {
  const double centre = min / 2 + max / 2;
  double reach = std::max(max - centre, centre - min);
  if (reach == 0) reach = centre == 0 ? 1 : std::fabs(centre);
  const std::int32_t exponent = exponent_of(reach) + 1 - kReferenceBits;
  return {centre + 0.0, std::clamp(exponent, -FixedPoint::kMaxExponent, FixedPoint::kMaxExponent)};
}

/// The edges that `bins` quantile bins of a sorted sample need: one above each quantile, one more
/// below an atom.
std::vector<double> quantile_edges(std::span<const double> sorted, std::size_t bins) {
  std::vector<double> edges = {std::nextafter(sorted.front(), -kInfinity)};
  const std::size_t n = sorted.size();
  for (std::size_t bin = 1; bin <= bins; ++bin) {
    // ⌈bin · n / bins⌉ − 1 without the product's overflow.
    const std::size_t rank = bin * (n / bins) + (bin * (n % bins) + bins - 1) / bins;
    if (rank == 0) continue;
    const double value = sorted[rank - 1];
    if (value == edges.back()) continue;
    const auto run = std::equal_range(sorted.begin(), sorted.end(), value);
    const bool is_atom = static_cast<std::size_t>(run.second - run.first) >= (n + bins - 1) / bins;
    const double before = std::nextafter(value, -kInfinity);
    if (is_atom && before > edges.back()) edges.push_back(before);
    edges.push_back(value);
  }
  return edges;
}

/// Where a value lies on the grid: never descends as the value ascends.
std::int32_t cell_of(double units) noexcept {
  constexpr double kLastCell = 511;
  double cell = units * 0x1p-24 + 256;  // a reference spans ±2^32 units
  cell = cell > 0 ? cell : 0;
  cell = cell < kLastCell ? cell : kLastCell;
  return static_cast<std::int32_t>(cell);
}

constexpr std::size_t kBlock = 256;
constexpr std::uint32_t kMostSteps = 5;  // with more, halving is faster

/// Σ / n in units, the integer rounded once.
double average(Int128 sum, std::uint64_t n) noexcept {
  return static_cast<double>(sum) / static_cast<double>(n);
}

}  // namespace

NumericBins::NumericBins(std::span<const double> edges, FixedPoint fixed_point) : NumericBins() {
  const auto fail = [](Reason reason, std::string message) {
    throw Error(Code::invalid_argument, reason, std::move(message));
  };
  if (edges.size() > kMaxEdges) {
    fail(Reason::limit_exceeded, fmt::format("{} edges, the limit is {}", edges.size(), kMaxEdges));
  }
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (std::isfinite(edges[i]) && (i == 0 || edges[i - 1] < edges[i])) continue;
    fail(Reason::invalid_number,
         fmt::format("edge {} is {}: edges are finite and ascend", i, format_f64(edges[i])));
  }
  const bool is_within = std::abs(std::int64_t{fixed_point.exponent}) <= FixedPoint::kMaxExponent;
  if (!std::isfinite(fixed_point.centre) || !is_within) {
    fail(Reason::invalid_number, fmt::format("moments around {} in units of 2^{}",
                                             format_f64(fixed_point.centre), fixed_point.exponent));
  }
  std::copy(edges.begin(), edges.end(), edges_.begin());
  edge_count_ = static_cast<std::uint32_t>(edges.size());
  fixed_point_ = fixed_point;
  per_unit_ = power_of_two(-fixed_point.exponent);
  fill_cells();
}

NumericBins NumericBins::from_sample(std::span<const double> values) {
  const FloatingPointGuard guard;
  std::vector<double> sorted;
  sorted.reserve(values.size());
  for (const double value : values) {
    if (std::isfinite(value)) sorted.push_back(value + 0.0);  // −0 becomes +0
  }
  if (sorted.empty()) return {};
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  // Atoms cost two edges, so fewer bins may be needed; half as many always fit.
  for (std::size_t bins = kMaxEdges - 1; bins >= kMaxEdges / 2; --bins) {
    edges = quantile_edges(sorted, bins);
    if (edges.size() <= kMaxEdges) break;
  }
  if (!std::isfinite(edges.front())) edges.erase(edges.begin());
  return {edges, fixed_point_of(sorted.front(), sorted.back())};
}

void NumericBins::fill_cells() noexcept {
  std::array<std::uint8_t, kCells> in_cell{};
  for (const double edge : edges()) {
    const auto cell = static_cast<std::size_t>(cell_of(units(edge)));
    steps_ = std::max<std::uint32_t>(steps_, ++in_cell[cell]);
  }
  for (std::size_t cell = 1; cell < kCells; ++cell) {
    edges_before_[cell] = static_cast<std::uint8_t>(edges_before_[cell - 1] + in_cell[cell - 1]);
  }
}

void NumericBins::bins_of_block(const double* values, const double* units, std::size_t count,
                                std::uint64_t* bins) const noexcept {
  if (steps_ > kMostSteps) {
    for (std::size_t i = 0; i < count; ++i) ++bins[bin_of(values[i])];
    return;
  }
  std::array<std::int32_t, kBlock> cells;
  for (std::size_t i = 0; i < count; ++i) cells[i] = cell_of(units[i]);
  for (std::size_t i = 0; i < count; ++i) {
    // Edges of earlier cells are below the value, those of later ones are not.
    std::size_t bin = edges_before_[static_cast<std::size_t>(cells[i])];
    for (std::uint32_t step = 0; step < steps_; ++step) {
      bin += static_cast<std::size_t>(edges_[bin] < values[i]);
    }
    ++bins[bin];
  }
}

void NumericCounts::add(const NumericBins& reference, std::span<const double> values) noexcept {
  add_column(reference, {values.data(), values.size(), 1}, 0);
}

void NumericCounts::add_column(const NumericBins& reference, Span2d<const double> rows,
                               std::size_t column) noexcept {
  const FloatingPointGuard guard;
  for (std::size_t row = 0; row < rows.rows(); row += kBlock) {
    const std::size_t count = std::min(kBlock, rows.rows() - row);
    add_block(reference, &rows(row, column), count, rows.row_stride());
  }
}

void NumericCounts::add_block(const NumericBins& reference, const double* values, std::size_t count,
                              std::size_t stride) noexcept {
  constexpr double kLargest = std::numeric_limits<double>::max();
  std::array<double, kBlock> kept;  // the finite ones
  std::array<double, kBlock> units;
  std::size_t n = 0;
  std::uint64_t nans = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = values[i * stride];
    kept[n] = x;
    n += static_cast<std::size_t>(std::fabs(x) <= kLargest);
    nans += static_cast<std::uint64_t>(x != x);
  }
  missing += nans;
  infinite += count - n - nans;
  if (n == 0) return;
  for (std::size_t i = 0; i < n; ++i) units[i] = reference.units(kept[i]);
  reference.bins_of_block(kept.data(), units.data(), n, bins.data());
  std::int64_t block_sum = 0;  // at most 2^8 · 2^44
  Int128 block_squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t q = FixedPoint::nearest(units[i]);
    block_sum += q;
    block_squares += static_cast<Int128>(q) * q;
  }
  sum += block_sum;
  sum_squares += block_squares;
}

NumericCounts& NumericCounts::operator+=(const NumericCounts& other) noexcept {
  for (std::size_t i = 0; i < kMaxBins; ++i) bins[i] += other.bins[i];
  missing += other.missing;
  infinite += other.infinite;
  sum += other.sum;
  sum_squares += other.sum_squares;
  return *this;
}

NumericCounts& NumericCounts::operator-=(const NumericCounts& other) noexcept {
  for (std::size_t i = 0; i < kMaxBins; ++i) bins[i] -= other.bins[i];
  missing -= other.missing;
  infinite -= other.infinite;
  sum -= other.sum;
  sum_squares -= other.sum_squares;
  return *this;
}

std::uint64_t NumericCounts::finite() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint64_t bin : bins) total += bin;
  return total;
}

double NumericCounts::mean(const FixedPoint& fixed_point) const noexcept {
  const FloatingPointGuard guard;
  const std::uint64_t n = finite();
  if (n == 0) return kCanonicalNan;
  return fixed_point.centre + average(sum, n) * power_of_two(fixed_point.exponent);
}

double NumericCounts::standard_deviation(const FixedPoint& fixed_point) const noexcept {
  const FloatingPointGuard guard;
  const std::uint64_t n = finite();
  if (n == 0) return kCanonicalNan;
  const double mean_q = average(sum, n);
  const double variance = average(sum_squares, n) - mean_q * mean_q;
  return variance > 0 ? std::sqrt(variance) * power_of_two(fixed_point.exponent) : 0.0;
}

Extent& Extent::operator+=(const Extent& other) noexcept {
  if (other.min < min) min = other.min;
  if (other.max > max) max = other.max;
  return *this;
}

}  // namespace mlcore
