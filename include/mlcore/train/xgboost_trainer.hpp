// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost through its C API: train, and predict with its own predictor as the reference.
//
//   std::string json = train_xgboost(features, labels, {.rounds = 100});
//   Model model = import_xgboost(json);
//   XgboostReference(json).margins(features);  // what the model must give, bit for bit
//
// XGBoost prints nothing while it is used from here.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlcore/base/span2d.hpp"

namespace mlcore {

struct XgboostOptions {
  /// As XGBoost names them, but for the seed, the threads and the verbosity. Where absent:
  /// `tree_method` is `hist`, `objective` is `binary:logistic`.
  std::map<std::string, std::string> parameters;
  std::int32_t rounds = 100;
  std::int32_t seed = 0;
  std::int32_t threads = 1;
  std::vector<std::string> feature_names;  // empty, or one a column
  /// Called after each round; may be empty.
  std::function<void(std::int32_t round, std::int32_t rounds)> progress;
};

/// The model as XGBoost's JSON. Missing is NaN. The same features, options, XGBoost and machine
/// give the same bytes. Throws: invalid_argument/invalid_option (a parameter that XGBoost does not
/// have, or that has its own member; rounds or threads < 1; several threads for gblinear),
/// wrong_width, empty_input, training_failed with XGBoost's own message.
[[nodiscard]] std::string train_xgboost(Span2d<const float> features, std::span<const float> labels,
                                        const XgboostOptions& options);

/// XGBoost's CPU predictor on a DMatrix, one thread: the reference of every margin.
/// Not thread-safe.
class XgboostReference {
 public:
  /// Requires: JSON that came from train_xgboost, or was accepted by import_xgboost.
  /// Throws: invalid_argument/malformed_model with XGBoost's own message.
  explicit XgboostReference(const std::string& json);
  ~XgboostReference();
  XgboostReference(const XgboostReference&) = delete;
  XgboostReference& operator=(const XgboostReference&) = delete;

  /// Shape: [rows, features] → [rows, outputs]. Throws: invalid_argument/wrong_width.
  [[nodiscard]] std::vector<float> margins(Span2d<const float> features) const;
  [[nodiscard]] std::vector<float> predictions(Span2d<const float> features) const;
  /// Its in-place call on rows side by side, for benchmarks.
  /// Lifetime: until the next call of any member.
  [[nodiscard]] const float* inplace_margins(const float* features, std::size_t rows,
                                             std::size_t columns) const;
  /// "1.7.4"
  [[nodiscard]] static std::string version();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlcore
