// SPDX-License-Identifier: Apache-2.0
// How far the logistic link is from XGBoost's own formula with this machine's expf, over every
// float: link_distance [THREADS]. Prints a line a distance in units of the last place, and fails
// when one is above what math.hpp promises.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "mlcore/base/math.hpp"

namespace {

constexpr std::uint64_t kFloats = std::uint64_t{1} << 32;
constexpr std::size_t kGreatestCounted = 15;
constexpr std::size_t kPromised = 4;

struct Distances {
  std::array<std::uint64_t, kGreatestCounted + 1> counts = {};
  std::array<float, kGreatestCounted + 1> examples = {};
};

/// Source: XGBoost 1.7.4, src/common/math.h, Sigmoid; its 1e-16f never changes a sum ≥ 1.
float framework_sigmoid(float margin) {
  const float exponent = std::min(-margin, 88.7f);
  return 1.0f / (std::exp(exponent) + 1.0f);
}

std::size_t distance(float left, float right) {
  if (left != left || right != right) return left != left && right != right ? 0 : kGreatestCounted;
  const auto difference = static_cast<std::int64_t>(std::bit_cast<std::int32_t>(left)) -
                          std::bit_cast<std::int32_t>(right);
  return std::min(kGreatestCounted, static_cast<std::size_t>(std::llabs(difference)));
}

Distances measure(std::uint64_t begin, std::uint64_t end) {
  Distances distances;
  for (std::uint64_t bits = begin; bits < end; ++bits) {
    const auto margin = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const std::size_t ulp = distance(mlcore::sigmoid(margin), framework_sigmoid(margin));
    ++distances.counts[ulp];
    distances.examples[ulp] = margin;
  }
  return distances;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::clamp(std::atoi(argv[1]), 1, 256) : 1;
  const auto start = std::chrono::steady_clock::now();
  std::vector<Distances> parts(static_cast<std::size_t>(threads));
  std::vector<std::thread> workers;
  for (std::uint64_t i = 0; i < parts.size(); ++i) {
    workers.emplace_back([&parts, i] {
      parts[i] = measure(kFloats * i / parts.size(), kFloats * (i + 1) / parts.size());
    });
  }
  for (std::thread& worker : workers) worker.join();

  std::size_t greatest = 0;
  for (std::size_t ulp = 0; ulp <= kGreatestCounted; ++ulp) {
    std::uint64_t count = 0;
    float example = 0;
    for (const Distances& part : parts) {
      if (part.counts[ulp] != 0) example = part.examples[ulp];
      count += part.counts[ulp];
    }
    if (count == 0) continue;
    greatest = ulp;
    std::printf("%zu ulp%s: %llu floats, such as %a\n", ulp,
                ulp == kGreatestCounted ? " or more" : "", static_cast<unsigned long long>(count),
                static_cast<double>(example));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.1f s with %d threads\n", seconds.count(), threads);
  return greatest <= kPromised ? 0 : 1;
}
