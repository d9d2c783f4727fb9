// SPDX-License-Identifier: Apache-2.0
#pragma once

// A linear model or a neural network of dense layers, data as TreeEnsemble is. A linear model is
// one layer with the activation identity.
//
//   NetworkModel model = ...;
//   validate(model);
//   reference_margins(model, features, margins);  // the contract, spelled out

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/model/model_contract.hpp"

namespace mlcore {

/// What a unit makes of its sum; softmax, of those of the layer.
enum class Activation : std::uint8_t {
  identity = 1,
  relu = 2,
  tanh = 3,
  logistic = 4,
  softmax = 5
};

/// A unit is its bias, then + weight × input, input by input in order; each product and each sum is
/// one operation of the contract's accumulator.
struct NetworkLayer {
  Activation activation = Activation::identity;
  std::uint32_t input_count = 0;
  std::vector<double> weights;  // input by input, a weight a unit
  std::vector<double> bias;     // one a unit

  [[nodiscard]] std::size_t unit_count() const noexcept { return bias.size(); }

  friend bool operator==(const NetworkLayer&, const NetworkLayer&) = default;
};

/// The contract says the link and the type of inputs and sums, f32 or f64; the rest of it is of
/// trees, and as it is by default. The margins are the units of the last layer.
struct NetworkModel : ModelFacts {
  /// A missing feature: is refused by the Predictor; adds nothing to the units of the first layer;
  /// makes the margins NaN.
  enum class Missing : std::uint8_t { refuse = 1, skip = 2, nan = 3 };

  Missing missing = Missing::refuse;
  std::vector<NetworkLayer> layers;

  [[nodiscard]] bool is_linear() const noexcept {
    return layers.size() == 1 && layers[0].activation == Activation::identity;
  }

  friend bool operator==(const NetworkModel&, const NetworkModel&) = default;
};

/// Refuses a network that an engine could not run safely: no layer, layers that do not fit each
/// other, the features or the outputs; a number that is not finite, or that f32 has not where the
/// contract is of f32. Throws: invalid_argument/malformed_model naming layer and rule;
/// unimplemented/unsupported_model for a contract of trees alone.
void validate(const NetworkModel& model);

/// The contract in its plainest code: one row. Missing is NaN; a margin that is NaN is the
/// canonical one. Shape: features has feature_count values, margins output_count.
void reference_margins(const NetworkModel& model, std::span<const double> features,
                       std::span<double> margins);

}  // namespace mlcore
