// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled form of a linear model or a network.
//
//   NetworkEngine engine(model);
//   NetworkScratch scratch;
//   engine.reserve(scratch, 1);
//   engine.set_inputs(scratch, 0, features);
//   engine.margins(scratch, 1, margins);
//
// A layer is summed column by column, an input for all units at a time, so that the order of a
// unit's sum depends on no SIMD width.

#include <cstdint>
#include <vector>

#include "mlcore/model/network.hpp"

namespace mlcore {

/// Memory for the features of some rows, and for the units of one.
struct NetworkScratch {
  std::vector<double> inputs;      // [row, feature]
  std::vector<float> units;        // of two layers, of a contract in f32
  std::vector<double> wide_units;  // in f64
};

/// Immutable. Thread-safe, each call with its own scratch. Cost: no allocation but in `reserve`.
/// Requires, of each call with a scratch: the rows were reserved.
class NetworkEngine {
 public:
  /// Requires: a model that `validate` accepted.
  explicit NetworkEngine(const NetworkModel& model);

  void reserve(NetworkScratch& scratch, std::size_t rows) const;
  /// A definition's outputs; those that f32 can't have are missing where the contract is of f32.
  void set_features(NetworkScratch& scratch, std::size_t row,
                    const double* features) const noexcept;
  /// Model features as they are.
  template <typename Input>
  void set_inputs(NetworkScratch& scratch, std::size_t row, const Input* inputs) const noexcept {
    double* to = scratch.inputs.data() + row * feature_count_;
    for (std::size_t i = 0; i < feature_count_; ++i) to[i] = static_cast<double>(inputs[i]);
  }
  /// The first rows' margins, with the bits of `reference_margins`. Shape: margins[rows, outputs].
  /// Requires: the contract's number.
  void margins(NetworkScratch& scratch, std::size_t rows, float* margins) const noexcept;
  void margins(NetworkScratch& scratch, std::size_t rows, double* margins) const noexcept;

 private:
  template <typename Number>
  struct Layer {
    Activation activation;
    std::size_t input_count;
    std::vector<Number> weights;
    std::vector<Number> bias;
  };
  template <typename Number>
  using Layers = std::vector<Layer<Number>>;

  template <typename Number>
  [[nodiscard]] static Layers<Number> layers_of(const NetworkModel& model);
  template <typename Number>
  void row_margins(const Layers<Number>& layers, const double* inputs, std::vector<Number>& units,
                   Number* margins) const noexcept;

  std::size_t feature_count_;
  std::size_t output_count_;
  std::size_t widest_ = 0;  // of the features and the layers
  bool skips_missing_;
  Layers<float> layers_;  // of one of the two numbers
  Layers<double> wide_layers_;
};

}  // namespace mlcore
