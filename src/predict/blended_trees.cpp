// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses BlendedTrees.
#include "predict/blended_trees.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "model/tree_nodes.hpp"
#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kMostLeavesLoaded = kBlendLeaves;
constexpr std::size_t kLine = 64;
constexpr std::size_t kMostNodes = 2 * kBlendLeaves - 1;

}  // namespace

/// One tree's inner nodes, lowest first; those above two leaves are the lowest.
struct BlendOutline {
  std::array<std::uint32_t, kBlendLeaves> inner;       // numbered in the ensemble
  std::array<std::uint8_t, kMostNodes + 1> heights{};  // of each node of the tree; 0: a leaf
  std::uint32_t size = 0;
  std::uint32_t pairs = 0;
  std::uint32_t depth = 0;

  BlendOutline(const TreeEnsemble& model, std::uint32_t begin, std::uint32_t end);
};

/// A child comes after its parent: heights are known from the last node on. Of one height the last
/// node comes first.
BlendOutline::BlendOutline(const TreeEnsemble& model, std::uint32_t begin, std::uint32_t end) {
  std::array<std::uint32_t, kBlendLeaves> ascending;
  for_each_inner(model, begin, end, [&](std::uint32_t node) { ascending[size++] = node; });
  std::array<std::uint16_t, kBlendLeaves + 1> next{};  // [height]
  for (std::uint32_t i = size; i-- > 0;) {
    const std::uint32_t left = model.left[ascending[i]] - begin;
    const int height = std::max(heights[left], heights[left + 1]) + 1;
    heights[ascending[i] - begin] = static_cast<std::uint8_t>(height);
    ++next[static_cast<std::size_t>(height) + 1];
  }
  pairs = next[2];
  depth = heights[0];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::uint32_t i = size; i-- > 0;) {
    inner[next[heights[ascending[i] - begin]]++] = ascending[i];
  }
}

template <typename Number>
void BlendedTrees<Number>::reserve(std::size_t trees, std::size_t nodes) {
  trees_.reserve(trees);
  nodes_.reserve(nodes);
  leaves_.reserve(nodes + trees + kMostLeavesLoaded);
  leaf_ids_.reserve(nodes + trees);
}

template <typename Number>
void BlendedTrees<Number>::make_jumps(std::size_t bytes) {
  makes_jumps_ = true;
  jumps_.reserve(bytes);
}

template <typename Number>
void BlendedTrees<Number>::add(const TreeEnsemble& model, std::size_t tree,
                               const RankTable<Number>& ranks) {
  column_count_ = static_cast<std::uint32_t>(ranks.column_count());
  const std::uint32_t begin = model.tree_begin[tree];
  const BlendOutline outline(model, begin, model.tree_begin[tree + 1]);
  BlendTree added{};
  added.node = static_cast<std::uint32_t>(nodes_.size());
  added.leaf = static_cast<std::uint32_t>(leaves_.size());
  added.nodes = static_cast<std::uint16_t>(std::max(outline.size, 1u));
  added.pairs = static_cast<std::uint16_t>(std::max(outline.pairs, 1u));
  added.leaves = static_cast<std::uint16_t>(outline.size + 1);
  added.depth = static_cast<std::uint16_t>(std::max(outline.depth, 1u));
  added.jump = static_cast<std::uint32_t>(jumps_.size() / kLine);
  trees_.push_back(added);
  nodes_.resize(nodes_.size() + added.nodes, {0, 0, 0, kAlwaysLeft, 0});
  leaves_.resize(leaves_.size() + added.leaves);
  leaf_ids_.resize(leaf_ids_.size() + added.leaves);
  add_nodes(model, tree, ranks, outline, added);
  if (!makes_jumps_) return;
  if (jump_size(added.nodes) == 64) add_jumps<64>(added);
  if (jump_size(added.nodes) == 128) add_jumps<128>(added);
}

/// Fills the places of its nodes, and of its leaves in the order of their operands.
template <typename Number>
void BlendedTrees<Number>::add_nodes(const TreeEnsemble& model, std::size_t tree,
                                     const RankTable<Number>& ranks, const BlendOutline& outline,
                                     const BlendTree& added) {
  const std::uint32_t begin = model.tree_begin[tree];
  std::array<std::uint32_t, kBlendLeaves + 1> leaves{begin};  // without nodes, the root
  std::array<std::uint16_t, kMostNodes> operands;             // of each inner node of the tree
  std::uint32_t leaf_count = 0;
  for (std::uint32_t i = 0; i < outline.size; ++i) {
    const std::uint32_t node = outline.inner[i];
    const auto operand_of = [&](std::uint32_t child) {
      const bool is_leaf = outline.heights[child - begin] == 0;
      leaves[leaf_count] = child;
      const std::uint32_t number = leaf_count * kBlendRows;
      leaf_count += is_leaf ? 1 : 0;
      return is_leaf ? static_cast<std::uint16_t>(number) : operands[child - begin];
    };
    const RankPlace test = ranks.place(model, node);
    const std::uint16_t left = operand_of(model.left[node]);
    const std::uint16_t right = operand_of(model.left[node] + 1);
    nodes_[added.node + i] = {left, right, static_cast<std::uint16_t>(test.column), test.k, 0};
    operands[node - begin] = static_cast<std::uint16_t>((kBlendLeaves + i) * kBlendRows);
  }
  for (std::uint32_t i = 0; i < added.leaves; ++i) {
    leaves_[added.leaf + i] = value_of<Number>(model, leaves[i]);
    leaf_ids_.set(added.leaf + i, id_of(model, tree, leaves[i]));
  }
}

/// The root, the last of the nodes, becomes node 0.
template <typename Number>
template <std::uint32_t kSize>
void BlendedTrees<Number>::add_jumps(const BlendTree& tree) {
  BlendJumps<kSize> jumps{};
  const auto child_of = [&](std::uint32_t operand) {
    const std::uint32_t number = operand / kBlendRows;
    return static_cast<std::uint8_t>(
        number < kBlendLeaves ? kSize + number : tree.nodes - 1u - (number - kBlendLeaves));
  };
  for (std::uint32_t place = 0; place < tree.nodes; ++place) {
    const BlendNode& node = nodes_[tree.node + tree.nodes - 1u - place];
    jumps.ks[place] = node.k;
    jumps.columns[place] = static_cast<std::uint8_t>(node.column);
    jumps.left[place] = child_of(node.left);
    jumps.right[place] = child_of(node.right);
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&jumps);
  jumps_.insert(jumps_.end(), bytes, bytes + sizeof jumps);
  doublings_ = std::max(doublings_, static_cast<std::uint32_t>(std::bit_width(tree.depth - 1u)));
}

template <typename Number>
void BlendedTrees<Number>::finish() {
  leaves_.resize(leaves_.size() + kMostLeavesLoaded);
}

template <typename Number>
BlendView<Number> BlendedTrees<Number>::view() const noexcept {
  return {trees_.data(),  nodes_.data(), jumps_.empty() ? nullptr : jumps_.data(),
          leaves_.data(), column_count_, doublings_};
}

template <typename Number>
std::uint32_t BlendedTrees<Number>::leaf_id(std::size_t tree,
                                            const std::uint8_t* ranks) const noexcept {
  const BlendTree& own = trees_[tree];
  const BlendNode* nodes = nodes_.data() + own.node;
  std::uint32_t operand = kBlendLeaves + own.nodes - 1u;
  while (operand >= kBlendLeaves) {
    const BlendNode& node = nodes[operand - kBlendLeaves];
    operand = (ranks[node.column] > node.k ? node.right : node.left) / kBlendRows;
  }
  return leaf_ids_[own.leaf + operand];
}

template class BlendedTrees<float>;
template class BlendedTrees<double>;

}  // namespace mlcore
