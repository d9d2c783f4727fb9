// SPDX-License-Identifier: Apache-2.0
// How far each link is from the framework's own formula with this machine's libm:
// link_distance [THREADS]. Links in float32 are tried on every float, those in double on every 64th
// float as a double and with 29 more bits set. Prints a line a link and distance in units of the
// last place, and fails when one is above what docs/models.md promises.
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
#include "mlcore/model/tree_ensemble.hpp"

namespace {

using mlcore::Link;

constexpr std::uint64_t kFloats = std::uint64_t{1} << 32;
constexpr std::uint64_t kDoubleStep = 64;
constexpr std::size_t kGreatestCounted = 15;

struct Distances {
  std::array<std::uint64_t, kGreatestCounted + 1> counts = {};
  std::array<double, kGreatestCounted + 1> examples = {};

  void add(std::size_t ulp, double margin) {
    ++counts[ulp];
    examples[ulp] = margin;
  }
};

/// Source: XGBoost 1.7.4, src/common/math.h, Sigmoid; its 1e-16f never changes a sum ≥ 1.
float framework_sigmoid(float margin) {
  const float exponent = std::min(-margin, 88.7f);
  return 1.0f / (std::exp(exponent) + 1.0f);
}

/// Source: LightGBM 4.7.0, ConvertOutput of
/// src/objective/{binary,regression,xentropy}_objective.hpp.
double framework_double(Link link, double x) {
  switch (link) {
    case Link::logistic: return 1.0 / (1.0 + std::exp(-x));
    case Link::exponential: return std::exp(x);
    case Link::softplus: return std::log1p(std::exp(x));
    case Link::signed_square: return std::copysign(x * x, x);
    case Link::identity:
    case Link::softmax:
    case Link::hinge:
    case Link::isolation:
    case Link::ascending: break;
  }
  std::abort();
}

template <class Bits, class Number>
std::size_t distance(Number left, Number right) {
  if (left != left || right != right) return left != left && right != right ? 0 : kGreatestCounted;
  if (left == right) return 0;
  if (std::signbit(left) != std::signbit(right)) return kGreatestCounted;
  const Bits a = std::bit_cast<Bits>(left);
  const Bits b = std::bit_cast<Bits>(right);
  return std::min<std::size_t>(kGreatestCounted, a > b ? a - b : b - a);
}

void measure_float(Link link, std::uint64_t begin, std::uint64_t end, Distances& distances) {
  for (std::uint64_t bits = begin; bits < end; ++bits) {
    const auto margin = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const bool is_logistic = link == Link::logistic;
    const float ours = is_logistic ? mlcore::sigmoid(margin) : mlcore::exp_f32(margin);
    const float framework = is_logistic ? framework_sigmoid(margin) : std::exp(margin);
    distances.add(distance<std::uint32_t>(ours, framework), margin);
  }
}

void measure_double(Link link, std::uint64_t begin, std::uint64_t end, Distances& distances) {
  mlcore::ModelContract contract;
  contract.accumulator = mlcore::ModelContract::Accumulator::f64;
  contract.link = link;
  for (std::uint64_t bits = begin; bits < end; bits += kDoubleStep) {
    const double nearest = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const std::uint64_t low_bits = bits * 0x9E3779B97F4A7C15 >> 35;
    const double margin = std::bit_cast<double>(std::bit_cast<std::uint64_t>(nearest) | low_bits);
    double ours = margin;
    mlcore::apply_link(contract, {&ours, 1});
    distances.add(distance<std::uint64_t>(ours, framework_double(link, margin)), margin);
  }
}

struct Case {
  const char* name;
  Link link;
  void (*measure)(Link, std::uint64_t begin, std::uint64_t end, Distances&);
  std::size_t promised;  // ulp
};

constexpr Case kCases[] = {
    {"logistic, float", Link::logistic, measure_float, 4},
    {"exponential, float", Link::exponential, measure_float, 1},
    {"logistic, double", Link::logistic, measure_double, 4},
    {"exponential, double", Link::exponential, measure_double, 1},
    {"softplus, double", Link::softplus, measure_double, 2},
    {"signed_square, double", Link::signed_square, measure_double, 0},
};

Distances measure(const Case& each, std::size_t threads) {
  std::vector<Distances> parts(threads);
  std::vector<std::thread> workers;
  const std::uint64_t share = kFloats / threads / kDoubleStep * kDoubleStep;
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&each, &parts, share, threads, i] {
      each.measure(each.link, share * i, i + 1 == threads ? kFloats : share * (i + 1), parts[i]);
    });
  }
  for (std::thread& worker : workers) worker.join();
  Distances all;
  for (const Distances& part : parts) {
    for (std::size_t ulp = 0; ulp <= kGreatestCounted; ++ulp) {
      if (part.counts[ulp] != 0) all.examples[ulp] = part.examples[ulp];
      all.counts[ulp] += part.counts[ulp];
    }
  }
  return all;
}

/// Whether no distance is above what is promised.
bool print(const Case& each, const Distances& distances) {
  std::size_t greatest = 0;
  for (std::size_t ulp = 0; ulp <= kGreatestCounted; ++ulp) {
    if (distances.counts[ulp] == 0) continue;
    greatest = ulp;
    std::printf("%-22s %2zu ulp%s: %llu, such as %a\n", each.name, ulp,
                ulp == kGreatestCounted ? " or more" : "",
                static_cast<unsigned long long>(distances.counts[ulp]), distances.examples[ulp]);
  }
  if (greatest > each.promised) std::printf("%s: %zu ulp promised\n", each.name, each.promised);
  return greatest <= each.promised;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::clamp(std::atoi(argv[1]), 1, 256) : 1;
  const auto start = std::chrono::steady_clock::now();
  bool holds = true;
  for (const Case& each : kCases) {
    holds = print(each, measure(each, static_cast<std::size_t>(threads))) && holds;
    std::fflush(stdout);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.1f s with %d threads\n", seconds.count(), threads);
  return holds ? 0 : 1;
}
