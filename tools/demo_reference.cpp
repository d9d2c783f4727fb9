// SPDX-License-Identifier: Apache-2.0
// What scripts/demo holds the examples to. Trains the spec once more, in this process, and writes the
// bits of every customer at AS_OF in the format of examples/README.md, once a path:
//   training_table.csv     features of the training table's batch path, margins of XGBoost's predictor
//   batch.csv              one call for all rows, from a state
//   restored_snapshot.csv  row by row, from a state that was saved and read back
//   one_row_events.csv     row by row, from that customer's events alone
// and the AUC of the model and its baselines on those rows, with each path's time, in summary.json.
// Fails unless the spec gives again the very bytes of ARTIFACT.
// usage: demo_reference SPEC ARTIFACT AS_OF FOLDER
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/schema/csv.hpp"
#include "mlcore/train/train.hpp"

namespace mlcore {
namespace {

/// Features and margins of the rows scored, a customer a row, in the order of the customers.
struct Scores {
  std::vector<double> features;  // [rows, width]
  std::vector<double> margins;   // one a row
  double nanoseconds_per_row = 0;
};

/// The rows of the training table at one as_of: a run, because the table is sorted by as_of.
struct Rows {
  std::size_t first = 0;
  std::size_t count = 0;
};

Rows rows_at(const TrainingTable& table, std::int64_t as_of) {
  const auto [begin, end] = std::equal_range(table.as_of.begin(), table.as_of.end(), as_of);
  if (begin == end) throw std::runtime_error("the spec has no test rows at that as_of");
  return {static_cast<std::size_t>(begin - table.as_of.begin()),
          static_cast<std::size_t>(end - begin)};
}

RowView request_of(const Predictor& predictor, const TrainingTable& table, std::size_t row) {
  return RowView::parse(predictor.definition().request(), table.requests[row]);
}

/// Calls `score(context, row, out)` for features, then, timed, for margins.
template <typename Score>
Scores score_rows(const std::shared_ptr<const Predictor>& predictor, Rows rows, Score score) {
  Scores scores;
  const std::size_t width = predictor->output_count(OutputKind::features);
  scores.features.resize(rows.count * width);
  scores.margins.resize(rows.count);
  Context features(predictor, {OutputKind::features});
  Context margin(predictor, {OutputKind::margin});
  for (std::size_t i = 0; i < rows.count; ++i) {
    score(features, rows.first + i, std::span(scores.features).subspan(i * width, width));
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < rows.count; ++i) {
    score(margin, rows.first + i, std::span(scores.margins).subspan(i, 1));
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  scores.nanoseconds_per_row = spent.count() / static_cast<double>(rows.count);
  return scores;
}

Scores training_scores(const TrainResult& result, Rows rows) {
  const TrainingTable& table = result.test_table;
  const std::vector<float> inputs = table.model_inputs();
  const Span2d<const float> rows_of_model(inputs.data() + rows.first * table.width, rows.count,
                                          table.width);
  const std::vector<float> margins = XgboostReference(result.model_json).margins(rows_of_model);
  const auto first = table.features.begin() + static_cast<std::ptrdiff_t>(rows.first * table.width);
  const auto last = first + static_cast<std::ptrdiff_t>(rows.count * table.width);
  return {std::vector<double>(first, last), {margins.begin(), margins.end()}, 0};
}

Scores batch_scores(const std::shared_ptr<const Predictor>& predictor, const State& state,
                    const TrainingTable& table, Rows rows) {
  RowBatch batch;
  for (std::size_t i = 0; i < rows.count; ++i) batch.append(table.requests[rows.first + i]);
  Scores scores;
  scores.features.resize(rows.count * predictor->output_count(OutputKind::features));
  scores.margins.resize(rows.count);
  Context features(predictor, {OutputKind::features});
  predictor->predict_batch_at(features, state, batch, scores.features);
  Context margin(predictor, {OutputKind::margin});
  const auto begin = std::chrono::steady_clock::now();
  predictor->predict_batch_at(margin, state, batch, scores.margins);
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  scores.nanoseconds_per_row = spent.count() / static_cast<double>(rows.count);
  return scores;
}

/// The stream's events by the value of its key, which is one string column in the example.
std::map<std::string, RowBatch> events_by_key(const Stream& stream, const RowBatch& events) {
  std::map<std::string, RowBatch> by_key;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const RowView event = RowView::parse(stream.layout, events[i]);
    by_key[std::string(event.string(stream.key_columns.at(0)))].append(events[i]);
  }
  return by_key;
}

std::string key_of(const RowView& request, const Definition& definition) {
  return std::string(request.string(definition.key_fields().at(0).at(0)));
}

void write_scores(const std::string& path, const Predictor& predictor, const TrainingTable& table,
                  Rows rows, const Scores& scores) {
  const std::size_t width = predictor.output_count(OutputKind::features);
  std::string text = "customer";
  for (const Output& output : predictor.definition().outputs()) text += "," + output.name;
  text += ",margin\n";
  for (std::size_t i = 0; i < rows.count; ++i) {
    text += key_of(request_of(predictor, table, rows.first + i), predictor.definition());
    for (std::size_t column = 0; column < width; ++column) {
      const double value = scores.features[i * width + column];
      text += fmt::format(",{:016x}", std::bit_cast<std::uint64_t>(value));
    }
    text += fmt::format(",{:016x}\n", std::bit_cast<std::uint64_t>(scores.margins[i]));
  }
  write_file(path, text);
}

nlohmann::ordered_json auc_of(const TrainResult& result, std::int64_t as_of) {
  for (const DatedEvaluation& dated : result.test_by_as_of) {
    if (dated.as_of != as_of) continue;
    return {{"model", dated.evaluation.model.auc},
            {"base_rate", dated.evaluation.base_rate.auc},
            {"recency_rule", dated.evaluation.recency_rule.auc}};
  }
  throw std::runtime_error("the spec has no test rows at that as_of");
}

int run(char** argv) {
  const TrainSpec spec = read_train_spec(argv[1]);
  const std::string content = read_file(argv[2]);
  const Bytes artifact(content.begin(), content.end());
  const std::int64_t as_of = parse_timestamp(argv[3]).value();
  const std::string folder = argv[4];
  const TrainResult result = train(spec, {});
  if (result.file != artifact) {
    throw std::runtime_error("training again gave other bytes than those of the artifact");
  }

  const auto predictor = Predictor::from_bytes(artifact);
  const Definition& definition = predictor->definition();
  const TrainingTable& table = result.test_table;
  const Rows rows = rows_at(table, as_of);
  const Stream& stream = definition.streams()[0];
  const RowBatch events = read_csv(read_file(spec.streams.at(stream.name)), stream.layout).batch;
  State state(definition, {});
  state.ingest(0, events);
  const auto restored = State::restore(definition, state.snapshot(), {});
  const std::map<std::string, RowBatch> by_key = events_by_key(stream, events);

  std::map<std::string, Scores> paths;
  paths["training_table"] = training_scores(result, rows);
  paths["batch"] = batch_scores(predictor, state, table, rows);
  paths["restored_snapshot"] = score_rows(
      predictor, rows, [&](Context& context, std::size_t row, std::span<double> out) {
        predictor->predict_at(context, *restored, request_of(*predictor, table, row), out);
      });
  paths["one_row_events"] = score_rows(
      predictor, rows, [&](Context& context, std::size_t row, std::span<double> out) {
        const RowView request = request_of(*predictor, table, row);
        predictor->predict_events(context, request, {&by_key.at(key_of(request, definition)), 1},
                                  out);
      });

  nlohmann::ordered_json summary = {{"as_of", argv[3]}, {"auc", auc_of(result, as_of)}};
  for (const auto& [name, scores] : paths) {
    write_scores(folder + "/" + name + ".csv", *predictor, table, rows, scores);
    summary["ns_per_row"][name] = scores.nanoseconds_per_row;
  }
  write_file(folder + "/summary.json", summary.dump(2) + "\n");
  return 0;
}

}  // namespace
}  // namespace mlcore

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: demo_reference SPEC ARTIFACT AS_OF FOLDER\n");
    return 2;
  }
  try {
    return mlcore::run(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo_reference: %s\n", error.what());
    return 1;
  }
}
