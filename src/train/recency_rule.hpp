// SPDX-License-Identifier: Apache-2.0
#pragma once

// The baseline that a model must beat: the time since the last event, and nothing else.

#include <cstdint>
#include <span>

namespace mlcore {

/// Logistic regression on ln(1 + days since the last event), fitted by Newton's method. It orders
/// rows by recency alone, so its AUC is that of recency itself.
class RecencyRule {
 public:
  /// Minimises the sum of the log losses + slope² / 2.
  /// Shape: `recency` (microseconds, ≥ 0) and `labels` of equal length, labels of both classes.
  /// Source: scikit-learn 1.9.1, LogisticRegression(C=1).
  RecencyRule(std::span<const std::int64_t> recency, std::span<const std::uint8_t> labels);

  [[nodiscard]] double score(std::int64_t recency) const noexcept;

 private:
  double intercept_ = 0;
  double slope_ = 0;
};

}  // namespace mlcore
