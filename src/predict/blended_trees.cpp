// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses BlendedTrees.
#include "predict/blended_trees.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kMostLeavesLoaded = kBlendLeaves;
constexpr std::size_t kLine = 64;

/// One tree's nodes, numbered from its root.
struct Outline {
  std::vector<std::uint32_t> inner;     // lowest first; those above two leaves are the lowest
  std::vector<std::uint16_t> operands;  // one a node
  std::vector<std::uint32_t> leaves;    // in the order of their operands
  std::uint32_t pairs = 0;
  std::uint32_t depth = 0;
};

class OutlineOf {
 public:
  OutlineOf(const TreeEnsemble& model, std::size_t tree)
      : model_(model), begin_(model.tree_begin[tree]), size_(model.tree_begin[tree + 1] - begin_) {
    outline_.operands.resize(size_);
    order_inner();
    number_operands();
  }

  Outline take() { return std::move(outline_); }

 private:
  [[nodiscard]] bool is_leaf(std::uint32_t node) const {
    return model_.left[begin_ + node] == TreeEnsemble::kLeaf;
  }
  [[nodiscard]] std::uint32_t left_of(std::uint32_t node) const {
    return model_.left[begin_ + node] - begin_;
  }

  /// A child comes after its parent: heights are known from the last node on.
  void order_inner() {
    std::vector<std::uint32_t> heights(size_);
    for (std::uint32_t node = size_; node-- > 0;) {
      if (is_leaf(node)) continue;
      const std::uint32_t left = left_of(node);
      heights[node] = std::max(heights[left], heights[left + 1]) + 1;
      if (heights[node] == 1) ++outline_.pairs;
      outline_.inner.push_back(node);
    }
    outline_.depth = heights[0];
    std::stable_sort(outline_.inner.begin(), outline_.inner.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return heights[a] < heights[b]; });
  }

  void number_operands() {
    for (std::uint32_t i = 0; i < outline_.inner.size(); ++i) {
      const std::uint32_t node = outline_.inner[i];
      outline_.operands[node] = static_cast<std::uint16_t>((kBlendLeaves + i) * kBlendRows);
      for (const std::uint32_t child : {left_of(node), left_of(node) + 1}) {
        if (is_leaf(child)) add_leaf(child);
      }
    }
    if (outline_.inner.empty()) add_leaf(0);
  }

  void add_leaf(std::uint32_t node) {
    outline_.operands[node] = static_cast<std::uint16_t>(outline_.leaves.size() * kBlendRows);
    outline_.leaves.push_back(node);
  }

  const TreeEnsemble& model_;
  std::uint32_t begin_;
  std::uint32_t size_;
  Outline outline_;
};

}  // namespace

template <typename Number>
void BlendedTrees<Number>::make_jumps(std::size_t bytes) {
  makes_jumps_ = true;
  jumps_.reserve(bytes);
}

template <typename Number>
void BlendedTrees<Number>::add(const TreeEnsemble& model, std::size_t tree,
                               const RankTable<Number>& ranks) {
  column_count_ = static_cast<std::uint32_t>(ranks.column_count());
  const Outline outline = OutlineOf(model, tree).take();
  const std::uint32_t begin = model.tree_begin[tree];
  BlendTree added{};
  added.node = static_cast<std::uint32_t>(nodes_.size());
  added.leaf = static_cast<std::uint32_t>(leaves_.size());
  for (const std::uint32_t node : outline.inner) {
    const RankPlace test = ranks.place(model, begin + node);
    const std::uint32_t left = model.left[begin + node] - begin;
    nodes_.push_back({outline.operands[left], outline.operands[left + 1],
                      static_cast<std::uint16_t>(test.column), test.k, 0});
  }
  if (outline.inner.empty()) nodes_.push_back({0, 0, 0, kAlwaysLeft, 0});
  for (const std::uint32_t leaf : outline.leaves) {
    leaves_.push_back(value_of<Number>(model, begin + leaf));
    leaf_ids_.push_back(id_of(model, tree, begin + leaf));
  }
  added.nodes = static_cast<std::uint16_t>(nodes_.size() - added.node);
  added.pairs = static_cast<std::uint16_t>(std::max(outline.pairs, std::uint32_t{1}));
  added.leaves = static_cast<std::uint16_t>(outline.leaves.size());
  added.depth = static_cast<std::uint16_t>(std::max(outline.depth, std::uint32_t{1}));
  added.jump = static_cast<std::uint32_t>(jumps_.size() / kLine);
  trees_.push_back(added);
  if (!makes_jumps_) return;
  if (jump_size(added.nodes) == 64) add_jumps<64>(added);
  if (jump_size(added.nodes) == 128) add_jumps<128>(added);
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
  leaves_.shrink_to_fit();
  nodes_.shrink_to_fit();
  jumps_.shrink_to_fit();
  trees_.shrink_to_fit();
  leaf_ids_.shrink_to_fit();
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
