// SPDX-License-Identifier: Apache-2.0
// Outside code uses ks_statistic, ks_at_edges, ks_p_value, wasserstein, wasserstein_at_edges.
#include "mlcore/drift/two_sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "drift/counts.hpp"
#include "drift/distribution.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {
namespace {

std::vector<double> sorted(std::span<const double> values, const char* side) {
  if (values.empty()) {
    throw Error(Code::failed_precondition, Reason::empty_input,
                fmt::format("nothing to compare: the {} side has no value", side));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw Error(Code::invalid_argument, Reason::invalid_number,
                fmt::format("{}: expected a finite number, found {} (row {})", side, values[i], i),
                {-1, static_cast<std::int64_t>(i)});
  }
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

Int128 magnitude(Int128 value) noexcept { return value < 0 ? -value : value; }

/// Calls `visit(x, cross)` at each distinct value of both sides, ascending; `cross` is
/// (G(x) − F(x)) · n · m.
template <typename Visit>
void walk(const std::vector<double>& reference, const std::vector<double>& current, Visit visit) {
  std::size_t i = 0, j = 0;
  while (i < reference.size() || j < current.size()) {
    const bool is_left =
        j == current.size() || (i < reference.size() && reference[i] <= current[j]);
    const double x = is_left ? reference[i] : current[j];
    while (i < reference.size() && reference[i] == x) ++i;
    while (j < current.size() && current[j] == x) ++j;
    visit(x, static_cast<Int128>(j) * reference.size() - static_cast<Int128>(i) * current.size());
  }
}

/// ∫|f| over a width, f linear from `a` to `b`.
double area(double a, double b, double width) noexcept {
  const double both = std::fabs(a) + std::fabs(b);
  if (both == 0) return 0;
  if (a * b >= 0) return 0.5 * both * width;
  return 0.5 * (a * a + b * b) / both * width;
}

}  // namespace

double ks_statistic(std::span<const double> reference, std::span<const double> current) {
  const FloatingPointGuard guard;
  const std::vector<double> left = sorted(reference, "reference");
  const std::vector<double> right = sorted(current, "current");
  Int128 largest = 0;
  walk(left, right, [&](double, Int128 cross) { largest = std::max(largest, magnitude(cross)); });
  return static_cast<double>(largest) /
         (static_cast<double>(left.size()) * static_cast<double>(right.size()));
}

double ks_at_edges(std::span<const std::uint64_t> reference,
                   std::span<const std::uint64_t> current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  std::uint64_t r = 0, c = 0;
  Int128 largest = 0;
  for (std::size_t bin = 0; bin < pair.size(); ++bin) {
    r += pair.reference(bin);
    c += pair.current(bin);
    largest = std::max(largest, magnitude(pair.cross(r, c)));
  }
  return pair.share(largest);
}

double ks_p_value(double d, std::uint64_t reference_rows, std::uint64_t current_rows) {
  const FloatingPointGuard guard;
  const auto n = static_cast<double>(reference_rows);
  const auto m = static_cast<double>(current_rows);
  return kolmogorov_survival(std::sqrt(n * m / (n + m)) * d);
}

double wasserstein(std::span<const double> reference, std::span<const double> current) {
  const FloatingPointGuard guard;
  const std::vector<double> left = sorted(reference, "reference");
  const std::vector<double> right = sorted(current, "current");
  double sum = 0, previous = 0;
  Int128 height = 0;
  walk(left, right, [&](double x, Int128 cross) {
    if (height != 0) sum += static_cast<double>(magnitude(height)) * (x - previous);
    previous = x;
    height = cross;
  });
  return sum / (static_cast<double>(left.size()) * static_cast<double>(right.size()));
}

double wasserstein_at_edges(std::span<const double> edges, std::span<const std::uint64_t> reference,
                            std::span<const std::uint64_t> current) {
  const FloatingPointGuard guard;
  const CountPair pair(reference, current);
  if (edges.size() < 2 || edges.size() + 1 != pair.size()) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("expected 2 or more edges and one bin more, found {} and {}",
                            edges.size(), pair.size()));
  }
  std::uint64_t r = pair.reference(0), c = pair.current(0);
  double height = pair.share(pair.cross(r, c));
  double sum = 0;
  for (std::size_t bin = 1; bin < edges.size(); ++bin) {
    r += pair.reference(bin);
    c += pair.current(bin);
    const double next = pair.share(pair.cross(r, c));
    sum += area(height, next, edges[bin] - edges[bin - 1]);
    height = next;
  }
  return sum;
}

}  // namespace mlcore
