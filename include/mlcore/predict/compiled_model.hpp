// SPDX-License-Identifier: Apache-2.0
#pragma once

// A model ready to run under its contract, f32 or f64: of trees, its inputs and its engine; of a
// network, its engine.
//
//   const CompiledModel model(artifact.model);
//   ModelScratch scratch;
//   model.reserve(scratch, 1);
//   model.set_features(scratch, 0, features);
//   model.row_margins(scratch, model.all_trees());
//   model.copy_margins(scratch, 0, out);

#include <optional>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

#include "mlcore/model/model.hpp"
#include "mlcore/predict/network_engine.hpp"
#include "mlcore/predict/tree_engine.hpp"
#include "mlcore/predict/tree_inputs.hpp"

namespace mlcore {

/// Memory for some rows.
struct ModelScratch {
  std::vector<float> columns;        // [row, column], of a narrow contract
  std::vector<float> margins;        // [row, output]
  std::vector<double> wide_columns;  // of a wide one
  std::vector<double> wide_margins;
  NetworkScratch network;
};

/// Immutable. Thread-safe, each call with its own scratch. Cost: no allocation but in `reserve`;
/// nothing else throws. Requires, of each call with a scratch: the rows were reserved.
class CompiledModel {
 public:
  /// Requires: a model that `validate` accepted; a target that runs here, by default the fastest.
  explicit CompiledModel(const Model& model);
  explicit CompiledModel(const TreeEnsemble& model);
  CompiledModel(const TreeEnsemble& model, SimdTarget target);

  [[nodiscard]] std::size_t feature_count() const noexcept;
  [[nodiscard]] std::size_t output_count() const noexcept;
  [[nodiscard]] std::size_t tree_count() const noexcept { return all_trees().size(); }
  [[nodiscard]] TreeRange all_trees() const noexcept;
  [[nodiscard]] bool is_wide() const noexcept {
    return std::holds_alternative<Trees<double>>(trees_);
  }

  void reserve(ModelScratch& scratch, std::size_t rows) const;
  /// A row's features, as `TreeInputs::from_features`.
  void set_features(ModelScratch& scratch, std::size_t row, const double* features) const noexcept;
  /// A row's model features, as `TreeInputs::from_inputs`.
  void set_inputs(ModelScratch& scratch, std::size_t row, const double* inputs) const noexcept;
  void set_inputs(ModelScratch& scratch, std::size_t row, const float* inputs) const noexcept;
  /// Throws: invalid_argument/null_not_allowed naming the feature, where it is missing or infinite
  /// and the model refuses that.
  template <typename Input>
  void require_present(std::span<const Input> features) const {
    if (refuses_missing_) check_present(features);
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
  template <typename Number>
  struct Trees {
    Trees(const TreeEnsemble& model, SimdTarget target);
    TreeInputs<Number> inputs;
    BasicTreeEngine<Number> engine;
  };
  using AnyTrees = std::variant<Trees<float>, Trees<double>>;

  template <typename Input>
  void check_present(std::span<const Input> features) const;
  void network_margins(ModelScratch& scratch, std::size_t rows) const noexcept;
  static AnyTrees compiled(const TreeEnsemble& model, SimdTarget target);

  AnyTrees trees_;
  std::optional<NetworkEngine> network_;  // in place of the trees, of which there are none
  bool refuses_missing_ = false;
};

}  // namespace mlcore
