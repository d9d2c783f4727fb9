// SPDX-License-Identifier: Apache-2.0
#include "mlcore/drift/make_reference.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace mlcore {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

ModelFacts facts(std::uint32_t outputs, Link link) {
  ModelFacts facts;
  facts.output_count = outputs;
  facts.contract.link = link;
  return facts;
}

TEST_CASE("make_reference: a column a feature and an output, by their names") {
  const Definition definition =
      Definition::parse("features f version 1 input a: f64? input b: f64? output [b, a]");
  const std::vector<double> features = {1, 10, kNan, 20, 3, kNan};
  const std::vector<double> predictions = {0.25, 0.75, 0.5, 0.5, 1, 0};
  const auto reference =
      make_reference(definition, facts(2, Link::softmax), {features.data(), 3, 2}, predictions);
  REQUIRE(reference.has_value());
  CHECK(reference->rows() == 3);
  CHECK(reference->features[0] == profile_numeric("b", std::vector<double>{1, kNan, 3}));
  CHECK(reference->features[1] == profile_numeric("a", std::vector<double>{10, 20, kNan}));
  CHECK(reference->scores[0] ==
        profile_scores("prediction 0", std::vector<double>{0.25, 0.5, 1}, ScoreScale(0, 1)));
  CHECK(reference->scores[1] ==
        profile_scores("prediction 1", std::vector<double>{0.75, 0.5, 0}, ScoreScale(0, 1)));
  validate(*reference);
}

TEST_CASE("make_reference: one output is called prediction, and without shares it has no scale") {
  const Definition definition = Definition::parse("features f version 1 input a: f64 output [a]");
  const std::vector<double> features = {1, 2};
  const std::vector<double> predictions = {-5, 700};
  const auto reference =
      make_reference(definition, facts(1, Link::identity), {features.data(), 2, 1}, predictions);
  REQUIRE(reference.has_value());
  CHECK(reference->scores[0] == profile_scores("prediction", predictions));
}

TEST_CASE("make_reference: more columns than a reference holds make none") {
  std::string text = "features f version 1 ";
  std::string outputs;
  for (std::size_t i = 0; i < kMaxReferenceColumns; ++i) {
    text += "input x" + std::to_string(i) + ": f64 ";
    outputs += (i == 0 ? "x" : ", x") + std::to_string(i);
  }
  const Definition definition = Definition::parse(text + "output [" + outputs + "]");
  const std::vector<double> features(kMaxReferenceColumns, 1.0);
  const std::vector<double> predictions = {1};
  CHECK(!make_reference(definition, facts(1, Link::identity),
                        {features.data(), 1, kMaxReferenceColumns}, predictions)
             .has_value());
}

}  // namespace
}  // namespace mlcore
