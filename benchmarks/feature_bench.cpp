// SPDX-License-Identifier: Apache-2.0
// Cases features/… and windows/…: what XGBoost has no counterpart for.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "mlcore/base/time.hpp"
#include "mlcore/feature/state.hpp"
#include "mlcore/predict/predictor.hpp"

namespace mlcore::bench {
namespace {

constexpr std::int64_t kAsOf = 10'000 * kMicrosPerDay;

const Definition& expressions() {
  static const Definition definition = Definition::parse(R"(
features expressions version 1
input country: string
input age: i64
input income: f64?
input debt: f64?
ratio   = if(coalesce(income, 0.0) == 0, 0.0, coalesce(debt, 0.0) / income)
log_income = ln1p(coalesce(income, 0.0))
is_adult = age >= 18 and age < 120
domestic = country == "FR" or country == "DE"
no_debt = is_null(debt)
output [ratio, log_income, is_adult, domestic, no_debt, age]
)");
  return definition;
}

void expression_row(benchmark::State& state) {
  const FeaturePlan plan(expressions(), {});
  FeatureScratch scratch = plan.make_scratch();
  const RowLayout& layout = plan.definition().request();
  RowBuilder builder(layout);
  builder.set_string(0, "FR");
  builder.set_i64(1, 41);
  builder.set_f64(2, 52'000.5);
  builder.set_f64(3, 1200);
  const ByteView bytes = builder.finish();
  std::vector<double> out(plan.width());
  for (auto _ : state) {
    plan.compute(RowView::parse(layout, bytes), {}, scratch, out);
    benchmark::DoNotOptimize(out.data());
  }
}

/// 20 aggregates over 90 days of one event a day.
struct Windows {
  Definition definition;
  State state;
  Bytes request;

  static std::string text() {
    std::string names;
    std::string body = "features windows version 1\n"
                       "stream orders(customer: string key, at: timestamp event, amount: f64)\n";
    const char* const functions[] = {"count()", "sum(amount)", "avg(amount)", "max(amount)"};
    const char* const spans[] = {"7d", "14d", "30d", "60d", "90d"};
    for (int i = 0; i < 20; ++i) {
      body += fmt::format("w{} = {} over orders last {}\n", i, functions[i % 4], spans[i / 4]);
      names += fmt::format("{}w{}", i == 0 ? "" : ", ", i);
    }
    return body + "output [" + names + "]\n";
  }

  Windows() : definition(Definition::parse(text())), state(definition, {}) {
    std::mt19937_64 engine(7);
    RowBatch batch;
    RowBuilder event(definition.streams()[0].layout);
    for (int day = 0; day < 90; ++day) {
      event.set_string(0, "c1");
      event.set_i64(1, kAsOf - day * kMicrosPerDay - kMicrosPerDay / 2);
      event.set_f64(2, static_cast<double>(engine() % 10'000) / 100);
      batch.append(event.finish());
    }
    state.ingest(0, batch);
    RowBuilder row(definition.request());
    row.set_string(0, "c1");
    row.set_i64(1, kAsOf);
    const ByteView bytes = row.finish();
    request.assign(bytes.begin(), bytes.end());
  }
};

void window_read(benchmark::State& state) {
  const Windows windows;
  AggregateValues values;
  const RowView row = RowView::parse(windows.definition.request(), windows.request);
  for (auto _ : state) {
    windows.state.read(windows.definition, row, values);
    benchmark::DoNotOptimize(values.cells.data());
  }
}

void window_ingest(benchmark::State& state) {
  const Definition definition = Definition::parse(Windows::text());
  RowBatch batch;
  RowBuilder event(definition.streams()[0].layout);
  for (int i = 0; i < 10'000; ++i) {
    event.set_string(0, fmt::format("c{}", i % 1000));
    event.set_i64(1, (i * 7919 % 10'000) * kMicrosPerSecond);
    event.set_f64(2, i);
    batch.append(event.finish());
  }
  for (auto _ : state) {
    State fresh(definition, {});
    benchmark::DoNotOptimize(fresh.ingest(0, batch));
  }
  state.counters["ns_per_event"] = benchmark::Counter(
      10'000 * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK(expression_row)->Name("features/expressions/mlcore");
BENCHMARK(window_read)->Name("windows/read20x90d/mlcore");
BENCHMARK(window_ingest)->Name("windows/ingest10000/mlcore");

}  // namespace
}  // namespace mlcore::bench

BENCHMARK_MAIN();
