// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the leaves of walked trees are worth to a row, where some of them are linear.
//
//   LinearLeaves<double> leaves;
//   leaves.add(model, node);  // each node in turn
//   sum += leaves.output(leaf, value, row);

#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Immutable once all nodes are added. Thread-safe.
template <typename Number>
class LinearLeaves {
 public:
  /// Whether no leaf has terms; then there is nothing to ask.
  [[nodiscard]] bool empty() const noexcept { return terms_.empty(); }

  /// Nothing happens for a model without linear leaves.
  void add(const TreeEnsemble& model, std::uint32_t node);
  /// Of the node that was added as the `leaf`-th, which is worth `value` without its terms.
  [[nodiscard]] Number output(std::uint32_t leaf, Number value, const Number* row) const noexcept {
    if (numbers_[leaf] == kNoTerms) return value;
    const Leaf& own = leaves_[numbers_[leaf]];
    Number sum = own.constant;
    for (std::size_t i = own.begin; i < own.end; ++i) {
      const Number feature = row[terms_[i].feature];
      if (feature != feature) return value;
      sum += terms_[i].coefficient * feature;
    }
    return sum;
  }

 private:
  struct Leaf {
    Number constant;
    std::size_t begin;  // of its terms
    std::size_t end;
  };
  struct Term {
    Number coefficient;
    std::uint32_t feature;
  };

  static constexpr std::uint32_t kNoTerms = 0xFFFFFFFFu;

  std::vector<std::uint32_t> numbers_;  // one a node: of its leaf, or kNoTerms
  std::vector<Leaf> leaves_;            // those with terms
  std::vector<Term> terms_;
};

// --- inline bodies

template <typename Number>
void LinearLeaves<Number>::add(const TreeEnsemble& model, std::uint32_t node) {
  if (!model.has_linear_leaves()) return;
  numbers_.push_back(model.is_linear(node) ? static_cast<std::uint32_t>(leaves_.size()) : kNoTerms);
  if (!model.is_linear(node)) return;
  Leaf leaf{static_cast<Number>(model.leaf_constant[node]), terms_.size(), 0};
  for (std::uint32_t i = model.term_begin[node]; i < model.term_begin[node + 1]; ++i) {
    terms_.push_back({static_cast<Number>(model.term_coefficient[i]), model.term_feature[i]});
  }
  leaf.end = terms_.size();
  leaves_.push_back(leaf);
}

}  // namespace mlcore
