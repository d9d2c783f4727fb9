// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost's own model files, JSON and UBJSON, read strictly and validated. XGBoost itself never
// sees these bytes.
//
//   Model model = import_xgboost(read_file("model.ubj"));
//
// Versions 1.7 to 3.x, boosters gbtree and dart, scalar and vector leaves, as trees; gblinear as a
// network of one layer. Objectives, links and what is refused by name: docs/models.md. Nodes are
// laid out anew, breadth-first, and those that pruning deleted are left out. A dart tree's weight
// is multiplied into its leaves, in float32, as XGBoost does for a DMatrix. A vector leaf becomes a
// tree an output. Source: XGBoost 1.7.6 and 3.2.0, src/tree/tree_model.cc, src/learner.cc,
// src/objective, src/gbm.

#include <string_view>

#include "mlcore/model/model.hpp"

namespace mlcore {

struct XgboostImportOptions {
  /// Only the rounds up to the attribute `best_iteration`, which early stopping leaves in the file.
  /// A gblinear model has none to leave out: it is whole, as XGBoost predicts with it.
  bool best_iteration = false;
};

/// Throws: invalid_argument/malformed_model (bytes that are neither strict JSON nor strict UBJSON,
/// too), invalid_tree; unimplemented/unsupported_model; failed_precondition/invalid_option for a
/// best iteration that the file does not tell. Cost: heap ≤ 4x the bytes + 64 MiB.
[[nodiscard]] Model import_xgboost(std::string_view bytes,
                                   const XgboostImportOptions& options = {});

}  // namespace mlcore
