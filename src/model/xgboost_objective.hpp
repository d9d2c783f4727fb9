// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an XGBoost objective does at prediction: its link, and how base_score becomes a margin.
//
//   const XgboostObjective& objective = xgboost_objective("binary:logistic");
//   float margin = xgboost_base_margin(objective, 0.25f, {.major = 3, .minor = 2});

#include <cstdint>
#include <string_view>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

enum class BaseScore { as_is, logit, log };

struct XgboostObjective {
  std::string_view name;
  Link link;
  BaseScore base_score;
};

struct XgboostVersion {
  std::int32_t major = 0;
  std::int32_t minor = 0;
};

/// Throws: unimplemented/unsupported_model naming the objective.
[[nodiscard]] const XgboostObjective& xgboost_objective(std::string_view name);

/// In float32 and with this machine's logf, as XGBoost does; the artifact stores the result.
/// Throws: invalid_argument/malformed_model for a score that the objective can't have.
[[nodiscard]] float xgboost_base_margin(const XgboostObjective& objective, float base_score,
                                        XgboostVersion version);

}  // namespace mlcore
