// SPDX-License-Identifier: Apache-2.0
#pragma once

// Functions whose bits are ours: built from IEEE + - * / and integers only, so that they are equal
// on every machine, compiler and libm.
//
//   ln1p(0.0);            // 0
//   sigmoid(0.0f);        // 0.5f

namespace mlcore {

/// Natural exponential and logarithm, 2^x, ln(1 + x), hyperbolic tangent.
/// Units: error ≤ 1 ulp. Source: MPFR comparison in tests/base/math_test.cpp.
[[nodiscard]] double exp(double x) noexcept;
[[nodiscard]] double exp2(double x) noexcept;
[[nodiscard]] double ln(double x) noexcept;
[[nodiscard]] double ln1p(double x) noexcept;
[[nodiscard]] double tanh(double x) noexcept;

/// The float nearest to e^x computed in double, and the logistic link in float32 as XGBoost writes
/// it: `1 / (exp(min(-x, 88.7)) + 1)`.
/// Units: at most 4 ulp from XGBoost with glibc 2.36's expf over all 2^32 floats (2 ulp but for 34
/// floats, equal but for 65,208), as tools/link_distance measures. Beside −ln 2^24 the float32 sum
/// is a tie, which turns one step of any expf into four of the result.
/// Source: XGBoost 1.7.4 src/common/math.h.
[[nodiscard]] float exp_f32(float x) noexcept;
[[nodiscard]] float sigmoid(float x) noexcept;

}  // namespace mlcore
