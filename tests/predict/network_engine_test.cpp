// SPDX-License-Identifier: Apache-2.0
// Networks and calibrations behind a Predictor: the engine's bits, the rule of missing features,
// what an artifact keeps.
#include "mlcore/predict/network_engine.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <random>

#include "error_of.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/predict/proof.hpp"
#include "predict/allocation_counter.hpp"
#include "predict/differing_margins.hpp"

using namespace mlcore;
using test::error_of;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Layers of 1 to 9 units with small random numbers that f32 has.
NetworkModel random_network(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto number = [&random] { return static_cast<double>(random() % 4001) / 512 - 4; };
  NetworkModel model;
  model.framework = "by hand";
  model.objective = "any";
  const bool is_wide = seed % 2 == 0;
  model.contract.accumulator =
      is_wide ? ModelContract::Accumulator::f64 : ModelContract::Accumulator::f32;
  model.contract.input_rounding =
      is_wide ? ModelContract::InputRounding::f64 : ModelContract::InputRounding::f32;
  model.missing = static_cast<NetworkModel::Missing>(1 + random() % 3);
  model.feature_count = 1 + random() % 9;
  std::uint32_t inputs = model.feature_count;
  for (std::size_t left = 1 + random() % 3; left > 0; --left) {
    NetworkLayer& layer = model.layers.emplace_back();
    layer.activation = static_cast<Activation>(1 + random() % 5);
    layer.input_count = inputs;
    inputs = 1 + random() % 9;
    for (std::uint32_t unit = 0; unit < inputs; ++unit) layer.bias.push_back(number());
    for (std::size_t i = 0; i < std::size_t{inputs} * layer.input_count; ++i) {
      layer.weights.push_back(number());
    }
  }
  model.output_count = inputs;
  return model;
}

Artifact artifact_of(Model model) {
  Artifact artifact;
  artifact.name = "network";
  artifact.definition =
      Definition::parse("features n version 1\ninput a: f64?\ninput b: f64?\noutput [a, b]\n");
  artifact.model = std::move(model);
  artifact.proof_rows = make_proof_rows(artifact, 16, 7);
  return artifact;
}

/// margin = 0.5 + 2 a - 4 b, in f32 or f64.
NetworkModel linear(bool is_wide) {
  NetworkModel model = random_network(is_wide ? 0 : 1);
  model.missing = NetworkModel::Missing::refuse;
  model.feature_count = 2;
  model.output_count = 1;
  model.layers = {{Activation::identity, 2, {2, -4}, {0.5}}};
  return model;
}

double predict(const std::shared_ptr<const Predictor>& predictor, OutputKind output, double a,
               double b) {
  Context context(predictor, {.output = output});
  const double values[] = {a, b};
  double out = 0;
  predictor->predict_numeric(context, values, {&out, 1});
  return out;
}

}  // namespace

TEST_CASE("network engine: rows and batches have the bits of the reference") {
  std::size_t differing = 0;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const Model model = random_network(seed);
    validate(model);
    std::mt19937 random(seed);
    constexpr std::size_t kRows = 5;
    std::vector<double> inputs(kRows * model.facts().feature_count);
    for (double& input : inputs) {
      input = random() % 8 == 0 ? kNan : static_cast<double>(random() % 1000) / 64 - 8;
    }
    differing += test::differing_margins(CompiledModel(model), model, inputs, kRows);
  }
  CHECK(differing == 0);
}

TEST_CASE("network: an artifact is written and read again, and predicts through every call") {
  for (const bool is_wide : {false, true}) {
    CAPTURE(is_wide);
    NetworkModel model = linear(is_wide);
    model.contract.link = Link::logistic;
    const Artifact artifact = artifact_of(model);
    const Bytes file = write_artifact(artifact);
    CHECK(read_artifact(file).model == artifact.model);
    CHECK(write_artifact(read_artifact(file)) == file);
    const auto predictor = Predictor::from_bytes(file);
    CHECK(predictor->model().kind_name() == "linear");
    CHECK(predict(predictor, OutputKind::margin, 1, 0.625) == 0);
    CHECK(predict(predictor, OutputKind::prediction, 1, 0.625) == 0.5);
    const double rows[] = {1, 0.25, 0, 0.5};
    double margins[2] = {0, 0};
    predictor->margins(Span2d<const double>(rows, 2, 2), margins);
    CHECK(margins[0] == 1.5);
    CHECK(margins[1] == -1.5);
    CHECK(error_of([&] { predict(predictor, OutputKind::leaf, 1, 1); }).reason() ==
          Reason::invalid_option);
    CHECK(error_of([&] { predict(predictor, OutputKind::class_index, 1, 1); }).reason() ==
          Reason::invalid_option);
    CHECK(error_of([&] { const Context context(predictor, {.iteration_end = 1}); }).reason() ==
          Reason::invalid_option);
  }
}

TEST_CASE("network: a missing feature is refused with its place, or does what the rule says") {
  NetworkModel model = linear(true);
  auto predictor = std::make_shared<const Predictor>(artifact_of(model));
  const Error refusal = error_of([&] { predict(predictor, OutputKind::prediction, 1, kNan); });
  CHECK(refusal.reason() == Reason::null_not_allowed);
  CHECK(refusal.message() == "feature 1 is missing, which the model refuses");
  const double rows[] = {1, 1, 2, kNan};
  double out[2] = {0, 0};
  const Error batch = error_of([&] {
    Context context(predictor, {});
    predictor->predict_batch(context, Span2d<const double>(rows, 2, 2), out);
  });
  CHECK(batch.where().row == 1);
  const Error matrix = error_of([&] { predictor->margins(Span2d<const double>(rows, 2, 2), out); });
  CHECK(matrix.message() == "row 1: feature 1 is missing, which the model refuses");

  model.missing = NetworkModel::Missing::skip;
  predictor = std::make_shared<const Predictor>(artifact_of(model));
  CHECK(predict(predictor, OutputKind::margin, 1, kNan) == 2.5);
  model.missing = NetworkModel::Missing::nan;
  predictor = std::make_shared<const Predictor>(artifact_of(model));
  CHECK(std::bit_cast<std::uint64_t>(predict(predictor, OutputKind::prediction, 1, kNan)) ==
        kCanonicalNanBits);
}

TEST_CASE("calibration: of margins or of predictions, of a network or of trees, kept in the file") {
  Calibration calibration;
  calibration.point_begin = {0, 2};
  calibration.x = {-2, 2};
  calibration.y = {0, 1};
  NetworkModel network = linear(false);
  network.contract.link = Link::logistic;
  Model model = network;
  for (const auto of : {Calibration::Of::margin, Calibration::Of::prediction}) {
    calibration.of = of;
    model.calibration = calibration;
    const Bytes file = write_artifact(artifact_of(model));
    CHECK(read_artifact(file).model == model);
    const auto predictor = Predictor::from_bytes(file);
    // The margin is 1: (1 + 2) / 4. Its logistic, 0.73105860 in f32, by NumPy 2.4.6.
    const double expected = of == Calibration::Of::margin ? 0.75 : (0.7310585975646973 + 2) / 4;
    CHECK(predict(predictor, OutputKind::prediction, 0.25, 0) == doctest::Approx(expected));
    CHECK(predict(predictor, OutputKind::margin, 0.25, 0) == 1);
    CHECK_FALSE(predicts_classes(predictor->model()));
  }
}

TEST_CASE("calibration: a class is told by the calibrated prediction, or by the margin before it") {
  // The curve falls from 1 to 0, so that the two rules differ.
  for (const bool is_wide : {false, true}) {
    NetworkModel network = linear(is_wide);
    network.contract.link = Link::logistic;
    network.task = Task::classification;
    Model model = network;
    model.calibration.emplace();
    model.calibration->of = Calibration::Of::prediction;
    model.calibration->point_begin = {0, 2};
    model.calibration->x = {0, 1};
    model.calibration->y = {1, 0};
    const struct {
      Decision decision;
      double low;   // the class where the margin is -2
      double zero;  // 0: the prediction is 0.5 exactly
      double high;
    } rows[] = {{Decision::prediction, 1, 0, 0},
                {Decision::margin, 0, 0, 1},
                {Decision::margin_or_zero, 0, 1, 1}};
    for (const auto& row : rows) {
      model.facts().decision = row.decision;
      const auto predictor = std::make_shared<const Predictor>(artifact_of(model));
      CHECK(predicts_classes(predictor->model()));
      CHECK(predict(predictor, OutputKind::margin, -1.25, 0) == -2);
      CHECK(predict(predictor, OutputKind::class_index, -1.25, 0) == row.low);
      CHECK(predict(predictor, OutputKind::margin, -0.25, 0) == 0);
      CHECK(predict(predictor, OutputKind::class_index, -0.25, 0) == row.zero);
      CHECK(predict(predictor, OutputKind::class_index, 0.25, 0) == row.high);
    }
  }
}

TEST_CASE("network: a prediction allocates nothing") {
  for (const bool is_wide : {false, true}) {
    Model model = linear(is_wide);
    model.calibration.emplace();
    model.calibration->slope = {-1};
    model.calibration->intercept = {0};
    const auto predictor = std::make_shared<const Predictor>(artifact_of(model));
    Context context(predictor, {});
    const double values[] = {1, 2};
    double out = 0;
    predictor->predict_numeric(context, values, {&out, 1});
    const std::uint64_t before = test::allocation_count();
    for (int i = 0; i < 100; ++i) predictor->predict_numeric(context, values, {&out, 1});
    CHECK(test::allocation_count() == before);
  }
}
