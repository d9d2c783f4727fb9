// SPDX-License-Identifier: Apache-2.0
// Outside code uses PaneCounts.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/drift/reference.hpp"

namespace mlcore {
namespace {

void check_shape(const PaneCounts& left, const PaneCounts& right) {
  if (left.features.size() == right.features.size() &&
      left.categories.size() == right.categories.size() &&
      left.scores.size() == right.scores.size()) {
    return;
  }
  throw Error(Code::invalid_argument, Reason::wrong_width,
              fmt::format("counters of {} features, {} categories and {} scores, and of {}, {} and "
                          "{}: they count against different references",
                          left.features.size(), left.categories.size(), left.scores.size(),
                          right.features.size(), right.categories.size(), right.scores.size()));
}

constexpr std::size_t kTileRows = 256;  // few enough to stay in the cache while columns take turns

Span2d<const double> tile_of(Span2d<const double> rows, std::size_t first) {
  return {rows.row(first).data(), std::min(kTileRows, rows.rows() - first), rows.columns(),
          rows.row_stride()};
}

template <typename Counter, typename Operation>
void each(std::vector<Counter>& left, const std::vector<Counter>& right, Operation operation) {
  for (std::size_t i = 0; i < left.size(); ++i) operation(left[i], right[i]);
}

template <typename Operation>
void all(PaneCounts& left, const PaneCounts& right, Operation operation) {
  check_shape(left, right);
  each(left.features, right.features, operation);
  each(left.categories, right.categories, operation);
  each(left.scores, right.scores, operation);
  each(left.histograms, right.histograms, operation);
}

}  // namespace

PaneCounts::PaneCounts(const Reference& reference)
    : features(reference.features.size()),
      categories(reference.categories.size()),
      scores(reference.scores.size()),
      histograms(reference.scores.size()) {}

void PaneCounts::add_row(const Reference& reference, std::span<const double> feature_values,
                         std::span<const double> score_values) noexcept {
  assert(feature_values.size() == features.size());
  assert(score_values.empty() || score_values.size() == scores.size());
  for (std::size_t i = 0; i < feature_values.size(); ++i) {
    features[i].add(reference.features[i].bins, feature_values[i]);
  }
  for (std::size_t i = 0; i < score_values.size(); ++i) {
    scores[i].add(reference.scores[i].values.bins, score_values[i]);
    histograms[i].add(reference.scores[i].scale, score_values[i]);
  }
}

void PaneCounts::add_rows(const Reference& reference, Span2d<const double> feature_rows,
                          Span2d<const double> score_rows) noexcept {
  const FloatingPointGuard guard;
  assert(feature_rows.columns() == 0 || feature_rows.columns() == features.size());
  assert(score_rows.columns() == 0 || score_rows.columns() == scores.size());
  for (std::size_t first = 0; first < feature_rows.rows(); first += kTileRows) {
    const Span2d<const double> tile = tile_of(feature_rows, first);
    for (std::size_t i = 0; i < tile.columns(); ++i) {
      features[i].add_column(reference.features[i].bins, tile, i);
    }
  }
  for (std::size_t i = 0; i < score_rows.columns(); ++i) {
    scores[i].add_column(reference.scores[i].values.bins, score_rows, i);
    for (std::size_t row = 0; row < score_rows.rows(); ++row) {
      histograms[i].add(reference.scores[i].scale, score_rows(row, i));
    }
  }
}

void PaneCounts::add_category(const Reference& reference, std::size_t column,
                              std::optional<std::string_view> text) noexcept {
  if (text) {
    categories[column].add(reference.categories[column].codes, *text);
  } else {
    categories[column].add_missing();
  }
}

PaneCounts& PaneCounts::operator+=(const PaneCounts& other) {
  all(*this, other, [](auto& left, const auto& right) { left += right; });
  return *this;
}

PaneCounts& PaneCounts::operator-=(const PaneCounts& other) {
  all(*this, other, [](auto& left, const auto& right) { left -= right; });
  return *this;
}

std::uint64_t PaneCounts::rows() const noexcept {
  std::uint64_t most = 0;
  for (const NumericCounts& column : features) most = std::max(most, column.rows());
  for (const CategoryCounts& column : categories) most = std::max(most, column.rows());
  for (const NumericCounts& column : scores) most = std::max(most, column.rows());
  return most;
}

}  // namespace mlcore
