// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tree ensemble compiled: which kernel runs which trees, and their arrays.
//
//   TreePlan plan(model);
//   for (const TreeRun& run : plan.runs) ...

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "predict/complete_trees.hpp"
#include "predict/rank_table.hpp"
#include "predict/walked_trees.hpp"

namespace mlcore {

/// Neighbouring trees [begin, end) that one kernel runs.
struct TreeRun {
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t depth;  // of complete trees; 0: walked
  std::size_t start;    // of the first: its place in the complete trees, its number in the walked
};

struct TreePlan {
  /// Requires: a model that `validate` accepted.
  explicit TreePlan(const TreeEnsemble& model);

  [[nodiscard]] bool has_ranks() const noexcept { return ranks.column_count() != 0; }

  std::vector<float> base_margins;
  std::vector<std::uint32_t> outputs;  // one a tree
  std::vector<TreeRun> runs;
  RankTable ranks;
  CompleteTrees complete;
  WalkedTrees walked;
};

}  // namespace mlcore
