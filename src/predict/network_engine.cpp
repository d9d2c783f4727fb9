// SPDX-License-Identifier: Apache-2.0
// CompiledModel uses NetworkEngine.
#include "mlcore/predict/network_engine.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <type_traits>

#include "mlcore/base/number.hpp"
#include "mlcore/predict/model_input.hpp"
#include "model/activation.hpp"

namespace mlcore {

template <typename Number>
NetworkEngine<Number>::NetworkEngine(const NetworkModel& model)
    : feature_count_(model.feature_count),
      output_count_(model.output_count),
      widest_(model.feature_count),
      skips_missing_(model.missing == NetworkModel::Missing::skip) {
  for (const NetworkLayer& layer : model.layers) {
    widest_ = std::max(widest_, layer.unit_count());
    layers_.push_back({layer.activation,
                       layer.input_count,
                       {layer.weights.begin(), layer.weights.end()},
                       {layer.bias.begin(), layer.bias.end()}});
  }
}

template <typename Number>
void NetworkEngine<Number>::from_features(const double* features, Number* inputs) const noexcept {
  if constexpr (std::is_same_v<Number, float>) {
    std::transform(features, features + feature_count_, inputs, model_input);
  } else {
    std::copy_n(features, feature_count_, inputs);
  }
}

template <typename Number>
void NetworkEngine<Number>::row_margins(const Number* inputs, Number* units,
                                        Number* margins) const noexcept {
  using Vector = Eigen::Map<Eigen::Array<Number, Eigen::Dynamic, 1>>;
  using Column = Eigen::Map<const Eigen::Array<Number, Eigen::Dynamic, 1>>;
  Number* in = units;
  Number* out = in + widest_;
  std::copy_n(inputs, feature_count_, in);
  bool is_missing = std::any_of(in, in + feature_count_, [](Number x) { return std::isnan(x); });
  if (is_missing && !skips_missing_) {
    std::fill_n(margins, output_count_, static_cast<Number>(kCanonicalNan));
    return;
  }
  for (const Layer& layer : layers_) {
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

template <typename Number>
void NetworkEngine<Number>::margins(const Number* inputs, std::size_t rows, Number* units,
                                    Number* margins) const noexcept {
  for (std::size_t row = 0; row < rows; ++row) {
    row_margins(inputs + row * feature_count_, units, margins + row * output_count_);
  }
}

template class NetworkEngine<float>;
template class NetworkEngine<double>;

}  // namespace mlcore
