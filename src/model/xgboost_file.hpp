// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an XGBoost file says, member by member, in whatever order they come. What depends on several
// members is import_xgboost's to decide.
//
//   XgboostFile file = read_xgboost_file(bytes);

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

struct XgboostFile {
  /// Framework, version, objective, names and nodes are set, and nothing else. Of gblinear no node.
  TreeEnsemble model;
  std::vector<std::int32_t> version;
  std::string booster;
  bool is_nested = false;  // {"gbtree": {"model": …}}, as dart was to 3.2
  std::optional<std::string> best_iteration;
  std::int64_t declared_trees = -1;
  std::int64_t parallel_trees = 1;
  std::size_t trees = 0;       // the file's; the ensemble has leaf_width for each
  std::size_t leaf_width = 1;  // values in a leaf
  std::vector<std::int32_t> tree_outputs;
  std::vector<std::int32_t> iterations;
  std::optional<std::vector<float>> tree_weights;  // dart
  /// Of gblinear: feature by feature, one an output, and the biases last.
  std::optional<std::vector<double>> linear_weights;
  std::vector<float> base_scores;
  std::int64_t feature_count = -1;
  std::int64_t class_count = 0;
  std::int64_t target_count = 1;
};

/// Throws: as import_xgboost, and invalid_argument/malformed_json.
[[nodiscard]] XgboostFile read_xgboost_file(std::string_view bytes);

}  // namespace mlcore
