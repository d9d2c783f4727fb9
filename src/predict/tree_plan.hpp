// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tree ensemble compiled: which kernel runs which trees, and their arrays.
//
//   TreePlan<float> plan(model);
//   for (const TreeRun& run : plan.runs) ...

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "mlcore/predict/tree_engine.hpp"
#include "predict/blended_trees.hpp"
#include "predict/complete_trees.hpp"
#include "predict/rank_table.hpp"
#include "predict/tree_finish.hpp"
#include "predict/walked_trees.hpp"

namespace mlcore {

/// Outputs whose sums a tile keeps at a time: 16 KiB of stack, 32 in f64.
inline constexpr std::size_t kTileOutputs = 32;

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

template <typename Number>
struct TreePlan {
  /// Requires: as BasicTreeEngine.
  explicit TreePlan(const TreeEnsemble& model, bool jumps = false);

  [[nodiscard]] bool has_ranks() const noexcept { return ranks.column_count() != 0; }

  TreeFinish<Number> finish;
  std::vector<std::uint32_t> outputs;  // one a tree
  std::vector<std::uint32_t> places;   // of the outputs among kTileOutputs
  std::vector<TreeRun> runs;
  RankTable<Number> ranks;
  CompleteTrees<Number> complete;
  BlendedTrees<Number> blended;
  WalkedTrees<ByteNode, Number> bytes;
  WalkedTrees<WideNode, Number> wides;
  WalkedTrees<NumberNode<Number>, Number> numbers;
};

}  // namespace mlcore
