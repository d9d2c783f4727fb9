// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a train spec to a published artifact.
//
//   TrainSpec spec = read_train_spec("churn.json");
//   TrainResult result = train(spec, progress);
//   result.metrics_by_split["test"].auc;
//
// The spec is JSON; an unknown field is an error. docs/train_spec.md lists the fields.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/train/training_table.hpp"
#include "mlcore/train/xgboost_trainer.hpp"

namespace mlcore {

struct TrainSpec {
  std::string name;
  std::string features;                        // path of the definition
  std::map<std::string, std::string> streams;  // stream name → CSV path
  std::vector<std::int64_t> train_as_of;
  std::vector<std::int64_t> test_as_of;
  std::int64_t data_end = 0;
  std::string label;
  XgboostOptions model;
  std::string output;  // directory that receives model.mlc and metadata.json
};

struct Metrics {
  double auc = 0;
  double log_loss = 0;
  double brier = 0;
  std::uint64_t rows = 0;
  double positive_rate = 0;
};

struct TrainResult {
  Artifact artifact;
  Bytes file;
  Metrics train;
  Metrics test;
  Metrics base_rate;     // on the test rows: the train split's positive rate for everyone
  Metrics recency_rule;  // on the test rows: the train split's churn rate by days since the last event
  TrainingTable test_table;
  std::string model_json;  // XGBoost's own file, for comparison with its predictor
  std::string metadata_json;
};

/// One line a step, and how far along: done of total, total 0 when unknown.
using Progress = std::function<void(std::string_view step, std::int64_t done, std::int64_t total)>;

/// Paths in the spec are relative to the spec's folder.
/// Throws: invalid_argument/malformed_spec, failed_precondition/label_leak when a train label window
/// ends after the first test as_of; and what reading, features and training throw.
[[nodiscard]] TrainSpec read_train_spec(const std::string& path);
[[nodiscard]] TrainResult train(const TrainSpec& spec, const Progress& progress);
/// Writes DIR/v1/{model.mlc, metadata.json}, both or neither.
void save(const TrainResult& result, const std::string& directory);

}  // namespace mlcore
