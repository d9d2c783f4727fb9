// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tree ensemble compiled: which kernel runs which trees, and their arrays.
//
//   TreePlan<float, float> plan(model);
//   for (const TreeRun& run : plan.runs) ...

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "mlcore/predict/tree_engine.hpp"
#include "predict/blended_trees.hpp"
#include "predict/complete_trees.hpp"
#include "predict/rank_table.hpp"
#include "predict/walked_trees.hpp"

namespace mlcore {

/// Who runs a tree: the kernels of the SIMD target, or a walk on nodes of one kind.
enum class TreeRunner : std::uint8_t { complete, blended, byte_walk, wide_walk, number_walk };

/// Neighbouring trees [begin, end) with one runner.
struct TreeRun {
  TreeRunner runner;
  std::uint32_t depth;  // of complete trees
  std::uint32_t begin;
  std::uint32_t end;
  std::size_t start;  // of the first: its place in the complete trees, its number in a walk's
};

/// `Number`: of the columns and their thresholds; `Sum`: of leaves and margins.
template <typename Number, typename Sum>
struct TreePlan {
  /// Requires: a model that `validate` accepted, of these numbers.
  explicit TreePlan(const TreeEnsemble& model, TreeUse use = TreeUse::margins);

  [[nodiscard]] bool has_ranks() const noexcept { return ranks.column_count() != 0; }

  std::vector<Sum> base_margins;
  std::vector<std::uint32_t> outputs;  // one a tree
  std::vector<TreeRun> runs;
  RankTable<Number> ranks;
  CompleteTrees<Sum> complete;
  BlendedTrees<Sum> blended;
  WalkedTrees<ByteNode, Sum> bytes;
  WalkedTrees<WideNode, Sum> wides;
  WalkedTrees<NumberNode<Number>, Sum> numbers;
};

}  // namespace mlcore
