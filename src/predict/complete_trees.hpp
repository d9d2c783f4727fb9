// SPDX-License-Identifier: Apache-2.0
#pragma once

// Trees padded to complete ones, with ranks for thresholds: what the kernels run. Neighbouring
// trees share a depth as long as that does not make more than twice as many nodes.
//
//   CompleteTrees<float> trees;
//   trees.reserve(500 << depth, ranks.column_count());
//   trees.add(model, ranks, 0, 500, depth);
//   kernels.f32.row(trees.view(0), ...);

#include "mlcore/model/tree_ensemble.hpp"
#include "predict/leaf_ids.hpp"
#include "predict/line_vector.hpp"
#include "predict/rank_table.hpp"
#include "predict/tree_kernel.hpp"

namespace mlcore {

template <typename Number>
class CompleteTrees {
 public:
  /// Once, before the first: `places` of all runs, each 2^depth a tree.
  void reserve(std::size_t places, std::uint32_t column_count);
  /// Adds trees [begin, end), each at most `depth` deep. Returns the place of the first.
  std::size_t add(const TreeEnsemble& model, const RankTable<Number>& ranks, std::uint32_t begin,
                  std::uint32_t end, std::uint32_t depth);
  /// Kernels load whole vectors: lets them read past the last tree. Called once, after the trees.
  void finish();

  /// Of trees of a depth, the first at a place.
  [[nodiscard]] CompleteView<Number> view(std::size_t place, std::uint32_t depth) const noexcept;
  /// The framework's id of the leaf that a row of rank bytes reaches in the tree at a place.
  [[nodiscard]] std::uint32_t leaf_id(std::size_t place, std::uint32_t depth,
                                      const std::uint8_t* ranks) const noexcept;

 private:
  [[nodiscard]] bool is_wide() const noexcept { return column_count_ > kByteColumns; }
  void resize(std::size_t places);
  void add_tree(const TreeEnsemble& model, const RankTable<Number>& ranks, std::uint32_t tree,
                std::uint32_t depth, std::size_t root);

  std::uint32_t column_count_ = 0;
  LineVector<std::uint8_t> columns_;
  LineVector<std::uint16_t> wide_columns_;  // where there are more than 256 columns
  LineVector<std::uint8_t> ks_;
  LineVector<Number> leaves_;
  LeafIds leaf_ids_;
};

}  // namespace mlcore
