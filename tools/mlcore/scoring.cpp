// SPDX-License-Identifier: Apache-2.0
// predict and drift use what scoring.hpp declares.
#include "scoring.hpp"

#include <algorithm>

#include "inputs.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/predict/model_input.hpp"

namespace mlcore::command {
namespace {

constexpr std::size_t kRowsAChunk = 4096;

}  // namespace

std::vector<double> score(Context& context, const State* state, const RowBatch& requests,
                          ProgressBar& bar) {
  const Predictor& predictor = context.predictor();
  const std::size_t outputs = context.output_count();
  std::vector<double> scores(requests.size() * outputs);
  for (std::size_t begin = 0; begin < requests.size(); begin += kRowsAChunk) {
    const std::size_t end = std::min(begin + kRowsAChunk, requests.size());
    if (state == nullptr) {
      for (std::size_t i = begin; i < end; ++i) {
        const RowView row = RowView::trusted(predictor.definition().request(), requests[i]);
        predictor.predict(context, row, std::span(scores).subspan(i * outputs, outputs));
      }
    } else {
      RowBatch chunk;
      for (std::size_t i = begin; i < end; ++i) chunk.append(requests[i]);
      predictor.predict_batch_at(
          context, *state, chunk,
          std::span(scores).subspan(begin * outputs, (end - begin) * outputs));
    }
    bar.show("score", static_cast<std::int64_t>(end), static_cast<std::int64_t>(requests.size()));
  }
  return scores;
}

FeatureMatrix read_matrix(const std::string& path, const Predictor& predictor) {
  std::vector<Field> fields;
  for (const Output& output : predictor.definition().outputs()) {
    fields.push_back({output.name, Type::f64, true});
  }
  const RowLayout layout{Schema(std::move(fields))};
  const CsvRows rows = read_rows(path, layout);
  FeatureMatrix matrix{rows.batch.size(), {}, rows.extra_columns};
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    const RowView view = RowView::trusted(layout, rows.batch[row]);
    for (std::size_t i = 0; i < layout.schema().size(); ++i) {
      matrix.values.push_back(view.is_null(i) ? kCanonicalNan : view.f64(i));
    }
  }
  return matrix;
}

std::vector<double> score_matrix(const Predictor& predictor, const FeatureMatrix& matrix,
                                 OutputKind output) {
  const bool is_rounded = predictor.model().facts().contract.rounds_inputs();
  std::vector<double> features = matrix.values;
  for (double& value : features) {
    if (is_rounded) value = static_cast<double>(model_input(value));
  }
  const std::size_t outputs = predictor.output_count(OutputKind::margin);
  std::vector<double> scores(matrix.rows * outputs);
  const std::size_t width = predictor.definition().outputs().size();
  predictor.margins(Span2d<const double>(features.data(), matrix.rows, width), scores);
  if (output != OutputKind::prediction) return scores;
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    apply_link(predictor.model(), std::span(scores).subspan(row * outputs, outputs));
  }
  return scores;
}

}  // namespace mlcore::command
