// SPDX-License-Identifier: Apache-2.0
#pragma once

// A lender's model with a reference profile, and the applicants that it sees.
//
//   const auto lender = Lender::make();          // requests have an as_of
//   Applicants quiet(7, 1000);
//   lender.predictor->predict(context, quiet.row(lender, 0), out);

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/predict/proof.hpp"
#include "stats/samples.hpp"

namespace mlcore::test {

inline constexpr const char* kLenderDefinition =
    "features lender version 1\n"
    "input income: f64?\ninput age: i64\ninput country: string?\n"
    "earned = income\nyears = age + days_between(as_of(), as_of())\noutput [earned, years]\n";

/// 128 stumps that climb with the income: a score of nearly as many values.
inline TreeEnsemble income_ladder() {
  constexpr std::size_t kSteps = 128;
  TreeEnsemble model;
  model.framework = "xgboost";
  model.framework_version = "1.7.4";
  model.objective = "binary:logistic";
  model.contract.link = Link::logistic;
  model.feature_count = 2;
  model.base_margins = {0};
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    model.tree_begin.push_back(3 * step);
    model.tree_output.push_back(0);
    model.left.insert(model.left.end(), {3 * step + 1, TreeEnsemble::kLeaf, TreeEnsemble::kLeaf});
    model.feature.insert(model.feature.end(), {0, 0, 0});
    const float threshold = 11'000.0f + 1000.0f * static_cast<float>(step);
    model.value.insert(model.value.end(), {threshold, -0.0625f, 0.0625f});
    model.default_left.insert(model.default_left.end(), {1, 0, 0});
    model.node_id.insert(model.node_id.end(), {0, 1, 2});
    model.round_begin.push_back(step);
  }
  model.tree_begin.push_back(3 * kSteps);
  model.round_begin.push_back(kSteps);
  return model;
}

struct Applicant {
  double income = 0;  // NaN: missing
  std::int64_t age = 0;
  std::optional<std::string_view> country;
};

inline Applicant make_applicant(SampleRandom& random) {
  constexpr std::string_view kCountries[] = {"FR", "DE", "ES", "IT"};
  Applicant made;
  made.income = 75'000 + 20'000 * random.normal();
  made.age = 18 + static_cast<std::int64_t>(random.below(60));
  if (random.below(50) > 0) made.country = kCountries[random.below(4)];
  return made;
}

inline std::vector<Applicant> make_applicants(std::uint64_t seed, std::size_t count) {
  SampleRandom random(seed);
  std::vector<Applicant> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(make_applicant(random));
  return made;
}

inline Bytes request_of(const Definition& definition, const Applicant& applicant,
                        std::int64_t as_of) {
  RowBuilder builder(definition.request());
  builder.set_f64(0, applicant.income);
  builder.set_i64(1, applicant.age);
  if (applicant.country) builder.set_string(2, *applicant.country);
  builder.set_i64(3, as_of);
  const ByteView row = builder.finish();
  return {row.begin(), row.end()};
}

inline Artifact lender_without_reference() {
  Artifact artifact;
  artifact.name = "lender";
  artifact.definition = Definition::parse(kLenderDefinition);
  artifact.model = income_ladder();
  artifact.proof_rows = make_proof_rows(artifact, 16, 3);
  return artifact;
}

/// Of 20,000 applicants, as training makes it.
inline Reference lender_reference() {
  const auto predictor = std::make_shared<const Predictor>(lender_without_reference());
  const auto applicants = make_applicants(1, 20'000);
  Context context(predictor, {});
  std::vector<double> incomes, ages, scores;
  std::vector<std::optional<std::string_view>> countries;
  for (const Applicant& applicant : applicants) {
    const Bytes request = request_of(predictor->definition(), applicant, 0);
    double score = 0;
    predictor->predict(context, RowView::parse(predictor->definition().request(), request),
                       {&score, 1});
    incomes.push_back(applicant.income);
    ages.push_back(static_cast<double>(applicant.age));
    countries.push_back(applicant.country);
    scores.push_back(score);
  }
  Reference reference;
  reference.features = {profile_numeric("earned", incomes), profile_numeric("years", ages)};
  reference.categories = {profile_category("country", countries)};
  reference.scores = {profile_scores("prediction", scores, ScoreScale(0, 1))};
  return reference;
}

inline const Bytes& lender_file() {
  static const Bytes file = [] {
    Artifact artifact = lender_without_reference();
    artifact.reference = lender_reference();
    return write_artifact(artifact);
  }();
  return file;
}

inline const std::shared_ptr<const Predictor>& lender() {
  static const std::shared_ptr<const Predictor> opened = Predictor::from_bytes(lender_file());
  return opened;
}

}  // namespace mlcore::test
