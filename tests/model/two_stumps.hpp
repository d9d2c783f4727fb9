// SPDX-License-Identifier: Apache-2.0
#pragma once

// The smallest model whose margins are summed by hand in the tests.

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore::test {

/// Two stumps on two features: a < 30 ? 0.25 : -0.5, missing right; b < 0.5 ? 1 : 2, missing left.
/// Base margin 0.125. A round a stump; the second stump's leaves are nodes 3 and 4 in the file.
inline TreeEnsemble two_stumps() {
  TreeEnsemble model;
  model.framework = "xgboost";
  model.framework_version = "1.7.4";
  model.objective = "binary:logistic";
  model.contract.link = Link::logistic;
  model.feature_count = 2;
  model.base_margins = {0.125f};
  model.tree_begin = {0, 3, 6};
  model.tree_output = {0, 0};
  model.left = {1, TreeEnsemble::kLeaf, TreeEnsemble::kLeaf,
                4, TreeEnsemble::kLeaf, TreeEnsemble::kLeaf};
  model.feature = {0, 0, 0, 1, 0, 0};
  model.value = {30.0f, 0.25f, -0.5f, 0.5f, 1.0f, 2.0f};
  model.default_left = {0, 0, 0, 1, 0, 0};
  model.round_begin = {0, 1, 2};
  model.node_id = {0, 1, 2, 0, 3, 4};
  return model;
}

}  // namespace mlcore::test
