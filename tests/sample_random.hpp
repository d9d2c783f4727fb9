// SPDX-License-Identifier: Apache-2.0
#pragma once

// Seeded numbers, the same on every machine.
//
//   SampleRandom random(7);
//   random.uniform();  // [0, 1)
//   random.below(6);   // 0 to 5

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace mlcore {

class SampleRandom {
 public:
  explicit SampleRandom(std::uint64_t seed) : state_(seed) {}

  // Source: Vigna, splitmix64.c.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(next() % end); }
  /// Box and Muller's, one of the two.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  std::uint64_t state_;
};

}  // namespace mlcore
