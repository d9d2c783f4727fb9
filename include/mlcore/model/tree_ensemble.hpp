// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tree ensemble, data: what an importer makes, what the artifact stores and what the engine
// compiles.
//
//   TreeEnsemble model = import_lightgbm(text);
//   validate(model);
//   reference_margins(model, features, margins);  // the contract, spelled out

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/model/model_contract.hpp"

namespace mlcore {

/// Trees as arrays over all nodes; a tree is a contiguous range of nodes, its root first, and a
/// child comes after its parent.
struct TreeEnsemble : ModelFacts {
  static constexpr std::uint32_t kLeaf = 0xFFFFFFFFu;
  static constexpr std::uint32_t kNumeric = 0xFFFFFFFFu;

  std::vector<float> base_margins;  // one an output; empty if wide

  std::vector<std::uint32_t> tree_begin;   // first node of each tree, then the node count
  std::vector<std::uint32_t> tree_output;  // one a tree
  std::vector<std::uint32_t> left;         // node index in the ensemble, or kLeaf; right = left + 1
  std::vector<std::uint32_t> feature;      // 0 for a leaf
  std::vector<float> value;                // threshold, or the leaf's value; empty if wide
  std::vector<std::uint8_t> default_left;  // where a missing value goes; 0 for a leaf

  // What the framework calls its boosting rounds and its nodes. Without round_begin neither is
  // known: a file of format 0.1 does not tell.
  std::vector<std::uint32_t> round_begin;  // first tree of each round, then the tree count
  std::vector<std::uint32_t> node_id;      // within its tree; empty: its position there

  // A node with a set goes right iff its feature is in it: a whole number below kMaxCategory, what
  // is after the point cut off. Its threshold is 0.
  std::vector<std::uint32_t> node_set;     // one a node, kNumeric for most; empty: none has one
  std::vector<std::uint32_t> set_begin;    // first member of each set, then the member count
  std::vector<std::uint32_t> set_members;  // ascending within a set

  // In place of `value` and `base_margins`, where the contract is wide.
  std::vector<double> wide_value;
  std::vector<double> wide_base_margins;
  std::vector<std::uint8_t> zero_is_missing;  // one a node; empty: nowhere

  // A linear leaf, of a wide contract, is its constant, then + coefficient × feature, term by term
  // in order; its value where one of these features is missing. Empty: no leaf has terms.
  std::vector<std::uint32_t> term_begin;  // first term of each node, then the term count
  std::vector<std::uint32_t> term_feature;
  std::vector<double> term_coefficient;
  std::vector<double> leaf_constant;  // one a node; 0 for those without terms

  [[nodiscard]] std::size_t node_count() const noexcept { return left.size(); }
  [[nodiscard]] double base_margin(std::size_t output) const noexcept {
    return contract.is_wide() ? wide_base_margins[output]
                              : static_cast<double>(base_margins[output]);
  }
  [[nodiscard]] double value_of(std::size_t node) const noexcept {
    return contract.is_wide() ? wide_value[node] : static_cast<double>(value[node]);
  }
  [[nodiscard]] std::size_t set_count() const noexcept {
    return set_begin.empty() ? 0 : set_begin.size() - 1;
  }
  [[nodiscard]] bool is_categorical(std::size_t node) const noexcept {
    return !node_set.empty() && node_set[node] != kNumeric;
  }
  [[nodiscard]] std::span<const std::uint32_t> set_of(std::size_t node) const noexcept {
    const std::uint32_t* members = set_members.data();
    return {members + set_begin[node_set[node]], members + set_begin[node_set[node] + 1]};
  }
  [[nodiscard]] bool has_linear_leaves() const noexcept { return !term_begin.empty(); }
  [[nodiscard]] bool is_linear(std::size_t node) const noexcept {
    return has_linear_leaves() && term_begin[node] != term_begin[node + 1];
  }
  [[nodiscard]] std::size_t tree_count() const noexcept { return tree_output.size(); }
  [[nodiscard]] std::size_t round_count() const noexcept {
    return round_begin.empty() ? 0 : round_begin.size() - 1;
  }

  friend bool operator==(const TreeEnsemble&, const TreeEnsemble&) = default;
};

inline constexpr std::uint32_t kMaxCategory = 1u << 24;
/// LightGBM's kZeroThreshold: 1e-35f, widened.
inline constexpr double kZeroThreshold = static_cast<double>(1e-35f);
inline constexpr std::uint32_t kMaxTreeDepth = 4096;

/// Refuses an ensemble that an engine could not run safely: lengths that disagree, a child that is
/// not after its parent, outside its tree, or has two parents; a node without a parent; a feature
/// or output out of range; a NaN threshold; a set that is not
/// there, or whose members do not ascend below kMaxCategory; a leaf or base margin that is not
/// finite; leaves whose sum could pass the largest float or double, linear ones apart; terms of
/// what is no leaf, of a feature out of range, or that are not finite; rounds that do not rise from
/// the first tree to the last; a mean over rounds that are not known; more depth, features or
/// outputs than the limits above. Throws: invalid_argument/invalid_tree naming tree, node and rule;
/// unimplemented/unsupported_model for a contract that is neither narrow nor wide. Cost: O(nodes).
void validate(const TreeEnsemble& model);

/// The contract in its plainest code: one row, tree by tree. Missing is NaN. Margins are finite,
/// but with linear leaves, where one that is NaN is the canonical one. Shape: features has
/// feature_count values, margins output_count. Requires: f32 of a contract that is narrow.
void reference_margins(const TreeEnsemble& model, std::span<const float> features,
                       std::span<float> margins);
/// Of any contract: features are rounded to f32 where it says so, narrow margins widened.
void reference_margins(const TreeEnsemble& model, std::span<const double> features,
                       std::span<double> margins);

}  // namespace mlcore
