// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/calibration.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"

using namespace mlcore;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double calibrated(const Calibration& calibration, double value) {
  calibrate(calibration, {&value, 1});
  return value;
}

Calibration isotonic() {
  Calibration calibration;
  calibration.point_begin = {0, 3};
  calibration.x = {-1, 0.5, 2};
  calibration.y = {0.1, 0.4, 0.9};
  return calibration;
}

}  // namespace

TEST_CASE("calibration: a sigmoid of the value") {
  Calibration calibration;
  calibration.slope = {-1.5};
  calibration.intercept = {0.25};
  // scipy.special.expit(-(-1.5 * v + 0.25)), SciPy 1.17.1.
  CHECK(calibrated(calibration, 2) == doctest::Approx(0.9399133498259924).epsilon(4e-16));
  CHECK(calibrated(calibration, -700) == doctest::Approx(0).epsilon(1e-300));
  CHECK(calibrated(calibration, 700) == 1);
  CHECK(std::isnan(calibrated(calibration, kNan)));
}

TEST_CASE("calibration: isotonic points, the line between them, and the ends") {
  const Calibration calibration = isotonic();
  // numpy.interp(v, x, y), NumPy 2.4.6; at the points and outside by definition.
  CHECK(calibrated(calibration, 0) == 0.30000000000000004);
  CHECK(calibrated(calibration, 1) == 0.5666666666666667);
  CHECK(calibrated(calibration, 0.5) == 0.4);
  CHECK(calibrated(calibration, -1) == 0.1);
  CHECK(calibrated(calibration, 2) == 0.9);
  CHECK(calibrated(calibration, -HUGE_VAL) == 0.1);
  CHECK(calibrated(calibration, HUGE_VAL) == 0.9);
  CHECK(std::isnan(calibrated(calibration, kNan)));
}

TEST_CASE("calibration: several outputs are divided by their sum, or are alike where it is 0") {
  Calibration calibration;
  calibration.point_begin = {0, 2, 4};
  calibration.x = {0, 1, 0, 1};
  calibration.y = {0, 0.5, 0, 1};
  double values[] = {0.5, 0.75};
  calibrate(calibration, values);
  CHECK(values[0] == 0.25);
  CHECK(values[1] == 0.75);
  double none[] = {-1, 0};
  calibrate(calibration, none);
  CHECK(none[0] == 0.5);
  CHECK(none[1] == 0.5);
}

TEST_CASE("calibration: what is broken is refused by name") {
  const struct {
    void (*edit)(Calibration&);
    std::string_view message;
  } rows[] = {
      {[](Calibration& c) { c.x[1] = -1; }, "output 0: x 1 does not ascend"},
      {[](Calibration& c) { c.x[1] = kNan; }, "x 1 is nan"},
      {[](Calibration& c) { c.y[2] = 1.5; }, "output 0: y 2 is 1.5"},
      {[](Calibration& c) { c.y.pop_back(); }, "3 x and 2 y"},
      {[](Calibration& c) {
         c.point_begin = {0, 3, 3};
       },
       "not those of 1 outputs"},
      {[](Calibration& c) {
         c.point_begin = {0, 2};
       },
       "not those of 1 outputs"},
      {[](Calibration& c) { c.slope = {1}; }, "of two kinds"},
      {[](Calibration& c) { c.point_begin.clear(); }, "points of no output"},
      {[](Calibration& c) { c = {}; }, "0 slopes and 0 intercepts for 1 outputs"},
      {[](Calibration& c) { c.of = static_cast<Calibration::Of>(0); }, "of neither"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    Calibration calibration = isotonic();
    CHECK_NOTHROW(validate(calibration, 1));
    row.edit(calibration);
    try {
      validate(calibration, 1);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      CAPTURE(error.message());
      CHECK(error.reason() == Reason::malformed_model);
      CHECK(error.message().find(row.message) != std::string::npos);
    }
  }
}
