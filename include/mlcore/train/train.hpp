// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a train spec to an artifact on disk.
//
//   TrainSpec spec = read_train_spec("churn.json");
//   Registry::check_writable(spec.registry);  // before hours of training
//   TrainResult result = train(spec, {});
//   result.test.model.auc;          // beside result.test.recency_rule.auc
//   save(result, spec.registry);    // registry/v1/{model.mlc, metadata.json}, the next time v2

#include <cstdint>
#include <string>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/registry/registry.hpp"
#include "mlcore/train/dataset.hpp"
#include "mlcore/train/train_spec.hpp"
#include "mlcore/train/training_table.hpp"

namespace mlcore {

struct Metrics {
  double auc = 0;  // NaN where the rows have one class only
  double log_loss = 0;
  double brier = 0;
};

/// The model beside two baselines, all on the same rows.
struct Evaluation {
  std::uint64_t rows = 0;
  double positive_rate = 0;
  Metrics model;
  Metrics base_rate;     // the train split's positive rate for every row
  Metrics recency_rule;  // logistic regression on the days since the key's last event
};

struct DatedEvaluation {
  std::int64_t as_of = 0;
  Evaluation evaluation;
};

struct TrainResult {
  Artifact artifact;
  Bytes file;  // the artifact's bytes: a function of the spec, the definition and the data
  Evaluation train;
  Evaluation test;
  std::vector<DatedEvaluation> test_by_as_of;
  TrainingTable train_table;
  TrainingTable test_table;
  std::vector<float> test_margins;  // one a row of test_table, computed from the state
  std::string model_json;           // XGBoost's own file, for comparison with its predictor
  VersionRecord record;             // what the registry writes beside the artifact
};

/// Reads, ingests, fits, trains, imports the model, makes the reference and proof rows, opens the
/// artifact again and scores the test rows with it. Refuses its own result where a margin differs
/// by a bit from that of XGBoost's predictor. Throws: invalid_argument/malformed_spec for streams
/// that are not the definition's or an objective that is not a probability;
/// failed_precondition/label_leak when a train label window ends after the first test as_of;
/// empty_input; and what reading, features and training throw.
[[nodiscard]] TrainResult train(const TrainSpec& spec, const Progress& progress);

/// Publishes the artifact and gives the path of its version, DIR/v<N>: the next, or the one that
/// holds the same bytes already. Throws: as Registry::create and Registry::publish.
std::string save(const TrainResult& result, const std::string& directory);

}  // namespace mlcore
