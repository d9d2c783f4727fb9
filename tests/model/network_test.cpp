// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/network.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

using namespace mlcore;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// margin = 0.5 + 2 a - 4 b, in f32.
NetworkModel linear() {
  NetworkModel model;
  model.feature_count = 2;
  model.layers = {{Activation::identity, 2, {2, -4}, {0.5}}};
  return model;
}

/// Two units of relu, (a + b) - 1 and (a - b), then 3 u0 - u1 + 0.25 and u1.
NetworkModel two_layers() {
  NetworkModel model;
  model.contract.input_rounding = ModelContract::InputRounding::f64;
  model.contract.accumulator = ModelContract::Accumulator::f64;
  model.feature_count = 2;
  model.output_count = 2;
  model.layers = {{Activation::relu, 2, {1, 1, 1, -1}, {-1, 0}},
                  {Activation::identity, 2, {3, 0, -1, 1}, {0.25, 0}}};
  return model;
}

std::vector<double> margins_of(const NetworkModel& model, std::vector<double> features) {
  std::vector<double> margins(model.output_count);
  reference_margins(model, features, margins);
  return margins;
}

}  // namespace

TEST_CASE("network: a linear model and two layers, by hand") {
  CHECK(linear().is_linear());
  CHECK(margins_of(linear(), {1, 0.25}) == std::vector<double>{1.5});
  CHECK_FALSE(two_layers().is_linear());
  CHECK(margins_of(two_layers(), {2, 1}) == std::vector<double>{5.25, 1});
  CHECK(margins_of(two_layers(), {-2, 1}) == std::vector<double>{0.25, 0});
}

TEST_CASE("network: a sum is made input by input, in f32 where the contract says so") {
  NetworkModel model = linear();
  model.layers[0] = {Activation::identity, 2, {1, 1}, {16777216}};
  // 2^24 + 1 is a tie that goes to the even 2^24, twice; 1 + 1 + 2^24 would be 2^24 + 2.
  CHECK(margins_of(model, {1, 1}) == std::vector<double>{16777216});
  model.contract.input_rounding = ModelContract::InputRounding::f64;
  model.contract.accumulator = ModelContract::Accumulator::f64;
  CHECK(margins_of(model, {1, 1}) == std::vector<double>{16777218});
}

TEST_CASE("network: what a missing feature does") {
  NetworkModel model = linear();
  for (const auto missing : {NetworkModel::Missing::refuse, NetworkModel::Missing::nan}) {
    model.missing = missing;
    CHECK(std::bit_cast<std::uint64_t>(margins_of(model, {-kNan, 1})[0]) == kCanonicalNanBits);
  }
  model.missing = NetworkModel::Missing::skip;
  CHECK(margins_of(model, {kNan, 1}) == std::vector<double>{-3.5});
  CHECK(margins_of(model, {kNan, kNan}) == std::vector<double>{0.5});
}

TEST_CASE("network: activations") {
  NetworkModel model = linear();
  model.contract.input_rounding = ModelContract::InputRounding::f64;
  model.contract.accumulator = ModelContract::Accumulator::f64;
  model.feature_count = 1;
  model.output_count = 2;
  model.layers[0] = {Activation::identity, 1, {1, -1}, {0, 0}};
  // NumPy 2.4.6: tanh(0.5), 1 / (1 + exp(-0.5)), exp(0.5) / (exp(0.5) + exp(-0.5)), in double.
  const struct {
    Activation activation;
    double first;
    double second;
  } rows[] = {{Activation::identity, 0.5, -0.5},
              {Activation::relu, 0.5, 0},
              {Activation::tanh, 0.46211715726000973, -0.46211715726000973},
              {Activation::logistic, 0.6224593312018546, 0.3775406687981454},
              {Activation::softmax, 0.7310585786300049, 0.2689414213699951}};
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.activation));
    model.layers[0].activation = row.activation;
    const std::vector<double> found = margins_of(model, {0.5});
    CHECK(found[0] == doctest::Approx(row.first).epsilon(4e-16));
    CHECK(found[1] == doctest::Approx(row.second).epsilon(4e-16));
  }
}

TEST_CASE("network: what can't run is refused by name") {
  const struct {
    void (*edit)(NetworkModel&);
    Reason reason;
    std::string_view message;
  } rows[] = {
      {[](NetworkModel& m) { m.layers.clear(); }, Reason::malformed_model, "without layers"},
      {[](NetworkModel& m) { m.layers[0].input_count = 3; }, Reason::malformed_model,
       "layer 0: 3 inputs, 2 come"},
      {[](NetworkModel& m) { m.layers[1].weights.pop_back(); }, Reason::malformed_model,
       "layer 1: 3 weights for 2 units of 2 inputs"},
      {[](NetworkModel& m) { m.layers[1].bias.clear(); }, Reason::malformed_model,
       "layer 1: 0 units"},
      {[](NetworkModel& m) { m.layers[1].bias[1] = kNan; }, Reason::malformed_model,
       "layer 1: bias 1 is nan, no finite float64"},
      {[](NetworkModel& m) { m.layers[0].weights[2] = HUGE_VAL; }, Reason::malformed_model,
       "layer 0: weight 2 is inf"},
      {[](NetworkModel& m) { m.output_count = 3; }, Reason::malformed_model,
       "2 units in the last layer for 3 outputs"},
      {[](NetworkModel& m) { m.feature_names = {"a"}; }, Reason::malformed_model,
       "1 feature names"},
      {[](NetworkModel& m) { m.layers[0].activation = static_cast<Activation>(9); },
       Reason::malformed_model, "unknown activation"},
      {[](NetworkModel& m) { m.missing = static_cast<NetworkModel::Missing>(0); },
       Reason::malformed_model, "unknown rule"},
      {[](NetworkModel& m) { m.contract.finish = ModelContract::Finish::mean; },
       Reason::unsupported_model, "contract"},
      {[](NetworkModel& m) { m.contract.input_rounding = ModelContract::InputRounding::f32; },
       Reason::unsupported_model, "contract"},
      {[](NetworkModel& m) { m.contract.link_scale = 0; }, Reason::unsupported_model, "contract"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    NetworkModel model = two_layers();
    CHECK_NOTHROW(validate(model));
    row.edit(model);
    try {
      validate(model);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      CAPTURE(error.message());
      CHECK(error.reason() == row.reason);
      CHECK(error.message().find(row.message) != std::string::npos);
    }
  }
  NetworkModel model = linear();
  model.layers[0].weights[0] = 0.1;  // which no float32 is
  CHECK_THROWS_AS(validate(model), Error);
}
