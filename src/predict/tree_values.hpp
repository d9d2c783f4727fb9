// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an engine keeps of a node.
//
//   const float threshold = value_of<float>(model, node);

#include <type_traits>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Thresholds and leaves' values, one a node. Requires: f32 of a narrow contract, f64 of a wide
/// one.
template <typename Number>
[[nodiscard]] const Number* values_of(const TreeEnsemble& model) noexcept {
  if constexpr (std::is_same_v<Number, float>) {
    return model.value.data();
  } else {
    return model.wide_value.data();
  }
}

/// Its threshold, or a leaf's value. Requires: f32 of a narrow contract, f64 of a wide one.
template <typename Number>
[[nodiscard]] Number value_of(const TreeEnsemble& model, std::size_t node) {
  return static_cast<Number>(model.value_of(node));
}

/// As the framework has it.
[[nodiscard]] inline std::uint32_t id_of(const TreeEnsemble& model, std::size_t tree,
                                         std::uint32_t node) {
  return model.node_id.empty() ? node - model.tree_begin[tree] : model.node_id[node];
}

}  // namespace mlcore
