// SPDX-License-Identifier: Apache-2.0
// Predictor uses CompiledModel.
#include "mlcore/predict/compiled_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/predict/model_input.hpp"

namespace mlcore {
namespace {

/// The part of a scratch for an engine's numbers.
template <typename Scratch, typename Engine>
auto& part_of(Scratch& scratch, const Engine&) {
  if constexpr (std::is_same_v<typename Engine::Number, float>) {
    return scratch.narrow;
  } else {
    return scratch.wide;
  }
}

/// What fills a row of columns, and what makes margins of it: of a network it is the same.
template <typename Trees>
const auto& inputs_of(const Trees& trees) {
  return trees.inputs;
}
template <typename Number>
const auto& inputs_of(const NetworkEngine<Number>& network) {
  return network;
}
template <typename Trees>
const auto& outputs_of(const Trees& trees) {
  return trees.engine;
}
template <typename Number>
const auto& outputs_of(const NetworkEngine<Number>& network) {
  return network;
}

template <typename Part, typename Engine>
auto* row_of(Part& part, const Engine& engine, std::size_t row) {
  return part.columns.data() + row * inputs_of(engine).column_count();
}

template <typename Engine, typename Bare = std::remove_cvref_t<Engine>>
constexpr bool kIsNetwork = std::is_same_v<Bare, NetworkEngine<typename Bare::Number>>;

template <typename Number>
BasicTreeEngine<Number> lowered(const TreeEnsemble& model, TreeInputs<Number>& inputs,
                                SimdTarget target) {
  if (inputs.is_identity()) return BasicTreeEngine<Number>(model, target);
  return BasicTreeEngine<Number>(inputs.take_lowered(model), target);
}

}  // namespace

template <typename T>
CompiledModel::Trees<T>::Trees(const TreeEnsemble& model, SimdTarget target)
    : inputs(model), engine(lowered(model, inputs, target)) {}

CompiledModel::Engine CompiledModel::engine_of(const TreeEnsemble& model, SimdTarget target) {
  if (model.contract.is_wide()) return Trees<double>(model, target);
  return Trees<float>(model, target);
}

CompiledModel::Engine CompiledModel::engine_of(const Model& model) {
  const FloatingPointGuard guard;  // numbers are rounded
  const NetworkModel* network = model.network();
  if (network == nullptr) return engine_of(*model.trees(), runnable_simd_targets().back());
  if (network->contract.is_wide()) return NetworkEngine<double>(*network);
  return NetworkEngine<float>(*network);
}

CompiledModel::CompiledModel(const Model& model)
    : engine_(engine_of(model)),
      refuses_missing_(model.network() != nullptr &&
                       model.network()->missing == NetworkModel::Missing::refuse) {}

CompiledModel::CompiledModel(const TreeEnsemble& model)
    : CompiledModel(model, runnable_simd_targets().back()) {}

CompiledModel::CompiledModel(const TreeEnsemble& model, SimdTarget target)
    : engine_(engine_of(model, target)) {}

std::size_t CompiledModel::feature_count() const noexcept {
  return std::visit([](const auto& engine) { return inputs_of(engine).feature_count(); }, engine_);
}

std::size_t CompiledModel::output_count() const noexcept {
  return std::visit([](const auto& engine) { return outputs_of(engine).output_count(); }, engine_);
}

TreeRange CompiledModel::all_trees() const noexcept {
  return std::visit(
      [](const auto& engine) {
        if constexpr (kIsNetwork<decltype(engine)>) {
          return TreeRange{};
        } else {
          return engine.engine.all_trees();
        }
      },
      engine_);
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
  scratch.row_values.resize(2 * output_count());
  const auto grow = [](auto& values, std::size_t count) {
    values.resize(std::max(values.size(), count));
  };
  std::visit(
      [&](const auto& engine) {
        auto& part = part_of(scratch, engine);
        grow(part.columns, rows * inputs_of(engine).column_count());
        grow(part.margins, rows * outputs_of(engine).output_count());
        if constexpr (kIsNetwork<decltype(engine)>) {
          grow(part.units, engine.unit_count());
        }
      },
      engine_);
}

void CompiledModel::set_features(ModelScratch& scratch, std::size_t row,
                                 const double* features) const noexcept {
  std::visit(
      [&](const auto& engine) {
        inputs_of(engine).from_features(features, row_of(part_of(scratch, engine), engine, row));
      },
      engine_);
}

void CompiledModel::set_inputs(ModelScratch& scratch, std::size_t row,
                               const double* inputs) const noexcept {
  std::visit(
      [&](const auto& engine) {
        inputs_of(engine).from_inputs(inputs, row_of(part_of(scratch, engine), engine, row));
      },
      engine_);
}

void CompiledModel::set_inputs(ModelScratch& scratch, std::size_t row,
                               const float* inputs) const noexcept {
  std::visit(
      [&](const auto& engine) {
        inputs_of(engine).from_inputs(inputs, row_of(part_of(scratch, engine), engine, row));
      },
      engine_);
}

void CompiledModel::set_bases(ModelScratch& scratch, std::size_t row,
                              std::span<const double> bases) const {
  std::visit(
      [&](const auto& engine) {
        using Number = typename std::remove_cvref_t<decltype(engine)>::Number;
        auto& to = part_of(scratch, engine).bases;
        to.resize(std::max(to.size(), (row + 1) * bases.size()));
        std::transform(bases.begin(), bases.end(), to.begin() + row * bases.size(),
                       [](double base) { return static_cast<Number>(base); });
      },
      engine_);
}

void CompiledModel::leaves(const ModelScratch& scratch, std::size_t row, TreeRange range,
                           std::span<double> leaves) const noexcept {
  std::visit(
      [&](const auto& engine) {
        if constexpr (!kIsNetwork<decltype(engine)>) {
          engine.engine.leaves(row_of(part_of(scratch, engine), engine, row), range, leaves.data());
        }
      },
      engine_);
}

void CompiledModel::row_margins(ModelScratch& scratch, TreeRange range) const noexcept {
  std::visit(
      [&](const auto& engine) {
        auto& part = part_of(scratch, engine);
        if constexpr (kIsNetwork<decltype(engine)>) {
          engine.margins(part.columns.data(), 1, part.units.data(), part.margins.data());
        } else {
          engine.engine.margins(part.columns.data(), range, part.margins.data());
        }
      },
      engine_);
}

void CompiledModel::batch_margins(ModelScratch& scratch, std::size_t rows, TreeRange range,
                                  Bases bases) const noexcept {
  std::visit(
      [&](const auto& engine) {
        auto& part = part_of(scratch, engine);
        if constexpr (kIsNetwork<decltype(engine)>) {
          engine.margins(part.columns.data(), rows, part.units.data(), part.margins.data());
        } else {
          const auto* given = bases == Bases::of_rows ? part.bases.data() : nullptr;
          engine.engine.batch_margins(part.columns.data(), rows, range, part.margins.data(), given);
        }
      },
      engine_);
}

void CompiledModel::copy_margins(const ModelScratch& scratch, std::size_t row,
                                 std::span<double> out) const noexcept {
  std::visit(
      [&](const auto& engine) {
        const std::size_t width = outputs_of(engine).output_count();
        std::copy_n(part_of(scratch, engine).margins.data() + row * width, width, out.data());
      },
      engine_);
}

}  // namespace mlcore
