// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled form of a tree ensemble.
//
//   TreeEngine engine(model);
//   engine.margins(features, margins);
//
// Traversal is separate from summation: leaves are added in tree order from the base margin, so that
// the bits are the framework's whatever the traversal does.

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/base/span2d.hpp"
#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Immutable. Thread-safe. Cost: no allocation after construction, does not throw.
class TreeEngine {
 public:
  /// Requires: a model that `validate` accepted.
  explicit TreeEngine(const TreeEnsemble& model);

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t output_count() const noexcept { return base_margins_.size(); }
  [[nodiscard]] std::size_t tree_count() const noexcept { return roots_.size(); }

  /// One row. Shape: features[feature_count], margins[output_count]; missing is NaN.
  void margins(const float* features, float* margins) const noexcept;
  /// Many rows, each with the bits that `margins` gives. Shape: [rows, feature_count] →
  /// [rows, output_count], both contiguous.
  void batch_margins(const float* features, std::size_t rows, float* margins) const noexcept;

 private:
  /// A value is compared as an integer that orders as floats do, so that a missing one can stand
  /// below or above all others: left iff key of the column < key.
  struct Node {
    std::int32_t key;
    std::uint32_t column;
    std::uint32_t left;  // right = left + 1; a leaf points to itself
  };
  struct Column {
    std::uint32_t feature;
    std::int32_t missing;  // the key of a missing value
  };

  void add_nodes(const TreeEnsemble& model);
  void add_depths(const TreeEnsemble& model);
  void fill_keys(const float* features, std::int32_t* keys) const noexcept;
  template <typename KeyOf, typename Add>
  void walk_trees(KeyOf key_of, Add add) const noexcept;
  template <typename KeyOf>
  void row_margins(KeyOf key_of, float* margins) const noexcept;
  void tile_margins(const std::int32_t* keys, std::size_t rows, float* margins) const noexcept;

  std::size_t feature_count_ = 0;
  std::vector<float> base_margins_;
  std::vector<Column> columns_;
  std::vector<Node> nodes_;
  std::vector<float> values_;  // one a node; 0 where it is no leaf
  std::vector<std::uint32_t> roots_;
  std::vector<std::uint32_t> depths_;
  std::vector<std::uint32_t> outputs_;
};

}  // namespace mlcore
