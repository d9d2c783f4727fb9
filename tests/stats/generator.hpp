// SPDX-License-Identifier: Apache-2.0
#pragma once

// Seeded samples. tests/drift/make_expected.py has the same generator and shapes.
//
//   Generator generator(7);
//   generator.uniform();              // [0, 1)
//   sample(11, 500, "bell");

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mlcore {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}

  // Source: Vigna, splitmix64.c.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  std::uint64_t below(std::uint64_t end) { return next() % end; }
  /// Box and Muller's, one of the two.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  std::uint64_t state_;
};

inline std::vector<double> sample(std::uint64_t seed, std::size_t count, std::string_view shape) {
  Generator random(seed);
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
