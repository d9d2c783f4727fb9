// SPDX-License-Identifier: Apache-2.0
// Cases limit/…: random trees just within and just past the limits of the ranks.
#include <benchmark/benchmark.h>

#include <limits>

#include "mlcore/predict/tree_engine.hpp"
#include "predict/random_trees.hpp"

namespace mlcore::bench {
namespace {

constexpr std::size_t kRows = 1024;

/// Between the thresholds of `full_model`; 5 % are missing.
std::vector<float> rows_of(const TreeEnsemble& model, SampleRandom& random) {
  std::vector<float> values(kRows * model.feature_count);
  for (float& value : values) {
    value = random.below(20) == 0 ? std::numeric_limits<float>::quiet_NaN()
                                  : static_cast<float>(random.uniform() * 24 - 15);
  }
  return values;
}

struct Limit {
  TreeEnsemble model;
  std::vector<float> rows;
};

Limit limit_of(const test::FullShape& shape) {
  SampleRandom random(7);
  TreeEnsemble model = test::full_model(random, shape);
  std::vector<float> rows = rows_of(model, random);
  return {std::move(model), std::move(rows)};
}

void one_row(benchmark::State& state, test::FullShape shape) {
  const auto [model, rows] = limit_of(shape);
  const TreeEngine engine(model);
  std::size_t row = 0;
  float out;
  for (auto _ : state) {
    engine.margins(rows.data() + row * shape.features, &out);
    benchmark::DoNotOptimize(out);
    row = (row + 1) % kRows;
  }
}

void batch(benchmark::State& state, test::FullShape shape) {
  const auto [model, rows] = limit_of(shape);
  const TreeEngine engine(model);
  std::vector<float> out(kRows);
  for (auto _ : state) {
    engine.batch_margins(rows.data(), kRows, out.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(kRows) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const bool registered = [] {
  const auto add = [](const std::string& name, const test::FullShape& shape) {
    benchmark::RegisterBenchmark(("limit/" + name + "/row").c_str(), one_row, shape);
    benchmark::RegisterBenchmark(("limit/" + name + "/batch").c_str(), batch, shape);
  };
  for (const std::uint32_t features : {28u, 128u, 129u, 511u, 513u, 2'000u, 2'100u, 8'000u, 8'400u}) {
    for (const std::size_t trees : {500u, 2'000u}) {
      add(std::to_string(features) + "_features/" + std::to_string(trees) + "_trees",
          {.trees = trees, .depth = 6, .features = features});
    }
  }
  for (const std::uint64_t thresholds : {4'000u, 4'400u, 30'000u, 70'000u}) {
    add(std::to_string(thresholds) + "_thresholds",
        {.trees = 3'000, .depth = 6, .features = 1, .thresholds = thresholds, .pruned = 0});
  }
  for (const std::size_t trees : {1'000u, 10'000u}) {
    add(std::to_string(trees) + "_trees", {.trees = trees, .depth = 6});
  }
  return true;
}();

}  // namespace
}  // namespace mlcore::bench
