// SPDX-License-Identifier: Apache-2.0
#pragma once

// The model's door: a feature as the model sees it.
//
//   model_input(0.1);    // 0.1f
//   model_input(1e300);  // NaN: missing

#include <cmath>
#include <limits>

namespace mlcore {

/// Rounded to f32; what is then not finite is missing.
inline float model_input(double feature) noexcept {
  const auto value = static_cast<float>(feature);
  return std::isfinite(value) ? value : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace mlcore
