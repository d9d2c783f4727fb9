// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows on their way through a predictor, as predict and drift take them.

#include <memory>
#include <string>
#include <vector>

#include "mlcore/predict/predictor.hpp"
#include "progress_bar.hpp"

namespace mlcore::command {

/// What the context's output says of each request, a chunk at a time. `state` null: a definition
/// without streams. Shape: [requests, outputs].
[[nodiscard]] std::vector<double> score(Context& context, const State* state,
                                        const RowBatch& requests, ProgressBar& bar);

/// The model's features by name, past the definition.
struct FeatureMatrix {
  std::size_t rows = 0;
  std::vector<double> values;  // [rows, features]; NaN is missing
  std::vector<std::string> extra_columns;
};
/// Throws: as read_csv, with the path before the message.
[[nodiscard]] FeatureMatrix read_matrix(const std::string& path, const Predictor& predictor);

/// Margins, or predictions. Shape: [rows, outputs].
[[nodiscard]] std::vector<double> score_matrix(const Predictor& predictor,
                                               const FeatureMatrix& matrix, OutputKind output);

}  // namespace mlcore::command
