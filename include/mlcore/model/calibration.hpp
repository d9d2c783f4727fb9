// SPDX-License-Identifier: Apache-2.0
#pragma once

// The stage that makes probabilities of margins or predictions, after the model.
//
//   Calibration platt{.of = Calibration::Of::margin, .slope = {-1.5}, .intercept = {0.25}};
//   calibrate(platt, predictions);

#include <cstdint>
#include <span>
#include <vector>

namespace mlcore {

/// One of an output each, in f64. Those of several outputs are then divided by their sum; where it
/// is 0, all are 1 / outputs.
/// Source: scikit-learn 1.5.2 sklearn/calibration.py, _SigmoidCalibration,
/// _CalibratedClassifier.predict_proba; sklearn/isotonic.py.
struct Calibration {
  enum class Of : std::uint8_t { margin = 1, prediction = 2 };  // before the link, or after it

  Of of = Of::margin;
  // Sigmoid (Platt): 1 / (1 + e^(slope × v + intercept)). One an output; empty if isotonic.
  std::vector<double> slope;
  std::vector<double> intercept;
  // Isotonic: the line through the points (x, y), v being cut to the first and the last x. Those of
  // an output are [begin, end) of x and y; empty if sigmoid.
  std::vector<std::uint32_t> point_begin;  // of each output, then the point count
  std::vector<double> x;                   // ascending in an output
  std::vector<double> y;

  [[nodiscard]] bool is_isotonic() const noexcept { return !point_begin.empty(); }

  friend bool operator==(const Calibration&, const Calibration&) = default;
};

/// Throws: invalid_argument/malformed_model: not one of an output each, a number that is not
/// finite, an x that does not ascend, an output without points, points outside 0 to 1.
void validate(const Calibration& calibration, std::size_t output_count);

/// In place; NaN stays NaN. Requires: a calibration that `validate` accepted, of this many outputs.
void calibrate(const Calibration& calibration, std::span<double> values) noexcept;

}  // namespace mlcore
