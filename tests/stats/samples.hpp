// SPDX-License-Identifier: Apache-2.0
#pragma once

// Seeded samples. tests/drift/make_expected.py has the same numbers and shapes.
//
//   sample(11, 500, "bell");

#include <cstdint>
#include <string_view>
#include <vector>

#include "sample_random.hpp"

namespace mlcore {

inline std::vector<double> sample(std::uint64_t seed, std::size_t count, std::string_view shape) {
  SampleRandom random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double u = random.uniform();
    if (shape == "uniform") values.push_back(u);
    if (shape == "bell") {
      const double two = u + random.uniform();
      const double three = two + random.uniform();
      values.push_back(three + random.uniform() - 2.0);
    }
    if (shape == "skewed") values.push_back(1000.0 * u * u * u * u);
    if (shape == "tied") values.push_back(static_cast<double>(static_cast<int>(u * 8.0)));
  }
  return values;
}

}  // namespace mlcore
