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

void set_row_cost(benchmark::State& state, std::size_t rows) {
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(rows) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
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
  set_row_cost(state, rows);
}

void xgboost_batch(benchmark::State& state, const char* name) {
  const GeneratedModel& model = generated_model(name);
  if (!is_comparable(state, model)) return;
  const auto rows = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(model.xgboost->inplace_margins(model.scored.data(), rows, kFeatures));
  }
  set_row_cost(state, rows);
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

/// The engine on each SIMD target, row by row and on 4,096 rows.
void target_row(benchmark::State& state, const char* name, SimdTarget target) {
  const GeneratedModel& model = generated_model(name);
  const TreeEngine engine(*model.predictor->model().trees(), target);
  std::size_t row = 0;
  float out;
  for (auto _ : state) {
    engine.margins(model.rows().row(row).data(), &out);
    benchmark::DoNotOptimize(out);
    row = row + 1 == kScoreRows ? 0 : row + 1;
  }
}

void target_batch(benchmark::State& state, const char* name, SimdTarget target) {
  const GeneratedModel& model = generated_model(name);
  const TreeEngine engine(*model.predictor->model().trees(), target);
  constexpr std::size_t kRows = 4096;
  std::vector<float> out(kRows);
  for (auto _ : state) {
    engine.batch_margins(model.scored.data(), kRows, out.data());
    benchmark::DoNotOptimize(out.data());
  }
  set_row_cost(state, kRows);
}

/// What is built from the parsed model at load, the ranks among it.
void compile(benchmark::State& state, const char* name) {
  const GeneratedModel& model = generated_model(name);
  for (auto _ : state) {
    const TreeEngine engine(*model.predictor->model().trees());
    benchmark::DoNotOptimize(&engine);
  }
}

const bool registered = [] {
  for (const char* model : {"x100d6", "x500d6", "x1000d8", "x500l64"}) {
    const auto name = [model](const char* suite, const std::string& engine) {
      return std::string(suite) + "/" + model + "/" + engine;
    };
    const auto add = [](const std::string& called, auto... arguments) {
      return benchmark::RegisterBenchmark(called.c_str(), arguments...);
    };
    add(name("row", "mlcore"), row_case, model, mlcore_row);
    add(name("row", "xgboost"), row_case, model, xgboost_row);
    for (const std::int64_t rows : {2, 8, 32, 64, 128, 1'000, 4'096, 40'000}) {
      add(name("batch", "mlcore"), mlcore_batch, model)->Arg(rows);
      add(name("batch", "xgboost"), xgboost_batch, model)->Arg(rows);
    }
    add(name("load", "mlcore"), mlcore_load, model);
    add(name("load", "xgboost"), xgboost_load, model);
    add(name("load", "engine"), compile, model);
    constexpr const char* kTargets[] = {"scalar", "sse41", "avx2", "avx512"};
    for (const SimdTarget target : runnable_simd_targets()) {
      const std::string called = kTargets[static_cast<std::size_t>(target)];
      add(name("target_row", called), target_row, model, target);
      add(name("target_batch", called), target_batch, model, target);
    }
  }
  return true;
}();

}  // namespace
}  // namespace mlcore::bench
