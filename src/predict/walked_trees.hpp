// SPDX-License-Identifier: Apache-2.0
#pragma once

// Trees of any shape, walked on the features themselves: what is too deep, too lopsided or of too
// many features for ranks to pay.
//
//   WalkedTrees trees;
//   trees.add(model, tree);
//   trees.add_row(0, 1, features, nullptr, margins);

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

class WalkedTrees {
 public:
  void add(const TreeEnsemble& model, std::size_t tree);
  [[nodiscard]] std::size_t size() const noexcept { return roots_.size(); }

  /// Adds the leaves of trees [begin, begin + count) in order, each to the margin of its output,
  /// which is `outputs[i]` for the i-th. Cost: no allocation.
  void add_row(std::size_t begin, std::size_t count, const float* features,
               const std::uint32_t* outputs, float* margins) const noexcept;
  /// The same for many rows. Shape: sums[outputs][stride].
  void add_rows(std::size_t begin, std::size_t count, const float* features,
                std::size_t feature_count, std::size_t rows, const std::uint32_t* outputs,
                float* sums, std::size_t stride) const noexcept;
  /// The framework's ids of the leaves.
  void leaves(std::size_t begin, std::size_t count, const float* features,
              double* leaves) const noexcept;

 private:
  /// right = left + 1; a leaf points to itself and its threshold, NaN, sends all to the left.
  struct Node {
    float threshold;
    std::uint32_t feature;
    std::uint32_t left;
    std::uint32_t missing_right;  // 0 or 1
  };

  template <typename RowOf>
  void walk(std::uint32_t depth, std::uint32_t* at, RowOf row_of) const noexcept;
  template <typename Add>
  void walk_trees(std::size_t begin, std::size_t count, const float* features,
                  Add add) const noexcept;

  std::vector<Node> nodes_;
  std::vector<float> values_;       // one a node; 0 where it is no leaf
  std::vector<std::uint32_t> ids_;  // one a node
  std::vector<std::uint32_t> roots_;
  std::vector<std::uint32_t> depths_;
};

}  // namespace mlcore
