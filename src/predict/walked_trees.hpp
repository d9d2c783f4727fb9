// SPDX-License-Identifier: Apache-2.0
#pragma once

// Trees of any shape, walked from node to node. On rank bytes: those of too many leaves to be
// blended. On the features themselves: the trees of a model whose ranks would not pay, or with
// linear leaves.
//
//   WalkedTrees<NumberNode<float>, float> trees;
//   trees.reserve(1, nodes);
//   trees.add(model, tree, depth, ranks);
//   trees.add_row(0, 1, features, nullptr, margins);

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "predict/leaf_ids.hpp"
#include "predict/linear_leaves.hpp"
#include "predict/rank_table.hpp"

namespace mlcore {

/// A node says where it goes from its own value, and the value's place in a row. Both children
/// stand side by side, at a distance from the root; a leaf points to itself and goes left always.
template <typename Number>
struct NumberNode {
  using Value = Number;
  Number threshold;
  std::uint32_t feature;
  std::uint32_t left;
  std::uint32_t missing_right;  // 0 or 1

  static NumberNode leaf(std::uint32_t self);
  static NumberNode inner(const TreeEnsemble& model, std::uint32_t node, std::uint32_t left,
                          const RankTable<Number>& ranks);
  [[nodiscard]] std::size_t place() const noexcept { return feature; }
  [[nodiscard]] std::uint32_t next(Number x) const noexcept {
    const std::uint32_t is_missing = x != x ? 1 : 0;
    const bool is_right = sizeof(Number) == 4 ? x >= threshold : x > threshold;
    return left + ((is_right ? 1u : 0u) | (is_missing & missing_right));
  }
};

template <typename Column, typename Left>
struct RankNode {
  using Value = std::uint8_t;
  Left left;
  Column column;
  std::uint8_t k;

  static RankNode leaf(std::uint32_t self);
  template <typename Number>
  static RankNode inner(const TreeEnsemble& model, std::uint32_t node, std::uint32_t left,
                        const RankTable<Number>& ranks);
  [[nodiscard]] std::size_t place() const noexcept { return column; }
  [[nodiscard]] std::uint32_t next(std::uint8_t rank) const noexcept {
    return left + (rank > k ? 1u : 0u);
  }
};
using ByteNode = RankNode<std::uint8_t, std::uint16_t>;   // 4 bytes
using WideNode = RankNode<std::uint16_t, std::uint32_t>;  // 8 bytes

/// Rows as walks read them: the value at a place of a row is
/// first[row * row_stride + place * place_stride] ^ bias.
template <typename Value>
struct WalkedRows {
  const Value* first;
  std::size_t rows;
  std::size_t row_stride;
  std::size_t place_stride;
  std::uint8_t bias;  // of rank bytes
};

template <typename Node, typename Number>
class WalkedTrees {
 public:
  using Value = typename Node::Value;

  /// Memory for all that are to come; once, before the first.
  void reserve(std::size_t trees, std::size_t nodes);
  void add(const TreeEnsemble& model, std::size_t tree, std::uint32_t depth,
           const RankTable<Number>& ranks);
  [[nodiscard]] std::size_t size() const noexcept { return roots_.size(); }

  /// Adds the leaves of trees [begin, begin + count) in order, each to the margin of its output,
  /// which is `outputs[i]` for the i-th; without `outputs`, to margins[0]. Cost: no allocation.
  void add_row(std::size_t begin, std::size_t count, const Value* row, const std::uint32_t* outputs,
               Number* margins) const noexcept;
  /// The same for many rows. Shape: sums[outputs][kTileRows].
  void add_rows(std::size_t begin, std::size_t count, const WalkedRows<Value>& rows,
                const std::uint32_t* outputs, Number* sums) const noexcept;
  /// The framework's ids of the leaves.
  void leaves(std::size_t begin, std::size_t count, const Value* row,
              double* leaves) const noexcept;

 private:
  template <typename Add>
  void walk_trees(std::size_t begin, std::size_t count, const Value* row, Add add) const noexcept;

  /// What a leaf is worth to a row, whose values stand side by side where it is of features.
  [[nodiscard]] Number output_of(std::uint32_t leaf, const Value* row) const noexcept;

  std::vector<Node> nodes_;
  std::vector<Number> values_;  // one a node; 0 where it is no leaf
  LeafIds ids_;                 // one a node; empty: its position in the tree
  std::vector<std::uint32_t> roots_;
  std::vector<std::uint32_t> depths_;
  LinearLeaves<Number> linear_;  // of walks on features
};

}  // namespace mlcore
