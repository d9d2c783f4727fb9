// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost through its C API: train, and predict with its own predictor as the reference.
//
//   std::string json = train_xgboost(features, labels, {.rounds = 100});
//   TreeEnsemble model = import_xgboost_json(json);

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "mlcore/base/span2d.hpp"

namespace mlcore {

struct XgboostOptions {
  std::map<std::string, std::string> parameters;  // as XGBoost names them
  std::int32_t rounds = 100;
  std::int32_t seed = 0;
  std::int32_t threads = 1;
  std::vector<std::string> feature_names;
  /// Called after each round; may be empty.
  std::function<void(std::int32_t round, std::int32_t rounds)> progress;
};

/// The model as XGBoost's JSON. Missing is NaN.
/// Throws: invalid_argument/training_failed with XGBoost's own message.
[[nodiscard]] std::string train_xgboost(Span2d<const float> features, std::span<const float> labels,
                                        const XgboostOptions& options);

/// XGBoost's CPU predictor on a DMatrix: the reference of every margin.
class XgboostReference {
 public:
  /// Requires: JSON that came from train_xgboost, or was accepted by import_xgboost_json.
  explicit XgboostReference(const std::string& json);
  ~XgboostReference();
  XgboostReference(const XgboostReference&) = delete;
  XgboostReference& operator=(const XgboostReference&) = delete;

  [[nodiscard]] std::vector<float> margins(Span2d<const float> features) const;
  [[nodiscard]] std::vector<float> predictions(Span2d<const float> features) const;
  /// XGBoosterPredictFromDense on one row, for benchmarks.
  [[nodiscard]] const float* inplace_margins(const float* features, std::size_t rows,
                                             std::size_t columns) const;
  [[nodiscard]] static std::string version();

 private:
  void* booster_;
};

}  // namespace mlcore
