// SPDX-License-Identifier: Apache-2.0
#pragma once

// The inner nodes, or the leaves, among some nodes. Which are which can't be foretold: no branch
// asks, and a pass over a large model takes a third of the time.
//
//   for_each_inner(model, 0, 15, [&](std::uint32_t node) { ++tests[model.feature[node]]; });

#include <algorithm>
#include <array>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Calls `visit` with each node of [begin, end), in order, that is a leaf or that is none. Which
/// are can't be foretold: no branch asks.
template <bool kLeaves, typename Visit>
[[gnu::always_inline]] inline void for_each_node(const TreeEnsemble& model, std::uint32_t begin,
                                                 std::uint32_t end, Visit visit) {
  constexpr std::uint32_t kBlock = 512;
  std::array<std::uint32_t, kBlock> nodes;
  const std::uint32_t* left = model.left.data();
  while (begin < end) {
    const std::uint32_t block_end = begin + std::min(end - begin, kBlock);
    std::uint32_t count = 0;
    for (; begin < block_end; ++begin) {
      nodes[count] = begin;
      count += (left[begin] == TreeEnsemble::kLeaf) == kLeaves ? 1 : 0;
    }
    for (std::uint32_t i = 0; i < count; ++i) visit(nodes[i]);
  }
}
template <typename Visit>
[[gnu::always_inline]] inline void for_each_leaf(const TreeEnsemble& model, std::uint32_t begin,
                                                 std::uint32_t end, Visit visit) {
  for_each_node<true>(model, begin, end, visit);
}
template <typename Visit>
[[gnu::always_inline]] inline void for_each_inner(const TreeEnsemble& model, std::uint32_t begin,
                                                  std::uint32_t end, Visit visit) {
  for_each_node<false>(model, begin, end, visit);
}
/// Of all trees.
template <typename Visit>
[[gnu::always_inline]] inline void for_each_inner(const TreeEnsemble& model, Visit visit) {
  for_each_inner(model, 0, static_cast<std::uint32_t>(model.node_count()), visit);
}

}  // namespace mlcore
