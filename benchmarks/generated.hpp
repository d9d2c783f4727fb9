// SPDX-License-Identifier: Apache-2.0
#pragma once

// Seeded data and models: the same on every machine.
//
//   const GeneratedModel& model = generated_model("x100d6");
//   model.predictor->margins(model.rows(), out);

#include <memory>
#include <string>
#include <vector>

#include "mlcore/base/span2d.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/train/xgboost_trainer.hpp"

namespace mlcore::bench {

inline constexpr std::size_t kFeatures = 28;
inline constexpr std::size_t kTrainRows = 120'000;
inline constexpr std::size_t kScoreRows = 40'000;
inline constexpr std::uint64_t kSeed = 7;

/// Shape: [rows, kFeatures], 5 % missing (NaN).
[[nodiscard]] std::vector<float> make_rows(std::size_t rows, std::uint64_t seed);
[[nodiscard]] std::vector<float> make_labels(const std::vector<float>& rows);

struct GeneratedModel {
  std::string json;
  Bytes file;  // the artifact, identity features
  std::shared_ptr<const Predictor> predictor;
  std::unique_ptr<XgboostReference> xgboost;
  std::vector<float> scored;           // [kScoreRows, kFeatures]
  std::vector<float> xgboost_margins;  // [kScoreRows], by XGBoost's predictor on a DMatrix
  bool margins_equal = false;          // mlcore's bits, row and batch, on every row

  [[nodiscard]] Span2d<const float> rows() const { return {scored.data(), kScoreRows, kFeatures}; }
};

/// `x<trees>d<depth>` grown by level, `x<trees>l<leaves>` by loss; trained on first use. Throws:
/// invalid_argument for another name.
[[nodiscard]] const GeneratedModel& generated_model(const std::string& name);

}  // namespace mlcore::bench
