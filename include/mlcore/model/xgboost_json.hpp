// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost's JSON model, read strictly and validated. XGBoost itself never sees these bytes.
//
//   TreeEnsemble model = import_xgboost_json(read_file("model.json"));
//
// Versions 1.7 to 3.x. Boosters: gbtree with numeric splits. Objectives: binary:logistic,
// binary:logitraw, binary:hinge, reg:logistic, reg:squarederror and the other identity regressions,
// count:poisson, reg:gamma, reg:tweedie, multi:softprob, multi:softmax (its margins and
// probabilities; the class is the first largest), rank:*. Everything else is refused by name.
// Nodes are laid out anew, breadth-first, and those that pruning deleted are left out.
// Source: XGBoost 1.7.4 and 3.4.1, src/tree/tree_model.cc, src/learner.cc, src/objective.

#include <string_view>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Throws: invalid_argument/malformed_model (text that is not strict JSON, too), invalid_tree;
/// unimplemented/unsupported_model. Cost: heap ≤ 4x the text + 64 MiB.
[[nodiscard]] TreeEnsemble import_xgboost_json(std::string_view json);

}  // namespace mlcore
