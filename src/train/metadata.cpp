// SPDX-License-Identifier: Apache-2.0
// train() uses make_record.
#include "train/metadata.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json metrics_json(const Metrics& metrics) {
  return {{"auc", number(metrics.auc)},
          {"log_loss", number(metrics.log_loss)},
          {"brier", number(metrics.brier)}};
}

Json evaluation_json(const Evaluation& evaluation) {
  return {{"rows", evaluation.rows},
          {"positive_rate", number(evaluation.positive_rate)},
          {"model", metrics_json(evaluation.model)},
          {"base_rate", metrics_json(evaluation.base_rate)},
          {"recency_rule", metrics_json(evaluation.recency_rule)}};
}

Json times_json(const std::vector<std::int64_t>& times) {
  Json array = Json::array();
  for (const std::int64_t time : times) array.push_back(format_timestamp(time));
  return array;
}

Json files_of(const Dataset& dataset) {
  Json files = Json::array();
  for (const DatasetFile& file : dataset.files) {
    files.push_back({{"stream", file.stream},
                     {"file", file.file},
                     {"sha256", hex(file.sha256)},
                     {"rows", file.rows}});
  }
  return files;
}

std::string dataset_name(const Dataset& dataset) {
  std::string name;
  for (const DatasetFile& file : dataset.files) {
    if (!name.empty()) name += ", ";
    name += file.file;
  }
  return name;
}

Json metrics_of(const TrainResult& result) {
  Json metrics = {{"train", evaluation_json(result.train)}, {"test", evaluation_json(result.test)}};
  for (const auto& [as_of, evaluation] : result.test_by_as_of) {
    metrics["test at " + format_timestamp(as_of)] = evaluation_json(evaluation);
  }
  return metrics;
}

}  // namespace

VersionRecord make_record(const TrainSpec& spec, const Dataset& dataset, const TrainResult& result,
                          std::int64_t created_at) {
  VersionRecord record = record_of(result.artifact);
  record.dataset = dataset_name(dataset);
  record.created_at = floor_div(created_at, kMicrosPerSecond) * kMicrosPerSecond;
  const Definition& definition = result.artifact.definition;
  Json json;
  json["name"] = spec.name;
  json["dataset_digest"] = hex(dataset.digest());
  json["dataset_rows"] = dataset.rows;
  json["dataset_time_range"] = times_json({dataset.first_event, dataset.last_event});
  json["dataset_files"] = files_of(dataset);
  json["features"] = {{"name", definition.name()},
                      {"version", definition.version()},
                      {"fingerprint", hex(definition.fingerprint())}};
  json["label"] = spec.label;
  json["split"] = {{"train", times_json(spec.train_as_of)}, {"test", times_json(spec.test_as_of)}};
  json["dropped_rows"] = result.train_table.dropped_rows + result.test_table.dropped_rows;
  json["null_labels"] = result.train_table.null_labels + result.test_table.null_labels;
  json["late_possible"] = result.train_table.late_possible;
  json["parameters"] = spec.model.parameters;
  json["rounds"] = spec.model.rounds;
  json["seed"] = spec.model.seed;
  json["threads"] = spec.model.threads;
  json["metrics"] = metrics_of(result);
  record.lineage = json.dump();
  return record;
}

}  // namespace mlcore
