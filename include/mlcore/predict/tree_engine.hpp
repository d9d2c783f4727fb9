// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled form of a tree ensemble.
//
//   TreeEngine engine(model);
//   engine.margins(features, margins);
//
// Traversal is separate from summation: leaves are added in tree order from the base margin, so
// that the bits are the framework's whatever the traversal does.

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/base/span2d.hpp"
#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Trees [begin, end) of an ensemble.
struct TreeRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
};

/// Immutable. Thread-safe. Cost: no allocation after construction, does not throw.
class TreeEngine {
 public:
  /// Requires: a model that `validate` accepted.
  explicit TreeEngine(const TreeEnsemble& model);

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t output_count() const noexcept { return base_margins_.size(); }
  [[nodiscard]] std::size_t tree_count() const noexcept { return roots_.size(); }

  [[nodiscard]] TreeRange all_trees() const noexcept { return {0, roots_.size()}; }

  /// One row: the base margins and the leaves of a range of trees. Shape: features[feature_count],
  /// margins[output_count]; missing is NaN.
  void margins(const float* features, TreeRange trees, float* margins) const noexcept;
  void margins(const float* features, float* margins) const noexcept {
    this->margins(features, all_trees(), margins);
  }
  /// Many rows, each with the bits that `margins` gives. Shape: [rows, feature_count] →
  /// [rows, output_count], both contiguous.
  void batch_margins(const float* features, std::size_t rows, TreeRange trees,
                     float* margins) const noexcept;
  void batch_margins(const float* features, std::size_t rows, float* margins) const noexcept {
    batch_margins(features, rows, all_trees(), margins);
  }
  /// One row's leaf in each tree of a range: the framework's id of the node, within its tree.
  /// Shape: features[feature_count], leaves[trees.size()].
  void leaves(const float* features, TreeRange trees, double* leaves) const noexcept;

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
  template <typename Visit>
  void with_keys(const float* features, Visit visit) const noexcept;
  template <typename KeyOf, typename Add>
  void walk_trees(KeyOf key_of, TreeRange trees, Add add) const noexcept;
  template <typename KeyOf>
  void row_margins(KeyOf key_of, TreeRange trees, float* margins) const noexcept;
  void tile_margins(const std::int32_t* keys, std::size_t rows, TreeRange trees,
                    float* margins) const noexcept;

  std::size_t feature_count_ = 0;
  std::vector<float> base_margins_;
  std::vector<Column> columns_;
  std::vector<Node> nodes_;
  std::vector<float> values_;  // one a node; 0 where it is no leaf
  std::vector<std::uint32_t> roots_;
  std::vector<std::uint32_t> depths_;
  std::vector<std::uint32_t> outputs_;
  std::vector<std::uint32_t> ids_;  // one a node; empty: its position in its tree
};

}  // namespace mlcore
