// SPDX-License-Identifier: Apache-2.0
// The cases use make_rows and generated_model.
#include "generated.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <random>

#include "mlcore/base/error.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/proof.hpp"

namespace mlcore::bench {
namespace {

Definition identity_definition() {
  std::string inputs;
  std::string outputs;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    inputs += fmt::format("input f{}: f64?\n", i);
    outputs += fmt::format("{}f{}", i == 0 ? "" : ", ", i);
  }
  return Definition::parse(
      fmt::format("features generated version 1\n{}output [{}]\n", inputs, outputs));
}

bool has_equal_margins(const GeneratedModel& model) {
  std::vector<float> batch(kScoreRows);
  model.predictor->margins(model.rows(), batch);
  for (std::size_t row = 0; row < kScoreRows; ++row) {
    float one;
    model.predictor->margins({model.rows().row(row).data(), 1, kFeatures}, {&one, 1});
    const auto wanted = std::bit_cast<std::uint32_t>(model.xgboost_margins[row]);
    if (std::bit_cast<std::uint32_t>(batch[row]) != wanted) return false;
    if (std::bit_cast<std::uint32_t>(one) != wanted) return false;
  }
  return true;
}

GeneratedModel make_model(const std::string& name) {
  int trees = 0;
  char growth = 0;
  int size = 0;
  if (std::sscanf(name.c_str(), "x%d%c%d", &trees, &growth, &size) != 3 ||
      (growth != 'd' && growth != 'l')) {
    throw Error(Code::invalid_argument, Reason::invalid_option, "model \"" + name + "\"");
  }
  std::fprintf(stderr, "training %s on %zu rows\n", name.c_str(), kTrainRows);
  const std::vector<float> rows = make_rows(kTrainRows, kSeed);
  XgboostOptions options;
  options.parameters = {{"tree_method", "hist"}, {"eta", "0.05"}, {"objective", "binary:logistic"}};
  if (growth == 'd') {
    options.parameters["max_depth"] = fmt::format("{}", size);
  } else {
    options.parameters["max_depth"] = "0";
    options.parameters["max_leaves"] = fmt::format("{}", size);
    options.parameters["grow_policy"] = "lossguide";
  }
  options.rounds = trees;
  options.threads = 2;
  GeneratedModel model;
  model.json = train_xgboost({rows.data(), kTrainRows, kFeatures}, make_labels(rows), options);
  Artifact artifact;
  artifact.name = name;
  artifact.definition = identity_definition();
  artifact.model = import_xgboost(model.json);
  artifact.proof_rows = make_proof_rows(artifact, 64, kSeed);
  model.file = write_artifact(artifact);
  model.predictor = Predictor::from_bytes(model.file);
  model.xgboost = std::make_unique<XgboostReference>(model.json);
  model.scored = make_rows(kScoreRows, kSeed + 1);
  model.xgboost_margins = model.xgboost->margins(model.rows());
  model.margins_equal = has_equal_margins(model);
  return model;
}

}  // namespace

std::vector<float> make_rows(std::size_t rows, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform;
  std::vector<float> values(rows * kFeatures);
  for (float& value : values) {
    value = normal(engine);
    if (uniform(engine) < 0.05f) value = std::numeric_limits<float>::quiet_NaN();
  }
  return values;
}

std::vector<float> make_labels(const std::vector<float>& rows) {
  std::mt19937_64 engine(kSeed + 2);
  std::normal_distribution<float> noise;
  std::vector<float> labels(rows.size() / kFeatures);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    float score = noise(engine);
    for (std::size_t i = 0; i < kFeatures; ++i) {
      const float value = rows[row * kFeatures + i];
      if (std::isnan(value)) continue;
      score += i % 3 == 0 ? value : i % 3 == 1 ? value * value - 1 : std::sin(3 * value);
    }
    labels[row] = score > 0 ? 1 : 0;
  }
  return labels;
}

const GeneratedModel& generated_model(const std::string& name) {
  // Never destroyed: XGBoost's own statics are gone before ours would free its boosters.
  static auto& models = *new std::map<std::string, GeneratedModel>;
  const auto found = models.find(name);
  if (found != models.end()) return found->second;
  return models.emplace(name, make_model(name)).first->second;
}

}  // namespace mlcore::bench
