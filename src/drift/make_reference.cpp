// SPDX-License-Identifier: Apache-2.0
// Training and imports use make_reference.
#include "mlcore/drift/make_reference.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace mlcore {
namespace {

/// Probabilities have a scale; absent = what was seen.
std::optional<ScoreScale> scale_of(const ModelFacts& model) {
  switch (model.contract.link) {
    case Link::logistic:
    case Link::softmax:
    case Link::hinge: return ScoreScale(0, 1);
    case Link::isolation: return ScoreScale(-1, 0);
    case Link::identity:
    case Link::exponential:
    case Link::signed_square:
    case Link::softplus:
    case Link::ascending: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reference> make_reference(const Definition& definition, const ModelFacts& model,
                                        Span2d<const double> features,
                                        std::span<const double> predictions) {
  const std::size_t outputs = model.output_count;
  if (features.columns() + outputs > kMaxReferenceColumns) return std::nullopt;
  Reference reference;
  std::vector<double> column(features.rows());
  for (std::size_t i = 0; i < features.columns(); ++i) {
    for (std::size_t row = 0; row < column.size(); ++row) column[row] = features.row(row)[i];
    reference.features.push_back(profile_numeric(definition.outputs()[i].name, column));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      column[row] = predictions[row * outputs + i];
    }
    const std::string name = outputs == 1 ? "prediction" : fmt::format("prediction {}", i);
    reference.scores.push_back(profile_scores(name, column, scale_of(model)));
  }
  return reference;
}

}  // namespace mlcore
