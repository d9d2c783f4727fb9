// SPDX-License-Identifier: Apache-2.0
#pragma once

// How good scores are against binary labels.
//
//   auc(scores, labels);       // 0.5 for noise, 1 for a perfect order
//   log_loss(scores, labels);  // nats

#include <cstdint>
#include <span>

namespace mlcore {

/// Shape: scores and labels of equal length n ≥ 1; labels 0 or 1; scores finite.
/// Throws: invalid_argument (lengths, a label, a score), failed_precondition (auc: one class only).

/// Area under the ROC curve, ties counted half. Source: Mann–Whitney U. Cost: O(n log n).
[[nodiscard]] double auc(std::span<const double> scores, std::span<const std::uint8_t> labels);
/// Units: nats a row; scores are clipped to [1e-15, 1 − 1e-15].
[[nodiscard]] double log_loss(std::span<const double> scores, std::span<const std::uint8_t> labels);
/// Mean squared difference between score and label.
[[nodiscard]] double brier(std::span<const double> scores, std::span<const std::uint8_t> labels);

}  // namespace mlcore
