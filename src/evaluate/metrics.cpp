// SPDX-License-Identifier: Apache-2.0
// Outside code uses auc, log_loss and brier.
#include "mlcore/evaluate/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/math.hpp"

namespace mlcore {
namespace {

constexpr double kLeastScore = 1e-15;

void check(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  if (scores.size() != labels.size()) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("expected a score a label, found {} scores and {} labels",
                            scores.size(), labels.size()));
  }
  if (scores.empty()) {
    throw Error(Code::invalid_argument, Reason::empty_input, "no scored row to measure");
  }
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const Where where{-1, static_cast<std::int64_t>(row)};
    if (labels[row] > 1) {
      throw Error(Code::invalid_argument, Reason::invalid_number,
                  fmt::format("label: expected 0 or 1, found {} (row {})", labels[row], row),
                  where);
    }
    if (!std::isfinite(scores[row])) {
      throw Error(
          Code::invalid_argument, Reason::invalid_number,
          fmt::format("score: expected a finite number, found {} (row {})", scores[row], row),
          where);
    }
  }
}

}  // namespace

double auc(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  const FloatingPointGuard guard;
  check(scores, labels);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });

  // Twice the number of (positive, negative) pairs in the right order, a tie counting one: whole
  // numbers, so that the order of rows with equal scores can't change a bit. The count is at most
  // rows² / 2, which fits up to 6e9 rows.
  std::uint64_t twice_won = 0;
  std::uint64_t negatives_below = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::uint64_t tied[2] = {0, 0};
    std::size_t end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      ++tied[labels[order[end]]];
    }
    twice_won += tied[1] * (2 * negatives_below + tied[0]);
    negatives_below += tied[0];
    begin = end;
  }
  const std::uint64_t positives = scores.size() - negatives_below;
  if (positives == 0 || negatives_below == 0) {
    throw Error(Code::failed_precondition, Reason::empty_input,
                fmt::format("AUC needs rows of both classes, found {} with label 1 and {} with "
                            "label 0",
                            positives, negatives_below));
  }
  return static_cast<double>(twice_won) /
         (2.0 * static_cast<double>(positives) * static_cast<double>(negatives_below));
}

double log_loss(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  const FloatingPointGuard guard;
  check(scores, labels);
  double sum = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const double score = std::clamp(scores[row], kLeastScore, 1 - kLeastScore);
    sum -= labels[row] == 1 ? ln(score) : ln(1 - score);
  }
  return sum / static_cast<double>(scores.size());
}

double brier(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  const FloatingPointGuard guard;
  check(scores, labels);
  double sum = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const double difference = scores[row] - static_cast<double>(labels[row]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(scores.size());
}

}  // namespace mlcore
