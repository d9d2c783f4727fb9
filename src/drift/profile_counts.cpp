// SPDX-License-Identifier: Apache-2.0
// Outside code uses profile_counts.
#include "mlcore/drift/profile_counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {
namespace {

/// The column of that name.
template <typename Profile, typename NameOf>
const Profile& find(const std::vector<Profile>& columns, const std::string& name, const char* kind,
                    NameOf name_of) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Profile& column) { return name_of(column) == name; });
  if (found != columns.end()) return *found;
  throw Error(Code::invalid_argument, Reason::other_model,
              fmt::format("the other profile has no {} \"{}\"", kind, name));
}

/// How many rows are at most `x`. Shape: `bins` has one more than `edges`.
double rows_up_to(std::span<const double> edges, std::span<const std::uint64_t> bins, double x) {
  double rows = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (x >= edges[i]) {
      rows += static_cast<double>(bins[i]);
      continue;
    }
    if (i == 0) return 0;
    // Halves: the distance of two doubles may overflow.
    const double share = (x / 2 - edges[i - 1] / 2) / (edges[i] / 2 - edges[i - 1] / 2);
    return rows + (share > 0 && share < 1 ? share : 0) * static_cast<double>(bins[i]);
  }
  return rows;
}

/// Rows between neighbouring `edges`, the first and the last part without an end. Every rounded
/// count comes from a cumulative one, so that they add up to `total`.
std::vector<std::uint64_t> spread(std::span<const double> edges,
                                  std::span<const double> other_edges,
                                  std::span<const std::uint64_t> other_bins, std::uint64_t total) {
  std::vector<std::uint64_t> bins;
  std::uint64_t before = 0;
  for (const double edge : edges) {
    const auto up_to =
        static_cast<std::uint64_t>(std::floor(rows_up_to(other_edges, other_bins, edge) + 0.5));
    const std::uint64_t held = std::clamp(up_to, before, total);
    bins.push_back(held - before);
    before = held;
  }
  bins.push_back(total - before);
  return bins;
}

/// The sums that give the other's mean and deviation in this column's unit.
void set_moments(NumericCounts& counts, const FixedPoint& fixed_point, double mean,
                 double deviation) {
  constexpr double kLargest = FixedPoint::kClamp / 2;
  const auto rows = static_cast<double>(counts.finite());
  if (rows == 0 || !std::isfinite(mean) || !std::isfinite(deviation)) return;
  const double unit = std::ldexp(1.0, fixed_point.exponent);
  const double q = std::clamp((mean - fixed_point.centre) / unit, -kLargest, kLargest);
  const double q_deviation = std::min(deviation / unit, kLargest);
  counts.sum = static_cast<Int128>(rows * q);
  counts.sum_squares = static_cast<Int128>(rows * (q * q + q_deviation * q_deviation));
}

NumericCounts numeric(const NumericProfile& profile, const NumericProfile& other) {
  NumericCounts counts;
  counts.missing = other.counts.missing;
  counts.infinite = other.counts.infinite;
  const auto bins =
      spread(profile.bins.edges(), other.bins.edges(),
             std::span(other.counts.bins).first(other.bins.bin_count()), other.counts.finite());
  std::copy(bins.begin(), bins.end(), counts.bins.begin());
  const FixedPoint& fixed_point = other.bins.fixed_point();
  set_moments(counts, profile.bins.fixed_point(), other.counts.mean(fixed_point),
              other.counts.standard_deviation(fixed_point));
  return counts;
}

CategoryCounts category(const CategoryProfile& profile, const CategoryProfile& other) {
  CategoryCounts counts;
  counts.missing = other.counts.missing;
  counts.codes[CategoryCodes::kOther] = other.counts.codes[CategoryCodes::kOther];
  for (std::size_t code = 0; code < other.codes.own_count(); ++code) {
    counts.codes[profile.codes.code_of(other.codes.names()[code])] += other.counts.codes[code];
  }
  return counts;
}

std::vector<double> edges_of(const ScoreScale& scale) {
  std::vector<double> edges;
  for (std::size_t i = 0; i <= kScoreBins; ++i) {
    const double share = static_cast<double>(i) / kScoreBins;
    edges.push_back(scale.low() * (1 - share) + scale.high() * share);
  }
  return edges;
}

ScoreHistogram histogram(const ScoreProfile& profile, const ScoreProfile& other) {
  const ScoreHistogram& rows = other.histogram;
  std::vector<std::uint64_t> bins = {rows.below};
  bins.insert(bins.end(), rows.bins.begin(), rows.bins.end());
  bins.push_back(rows.above);
  const auto held =
      spread(edges_of(profile.scale), edges_of(other.scale), bins, rows.rows() - rows.missing);
  ScoreHistogram result;
  result.below = held.front();
  std::copy(held.begin() + 1, held.end() - 1, result.bins.begin());
  result.above = held.back();
  result.missing = rows.missing;
  return result;
}

}  // namespace

PaneCounts profile_counts(const Reference& reference, const Reference& other) {
  const FloatingPointGuard guard;
  const auto name_of = [](const auto& column) -> const std::string& { return column.name; };
  const auto score_name = [](const ScoreProfile& column) -> const std::string& {
    return column.values.name;
  };
  PaneCounts pane(reference);
  for (std::size_t i = 0; i < reference.features.size(); ++i) {
    const NumericProfile& column = reference.features[i];
    pane.features[i] = numeric(column, find(other.features, column.name, "feature", name_of));
  }
  for (std::size_t i = 0; i < reference.categories.size(); ++i) {
    const CategoryProfile& column = reference.categories[i];
    pane.categories[i] = category(column, find(other.categories, column.name, "category", name_of));
  }
  for (std::size_t i = 0; i < reference.scores.size(); ++i) {
    const ScoreProfile& column = reference.scores[i];
    const ScoreProfile& match = find(other.scores, column.values.name, "score", score_name);
    pane.scores[i] = numeric(column.values, match.values);
    pane.histograms[i] = histogram(column, match);
  }
  return pane;
}

}  // namespace mlcore
