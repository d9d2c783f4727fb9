// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a definition gives what a model wants.
//
//   check_features(model.facts(), definition);

#include "mlcore/feature/definition.hpp"
#include "mlcore/model/model_contract.hpp"

namespace mlcore {

/// Throws: invalid_argument/feature_count, feature_names.
void check_features(const ModelFacts& model, const Definition& definition);

}  // namespace mlcore
