// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/model_contract.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "error_of.hpp"

using namespace mlcore;

namespace {

ModelFacts facts_of(std::uint32_t features, std::uint32_t outputs) {
  ModelFacts facts;
  facts.feature_count = features;
  facts.output_count = outputs;
  return facts;
}

std::string refusal_of(const ModelFacts& facts) {
  const Error error = test::error_of([&] { validate_facts(facts, Reason::malformed_model); });
  CHECK((error.code() == Code::ok) == (error.reason() == Reason::none));
  return error.code() == Code::ok ? "" : error.message();
}

std::uint32_t class_by(Decision decision, std::vector<double> values) {
  ModelFacts facts = facts_of(1, static_cast<std::uint32_t>(values.size()));
  facts.decision = decision;
  return class_of(facts, values);
}

}  // namespace

TEST_CASE("model facts: names, types and classes fit the features and the outputs") {
  ModelFacts facts = facts_of(2, 1);
  CHECK(refusal_of(facts).empty());
  facts.feature_names = {"a", "b"};
  facts.feature_types = {FeatureType::number, FeatureType::category};
  for (const auto& classes :
       {std::vector<std::string>{"a"}, std::vector<std::string>{"no", "yes"}}) {
    facts.classes = classes;
    CHECK(refusal_of(facts).empty());
  }
  facts.classes = {"a", "b", "c"};
  CHECK(refusal_of(facts) == "3 classes for 1 outputs");
  facts.output_count = 4;
  CHECK(refusal_of(facts) == "3 classes for 4 outputs");
  facts.classes = {"no", "yes"};
  CHECK(refusal_of(facts) == "2 classes for 4 outputs");
  facts.classes = {"a", "b", "c", "d"};
  CHECK(refusal_of(facts).empty());
  facts.feature_types.pop_back();
  CHECK(refusal_of(facts) == "1 feature types for 2 features");
  facts.feature_names.emplace_back("c");
  CHECK(refusal_of(facts) == "3 feature names for 2 features");
}

TEST_CASE("model facts: no count passes its limit") {
  CHECK(refusal_of(facts_of(kMaxFeatureCount, kMaxOutputCount)).empty());
  CHECK(refusal_of(facts_of(0, 1)).empty());
  CHECK(refusal_of(facts_of(kMaxFeatureCount + 1, 1)) == "1048577 features; at most 1048576");
  CHECK(refusal_of(facts_of(1, kMaxOutputCount + 1)) == "65537 outputs; at least 1, at most 65536");
  CHECK(refusal_of(facts_of(1, 0)) == "0 outputs; at least 1, at most 65536");
}

TEST_CASE("model facts: a decision is exact where the value stands at its edge") {
  const double above_half = 0x1.0000000000001p-1;
  CHECK(class_by(Decision::prediction, {0.5}) == 0);
  CHECK(class_by(Decision::prediction, {above_half}) == 1);
  CHECK(class_by(Decision::margin, {0}) == 0);
  CHECK(class_by(Decision::margin, {-0.0}) == 0);
  CHECK(class_by(Decision::margin, {0x1p-1074}) == 1);
  CHECK(class_by(Decision::margin_or_zero, {0}) == 1);
  CHECK(class_by(Decision::margin_or_zero, {-0.0}) == 1);
  CHECK(class_by(Decision::margin_or_zero, {-0x1p-1074}) == 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto decision : {Decision::prediction, Decision::margin, Decision::margin_or_zero}) {
    CHECK(class_by(decision, {nan}) == 0);
    CHECK(class_by(decision, {0.25, 0.5, 0.5}) == 1);  // the first of the greatest
    CHECK(class_by(decision, {0, 0}) == 0);
  }
  ModelFacts one = facts_of(1, 1);
  one.decision = Decision::prediction;
  one.classes = {"only"};
  const double value = 1;
  CHECK(class_of(one, std::span(&value, 1)) == 0);
}

TEST_CASE("model facts: a decision tells whether there are classes, whatever the objective") {
  ModelFacts facts = facts_of(1, 1);
  facts.objective = "binary:logistic";
  facts.contract.link = Link::logistic;
  CHECK(predicts_classes(facts));
  facts.decision = Decision::none;
  CHECK_FALSE(predicts_classes(facts));
  facts.objective = "of its own";
  facts.contract.link = Link::identity;
  facts.decision = Decision::margin;
  CHECK(predicts_classes(facts));
}

TEST_CASE("model facts: tasks and types have the names of the model JSON") {
  CHECK(name_of(Task::untold).empty());
  CHECK(name_of(Task::classification) == "classification");
  CHECK(name_of(Task::anomaly) == "anomaly");
  CHECK(name_of(FeatureType::number) == "number");
  CHECK(name_of(FeatureType::category) == "category");
}
