// SPDX-License-Identifier: Apache-2.0
#pragma once

// The softmax of links and of layers: exponentials rounded to their number, summed in double.
//
//   softmax(std::span(margins));

#include <algorithm>
#include <span>

#include "mlcore/base/math.hpp"

namespace mlcore {

/// In place. Requires: at least one value.
template <typename Number>
void softmax(std::span<Number> values) noexcept {
  const Number largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (Number& value : values) {
    value = static_cast<Number>(exp(static_cast<double>(value - largest)));
    sum += static_cast<double>(value);
  }
  for (Number& value : values) value /= static_cast<Number>(sum);
}

}  // namespace mlcore
