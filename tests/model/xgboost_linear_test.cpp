// SPDX-License-Identifier: Apache-2.0
// import_xgboost of the booster gblinear.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "mlcore/base/error.hpp"
#include "mlcore/model/xgboost.hpp"
#include "model/xgboost_booster.hpp"
#include "model/xgboost_refusal.hpp"

using namespace mlcore;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// As XGBoost 1.7.4 writes it: two features, three classes.
constexpr std::string_view kModel =
    R"({"learner":{"attributes":{"best_iteration":"1"},"feature_names":["a","b"],)"
    R"("feature_types":["float","float"],"gradient_booster":{"model":{"boosted_rounds":4,)"
    R"("weights":[1E-1,-2.5E-1,3E0,7E-1,1E-3,-4E0,1.1E-1,2.2E-1,-3.3E-1]},"name":"gblinear"},)"
    R"("learner_model_param":{"base_score":"3E-1","boost_from_average":"1","num_class":"3",)"
    R"("num_feature":"2","num_target":"1"},"objective":{"name":"multi:softprob",)"
    R"("softmax_multiclass_param":{"num_class":"3"}}},"version":[1,7,4]})";

std::string model_with(std::string_view from, std::string_view to) {
  std::string text(kModel);
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("xgboost gblinear: a model is one layer in f32") {
  const Model model = import_xgboost(kModel);
  REQUIRE(model.network() != nullptr);
  CHECK(model.kind_name() == "linear");
  const NetworkModel& network = *model.network();
  CHECK(network.framework == "xgboost");
  CHECK(network.framework_version == "1.7.4");
  CHECK(network.feature_names == std::vector<std::string>{"a", "b"});
  CHECK(network.feature_count == 2);
  CHECK(network.output_count == 3);
  CHECK(network.missing == NetworkModel::Missing::skip);
  CHECK(network.contract.link == Link::softmax);
  CHECK_FALSE(network.contract.is_wide());
  const auto widened = [](std::vector<float> values) {
    return std::vector<double>(values.begin(), values.end());
  };
  CHECK(network.layers[0].weights == widened({0.1f, -0.25f, 3, 0.7f, 0.001f, -4}));
  CHECK(network.layers[0].bias == widened({0.11f + 0.3f, 0.22f + 0.3f, -0.33f + 0.3f}));
  CHECK(predicts_classes(model));
}

TEST_CASE("xgboost gblinear: the margins are XGBoost's own, of JSON and of UBJSON") {
  const XgboostBooster booster{std::string(kModel)};
  Sample probe{.width = 2, .features = {}, .labels = {}};
  for (const float a : {-3.0f, -0.0f, 0.1f, 1e-45f, 3e38f, kNan}) {
    for (const float b : {0.0f, 6.5e-3f, 7.7f, -1e30f, kNan}) {
      probe.features.insert(probe.features.end(), {a, b});
    }
  }
  const std::vector<float> expected = booster.predict(probe, XgboostBooster::kMargin);
  const Model model = import_xgboost(kModel);
  CHECK(import_xgboost(booster.ubjson()) == model);
  REQUIRE(expected.size() == 3 * probe.rows());
  for (std::size_t row = 0; row < probe.rows(); ++row) {
    CAPTURE(row);
    const float* features = probe.features.data() + 2 * row;
    const double wide[] = {static_cast<double>(features[0]), static_cast<double>(features[1])};
    double margins[3];
    reference_margins(model, wide, margins);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto found = std::bit_cast<std::uint32_t>(static_cast<float>(margins[i]));
      CHECK(found == std::bit_cast<std::uint32_t>(expected[3 * row + i]));
    }
  }
}

TEST_CASE("xgboost gblinear: the base margin of every output is that of the first") {
  const std::string text = model_with("\"3E-1\"", "\"[3E-1,5E0,6E0]\"");
  CHECK(import_xgboost(text) == import_xgboost(kModel));
  CHECK(refusal_of(model_with("\"3E-1\"", "\"[3E-1,5E0]\"")).message ==
        "XGBoost model: 2 base scores for 3 outputs");
}

TEST_CASE("xgboost gblinear: the best iteration has all weights, where the file tells it") {
  CHECK(import_xgboost(kModel, {.best_iteration = true}) == import_xgboost(kModel));
  const std::string text = model_with(R"("best_iteration":"1")", "");
  CHECK(refusal_of(text, {.best_iteration = true}).reason == Reason::invalid_option);
}

TEST_CASE("xgboost gblinear: what is no linear model is refused") {
  constexpr std::string_view kOnlyTrees = "the booster \"gblinear\" with what only trees have";
  constexpr std::string_view kBias = "-3.3E-1";
  const struct {
    std::string_view from;
    std::string_view to;
    std::string_view message;
  } rows[] = {
      {R"("name":"gblinear")", R"("name":"gbtree")", "the booster \"gbtree\" with weights"},
      {R"("boosted_rounds":4)", R"("trees":[],"tree_info":[0])", kOnlyTrees},
      {R"("boosted_rounds":4)", R"("iteration_indptr":[0,4])", kOnlyTrees},
      {R"("boosted_rounds":4)", R"("weight_drop":[])", kOnlyTrees},
      {R"("boosted_rounds":4)", R"("gbtree_model_param":{"num_trees":"4"})", kOnlyTrees},
      {",-3.3E-1", "", "8 weights for 2 features and 3 outputs"},
      {kBias, "-3.3E-1,1E0", "10 weights for 2 features and 3 outputs"},
      {R"("num_feature":"2")", R"("num_feature":"1048576")",
       "9 weights for 1048576 features and 3 outputs"},
      {R"("num_feature":"2")", R"("other":"2")", "the unknown member \"other\""},
      {kBias, "NaN", "layer 0: bias 2 is nan, no finite float32"},
      {kBias, "-Infinity", "layer 0: bias 2 is -inf, no finite float32"},
      {"1E-1", "1E39", "a number out of the range of f32"},
      {"1E-1", "\"1\"", "expected a number"},
      {R"("weights":[)", R"("weights":[],"weights":[)", "\"weights\" is given twice"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const Refusal refusal = refusal_of(model_with(row.from, row.to));
    CAPTURE(refusal.message);
    CHECK(refusal.reason != Reason::none);
    CHECK(refusal.message.find(row.message) != std::string::npos);
  }
  CHECK(refusal_of(model_with(R"("num_feature":"2")", R"("num_feature":"-2")")).message ==
        "XGBoost model: no num_feature");
}
