// SPDX-License-Identifier: Apache-2.0
// Outside code uses validate and reference_margins of networks.
#include "mlcore/model/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "model/activation.hpp"

namespace mlcore {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Code::invalid_argument, Reason::malformed_model, message);
}

void check_contract(const ModelContract& contract) {
  const bool is_wide = contract.is_wide();
  ModelContract plain;
  plain.accumulator = contract.accumulator;
  plain.input_rounding =
      is_wide ? ModelContract::InputRounding::f64 : ModelContract::InputRounding::f32;
  plain.link = contract.link;
  plain.link_scale = is_wide ? contract.link_scale : 1;
  const bool is_link = is_link_of(contract.link, is_wide);
  const bool is_scale = contract.link_scale > 0 && std::isfinite(contract.link_scale);
  const bool is_sum = is_wide || contract.accumulator == ModelContract::Accumulator::f32;
  if (contract == plain && is_link && is_scale && is_sum) return;
  throw Error(Code::unimplemented, Reason::unsupported_model,
              "a numeric contract that this version can't run a network under");
}

/// Finite, and of f32 a value that f32 has.
bool is_number(double value, bool is_wide) {
  if (!std::isfinite(value)) return false;
  if (is_wide) return true;
  constexpr double kLargest = std::numeric_limits<float>::max();
  return std::fabs(value) <= kLargest && static_cast<double>(static_cast<float>(value)) == value;
}

void check_layer(const NetworkLayer& layer, std::size_t index, bool is_wide) {
  const auto fail = [index](const std::string& rule) {
    refuse(fmt::format("layer {}: {}", index, rule));
  };
  const std::size_t units = layer.unit_count();
  if (units == 0 || units > kMaxOutputCount) fail(fmt::format("{} units", units));
  if (layer.activation < Activation::identity || layer.activation > Activation::softmax) {
    fail("an unknown activation");
  }
  if (layer.weights.size() != units * layer.input_count) {
    fail(fmt::format("{} weights for {} units of {} inputs", layer.weights.size(), units,
                     layer.input_count));
  }
  for (const auto* numbers : {&layer.bias, &layer.weights}) {
    const auto wrong = std::find_if(numbers->begin(), numbers->end(),
                                    [is_wide](double v) { return !is_number(v, is_wide); });
    if (wrong == numbers->end()) continue;
    fail(fmt::format("{} {} is {}, no finite {}", numbers == &layer.bias ? "bias" : "weight",
                     wrong - numbers->begin(), *wrong, is_wide ? "float64" : "float32"));
  }
}

/// Shape: in[input_count], out[unit_count].
template <typename Number>
void sum_layer(const NetworkLayer& layer, bool skips_missing, std::span<const Number> in,
               std::span<Number> out) {
  const std::size_t units = layer.unit_count();
  for (std::size_t unit = 0; unit < units; ++unit) {
    Number sum = static_cast<Number>(layer.bias[unit]);
    for (std::size_t input = 0; input < layer.input_count; ++input) {
      if (skips_missing && std::isnan(in[input])) continue;
      const Number product = static_cast<Number>(layer.weights[input * units + unit]) * in[input];
      sum += product;
    }
    out[unit] = sum;
  }
}

template <typename Number>
void margins_of(const NetworkModel& model, std::span<const double> features,
                std::span<double> margins) {
  std::vector<Number> in;
  for (const double feature : features) in.push_back(static_cast<Number>(feature));
  const bool is_skip = model.missing == NetworkModel::Missing::skip;
  const bool is_missing =
      std::any_of(in.begin(), in.end(), [](Number value) { return std::isnan(value); });
  if (is_missing && !is_skip) {
    std::fill(margins.begin(), margins.end(), kCanonicalNan);
    return;
  }
  for (const NetworkLayer& layer : model.layers) {
    std::vector<Number> out(layer.unit_count());
    sum_layer<Number>(layer, is_skip && &layer == &model.layers.front(), in, out);
    activate(layer.activation, std::span(out));
    in = std::move(out);
  }
  std::transform(in.begin(), in.end(), margins.begin(),
                 [](Number margin) { return canonical(static_cast<double>(margin)); });
}

}  // namespace

void validate(const NetworkModel& model) {
  check_contract(model.contract);
  if (model.missing < NetworkModel::Missing::refuse || model.missing > NetworkModel::Missing::nan) {
    refuse("an unknown rule of missing features");
  }
  validate_facts(model, Reason::malformed_model);
  if (model.layers.empty()) refuse("a network without layers");
  std::size_t inputs = model.feature_count;
  for (std::size_t index = 0; index < model.layers.size(); ++index) {
    const NetworkLayer& layer = model.layers[index];
    if (layer.input_count != inputs) {
      refuse(fmt::format("layer {}: {} inputs, {} come", index, layer.input_count, inputs));
    }
    check_layer(layer, index, model.contract.is_wide());
    inputs = layer.unit_count();
  }
  if (inputs != model.output_count) {
    refuse(fmt::format("{} units in the last layer for {} outputs", inputs, model.output_count));
  }
}

void reference_margins(const NetworkModel& model, std::span<const double> features,
                       std::span<double> margins) {
  if (model.contract.is_wide()) return margins_of<double>(model, features, margins);
  margins_of<float>(model, features, margins);
}

}  // namespace mlcore
