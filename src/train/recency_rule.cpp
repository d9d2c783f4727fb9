// SPDX-License-Identifier: Apache-2.0
// train() uses RecencyRule as a baseline.
#include "train/recency_rule.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "mlcore/base/math.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr int kMostSteps = 100;
constexpr double kSmallStep = 1e-12;

double input_of(std::int64_t recency) noexcept {
  return ln1p(static_cast<double>(recency) / static_cast<double>(kMicrosPerDay));
}

double logistic(double margin) noexcept { return 1 / (1 + exp(-margin)); }

}  // namespace

RecencyRule::RecencyRule(std::span<const std::int64_t> recency,
                         std::span<const std::uint8_t> labels) {
  std::vector<double> inputs(recency.size());
  std::transform(recency.begin(), recency.end(), inputs.begin(), input_of);
  const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
  intercept_ = ln(positives / (static_cast<double>(labels.size()) - positives));
  for (int step = 0; step < kMostSteps; ++step) {
    // Gradient (g) and Hessian (h) of the loss by intercept (0) and slope (1).
    double g0 = 0, g1 = slope_, h00 = 0, h01 = 0, h11 = 1;
    for (std::size_t row = 0; row < inputs.size(); ++row) {
      const double x = inputs[row];
      const double p = logistic(intercept_ + slope_ * x);
      const double weight = p * (1 - p);
      g0 += p - labels[row];
      g1 += (p - labels[row]) * x;
      h00 += weight;
      h01 += weight * x;
      h11 += weight * x * x;
    }
    const double determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) return;
    const double intercept_step = (h11 * g0 - h01 * g1) / determinant;
    const double slope_step = (h00 * g1 - h01 * g0) / determinant;
    intercept_ -= intercept_step;
    slope_ -= slope_step;
    if (std::abs(intercept_step) + std::abs(slope_step) < kSmallStep) return;
  }
}

double RecencyRule::score(std::int64_t recency) const noexcept {
  return logistic(intercept_ + slope_ * input_of(recency));
}

}  // namespace mlcore
