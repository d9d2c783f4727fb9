// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses WalkedTrees: one row walks kLanes trees in lockstep, many rows walk one tree for
// kLanes rows in lockstep. No branch of a step depends on data.
#include "predict/walked_trees.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace mlcore {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::uint32_t kStepsBetweenLeafChecks = 8;

}  // namespace

void WalkedTrees::add(const TreeEnsemble& model, std::size_t tree) {
  const std::uint32_t begin = model.tree_begin[tree];
  const auto first = static_cast<std::uint32_t>(nodes_.size());
  std::vector<std::uint32_t> levels(model.tree_begin[tree + 1] - begin);
  for (std::uint32_t i = 0; i < levels.size(); ++i) {
    const std::uint32_t node = begin + i;
    ids_.push_back(model.node_id.empty() ? i : model.node_id[node]);
    if (model.left[node] == TreeEnsemble::kLeaf) {
      nodes_.push_back({std::numeric_limits<float>::quiet_NaN(), 0, first + i, 0});
      values_.push_back(model.value[node]);
      continue;
    }
    const std::uint32_t left = model.left[node] - begin;
    levels[left] = levels[left + 1] = levels[i] + 1;  // a parent comes before its children
    nodes_.push_back({model.value[node], model.feature[node], first + left,
                      model.default_left[node] != 0 ? 0u : 1u});
    values_.push_back(0);
  }
  roots_.push_back(first);
  depths_.push_back(*std::max_element(levels.begin(), levels.end()));
}

/// Moves every lane from its root to its leaf. `row_of(lane)` is the lane's row.
template <typename RowOf>
inline void WalkedTrees::walk(std::uint32_t depth, std::uint32_t* at, RowOf row_of) const noexcept {
  const Node* nodes = nodes_.data();
  while (depth != 0) {
    const std::uint32_t steps = std::min(depth, kStepsBetweenLeafChecks);
    for (std::uint32_t step = 0; step < steps; ++step) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Node& node = nodes[at[lane]];
        const float x = row_of(lane)[node.feature];
        const std::uint32_t is_missing = x != x ? 1 : 0;
        at[lane] =
            node.left + ((x >= node.threshold ? 1u : 0u) | (is_missing & node.missing_right));
      }
    }
    depth -= steps;
    const auto is_inner = [nodes](std::uint32_t node) { return nodes[node].left != node; };
    if (depth != 0 && std::none_of(at, at + kLanes, is_inner)) return;
  }
}

/// Hands `add` the number, in the range, and the leaf of each tree in order.
template <typename Add>
inline void WalkedTrees::walk_trees(std::size_t begin, std::size_t count, const float* features,
                                    Add add) const noexcept {
  for (std::size_t first = 0; first < count; first += kLanes) {
    const std::size_t lanes = std::min(kLanes, count - first);
    const auto* roots = roots_.data() + begin + first;
    const auto* depths = depths_.data() + begin + first;
    std::array<std::uint32_t, kLanes> at;
    at.fill(roots[0]);
    std::copy_n(roots, lanes, at.begin());
    walk(*std::max_element(depths, depths + lanes), at.data(),
         [features](std::size_t) { return features; });
    for (std::size_t lane = 0; lane < lanes; ++lane) add(first + lane, at[lane]);
  }
}

void WalkedTrees::add_row(std::size_t begin, std::size_t count, const float* features,
                          const std::uint32_t* outputs, float* margins) const noexcept {
  if (outputs == nullptr) {
    float sum = margins[0];  // in a register: through memory each addition takes 3 times as long
    walk_trees(begin, count, features,
               [&](std::size_t, std::uint32_t leaf) { sum += values_[leaf]; });
    margins[0] = sum;
    return;
  }
  walk_trees(begin, count, features, [&](std::size_t tree, std::uint32_t leaf) {
    margins[outputs[tree]] += values_[leaf];
  });
}

void WalkedTrees::add_rows(std::size_t begin, std::size_t count, const float* features,
                           std::size_t feature_count, std::size_t rows,
                           const std::uint32_t* outputs, float* sums,
                           std::size_t stride) const noexcept {
  for (std::size_t tree = 0; tree < count; ++tree) {
    float* own = outputs == nullptr ? sums : sums + outputs[tree] * stride;
    for (std::size_t first = 0; first < rows; first += kLanes) {
      const std::size_t lanes = std::min(kLanes, rows - first);
      std::array<std::uint32_t, kLanes> at;
      at.fill(roots_[begin + tree]);
      const float* block = features + first * feature_count;
      walk(depths_[begin + tree], at.data(),
           [=](std::size_t lane) { return block + std::min(lane, lanes - 1) * feature_count; });
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        own[first + lane] += values_[at[lane]];
      }
    }
  }
}

void WalkedTrees::leaves(std::size_t begin, std::size_t count, const float* features,
                         double* leaves) const noexcept {
  walk_trees(begin, count, features,
             [&](std::size_t tree, std::uint32_t leaf) { leaves[tree] = ids_[leaf]; });
}

}  // namespace mlcore
