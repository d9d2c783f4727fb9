// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a layer makes of the sums of its units, written once for the reference and the engine.
//
//   activate(Activation::relu, std::span(units));

#include <span>

#include "mlcore/base/math.hpp"
#include "mlcore/model/network.hpp"
#include "model/softmax.hpp"

namespace mlcore {

inline float logistic_of(float x) noexcept { return sigmoid(x); }
inline double logistic_of(double x) noexcept { return 1 / (1 + exp(-x)); }

/// In place. Each function in double, rounded to `Number`; the logistic one of f32 as XGBoost's.
template <typename Number>
void activate(Activation activation, std::span<Number> units) noexcept {
  switch (activation) {
    case Activation::identity: return;
    case Activation::relu:
      for (Number& unit : units) unit = unit < 0 ? Number{0} : unit;  // NaN stays
      return;
    case Activation::tanh:
      for (Number& unit : units) unit = static_cast<Number>(tanh(static_cast<double>(unit)));
      return;
    case Activation::logistic:
      for (Number& unit : units) unit = logistic_of(unit);
      return;
    case Activation::softmax: return softmax(units);
  }
}

}  // namespace mlcore
