// SPDX-License-Identifier: Apache-2.0
#pragma once

// Trees of any shape and of at most kBlendLeaves leaves, with ranks for thresholds: what the
// kernels blend. A tree's nodes stand in the order of their heights, so that none waits for the one
// in front of it.
//
//   BlendedTrees<double> trees;
//   trees.reserve(1, nodes);
//   trees.add(model, tree, ranks);
//   kernels.f64.blended_row(trees.view(), 0, 1, ...);

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "predict/leaf_ids.hpp"
#include "predict/line_vector.hpp"
#include "predict/rank_table.hpp"
#include "predict/tree_kernel.hpp"

namespace mlcore {

struct BlendOutline;

template <typename Number>
class BlendedTrees {
 public:
  /// Memory for all that are to come; once, before the first.
  void reserve(std::size_t trees, std::size_t nodes);
  /// Makes jumps too, for the trees that are worth them; once, before the first is added.
  /// `bytes`: of the jumps of all trees to come.
  void make_jumps(std::size_t bytes);
  /// Adds a tree. Requires: at most kBlendLeaves leaves.
  void add(const TreeEnsemble& model, std::size_t tree, const RankTable<Number>& ranks);
  /// Kernels load whole vectors: lets them read past the last leaf. Called once, after the trees.
  void finish();

  [[nodiscard]] std::size_t size() const noexcept { return trees_.size(); }
  [[nodiscard]] BlendView<Number> view() const noexcept;
  /// The framework's id of the leaf that a row of rank bytes reaches in a tree.
  [[nodiscard]] std::uint32_t leaf_id(std::size_t tree, const std::uint8_t* ranks) const noexcept;

 private:
  void add_nodes(const TreeEnsemble& model, std::size_t tree, const RankTable<Number>& ranks,
                 const BlendOutline& outline, const BlendTree& added);
  template <std::uint32_t kSize>
  void add_jumps(const BlendTree& tree);

  std::uint32_t column_count_ = 0;
  std::uint32_t doublings_ = 0;
  bool makes_jumps_ = false;
  std::vector<BlendTree> trees_;
  LineVector<BlendNode> nodes_;
  LineVector<std::uint8_t> jumps_;
  LineVector<Number> leaves_;
  LeafIds leaf_ids_;
};

}  // namespace mlcore
