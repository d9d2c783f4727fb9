// SPDX-License-Identifier: Apache-2.0
#pragma once

// What trees are compiled from: thresholds in the numbers of the columns, and ids.
//
//   const float threshold = threshold_of<float>(model, node);

#include <cmath>
#include <limits>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// In float a value goes left iff it is less, in double iff it is not greater.
template <typename Number>
[[nodiscard]] Number threshold_of(const TreeEnsemble& model, std::size_t node);

template <>
[[nodiscard]] inline double threshold_of<double>(const TreeEnsemble& model, std::size_t node) {
  return model.value_of(node);
}

/// Of a model in double whose inputs are float: x <= threshold iff x < the first float above it.
template <>
[[nodiscard]] inline float threshold_of<float>(const TreeEnsemble& model, std::size_t node) {
  if (!model.contract.is_wide()) return model.value[node];
  const auto nearest = static_cast<float>(model.wide_value[node]);
  if (static_cast<double>(nearest) > model.wide_value[node]) return nearest;
  return std::nextafter(nearest, std::numeric_limits<float>::infinity());
}

/// Node ids, as the framework has them.
[[nodiscard]] inline std::uint32_t id_of(const TreeEnsemble& model, std::size_t tree,
                                         std::uint32_t node) {
  return model.node_id.empty() ? node - model.tree_begin[tree] : model.node_id[node];
}

}  // namespace mlcore
