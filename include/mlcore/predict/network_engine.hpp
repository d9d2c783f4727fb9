// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled form of a linear model or a network.
//
//   NetworkEngine<float> engine(model);
//   engine.from_features(features, inputs);
//   engine.margins(inputs, 1, units, margins);
//
// A layer is summed column by column, an input for all units at a time, so that the order of a
// unit's sum depends on no SIMD width.

#include <cstdint>
#include <vector>

#include "mlcore/model/network.hpp"

namespace mlcore {

/// Of features, weights and sums in `Number`. Immutable. Thread-safe. Cost: no allocation after
/// construction, does not throw.
template <typename T>
class NetworkEngine {
 public:
  using Number = T;

  /// Requires: a model that `validate` accepted, f32 of a narrow contract, f64 of a wide one.
  explicit NetworkEngine(const NetworkModel& model);

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  /// Numbers of a row of inputs.
  [[nodiscard]] std::size_t column_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t output_count() const noexcept { return output_count_; }
  /// Numbers of scratch memory that `margins` needs, for any count of rows.
  [[nodiscard]] std::size_t unit_count() const noexcept { return 2 * widest_; }

  /// A definition's outputs; those that f32 can't have are missing where the contract is of f32.
  /// Shape: features[feature_count], inputs[column_count].
  void from_features(const double* features, Number* inputs) const noexcept;
  /// Model features as they are.
  template <typename Input>
  void from_inputs(const Input* features, Number* inputs) const noexcept {
    for (std::size_t i = 0; i < feature_count_; ++i) inputs[i] = static_cast<Number>(features[i]);
  }
  /// With the bits of `reference_margins`. Shape: inputs[rows, column_count], units[unit_count],
  /// margins[rows, output_count].
  void margins(const Number* inputs, std::size_t rows, Number* units,
               Number* margins) const noexcept;

 private:
  struct Layer {
    Activation activation;
    std::size_t input_count;
    std::vector<Number> weights;
    std::vector<Number> bias;
  };

  void row_margins(const Number* inputs, Number* units, Number* margins) const noexcept;

  std::size_t feature_count_;
  std::size_t output_count_;
  std::size_t widest_;  // of the features and the layers
  bool skips_missing_;
  std::vector<Layer> layers_;
};

}  // namespace mlcore
