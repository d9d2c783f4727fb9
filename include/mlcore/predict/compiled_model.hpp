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

/// Memory for some rows, in the numbers of one contract.
template <typename Number>
struct NumberScratch {
  std::vector<Number> columns;  // [row, column]
  std::vector<Number> margins;  // [row, output]
  std::vector<Number> bases;    // [row, output], of rows that bring their own
  std::vector<Number> units;    // of a network
};
struct ModelScratch {
  NumberScratch<float> narrow;
  NumberScratch<double> wide;
  std::vector<double> row_values;  // 2 × outputs, of who asks for a row's margins and predictions
};

/// Whose base margins the sums of trees have.
enum class Bases : bool { of_model, of_rows };

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
    return std::holds_alternative<Trees<double>>(engine_) ||
           std::holds_alternative<NetworkEngine<double>>(engine_);
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
  /// A row's base margins, for `batch_margins` with Bases::of_rows. Shape: bases[output_count].
  /// Cost: allocates at a row's first.
  void set_bases(ModelScratch& scratch, std::size_t row, std::span<const double> bases) const;
  /// The framework's ids. Shape: leaves[trees.size()]. Requires: a model of trees.
  void leaves(const ModelScratch& scratch, std::size_t row, TreeRange trees,
              std::span<double> leaves) const noexcept;
  /// The margins of row 0, or of all rows, left in the scratch.
  void row_margins(ModelScratch& scratch, TreeRange trees) const noexcept;
  /// Requires: Bases::of_rows of trees only, with every row's set.
  void batch_margins(ModelScratch& scratch, std::size_t rows, TreeRange trees,
                     Bases bases = Bases::of_model) const noexcept;
  /// Widened. Shape: out[output_count].
  void copy_margins(const ModelScratch& scratch, std::size_t row,
                    std::span<double> out) const noexcept;

 private:
  template <typename T>
  struct Trees {
    using Number = T;
    Trees(const TreeEnsemble& model, SimdTarget target);
    TreeInputs<Number> inputs;
    BasicTreeEngine<Number> engine;
  };
  using Engine =
      std::variant<Trees<float>, Trees<double>, NetworkEngine<float>, NetworkEngine<double>>;

  template <typename Input>
  void check_present(std::span<const Input> features) const;
  [[nodiscard]] static Engine engine_of(const Model& model);
  [[nodiscard]] static Engine engine_of(const TreeEnsemble& model, SimdTarget target);

  Engine engine_;
  bool refuses_missing_ = false;
};

}  // namespace mlcore
