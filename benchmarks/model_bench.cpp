// SPDX-License-Identifier: Apache-2.0
// Cases row/…, batch/… and load/…: the model alone, beside XGBoost's C API on the same rows.
#include <benchmark/benchmark.h>

#include "generated.hpp"
#include "mlcore/artifact/artifact.hpp"

namespace mlcore::bench {
namespace {

using Row = void (*)(const GeneratedModel&, std::size_t row, float* out);

void mlcore_row(const GeneratedModel& model, std::size_t row, float* out) {
  model.predictor->margins({model.rows().row(row).data(), 1, kFeatures}, {out, 1});
}

void xgboost_row(const GeneratedModel& model, std::size_t row, float* out) {
  *out = *model.xgboost->inplace_margins(model.rows().row(row).data(), 1, kFeatures);
}

/// Void unless the bits were equal on every row.
bool is_comparable(benchmark::State& state, const GeneratedModel& model) {
  if (model.margins_equal) return true;
  state.SkipWithError("margins differ from XGBoost's");
  return false;
}

void row_case(benchmark::State& state, const char* name, Row predict) {
  const GeneratedModel& model = generated_model(name);
  if (!is_comparable(state, model)) return;
  std::size_t row = 0;
  float out;
  for (auto _ : state) {
    predict(model, row, &out);
    benchmark::DoNotOptimize(out);
    row = row + 1 == kScoreRows ? 0 : row + 1;
  }
}

void mlcore_batch(benchmark::State& state, const char* name) {
  const GeneratedModel& model = generated_model(name);
  if (!is_comparable(state, model)) return;
  const auto rows = static_cast<std::size_t>(state.range(0));
  std::vector<float> out(rows);
  for (auto _ : state) {
    model.predictor->margins({model.scored.data(), rows, kFeatures}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(rows) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void xgboost_batch(benchmark::State& state, const char* name) {
  const GeneratedModel& model = generated_model(name);
  if (!is_comparable(state, model)) return;
  const auto rows = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(model.xgboost->inplace_margins(model.scored.data(), rows, kFeatures));
  }
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(rows) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void mlcore_load(benchmark::State& state, const char* name) {
  const GeneratedModel& model = generated_model(name);
  for (auto _ : state) benchmark::DoNotOptimize(Predictor::from_bytes(model.file));
  state.counters["file_bytes"] = static_cast<double>(model.file.size());
}

void xgboost_load(benchmark::State& state, const char* name) {
  const GeneratedModel& model = generated_model(name);
  for (auto _ : state) {
    const XgboostReference loaded(model.json);
    benchmark::DoNotOptimize(&loaded);
  }
  state.counters["file_bytes"] = static_cast<double>(model.json.size());
}

BENCHMARK_CAPTURE(row_case, row/x100d6/mlcore, "x100d6", mlcore_row)->Name("row/x100d6/mlcore");
BENCHMARK_CAPTURE(row_case, row/x100d6/xgboost, "x100d6", xgboost_row)->Name("row/x100d6/xgboost");
BENCHMARK_CAPTURE(row_case, row/x500d6/mlcore, "x500d6", mlcore_row)->Name("row/x500d6/mlcore");
BENCHMARK_CAPTURE(row_case, row/x500d6/xgboost, "x500d6", xgboost_row)->Name("row/x500d6/xgboost");

BENCHMARK_CAPTURE(mlcore_batch, x100d6, "x100d6")->Name("batch/x100d6/mlcore")->Arg(64)->Arg(4096)->Arg(40'000);
BENCHMARK_CAPTURE(xgboost_batch, x100d6, "x100d6")->Name("batch/x100d6/xgboost")->Arg(64)->Arg(4096)->Arg(40'000);
BENCHMARK_CAPTURE(mlcore_batch, x500d6, "x500d6")->Name("batch/x500d6/mlcore")->Arg(64)->Arg(4096)->Arg(40'000);
BENCHMARK_CAPTURE(xgboost_batch, x500d6, "x500d6")->Name("batch/x500d6/xgboost")->Arg(64)->Arg(4096)->Arg(40'000);

BENCHMARK_CAPTURE(mlcore_load, x100d6, "x100d6")->Name("load/x100d6/mlcore");
BENCHMARK_CAPTURE(xgboost_load, x100d6, "x100d6")->Name("load/x100d6/xgboost");
BENCHMARK_CAPTURE(mlcore_load, x500d6, "x500d6")->Name("load/x500d6/mlcore");
BENCHMARK_CAPTURE(xgboost_load, x500d6, "x500d6")->Name("load/x500d6/xgboost");

}  // namespace
}  // namespace mlcore::bench
