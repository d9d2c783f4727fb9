// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reference of a model: what the rows looked like that later ones are compared with.
//
//   artifact.reference = make_reference(definition, facts, features, predictions);

#include <optional>
#include <span>

#include "mlcore/base/span2d.hpp"
#include "mlcore/drift/reference.hpp"
#include "mlcore/feature/definition.hpp"
#include "mlcore/model/model_contract.hpp"

namespace mlcore {

/// Each feature as computed, each prediction as served. Absent where there are more columns than a
/// reference holds.
/// Shape: features [row, output of the definition], predictions [row, output of the model].
[[nodiscard]] std::optional<Reference> make_reference(const Definition& definition,
                                                      const ModelFacts& model,
                                                      Span2d<const double> features,
                                                      std::span<const double> predictions);

}  // namespace mlcore
