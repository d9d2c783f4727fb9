// SPDX-License-Identifier: Apache-2.0
// Cases drift/…: what it costs to count a value, and to compare a pane.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>

#include "mlcore/drift/report.hpp"
#include "mlcore/stats/latency_histogram.hpp"

namespace mlcore::bench {
namespace {

constexpr std::size_t kRows = 20'000;
constexpr std::size_t kColumns = 28;

/// A third each of bell, heavy tail and small whole numbers; one value in twenty is missing.
std::vector<double> make_matrix(std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values;
  for (std::size_t i = 0; i < kRows * kColumns; ++i) {
    const double x = normal(engine);
    const std::size_t shape = i % kColumns % 3;
    values.push_back(shape == 0 ? x : shape == 1 ? std::exp(x) : std::floor(std::fabs(4 * x)));
    if (engine() % 20 == 0) values.back() = std::nan("");
  }
  return values;
}

struct Data {
  std::vector<double> train = make_matrix(7);
  std::vector<double> rows = make_matrix(8);
  std::vector<double> scores;
  Reference reference;

  Data() {
    std::vector<double> column(kRows);
    for (std::size_t i = 0; i < kColumns; ++i) {
      for (std::size_t row = 0; row < kRows; ++row) column[row] = train[row * kColumns + i];
      reference.features.push_back(profile_numeric("f" + std::to_string(i), column));
    }
    for (std::size_t row = 0; row < kRows; ++row) {
      scores.push_back(1 / (1 + std::exp(-rows[row * kColumns])));
    }
    reference.scores.push_back(profile_scores("prediction", scores, ScoreScale(0, 1)));
  }
};

const Data& data() {
  static const Data made;
  return made;
}

/// `values`: how many one iteration counts.
void set_cost(benchmark::State& state, const char* name, std::size_t values) {
  state.counters[name] = benchmark::Counter(
      static_cast<double>(values) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

std::vector<double> column_of(const std::vector<double>& matrix, std::size_t column) {
  std::vector<double> values;
  for (std::size_t row = 0; row < kRows; ++row) values.push_back(matrix[row * kColumns + column]);
  return values;
}

void value_one_by_one(benchmark::State& state) {
  const NumericBins& bins = data().reference.features[0].bins;
  const std::vector<double> values = column_of(data().rows, 0);
  NumericCounts counts;
  for (auto _ : state) {
    for (const double value : values) counts.add(bins, value);
    benchmark::DoNotOptimize(&counts);
    benchmark::ClobberMemory();
  }
  set_cost(state, "ns_per_value", values.size());
}

void value_batch(benchmark::State& state, std::size_t column) {
  const NumericBins& bins = data().reference.features[column].bins;
  const std::vector<double> values = column_of(data().rows, column);
  NumericCounts counts;
  for (auto _ : state) {
    counts.add(bins, values);
    benchmark::DoNotOptimize(&counts);
  }
  set_cost(state, "ns_per_value", values.size());
}

void row_of_28(benchmark::State& state) {
  PaneCounts pane(data().reference);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      pane.add_row(data().reference, std::span(data().rows).subspan(row * kColumns, kColumns),
                   {&data().scores[row], 1});
    }
    benchmark::DoNotOptimize(&pane);
  }
  set_cost(state, "ns_per_row", kRows);
}

void rows_of_28(benchmark::State& state) {
  PaneCounts pane(data().reference);
  for (auto _ : state) {
    pane.add_rows(data().reference, {data().rows.data(), kRows, kColumns},
                  {data().scores.data(), kRows, 1});
    benchmark::DoNotOptimize(&pane);
  }
  set_cost(state, "ns_per_row", kRows);
}

void category(benchmark::State& state) {
  std::vector<std::string> names;
  for (int i = 0; i < 64; ++i) names.push_back("category " + std::to_string(i));
  const std::vector<std::optional<std::string_view>> sample(names.begin(), names.end());
  const CategoryCodes codes = CategoryCodes::from_sample(sample);
  CategoryCounts counts;
  std::size_t i = 0;
  for (auto _ : state) {
    counts.add(codes, names[i = (i + 29) % 64]);
    benchmark::DoNotOptimize(&counts);
  }
}

void latency(benchmark::State& state) {
  LatencyHistogram histogram;
  std::uint64_t duration = 1000;
  for (auto _ : state) {
    duration = duration * 6364136223846793005u + 1442695040888963407u;
    histogram.add(duration >> 44);
    benchmark::DoNotOptimize(&histogram);
  }
}

void report(benchmark::State& state) {
  PaneCounts pane(data().reference);
  pane.add_rows(data().reference, {data().rows.data(), kRows, kColumns},
                {data().scores.data(), kRows, 1});
  for (auto _ : state) benchmark::DoNotOptimize(compare(data().reference, pane, {}));
}

BENCHMARK(value_one_by_one)->Name("drift/value/one_by_one");
BENCHMARK_CAPTURE(value_batch, bell, 0)->Name("drift/value/batch/bell");
BENCHMARK_CAPTURE(value_batch, heavy_tail, 1)->Name("drift/value/batch/heavy_tail");
BENCHMARK_CAPTURE(value_batch, whole_numbers, 2)->Name("drift/value/batch/whole_numbers");
BENCHMARK(row_of_28)->Name("drift/row28/one_by_one");
BENCHMARK(rows_of_28)->Name("drift/row28/batch");
BENCHMARK(category)->Name("drift/category");
BENCHMARK(latency)->Name("drift/latency");
BENCHMARK(report)->Name("drift/report28");

}  // namespace
}  // namespace mlcore::bench
