// SPDX-License-Identifier: Apache-2.0
// CompiledModel uses NetworkEngine.
#include "mlcore/predict/network_engine.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "mlcore/base/number.hpp"
#include "mlcore/predict/model_input.hpp"
#include "model/activation.hpp"

namespace mlcore {

template <typename Number>
NetworkEngine::Layers<Number> NetworkEngine::layers_of(const NetworkModel& model) {
  Layers<Number> layers;
  for (const NetworkLayer& layer : model.layers) {
    layers.push_back({layer.activation,
                      layer.input_count,
                      {layer.weights.begin(), layer.weights.end()},
                      {layer.bias.begin(), layer.bias.end()}});
  }
  return layers;
}

NetworkEngine::NetworkEngine(const NetworkModel& model)
    : feature_count_(model.feature_count),
      output_count_(model.output_count),
      widest_(model.feature_count),
      skips_missing_(model.missing == NetworkModel::Missing::skip) {
  for (const NetworkLayer& layer : model.layers) widest_ = std::max(widest_, layer.unit_count());
  if (model.contract.is_wide()) {
    wide_layers_ = layers_of<double>(model);
  } else {
    layers_ = layers_of<float>(model);
  }
}

void NetworkEngine::reserve(NetworkScratch& scratch, std::size_t rows) const {
  scratch.inputs.resize(std::max(scratch.inputs.size(), rows * feature_count_));
  scratch.units.resize(layers_.empty() ? 0 : 2 * widest_);
  scratch.wide_units.resize(wide_layers_.empty() ? 0 : 2 * widest_);
}

void NetworkEngine::set_features(NetworkScratch& scratch, std::size_t row,
                                 const double* features) const noexcept {
  set_inputs(scratch, row, features);
  if (!wide_layers_.empty()) return;
  double* inputs = scratch.inputs.data() + row * feature_count_;
  std::transform(inputs, inputs + feature_count_, inputs, model_input);
}

template <typename Number>
void NetworkEngine::row_margins(const Layers<Number>& layers, const double* inputs,
                                std::vector<Number>& units, Number* margins) const noexcept {
  using Vector = Eigen::Map<Eigen::Array<Number, Eigen::Dynamic, 1>>;
  using Column = Eigen::Map<const Eigen::Array<Number, Eigen::Dynamic, 1>>;
  Number* in = units.data();
  Number* out = in + widest_;
  bool is_missing = false;
  for (std::size_t i = 0; i < feature_count_; ++i) {
    in[i] = static_cast<Number>(inputs[i]);
    is_missing |= std::isnan(in[i]);
  }
  if (is_missing && !skips_missing_) {
    std::fill_n(margins, output_count_, static_cast<Number>(kCanonicalNan));
    return;
  }
  for (const Layer<Number>& layer : layers) {
    const auto count = static_cast<Eigen::Index>(layer.bias.size());
    Vector sums(out, count);
    sums = Column(layer.bias.data(), count);
    const Number* column = layer.weights.data();
    for (std::size_t i = 0; i < layer.input_count; ++i, column += count) {
      if (is_missing && std::isnan(in[i])) continue;
      sums += Column(column, count) * in[i];
    }
    activate(layer.activation, std::span(out, layer.bias.size()));
    std::swap(in, out);
    is_missing = false;  // of features only
  }
  std::transform(in, in + output_count_, margins, [](Number margin) {
    return std::isnan(margin) ? static_cast<Number>(kCanonicalNan) : margin;
  });
}

void NetworkEngine::margins(NetworkScratch& scratch, std::size_t rows,
                            float* margins) const noexcept {
  for (std::size_t row = 0; row < rows; ++row) {
    row_margins(layers_, scratch.inputs.data() + row * feature_count_, scratch.units,
                margins + row * output_count_);
  }
}

void NetworkEngine::margins(NetworkScratch& scratch, std::size_t rows,
                            double* margins) const noexcept {
  for (std::size_t row = 0; row < rows; ++row) {
    row_margins(wide_layers_, scratch.inputs.data() + row * feature_count_, scratch.wide_units,
                margins + row * output_count_);
  }
}

}  // namespace mlcore
