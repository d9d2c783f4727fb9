// SPDX-License-Identifier: Apache-2.0
// Linear models, networks and calibrations in the model JSON.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "mlcore/base/error.hpp"
#include "mlcore/model/model_json.hpp"

using namespace mlcore;

namespace {

constexpr std::string_view kLinear =
    R"("linear":{"number":"float64","missing":"skip","bias":[0.5,1],"weights":[[2,-4],[0.1,8]]})";
constexpr std::string_view kNetwork =
    R"("network":{"layers":[{"weights":[[1,2],[3,4],[5,6]],"bias":[7,8,9],"activation":"relu"},)"
    R"({"bias":[0,1],"weights":[[1,0,-1],[0.5,2,3]],"activation":"softmax"}],"number":"float32"})";

std::string model_of(std::string_view kind, std::string_view more = "") {
  return fmt::format(
      R"({{"format":"mlcore-model","version":1,"framework":"f","framework_version":"1",)"
      R"("objective":"o","task":"regression","feature_count":2,"outputs":2,"fidelity":"exact",)"
      R"({}{},"link":{{"kind":"identity"}}}})",
      kind, more);
}

std::string replaced(std::string_view in, std::string_view from, std::string_view to) {
  std::string text(in);
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

std::string refusal_of(const std::string& text) {
  try {
    static_cast<void>(import_model_json(text));
  } catch (const Error& error) {
    CHECK(error.reason() == Reason::malformed_model);
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("model json: a linear model is a layer, its weights input by input") {
  const Model model = import_model_json(model_of(kLinear)).model;
  const NetworkModel& network = *model.network();
  CHECK(model.kind_name() == "linear");
  CHECK(network.missing == NetworkModel::Missing::skip);
  CHECK(network.contract.is_wide());
  CHECK(network.layers ==
        std::vector<NetworkLayer>{{Activation::identity, 2, {2, 0.1, -4, 8}, {0.5, 1}}});
  double margins[2] = {0, 0};
  const double features[] = {1, 0.25};
  reference_margins(model, features, margins);
  CHECK(margins[0] == 1.5);
  CHECK(margins[1] == 1 + 0.1 + 2);
}

TEST_CASE("model json: a network's layers") {
  const Model model = import_model_json(model_of(kNetwork)).model;
  const NetworkModel& network = *model.network();
  CHECK(model.kind_name() == "network");
  CHECK(network.missing == NetworkModel::Missing::refuse);
  CHECK_FALSE(network.contract.is_wide());
  CHECK(network.layers ==
        std::vector<NetworkLayer>{{Activation::relu, 2, {1, 3, 5, 2, 4, 6}, {7, 8, 9}},
                                  {Activation::softmax, 3, {1, 0.5, 0, 2, -1, 3}, {0, 1}}});
}

TEST_CASE("model json: calibrations") {
  Model model =
      import_model_json(
          model_of(
              kLinear,
              R"(,"calibration":{"kind":"sigmoid","of":"margin","slope":[-1,-2],"intercept":[0,3]})"))
          .model;
  CHECK(model.calibration->of == Calibration::Of::margin);
  CHECK(model.calibration->slope == std::vector<double>{-1, -2});
  CHECK(model.calibration->intercept == std::vector<double>{0, 3});
  model =
      import_model_json(model_of(kLinear, R"(,"calibration":{"kind":"isotonic","of":"prediction",)"
                                          R"("x":[[0,1],[2]],"y":[[0.25,1],[0.5]]})"))
          .model;
  CHECK(model.calibration->is_isotonic());
  CHECK(model.calibration->point_begin == std::vector<std::uint32_t>{0, 2, 3});
  CHECK(model.calibration->y == std::vector<double>{0.25, 1, 0.5});
}

TEST_CASE("model json: a broken linear model, network or calibration is refused, the place named") {
  const struct {
    std::string_view kind;
    std::string_view from;
    std::string_view to;
    std::string_view message;
  } rows[] = {
      {kLinear, "[0.1,8]", "[0.1,8,9]", "linear.weights[1]: 3 numbers, the first row has 2"},
      {kLinear, "[[2,-4],[0.1,8]]", "[[2],[8]]", "linear.weights[0]: 1 numbers for 2 inputs"},
      {kLinear, "[[2,-4],[0.1,8]]", "[]", "linear.weights[0]: 0 numbers for 2 inputs"},
      {kLinear, "[0.5,1]", "[0.5]", "linear.bias: 1 elements for 2 rows of weights"},
      {kLinear, "[0.5,1],\"weights\":[[2,-4],", "[0.5],\"weights\":[",
       "linear.bias: 1 elements for 2 outputs"},
      {kLinear, "float64", "float32", "linear.weights[1][0]: 0.1 is not a float32"},
      {kLinear, "\"missing\":\"skip\",", "", "linear: no member \"missing\""},
      {kLinear, "skip", "guess", "linear.missing: expected one of refuse, skip, nan"},
      {kLinear, "-4", "NaN", "linear.weights[0][1]: JSON line 1"},
      {kLinear, "-4", "1e999", "linear.weights[0][1]: JSON line 1"},
      {kLinear, "\"linear\"", "\"trees\":{},\"linear\"", "trees: no member \"input\""},
      {kLinear, "\"linear\"", "\"network\":{\"number\":\"float64\",\"layers\":[]},\"linear\"",
       "linear: stands beside network"},
      {kNetwork, "relu", "swish", "network.layers[0].activation: expected one of identity, relu"},
      {kNetwork, "[5,6]", "[5,6,7]", "network.layers[0].weights[2]: 3 numbers"},
      {kNetwork, "[1,0,-1],[0.5,2,3]", "[1,0],[0.5,2]",
       "network.layers[1].weights[0]: 2 numbers for 3 inputs"},
      {kNetwork, "[7,8,9]", "[7,8]", "network.layers[0].bias: 2 elements for 3 rows"},
      {kNetwork, "[7,8,9]", "[7,8,0.1]", "network.layers[0].bias[2]: 0.1 is not a float32"},
      {kNetwork, "\"activation\":\"softmax\"", "\"activation\":\"softmax\",\"dropout\":0.5",
       "network.layers[1].dropout: an unknown member"},
      {kNetwork, "\"bias\":[0,1],\"weights\":[[1,0,-1],[0.5,2,3]]",
       "\"bias\":[0],\"weights\":[[1,0,-1]]", "network.layers[1].bias: 1 elements for 2 outputs"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const std::string message = refusal_of(model_of(replaced(row.kind, row.from, row.to)));
    CAPTURE(message);
    CHECK(message.find(row.message) != std::string::npos);
  }
  CHECK(refusal_of(model_of(R"("bound":"")")) == "model JSON: no model: trees, linear or network");
  const struct {
    std::string_view calibration;
    std::string_view message;
  } calibrations[] = {
      {R"({"of":"margin","slope":[1,1],"intercept":[0,0]})", "calibration: no member \"kind\""},
      {R"({"kind":"sigmoid","of":"both"})", "calibration.of: expected one of margin, prediction"},
      {R"({"kind":"sigmoid","of":"margin","slope":[1],"intercept":[0]})", "1 slopes"},
      {R"({"kind":"sigmoid","of":"margin","x":[[1],[1]],"y":[[1],[1]]})", "calibration: a sigmoid"},
      {R"({"kind":"isotonic","of":"margin","slope":[1,1],"intercept":[0,0]})", "calibration: a"},
      {R"({"kind":"isotonic","of":"margin","x":[[1],[1,2]],"y":[[1,1],[1]]})", "calibration: a"},
      {R"({"kind":"isotonic","of":"margin","x":[[1,1],[2]],"y":[[1,1],[1]]})", "does not ascend"},
      {R"({"kind":"isotonic","of":"margin","x":[[1],[2]],"y":[[2],[1]]})", "y 0 is 2"},
      {R"({"kind":"isotonic","of":"margin","x":[[1]],"y":[[1]]})", "not those of 2 outputs"},
  };
  for (const auto& row : calibrations) {
    CAPTURE(row.calibration);
    const std::string message =
        refusal_of(model_of(kLinear, fmt::format(",\"calibration\":{}", row.calibration)));
    CAPTURE(message);
    CHECK(message.find(row.message) != std::string::npos);
  }
}
