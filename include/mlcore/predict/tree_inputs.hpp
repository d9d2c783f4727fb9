// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands between a model's features and the tree engine, which knows only f32 columns, tests
// `column < threshold` and missing values. Lossless:
//
//   - a test of categories is asked once a row for each distinct (feature, set): a column of 0 or
//   1;
//   - features of a wide contract become their rank among the model's thresholds for them, rounded
//     to f32 first where it says so.
//
//   TreeInputs inputs(model);
//   const TreeEngine engine(inputs.take_lowered(model));
//   inputs.from_features(features, columns);
//   engine.margins(columns, margins);

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "mlcore/predict/tree_finish.hpp"

namespace mlcore {

/// Immutable. Thread-safe. Cost of `from_*`: no allocation; does not throw.
class TreeInputs {
 public:
  /// Requires: a model that `validate` accepted.
  explicit TreeInputs(const TreeEnsemble& model);

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t column_count() const noexcept { return column_count_; }
  /// Whether the columns are the features, and the engine runs the model as it is.
  [[nodiscard]] bool is_identity() const noexcept {
    return !is_wide_ && !is_base_last_ && tests_.empty();
  }

  /// The model on columns, once: what is needed for it alone is given up. Its base margins are
  /// where the sums start. Of a wide one: they and the leaves are 0, and node ids number them from
  /// 0 on in the order of the nodes, so that `TreeEngine::leaves` gives places in WideLeaves.
  [[nodiscard]] TreeEnsemble take_lowered(const TreeEnsemble& model);

  /// A definition's outputs. Shape: features[feature_count], columns[column_count].
  void from_features(const double* features, float* columns) const noexcept;
  /// Model features as they are, infinities too; rounded to f32 where the contract says so.
  void from_inputs(const double* inputs, float* columns) const noexcept;
  void from_inputs(const float* inputs, float* columns) const noexcept;

 private:
  /// A distinct (feature, set): its members as bits from `first` on, or where those would be too
  /// many, as themselves.
  struct Test {
    std::uint32_t feature;
    std::uint32_t first;
    std::uint32_t words;  // 0: the members are searched
    std::uint32_t begin;  // of its bits or members
    std::uint32_t end;
  };
  /// The distinct thresholds of a feature, ascending.
  struct Ranks {
    std::uint32_t feature;
    std::uint32_t zero_is_missing;
    std::size_t begin;
    std::size_t count;
  };

  void add_tests(const TreeEnsemble& model);
  void add_test(std::uint32_t feature, std::span<const std::uint32_t> members);
  void add_ranks(const TreeEnsemble& model);
  [[nodiscard]] float column_of(const Test& test, double value) const noexcept;
  [[nodiscard]] float column_of(const Ranks& ranks, double value) const noexcept;
  template <typename InputOf>
  void fill_wide(InputOf input_of, float* columns) const noexcept;
  void fill_tests(float* columns) const noexcept;

  std::size_t feature_count_;
  std::size_t column_count_ = 0;
  bool is_wide_;
  bool is_rounded_;
  bool is_cut_;
  bool is_flushed_;
  bool is_base_last_;
  std::vector<Test> tests_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> members_;
  std::vector<Ranks> ranks_;
  std::vector<double> thresholds_;
  std::vector<std::uint32_t> node_column_;  // until take_lowered
};

/// The leaves of a wide model, summed in the trees' order.
class WideLeaves {
 public:
  /// Nothing for a model that is not wide.
  explicit WideLeaves(const TreeEnsemble& model);

  /// `leaves`: what the engine's `leaves` gave for the trees. Shape: margins[outputs].
  void margins(TreeRange trees, const double* leaves, double* margins) const noexcept;
  /// The framework's ids in place of the engine's numbers.
  void to_ids(std::span<double> leaves) const noexcept;

 private:
  TreeFinish<double> finish_;
  std::vector<std::uint32_t> outputs_;  // one a tree
  std::vector<double> values_;          // one a leaf
  std::vector<std::uint32_t> ids_;
};

}  // namespace mlcore
