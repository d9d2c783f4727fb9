// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether an engine can run a tree safely.
//
//   std::vector<std::uint16_t> levels;
//   reach += check_tree(model, tree, levels);

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// The largest magnitude of its leaves. Throws: as `validate`, naming tree, node and rule.
/// `levels`: memory of one call for the next. Requires: arrays whose lengths agree, and a tree that
/// has nodes.
[[nodiscard]] double check_tree(const TreeEnsemble& model, std::size_t tree,
                                std::vector<std::uint16_t>& levels);

}  // namespace mlcore
