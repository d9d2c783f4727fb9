// SPDX-License-Identifier: Apache-2.0
// Outside code uses validate and calibrate.
#include "mlcore/model/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlcore/base/error.hpp"
#include "mlcore/base/math.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Code::invalid_argument, Reason::malformed_model, "calibration: " + message);
}

void check_finite(std::span<const double> values, const char* name) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) refuse(fmt::format("{} {} is {}", name, i, values[i]));
  }
}

void check_points(const Calibration& calibration, std::size_t output_count) {
  const auto& begin = calibration.point_begin;
  const std::size_t points = calibration.x.size();
  if (calibration.y.size() != points) {
    refuse(fmt::format("{} x and {} y", points, calibration.y.size()));
  }
  if (begin.size() != output_count + 1 || begin.front() != 0 || begin.back() != points) {
    refuse(fmt::format("its points are not those of {} outputs", output_count));
  }
  for (std::size_t output = 0; output < output_count; ++output) {
    if (begin[output] >= begin[output + 1] || begin[output + 1] > points) {
      refuse(fmt::format("output {}: no points", output));
    }
    for (std::uint32_t i = begin[output]; i < begin[output + 1]; ++i) {
      const bool is_first = i == begin[output];
      if (!is_first && !(calibration.x[i] > calibration.x[i - 1])) {
        refuse(fmt::format("output {}: x {} does not ascend", output, i - begin[output]));
      }
      if (!(calibration.y[i] >= 0 && calibration.y[i] <= 1)) {
        refuse(fmt::format("output {}: y {} is {}", output, i - begin[output], calibration.y[i]));
      }
    }
  }
}

double sigmoid_of(const Calibration& calibration, std::size_t output, double value) noexcept {
  const double product = calibration.slope[output] * value;
  return 1 / (1 + exp(product + calibration.intercept[output]));
}

/// As NumPy's interp.
double isotonic_of(const Calibration& calibration, std::size_t output, double value) noexcept {
  const double* begin = calibration.x.data() + calibration.point_begin[output];
  const double* end = calibration.x.data() + calibration.point_begin[output + 1];
  const double* y = calibration.y.data() + calibration.point_begin[output];
  if (value <= *begin) return y[0];
  if (value >= end[-1]) return y[end - begin - 1];
  const double* above = std::upper_bound(begin, end, value);
  const auto i = static_cast<std::size_t>(above - begin);
  const double slope = (y[i] - y[i - 1]) / (begin[i] - begin[i - 1]);
  return slope * (value - begin[i - 1]) + y[i - 1];
}

}  // namespace

void validate(const Calibration& calibration, std::size_t output_count) {
  if (calibration.of != Calibration::Of::margin && calibration.of != Calibration::Of::prediction) {
    refuse("of neither the margin nor the prediction");
  }
  check_finite(calibration.slope, "slope");
  check_finite(calibration.intercept, "intercept");
  check_finite(calibration.x, "x");
  if (calibration.is_isotonic()) {
    if (!calibration.slope.empty() || !calibration.intercept.empty()) refuse("of two kinds");
    return check_points(calibration, output_count);
  }
  if (!calibration.x.empty() || !calibration.y.empty()) refuse("points of no output");
  if (calibration.slope.size() != output_count || calibration.intercept.size() != output_count) {
    refuse(fmt::format("{} slopes and {} intercepts for {} outputs", calibration.slope.size(),
                       calibration.intercept.size(), output_count));
  }
}

void calibrate(const Calibration& calibration, std::span<double> values) noexcept {
  double sum = 0;
  for (std::size_t output = 0; output < values.size(); ++output) {
    double& value = values[output];
    if (!std::isnan(value)) {
      value = calibration.is_isotonic() ? isotonic_of(calibration, output, value)
                                        : sigmoid_of(calibration, output, value);
    }
    sum += value;
  }
  if (values.size() < 2) return;
  const auto count = static_cast<double>(values.size());
  for (double& value : values) value = sum == 0 ? 1 / count : canonical(value / sum);
}

}  // namespace mlcore
