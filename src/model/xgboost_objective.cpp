// SPDX-License-Identifier: Apache-2.0
// import_xgboost uses xgboost_objective and xgboost_base_margin.
// Source: XGBoost 1.7.6 and 3.2.0 src/objective; 3.2 clamps probabilities (#11973).
#include "model/xgboost_objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/shown.hpp"
#include "model/xgboost_tree.hpp"

namespace mlcore {
namespace {

constexpr XgboostObjective kObjectives[] = {
    {"binary:logistic", Link::logistic, BaseScore::logit},
    {"reg:logistic", Link::logistic, BaseScore::logit},
    {"binary:logitraw", Link::identity, BaseScore::as_is},
    {"binary:hinge", Link::hinge, BaseScore::as_is},
    {"reg:squarederror", Link::identity, BaseScore::as_is},
    {"reg:squaredlogerror", Link::identity, BaseScore::as_is},
    {"reg:pseudohubererror", Link::identity, BaseScore::as_is},
    {"reg:absoluteerror", Link::identity, BaseScore::as_is},
    {"reg:quantileerror", Link::identity, BaseScore::as_is},
    {"reg:expectileerror", Link::identity, BaseScore::as_is},
    {"count:poisson", Link::exponential, BaseScore::log},
    {"reg:gamma", Link::exponential, BaseScore::log},
    {"reg:tweedie", Link::exponential, BaseScore::log},
    {"survival:cox", Link::exponential, BaseScore::log},
    {"survival:aft", Link::exponential, BaseScore::log},
    {"multi:softprob", Link::softmax, BaseScore::as_is},
    {"multi:softmax", Link::softmax, BaseScore::as_is},
    {"rank:pairwise", Link::identity, BaseScore::as_is},
    {"rank:ndcg", Link::identity, BaseScore::as_is},
    {"rank:map", Link::identity, BaseScore::as_is},
};

}  // namespace

const XgboostObjective& xgboost_objective(std::string_view name) {
  const auto* objective = std::find_if(std::begin(kObjectives), std::end(kObjectives),
                                       [&](const auto& o) { return o.name == name; });
  if (objective == std::end(kObjectives)) {
    fail_unsupported(fmt::format("the objective {}", shown(name)));
  }
  return *objective;
}

float xgboost_base_margin(const XgboostObjective& objective, float base_score,
                          XgboostVersion version) {
  switch (objective.base_score) {
    case BaseScore::as_is: return base_score;
    case BaseScore::log:
      if (!(base_score > 0)) fail_malformed(fmt::format("base_score {} is not > 0", base_score));
      return std::log(base_score);
    case BaseScore::logit: break;
  }
  // Since 3.2 the ends are allowed, and moved inwards.
  const bool is_clamped = version.major > 3 || (version.major == 3 && version.minor >= 2);
  const bool is_inside = is_clamped ? base_score >= 0.0f && base_score <= 1.0f
                                    : base_score > 0.0f && base_score < 1.0f;
  if (!is_inside) {
    fail_malformed(
        fmt::format("base_score {} is no probability for {}", base_score, objective.name));
  }
  if (is_clamped) base_score = std::min(std::max(base_score, 1e-6f), 1.0f - 1e-6f);
  return -std::log(1.0f / base_score - 1.0f);
}

}  // namespace mlcore
