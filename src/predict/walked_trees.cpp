// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses WalkedTrees: one row walks kLanes trees in lockstep, many rows walk one tree for
// kLanes rows in lockstep. No branch of a step depends on data.
#include "predict/walked_trees.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "model/tree_nodes.hpp"
#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::uint32_t kStepsBetweenLeafChecks = 4;

using Lanes = std::array<std::uint32_t, kLanes>;

/// Moves every lane from its root to its leaf. `nodes_of(lane)` is the lane's root, `value_of(lane,
/// place)` a value of its row.
template <typename NodesOf, typename ValueOf>
inline void walk(std::uint32_t depth, Lanes& at, NodesOf nodes_of, ValueOf value_of) noexcept {
  while (depth != 0) {
    const std::uint32_t steps = std::min(depth, kStepsBetweenLeafChecks);
    for (std::uint32_t step = 0; step < steps; ++step) {
#pragma GCC unroll 8
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const auto& node = nodes_of(lane)[at[lane]];
        at[lane] = node.next(value_of(lane, node.place()));
      }
    }
    depth -= steps;
    if (depth == 0) return;
    bool is_done = true;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      is_done = is_done && nodes_of(lane)[at[lane]].left == at[lane];
    }
    if (is_done) return;
  }
}

}  // namespace

template <typename Number>
NumberNode<Number> NumberNode<Number>::leaf(std::uint32_t self) {
  return {std::numeric_limits<Number>::quiet_NaN(), 0, self, 0};
}

template <typename Number>
NumberNode<Number> NumberNode<Number>::inner(const TreeEnsemble& model, std::uint32_t node,
                                             std::uint32_t left, const RankTable<Number>&) {
  return {value_of<Number>(model, node), model.feature[node], left,
          model.default_left[node] != 0 ? 0u : 1u};
}

template <typename Column, typename Left>
RankNode<Column, Left> RankNode<Column, Left>::leaf(std::uint32_t self) {
  return {static_cast<Left>(self), 0, kAlwaysLeft};
}

template <typename Column, typename Left>
template <typename Number>
RankNode<Column, Left> RankNode<Column, Left>::inner(const TreeEnsemble& model, std::uint32_t node,
                                                     std::uint32_t left,
                                                     const RankTable<Number>& ranks) {
  const RankPlace test = ranks.place(model, node);
  return {static_cast<Left>(left), static_cast<Column>(test.column), test.k};
}

template <typename Node, typename Number>
void WalkedTrees<Node, Number>::reserve(std::size_t trees, std::size_t nodes) {
  roots_.reserve(trees);
  depths_.reserve(trees);
  nodes_.reserve(nodes);
  values_.reserve(nodes);
}

template <typename Node, typename Number>
void WalkedTrees<Node, Number>::add(const TreeEnsemble& model, std::size_t tree,
                                    std::uint32_t depth, const RankTable<Number>& ranks) {
  const std::uint32_t begin = model.tree_begin[tree];
  const std::uint32_t end = model.tree_begin[tree + 1];
  const auto root = static_cast<std::uint32_t>(nodes_.size());
  roots_.push_back(root);
  depths_.push_back(depth);
  nodes_.resize(root + (end - begin));
  values_.resize(root + (end - begin));
  for_each_inner(model, begin, end, [&](std::uint32_t node) {
    nodes_[root + (node - begin)] = Node::inner(model, node, model.left[node] - begin, ranks);
  });
  for_each_leaf(model, begin, end, [&](std::uint32_t node) {
    nodes_[root + (node - begin)] = Node::leaf(node - begin);
    values_[root + (node - begin)] = value_of<Number>(model, node);
  });
  if (model.has_linear_leaves()) {
    for (std::uint32_t node = begin; node < end; ++node) linear_.add(model, node);
  }
  if (model.node_id.empty()) return;
  ids_.resize(nodes_.size());
  for (std::uint32_t node = begin; node < end; ++node) {
    ids_.set(root + (node - begin), model.node_id[node]);
  }
}

/// Hands `add` the number, in the range, and the leaf, among all nodes, of each tree in order.
template <typename Node, typename Number>
template <typename Add>
inline void WalkedTrees<Node, Number>::walk_trees(std::size_t begin, std::size_t count,
                                                  const Value* row, Add add) const noexcept {
  for (std::size_t first = 0; first < count; first += kLanes) {
    const std::size_t lanes = std::min(kLanes, count - first);
    const auto* depths = depths_.data() + begin + first;
    Lanes roots;
    roots.fill(roots_[begin + first]);
    std::copy_n(roots_.data() + begin + first, lanes, roots.begin());
    Lanes at{};
    walk(
        *std::max_element(depths, depths + lanes), at,
        [&](std::size_t lane) { return nodes_.data() + roots[lane]; },
        [row](std::size_t, std::size_t place) { return row[place]; });
    for (std::size_t lane = 0; lane < lanes; ++lane) add(first + lane, roots[lane] + at[lane]);
  }
}

template <typename Node, typename Number>
inline Number WalkedTrees<Node, Number>::output_of(std::uint32_t leaf,
                                                   const Value* row) const noexcept {
  if constexpr (std::is_same_v<Value, Number>) {
    if (!linear_.empty()) [[unlikely]]
      return linear_.output(leaf, values_[leaf], row);
  }
  return values_[leaf];
}

template <typename Node, typename Number>
void WalkedTrees<Node, Number>::add_row(std::size_t begin, std::size_t count, const Value* row,
                                        const std::uint32_t* outputs,
                                        Number* margins) const noexcept {
  if (outputs == nullptr) {
    Number sum = margins[0];  // in a register: through memory each addition takes 3 times as long
    walk_trees(begin, count, row,
               [&](std::size_t, std::uint32_t leaf) { sum += output_of(leaf, row); });
    margins[0] = sum;
    return;
  }
  walk_trees(begin, count, row, [&](std::size_t tree, std::uint32_t leaf) {
    margins[outputs[tree]] += output_of(leaf, row);
  });
}

template <typename Node, typename Number>
void WalkedTrees<Node, Number>::add_rows(std::size_t begin, std::size_t count,
                                         const WalkedRows<Value>& rows,
                                         const std::uint32_t* outputs,
                                         Number* sums) const noexcept {
  for (std::size_t tree = 0; tree < count; ++tree) {
    Number* own = outputs == nullptr ? sums : sums + std::size_t{outputs[tree]} * kTileRows;
    const std::uint32_t root = roots_[begin + tree];
    const Node* nodes = nodes_.data() + root;
    for (std::size_t first = 0; first < rows.rows; first += kLanes) {
      const std::size_t lanes = std::min(kLanes, rows.rows - first);
      std::array<const Value*, kLanes> row_of;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        row_of[lane] = rows.first + (first + std::min(lane, lanes - 1)) * rows.row_stride;
      }
      Lanes at{};
      walk(
          depths_[begin + tree], at, [nodes](std::size_t) { return nodes; },
          [&](std::size_t lane, std::size_t place) {
            const Value value = row_of[lane][place * rows.place_stride];
            if constexpr (std::is_floating_point_v<Value>) {
              return value;
            } else {
              return static_cast<Value>(value ^ rows.bias);
            }
          });
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        own[first + lane] += output_of(root + at[lane], row_of[lane]);
      }
    }
  }
}

template <typename Node, typename Number>
void WalkedTrees<Node, Number>::leaves(std::size_t begin, std::size_t count, const Value* row,
                                       double* leaves) const noexcept {
  walk_trees(begin, count, row, [&](std::size_t tree, std::uint32_t leaf) {
    leaves[tree] = ids_.size() == 0 ? leaf - roots_[begin + tree] : ids_[leaf];
  });
}

template class WalkedTrees<NumberNode<float>, float>;
template class WalkedTrees<NumberNode<double>, double>;
template class WalkedTrees<ByteNode, float>;
template class WalkedTrees<ByteNode, double>;
template class WalkedTrees<WideNode, float>;
template class WalkedTrees<WideNode, double>;

}  // namespace mlcore
