// SPDX-License-Identifier: Apache-2.0
// Outside code uses check_tree. What breaks no rule, nearly every tree, is told without a branch a
// node; only what might is walked by TreeCheck.
#include "model/tree_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "mlcore/base/error.hpp"
#include "model/tree_nodes.hpp"

namespace mlcore {
namespace {

/// Walks one tree's nodes in order; a parent comes first, so that its level is known. Names the
/// rule that is broken.
class TreeCheck {
 public:
  TreeCheck(const TreeEnsemble& model, std::size_t tree, std::vector<std::uint16_t>& levels)
      : model_(model),
        tree_(tree),
        begin_(model.tree_begin[tree]),
        end_(model.tree_begin[tree + 1]),
        levels_(levels) {}

  /// The largest magnitude of a leaf.
  double run() {
    levels_.assign(end_ - begin_, 0);
    levels_[0] = 1;
    for (std::uint32_t node = begin_; node < end_; ++node) {
      if (levels_[node - begin_] == 0) fail(node, "no parent");
      if (model_.left[node] == TreeEnsemble::kLeaf) {
        leaf(node);
      } else {
        inner(node);
      }
    }
    return largest_leaf_;
  }

 private:
  [[noreturn]] void fail(std::uint32_t node, std::string_view rule) const {
    throw Error(Code::invalid_argument, Reason::invalid_tree,
                fmt::format("tree {}, node {}: {}", tree_, node - begin_, rule));
  }

  void leaf(std::uint32_t node) {
    const double value = model_.value_of(node);
    if (!std::isfinite(value)) fail(node, "a leaf that is not finite");
    if (model_.feature[node] != 0 || model_.default_left[node] != 0) {
      fail(node, "a leaf with a feature or a default direction");
    }
    if (model_.is_categorical(node) || zero_rule(node) != 0) fail(node, "a leaf with a test");
    if (model_.has_linear_leaves()) terms(node);
    largest_leaf_ = std::max(largest_leaf_, std::fabs(value));
  }

  void terms(std::uint32_t node) const {
    const double constant = model_.leaf_constant[node];
    if (!std::isfinite(constant)) fail(node, "a constant that is not finite");
    if (!model_.is_linear(node) && constant != 0) fail(node, "a constant without terms");
    for (std::uint32_t i = model_.term_begin[node]; i < model_.term_begin[node + 1]; ++i) {
      if (model_.term_feature[i] >= model_.feature_count) {
        fail(node, fmt::format("a term of feature {} of {}", model_.term_feature[i],
                               model_.feature_count));
      }
      if (!std::isfinite(model_.term_coefficient[i])) fail(node, "a term that is not finite");
    }
  }

  void inner(std::uint32_t node) {
    const std::uint32_t left = model_.left[node];
    if (model_.has_linear_leaves() && (model_.is_linear(node) || model_.leaf_constant[node] != 0)) {
      fail(node, "terms of what is no leaf");
    }
    if (left <= node) fail(node, "a child that is not after its parent");
    if (left >= end_ || end_ - left < 2) fail(node, "a child outside its tree");
    if (model_.feature[node] >= model_.feature_count) {
      fail(node, fmt::format("feature {} of {}", model_.feature[node], model_.feature_count));
    }
    if (std::isnan(model_.value_of(node))) fail(node, "a NaN threshold");
    if (model_.is_categorical(node)) set(node);
    if (zero_rule(node) > 1) fail(node, "a rule of zeros other than 0 and 1");
    if (zero_rule(node) != 0 && !model_.contract.is_wide()) fail(node, "a zero that is missing");
    if (model_.default_left[node] > 1) fail(node, "a default direction other than 0 and 1");
    const std::uint32_t level = levels_[node - begin_] + 1u;
    if (level > kMaxTreeDepth + 1) fail(node, fmt::format("deeper than {}", kMaxTreeDepth));
    for (const std::uint32_t child : {left, left + 1}) {
      if (levels_[child - begin_] != 0) fail(child, "two parents");
      levels_[child - begin_] = static_cast<std::uint16_t>(level);
    }
  }

  void set(std::uint32_t node) const {
    const std::uint32_t set = model_.node_set[node];
    if (set >= model_.set_count()) {
      fail(node, fmt::format("set {} of {}", set, model_.set_count()));
    }
    if (model_.value_of(node) != 0 || zero_rule(node) != 0) fail(node, "a set with a threshold");
  }

  [[nodiscard]] std::uint8_t zero_rule(std::uint32_t node) const {
    return model_.zero_is_missing.empty() ? std::uint8_t{0} : model_.zero_is_missing[node];
  }

  const TreeEnsemble& model_;
  std::size_t tree_;
  std::uint32_t begin_;
  std::uint32_t end_;
  std::vector<std::uint16_t>& levels_;
  double largest_leaf_ = 0;
};

/// Whether a tree breaks no rule, where no node has a set, a rule of zeros or terms. False tells
/// nothing. Leaves the largest magnitude of its leaves.
template <typename Number>
class QuickCheck {
 public:
  QuickCheck(const TreeEnsemble& model, const Number* values, std::size_t tree,
             std::vector<std::uint16_t>& levels)
      : model_(model),
        values_(values),
        begin_(model.tree_begin[tree]),
        end_(model.tree_begin[tree + 1]),
        levels_(levels) {}

  [[nodiscard]] bool run() { return have_values() && have_one_parent(); }
  [[nodiscard]] double largest_leaf() const noexcept { return static_cast<double>(largest_leaf_); }

 private:
  /// In integers, which compilers make vectors of: a leaf is -1, so that `& leaf` is 0 for others.
  bool have_values() {
    using Bits = std::conditional_t<sizeof(Number) == 4, std::int32_t, std::int64_t>;
    constexpr Bits kMagnitude = std::numeric_limits<Bits>::max();
    constexpr auto kInfinity = std::bit_cast<Bits>(std::numeric_limits<Number>::infinity());
    const std::uint32_t* lefts = model_.left.data();
    const std::uint32_t* features = model_.feature.data();
    const std::uint8_t* default_lefts = model_.default_left.data();
    const std::uint32_t feature_count = model_.feature_count;
    std::uint32_t bad = 0;
    for (std::size_t node = begin_; node < end_; ++node) {
      const std::uint32_t leaf = lefts[node] == TreeEnsemble::kLeaf ? ~0u : 0u;
      bad |= (features[node] | default_lefts[node]) & leaf;
      bad |= features[node] >= feature_count ? 1u : 0u;
      bad |= default_lefts[node] & ~1u;
    }
    Bits is_past = 0;
    Bits largest = 0;
    for (std::size_t node = begin_; node < end_; ++node) {
      const Bits leaf = lefts[node] == TreeEnsemble::kLeaf ? -1 : 0;
      const Bits magnitude = std::bit_cast<Bits>(values_[node]) & kMagnitude;
      is_past |= magnitude > kInfinity + leaf ? 1 : 0;  // a NaN is past infinity
      largest = std::max(largest, magnitude & leaf);
    }
    largest_leaf_ = std::bit_cast<Number>(largest);
    return bad == 0 && is_past == 0;
  }

  /// As many children as nodes but the root, and no node without a parent: each has one.
  bool have_one_parent() {
    const std::uint32_t size = end_ - begin_;
    levels_.assign(size + 2, 0);  // the last two: of children outside
    levels_[0] = 1;
    const std::uint32_t* lefts = model_.left.data();
    std::uint16_t* levels = levels_.data();
    unsigned bad = 0;
    std::uint32_t inner = 0;
    std::uint32_t deepest = 0;
    for_each_inner(model_, begin_, end_, [&](std::uint32_t node) {
      const std::uint32_t left = lefts[node];
      const bool is_inside = left > node && left < end_ && end_ - left >= 2;
      const std::uint32_t level = levels[node - begin_] + 1u;
      const std::uint32_t child = is_inside ? left - begin_ : size;
      levels[child] = levels[child + 1] = static_cast<std::uint16_t>(level);
      bad |= is_inside ? 0u : 1u;
      deepest = std::max(deepest, level);
      ++inner;
    });
    const auto end = levels_.begin() + size;
    return bad == 0 && deepest <= kMaxTreeDepth + 1 && std::size_t{inner} * 2 + 1 == size &&
           std::find(levels_.begin(), end, 0) == end;
  }

  const TreeEnsemble& model_;
  const Number* values_;
  std::uint32_t begin_;
  std::uint32_t end_;
  std::vector<std::uint16_t>& levels_;
  Number largest_leaf_ = 0;
};

}  // namespace

double check_tree(const TreeEnsemble& model, std::size_t tree, std::vector<std::uint16_t>& levels) {
  const auto check = [&](const auto& values) {
    QuickCheck quick(model, values.data(), tree, levels);
    const bool is_plain =
        model.node_set.empty() && model.zero_is_missing.empty() && !model.has_linear_leaves();
    if (is_plain && quick.run()) return quick.largest_leaf();
    return TreeCheck(model, tree, levels).run();
  };
  return model.contract.is_wide() ? check(model.wide_value) : check(model.value);
}

}  // namespace mlcore
