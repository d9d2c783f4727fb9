// SPDX-License-Identifier: Apache-2.0
// model_json.cpp uses ModelJsonNetwork and read_calibration.
#include "model/model_json_network.hpp"

#include <fmt/format.h>

#include <utility>

namespace mlcore {

void ModelJsonNetwork::read_number(PlacedJson& json) {
  is_f32_ = json.choice({"float32", "float64"}) == 0;
}

void ModelJsonNetwork::read_linear(PlacedJson& json) {
  is_linear_ = true;
  NetworkLayer& layer = model_.layers.emplace_back();
  json.object({"number", "missing", "bias", "weights"}, [&](std::string_view name) {
    if (name == "number") return read_number(json);
    if (name == "bias") return json.numbers(layer.bias);
    if (name == "weights") return read_weights(json, layer);
    if (name != "missing") json.unknown();
    model_.missing = static_cast<NetworkModel::Missing>(1 + json.choice({"refuse", "skip", "nan"}));
  });
}

void ModelJsonNetwork::read_network(PlacedJson& json) {
  json.object({"number", "layers"}, [&](std::string_view name) {
    if (name == "number") return read_number(json);
    if (name != "layers") json.unknown();
    json.array([&] { read_layer(json); });
  });
}

void ModelJsonNetwork::read_layer(PlacedJson& json) {
  NetworkLayer& layer = model_.layers.emplace_back();
  json.object({"weights", "bias", "activation"}, [&](std::string_view name) {
    if (name == "bias") return json.numbers(layer.bias);
    if (name == "weights") return read_weights(json, layer);
    if (name != "activation") json.unknown();
    layer.activation = static_cast<Activation>(
        1 + json.choice({"identity", "relu", "tanh", "logistic", "softmax"}));
  });
}

/// A row a unit, as the text has them; `finish_layer` turns them.
void ModelJsonNetwork::read_weights(PlacedJson& json, NetworkLayer& layer) {
  std::vector<double> row;
  bool is_first = true;
  json.array([&] {
    json.numbers(row);
    if (is_first) layer.input_count = static_cast<std::uint32_t>(row.size());
    if (row.size() != layer.input_count) {
      json.fail(fmt::format("{} numbers, the first row has {}", row.size(), layer.input_count));
    }
    is_first = false;
    layer.weights.insert(layer.weights.end(), row.begin(), row.end());
  });
}

std::string ModelJsonNetwork::place(std::size_t layer, std::string_view member) const {
  return is_linear_ ? fmt::format("linear.{}", member)
                    : fmt::format("network.layers[{}].{}", layer, member);
}

void ModelJsonNetwork::finish_layer(std::size_t index, std::size_t input_count) {
  NetworkLayer& layer = model_.layers[index];
  const std::size_t units = layer.unit_count();
  if (layer.weights.empty() || layer.input_count != input_count) {
    fail_model_json(place(index, "weights[0]"),
                    fmt::format("{} numbers for {} inputs", layer.input_count, input_count));
  }
  if (layer.weights.size() != units * input_count) {
    fail_model_json(place(index, "bias"), fmt::format("{} elements for {} rows of weights", units,
                                                      layer.weights.size() / input_count));
  }
  std::vector<double> turned(layer.weights.size());
  for (std::size_t unit = 0; unit < units; ++unit) {
    for (std::size_t input = 0; input < input_count; ++input) {
      const double weight = layer.weights[unit * input_count + input];
      if (is_f32_ && !is_f32_number(weight)) {
        fail_model_json(place(index, fmt::format("weights[{}][{}]", unit, input)),
                        not_f32_number(weight));
      }
      turned[input * units + unit] = weight;
    }
    if (is_f32_ && !is_f32_number(layer.bias[unit])) {
      fail_model_json(place(index, fmt::format("bias[{}]", unit)),
                      not_f32_number(layer.bias[unit]));
    }
  }
  layer.weights = std::move(turned);
}

NetworkModel ModelJsonNetwork::finish(std::uint32_t feature_count, std::uint32_t output_count) {
  using Contract = ModelContract;
  model_.feature_count = feature_count;
  model_.output_count = output_count;
  model_.contract.input_rounding =
      is_f32_ ? Contract::InputRounding::f32 : Contract::InputRounding::f64;
  model_.contract.accumulator = is_f32_ ? Contract::Accumulator::f32 : Contract::Accumulator::f64;
  std::size_t inputs = feature_count;
  for (std::size_t layer = 0; layer < model_.layers.size(); ++layer) {
    finish_layer(layer, inputs);
    inputs = model_.layers[layer].unit_count();
  }
  if (model_.layers.empty()) fail_model_json("network.layers", "none");
  if (inputs != output_count) {
    fail_model_json(place(model_.layers.size() - 1, "bias"),
                    fmt::format("{} elements for {} outputs", inputs, output_count));
  }
  return std::move(model_);
}

Calibration read_calibration(PlacedJson& json) {
  Calibration calibration;
  bool is_isotonic = false;
  std::vector<std::uint32_t> y_begin;
  const auto read_points = [&](std::vector<double>& values, std::vector<std::uint32_t>& begin) {
    std::vector<double> row;
    begin.assign(1, 0);
    json.array([&] {
      json.numbers(row);
      values.insert(values.end(), row.begin(), row.end());
      begin.push_back(static_cast<std::uint32_t>(values.size()));
    });
  };
  json.object({"kind", "of"}, [&](std::string_view name) {
    if (name == "kind") {
      is_isotonic = json.choice({"sigmoid", "isotonic"}) == 1;
    } else if (name == "of") {
      calibration.of = static_cast<Calibration::Of>(1 + json.choice({"margin", "prediction"}));
    } else if (name == "slope") {
      json.numbers(calibration.slope);
    } else if (name == "intercept") {
      json.numbers(calibration.intercept);
    } else if (name == "x") {
      read_points(calibration.x, calibration.point_begin);
    } else if (name == "y") {
      read_points(calibration.y, y_begin);
    } else {
      json.unknown();
    }
  });
  if (is_isotonic != !calibration.x.empty() || calibration.point_begin != y_begin) {
    json.fail("a sigmoid has slope and intercept, isotonic ones have x and y of equal lengths");
  }
  return calibration;
}

}  // namespace mlcore
