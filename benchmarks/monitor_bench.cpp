// SPDX-License-Identifier: Apache-2.0
// Cases drift/monitor/…: what a call costs with a monitor and without, and what a report costs. The
// model has 28 numbers, 100 trees of depth 6 and one score: 29 values a row.
#include <benchmark/benchmark.h>

#include "generated.hpp"
#include "mlcore/monitor/monitor.hpp"

namespace mlcore::bench {
namespace {

constexpr std::size_t kBatchRows = 10'000;

/// The generated model with a profile of its own rows.
const std::shared_ptr<const Predictor>& monitored_model() {
  static const std::shared_ptr<const Predictor> made = [] {
    const GeneratedModel& model = generated_model("x100d6");
    Artifact artifact = read_artifact(model.file);
    Reference reference;
    std::vector<double> column(kScoreRows);
    for (std::size_t i = 0; i < kFeatures; ++i) {
      for (std::size_t row = 0; row < kScoreRows; ++row) {
        column[row] = static_cast<double>(model.rows()(row, i));
      }
      reference.features.push_back(profile_numeric(artifact.definition.outputs()[i].name, column));
    }
    Context context(model.predictor, {});
    model.predictor->predict_batch(context, model.rows(), column);
    reference.scores.push_back(profile_scores("prediction", column, ScoreScale(0, 1)));
    artifact.reference = std::move(reference);
    return Predictor::from_bytes(write_artifact(artifact));
  }();
  return made;
}

std::vector<double> wide_rows() {
  const auto& scored = generated_model("x100d6").scored;
  return {scored.begin(), scored.end()};
}

void set_row_cost(benchmark::State& state, std::size_t rows) {
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(rows) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void row_call(benchmark::State& state, OutputKind output, bool is_monitored) {
  const auto& predictor = monitored_model();
  const Monitor monitor(predictor, {});
  Context context(predictor, {.output = output});
  if (is_monitored) monitor.attach(context);
  const std::vector<double> rows = wide_rows();
  std::vector<double> out(context.output_count());
  std::size_t row = 0;
  for (auto _ : state) {
    predictor->predict_numeric(context, {&rows[row * kFeatures], kFeatures}, out);
    benchmark::DoNotOptimize(out.data());
    row = row + 1 == kScoreRows ? 0 : row + 1;
  }
  set_row_cost(state, 1);
}

void batch_call(benchmark::State& state, OutputKind output, bool is_monitored) {
  const auto& predictor = monitored_model();
  const Monitor monitor(predictor, {});
  Context context(predictor, {.output = output});
  if (is_monitored) monitor.attach(context);
  const std::vector<double> rows = wide_rows();
  std::vector<double> out(kBatchRows * context.output_count());
  for (auto _ : state) {
    predictor->predict_batch(context, Span2d<const double>(rows.data(), kBatchRows, kFeatures),
                             out);
    benchmark::DoNotOptimize(out.data());
  }
  set_row_cost(state, kBatchRows);
}

void attach(benchmark::State& state) {
  const Monitor monitor(monitored_model(), {});
  for (auto _ : state) {
    Context context(monitored_model(), {});
    monitor.attach(context);
    benchmark::DoNotOptimize(&context);
  }
}

void report(benchmark::State& state, std::string (*text)(const MonitorReport&)) {
  const auto& predictor = monitored_model();
  const Monitor monitor(predictor, {.pane_rows = 1000});
  Context context(predictor, {});
  monitor.attach(context);
  std::vector<double> out(kScoreRows);
  predictor->predict_batch(context, generated_model("x100d6").rows(), out);
  for (auto _ : state) benchmark::DoNotOptimize(text(monitor.report()));
}

BENCHMARK_CAPTURE(row_call, features_without, OutputKind::features, false)
    ->Name("drift/monitor/row28/features/without");
BENCHMARK_CAPTURE(row_call, features_with, OutputKind::features, true)
    ->Name("drift/monitor/row28/features/with");
BENCHMARK_CAPTURE(row_call, without, OutputKind::prediction, false)
    ->Name("drift/monitor/row28/prediction/without");
BENCHMARK_CAPTURE(row_call, with, OutputKind::prediction, true)
    ->Name("drift/monitor/row28/prediction/with");
BENCHMARK_CAPTURE(batch_call, features_without, OutputKind::features, false)
    ->Name("drift/monitor/batch28/features/without");
BENCHMARK_CAPTURE(batch_call, features_with, OutputKind::features, true)
    ->Name("drift/monitor/batch28/features/with");
BENCHMARK_CAPTURE(batch_call, without, OutputKind::prediction, false)
    ->Name("drift/monitor/batch28/prediction/without");
BENCHMARK_CAPTURE(batch_call, with, OutputKind::prediction, true)
    ->Name("drift/monitor/batch28/prediction/with");
BENCHMARK(attach)->Name("drift/monitor/attach28");
BENCHMARK_CAPTURE(report, json, &to_json)->Name("drift/monitor/report28x33/json");
BENCHMARK_CAPTURE(report, metrics, &prometheus_text)->Name("drift/monitor/report28x33/prometheus");

}  // namespace
}  // namespace mlcore::bench
