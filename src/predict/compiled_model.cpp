// SPDX-License-Identifier: Apache-2.0
// Predictor uses CompiledModel.
#include "mlcore/predict/compiled_model.hpp"

#include <algorithm>

namespace mlcore {
namespace {

TreeEngine engine_of(const TreeEnsemble& model, TreeInputs& inputs) {
  if (inputs.is_identity()) return TreeEngine(model);
  const TreeUse use = model.contract.is_wide() ? TreeUse::leaves : TreeUse::margins;
  return TreeEngine(inputs.take_lowered(model), runnable_simd_targets().back(), use);
}

}  // namespace

CompiledModel::CompiledModel(const TreeEnsemble& model)
    : is_wide_(model.contract.is_wide()),
      finish_(model),
      inputs_(model),
      engine_(engine_of(model, inputs_)),
      wide_leaves_(model) {}

void CompiledModel::reserve(ModelScratch& scratch, std::size_t rows) const {
  scratch.columns.resize(std::max(scratch.columns.size(), rows * inputs_.column_count()));
  const std::size_t margins = rows * output_count();
  if (is_wide_) {
    scratch.wide_margins.resize(std::max(scratch.wide_margins.size(), margins));
    scratch.leaves.resize(tree_count());
  } else {
    scratch.margins.resize(std::max(scratch.margins.size(), margins));
  }
}

void CompiledModel::set_features(ModelScratch& scratch, std::size_t row,
                                 const double* features) const noexcept {
  inputs_.from_features(features, scratch.columns.data() + row * inputs_.column_count());
}

void CompiledModel::leaves(const ModelScratch& scratch, std::size_t row, TreeRange trees,
                           std::span<double> leaves) const noexcept {
  engine_.leaves(scratch.columns.data() + row * inputs_.column_count(), trees, leaves.data());
  wide_leaves_.to_ids(leaves);
}

void CompiledModel::wide_margins(ModelScratch& scratch, std::size_t row,
                                 TreeRange trees) const noexcept {
  const float* columns = scratch.columns.data() + row * inputs_.column_count();
  engine_.leaves(columns, trees, scratch.leaves.data());
  wide_leaves_.margins(trees, scratch.leaves.data(),
                       scratch.wide_margins.data() + row * output_count());
}

void CompiledModel::row_margins(ModelScratch& scratch, TreeRange trees) const noexcept {
  if (is_wide_) return wide_margins(scratch, 0, trees);
  engine_.margins(scratch.columns.data(), trees, scratch.margins.data());
  finish_.apply(trees, scratch.margins.data());
}

void CompiledModel::batch_margins(ModelScratch& scratch, std::size_t rows,
                                  TreeRange trees) const noexcept {
  if (is_wide_) {
    for (std::size_t row = 0; row < rows; ++row) wide_margins(scratch, row, trees);
    return;
  }
  engine_.batch_margins(scratch.columns.data(), rows, trees, scratch.margins.data());
  if (finish_.is_none()) return;
  for (std::size_t row = 0; row < rows; ++row) {
    finish_.apply(trees, scratch.margins.data() + row * output_count());
  }
}

void CompiledModel::copy_margins(const ModelScratch& scratch, std::size_t row,
                                 std::span<double> out) const noexcept {
  const std::size_t first = row * output_count();
  if (is_wide_) {
    std::copy_n(scratch.wide_margins.data() + first, output_count(), out.data());
  } else {
    std::copy_n(scratch.margins.data() + first, output_count(), out.data());
  }
}

}  // namespace mlcore
