// SPDX-License-Identifier: Apache-2.0
// Predictor uses CompiledModel.
#include "mlcore/predict/compiled_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlcore/base/error.hpp"
#include "mlcore/predict/model_input.hpp"

namespace mlcore {
namespace {

/// The part of a scratch for a contract's numbers. Shape: columns[rows, columns],
/// margins[rows, outputs].
template <typename Scratch, typename Number>
auto& columns_of(Scratch& scratch, const TreeInputs<Number>&) {
  if constexpr (std::is_same_v<Number, float>) {
    return scratch.columns;
  } else {
    return scratch.wide_columns;
  }
}
template <typename Scratch, typename Number>
auto& margins_of(Scratch& scratch, const BasicTreeEngine<Number>&) {
  if constexpr (std::is_same_v<Number, float>) {
    return scratch.margins;
  } else {
    return scratch.wide_margins;
  }
}
template <typename Scratch, typename Trees>
auto* row_of(Scratch& scratch, const Trees& trees, std::size_t row) {
  return columns_of(scratch, trees.inputs).data() + row * trees.inputs.column_count();
}

template <typename Number>
BasicTreeEngine<Number> engine_of(const TreeEnsemble& model, TreeInputs<Number>& inputs,
                                  SimdTarget target) {
  if (inputs.is_identity()) return BasicTreeEngine<Number>(model, target);
  return BasicTreeEngine<Number>(inputs.take_lowered(model), target);
}

/// An ensemble without trees, where the model is a network.
TreeEnsemble trees_of(const Model& model) {
  if (const TreeEnsemble* trees = model.trees()) return *trees;
  TreeEnsemble none;
  static_cast<ModelFacts&>(none) = model.facts();
  none.tree_begin = {0};
  if (none.contract.is_wide()) {
    none.contract.comparison = ModelContract::Comparison::less_equal;
    none.wide_base_margins.resize(none.output_count);
  } else {
    none.base_margins.resize(none.output_count);
  }
  return none;
}

}  // namespace

template <typename Number>
CompiledModel::Trees<Number>::Trees(const TreeEnsemble& model, SimdTarget target)
    : inputs(model), engine(engine_of(model, inputs, target)) {}

CompiledModel::AnyTrees CompiledModel::compiled(const TreeEnsemble& model, SimdTarget target) {
  if (model.contract.is_wide()) return Trees<double>(model, target);
  return Trees<float>(model, target);
}

CompiledModel::CompiledModel(const Model& model) : CompiledModel(trees_of(model)) {
  const NetworkModel* network = model.network();
  if (network == nullptr) return;
  network_.emplace(*network);
  refuses_missing_ = network->missing == NetworkModel::Missing::refuse;
}

CompiledModel::CompiledModel(const TreeEnsemble& model)
    : CompiledModel(model, runnable_simd_targets().back()) {}

CompiledModel::CompiledModel(const TreeEnsemble& model, SimdTarget target)
    : trees_(compiled(model, target)) {}

std::size_t CompiledModel::feature_count() const noexcept {
  return std::visit([](const auto& trees) { return trees.inputs.feature_count(); }, trees_);
}

std::size_t CompiledModel::output_count() const noexcept {
  return std::visit([](const auto& trees) { return trees.engine.output_count(); }, trees_);
}

TreeRange CompiledModel::all_trees() const noexcept {
  return std::visit([](const auto& trees) { return trees.engine.all_trees(); }, trees_);
}

template <typename Input>
void CompiledModel::check_present(std::span<const Input> features) const {
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto feature = static_cast<double>(features[i]);
    if (std::isfinite(is_wide() ? feature : static_cast<double>(model_input(feature)))) continue;
    throw Error(Code::invalid_argument, Reason::null_not_allowed,
                fmt::format("feature {} is {}, which the model refuses", i,
                            std::isnan(feature) ? "missing" : "infinite"),
                {static_cast<std::int32_t>(i), -1});
  }
}

template void CompiledModel::check_present(std::span<const float>) const;
template void CompiledModel::check_present(std::span<const double>) const;

void CompiledModel::reserve(ModelScratch& scratch, std::size_t rows) const {
  if (network_) network_->reserve(scratch.network, rows);
  const auto grow = [rows](auto& values, std::size_t width) {
    values.resize(std::max(values.size(), rows * width));
  };
  std::visit(
      [&](const auto& trees) {
        grow(columns_of(scratch, trees.inputs), trees.inputs.column_count());
        grow(margins_of(scratch, trees.engine), trees.engine.output_count());
      },
      trees_);
}

void CompiledModel::set_features(ModelScratch& scratch, std::size_t row,
                                 const double* features) const noexcept {
  if (network_) return network_->set_features(scratch.network, row, features);
  std::visit(
      [&](const auto& trees) { trees.inputs.from_features(features, row_of(scratch, trees, row)); },
      trees_);
}

void CompiledModel::set_inputs(ModelScratch& scratch, std::size_t row,
                               const double* inputs) const noexcept {
  if (network_) return network_->set_inputs(scratch.network, row, inputs);
  std::visit(
      [&](const auto& trees) { trees.inputs.from_inputs(inputs, row_of(scratch, trees, row)); },
      trees_);
}

void CompiledModel::set_inputs(ModelScratch& scratch, std::size_t row,
                               const float* inputs) const noexcept {
  if (network_) return network_->set_inputs(scratch.network, row, inputs);
  std::visit(
      [&](const auto& trees) { trees.inputs.from_inputs(inputs, row_of(scratch, trees, row)); },
      trees_);
}

void CompiledModel::leaves(const ModelScratch& scratch, std::size_t row, TreeRange range,
                           std::span<double> leaves) const noexcept {
  std::visit(
      [&](const auto& trees) {
        trees.engine.leaves(row_of(scratch, trees, row), range, leaves.data());
      },
      trees_);
}

void CompiledModel::network_margins(ModelScratch& scratch, std::size_t rows) const noexcept {
  if (is_wide()) return network_->margins(scratch.network, rows, scratch.wide_margins.data());
  network_->margins(scratch.network, rows, scratch.margins.data());
}

void CompiledModel::row_margins(ModelScratch& scratch, TreeRange range) const noexcept {
  if (network_) return network_margins(scratch, 1);
  std::visit(
      [&](const auto& trees) {
        trees.engine.margins(row_of(scratch, trees, 0), range,
                             margins_of(scratch, trees.engine).data());
      },
      trees_);
}

void CompiledModel::batch_margins(ModelScratch& scratch, std::size_t rows,
                                  TreeRange range) const noexcept {
  if (network_) return network_margins(scratch, rows);
  std::visit(
      [&](const auto& trees) {
        trees.engine.batch_margins(row_of(scratch, trees, 0), rows, range,
                                   margins_of(scratch, trees.engine).data());
      },
      trees_);
}

void CompiledModel::copy_margins(const ModelScratch& scratch, std::size_t row,
                                 std::span<double> out) const noexcept {
  std::visit(
      [&](const auto& trees) {
        const std::size_t width = trees.engine.output_count();
        std::copy_n(margins_of(scratch, trees.engine).data() + row * width, width, out.data());
      },
      trees_);
}

}  // namespace mlcore
