// SPDX-License-Identifier: Apache-2.0
#pragma once

// Fitting the `fit …` transforms of a definition on training rows.
//
//   FittedParameters parameters = fit(definition, rows);
//
// Nulls are skipped. Nested fits are done inner first, each on the transform of the inner one.
// Sums go in blocks of 4,096 rows by row index: a left fold in a block, a left fold of blocks.
// standard_scale: mean = sum / n; variance = Σ (x − mean)² / n; scale = √variance, and 1 for a
// constant column as scikit-learn decides it.
// Source: scikit-learn 1.9.1, StandardScaler.

#include <span>

#include "mlcore/feature/plan.hpp"

namespace mlcore {

/// One training row: the request and the values of the definition's aggregates.
struct FitRow {
  RowView request;
  std::span<const Cell> aggregates;
};

/// Throws: failed_precondition/not_fitted when a fit has no non-null value.
[[nodiscard]] FittedParameters fit(const Definition& definition, std::span<const FitRow> rows);

}  // namespace mlcore
