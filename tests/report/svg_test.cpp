// SPDX-License-Identifier: Apache-2.0
#include "report/svg.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace mlcore::report {

TEST_CASE("nice_ceiling: the least nice number that is enough") {
  CHECK(nice_ceiling(0) == 1);
  CHECK(nice_ceiling(-1) == 1);
  CHECK(nice_ceiling(NAN) == 1);
  CHECK(nice_ceiling(1) == 1);
  CHECK(nice_ceiling(0.3) == doctest::Approx(0.5).epsilon(1e-12));
  CHECK(nice_ceiling(2.1) == 2.5);
  CHECK(nice_ceiling(99) == 100);
}

TEST_CASE("nice_ceiling: the least and the greatest double end, and a chart can be drawn") {
  for (const double value :
       {std::numeric_limits<double>::denorm_min(), 1e-323, 1e-310,
        std::numeric_limits<double>::min(), 1e300, std::numeric_limits<double>::max(),
        std::numeric_limits<double>::infinity()}) {
    CAPTURE(value);
    const double top = nice_ceiling(value);
    CHECK(top > 0);
    CHECK(std::isfinite(top));
    CHECK(std::isfinite(1 / top));
  }
}

}  // namespace mlcore::report
