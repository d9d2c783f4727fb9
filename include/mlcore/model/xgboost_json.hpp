// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost's JSON model, read strictly and validated. XGBoost itself never sees these bytes.
//
//   TreeEnsemble model = import_xgboost_json(read_file("model.json"));
//
// Boosters: gbtree with numeric splits. Objectives: binary:logistic, binary:logitraw, reg:logistic,
// reg:squarederror and the other identity regressions, count:poisson, reg:gamma, reg:tweedie,
// multi:softprob, multi:softmax, rank:*. Everything else is refused by name.
// Source: XGBoost 1.7.4 doc/model.schema and src/tree/tree_model.cc.

#include <string_view>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Throws: invalid_argument/malformed_model, invalid_tree; unimplemented/unsupported_model.
[[nodiscard]] TreeEnsemble import_xgboost_json(std::string_view json);

}  // namespace mlcore
