// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tree ensemble ready to run under its contract, f32 or f64: its inputs, its engine, its leaves.
//
//   const CompiledModel model(ensemble);
//   ModelScratch scratch;
//   model.reserve(scratch, 1);
//   model.set_features(scratch, 0, features);
//   model.row_margins(scratch, model.all_trees());
//   model.copy_margins(scratch, 0, out);

#include <span>
#include <vector>

#include "mlcore/predict/tree_engine.hpp"
#include "mlcore/predict/tree_finish.hpp"
#include "mlcore/predict/tree_inputs.hpp"

namespace mlcore {

/// Memory for some rows.
struct ModelScratch {
  std::vector<float> columns;        // [row, column]
  std::vector<float> margins;        // [row, output], of a narrow contract
  std::vector<double> wide_margins;  // of a wide one
  std::vector<double> leaves;        // of one row
};

/// Immutable. Thread-safe, each call with its own scratch. Cost: no allocation but in `reserve`;
/// nothing else throws. Requires, of each call with a scratch: the rows were reserved.
class CompiledModel {
 public:
  /// Requires: a model that `validate` accepted.
  explicit CompiledModel(const TreeEnsemble& model);

  [[nodiscard]] std::size_t feature_count() const noexcept { return inputs_.feature_count(); }
  [[nodiscard]] std::size_t output_count() const noexcept { return engine_.output_count(); }
  [[nodiscard]] std::size_t tree_count() const noexcept { return engine_.tree_count(); }
  [[nodiscard]] TreeRange all_trees() const noexcept { return engine_.all_trees(); }
  [[nodiscard]] bool is_wide() const noexcept { return is_wide_; }
  [[nodiscard]] const TreeEngine& engine() const noexcept { return engine_; }

  void reserve(ModelScratch& scratch, std::size_t rows) const;
  /// A row's features, as `TreeInputs::from_features`.
  void set_features(ModelScratch& scratch, std::size_t row, const double* features) const noexcept;
  /// A row's model features, as `TreeInputs::from_inputs`.
  template <typename Input>
  void set_inputs(ModelScratch& scratch, std::size_t row, const Input* inputs) const noexcept {
    inputs_.from_inputs(inputs, scratch.columns.data() + row * inputs_.column_count());
  }
  /// The framework's ids. Shape: leaves[trees.size()].
  void leaves(const ModelScratch& scratch, std::size_t row, TreeRange trees,
              std::span<double> leaves) const noexcept;
  /// The margins of row 0, or of all rows, left in the scratch.
  void row_margins(ModelScratch& scratch, TreeRange trees) const noexcept;
  void batch_margins(ModelScratch& scratch, std::size_t rows, TreeRange trees) const noexcept;
  /// Widened. Shape: out[output_count].
  void copy_margins(const ModelScratch& scratch, std::size_t row,
                    std::span<double> out) const noexcept;

 private:
  void wide_margins(ModelScratch& scratch, std::size_t row, TreeRange trees) const noexcept;

  bool is_wide_;
  TreeFinish<float> finish_;  // of a narrow contract
  TreeInputs inputs_;
  TreeEngine engine_;
  WideLeaves wide_leaves_;
};

}  // namespace mlcore
