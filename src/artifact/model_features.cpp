// SPDX-License-Identifier: Apache-2.0
// check_parts, Predictor and import_model use check_features.
#include "artifact/model_features.hpp"

#include <fmt/format.h>

#include "mlcore/base/error.hpp"

namespace mlcore {

void check_features(const ModelFacts& model, const Definition& definition) {
  const auto& outputs = definition.outputs();
  if (outputs.size() != model.feature_count) {
    throw Error(Code::invalid_argument, Reason::feature_count,
                fmt::format("the model wants {} features, the definition \"{}\" gives {}",
                            model.feature_count, definition.name(), outputs.size()));
  }
  for (std::size_t i = 0; i < model.feature_names.size(); ++i) {
    if (model.feature_names[i] == outputs[i].name) continue;
    throw Error(Code::invalid_argument, Reason::feature_names,
                fmt::format("feature {}: the model calls it \"{}\", the definition \"{}\"", i,
                            model.feature_names[i], outputs[i].name),
                {static_cast<std::int32_t>(i), -1});
  }
}

}  // namespace mlcore
