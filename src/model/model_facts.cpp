// SPDX-License-Identifier: Apache-2.0
// Outside code uses validate_facts, and the names of tasks and of types of features.
#include <fmt/format.h>

#include "mlcore/model/model_contract.hpp"

namespace mlcore {

void validate_facts(const ModelFacts& model, Reason reason) {
  const auto refuse = [reason](std::string message) {
    throw Error(Code::invalid_argument, reason, std::move(message));
  };
  if (model.feature_count > kMaxFeatureCount) {
    refuse(fmt::format("{} features; at most {}", model.feature_count, kMaxFeatureCount));
  }
  if (model.output_count == 0 || model.output_count > kMaxOutputCount) {
    refuse(fmt::format("{} outputs; at least 1, at most {}", model.output_count, kMaxOutputCount));
  }
  const auto expect_each = [&](std::size_t found, const char* what) {
    if (found == 0 || found == model.feature_count) return;
    refuse(fmt::format("{} feature {} for {} features", found, what, model.feature_count));
  };
  expect_each(model.feature_names.size(), "names");
  expect_each(model.feature_types.size(), "types");
  const std::size_t classes = model.classes.size();
  const bool is_second = classes == 2 && model.output_count == 1;
  if (classes == 0 || classes == model.output_count || is_second) return;
  refuse(fmt::format("{} classes for {} outputs", classes, model.output_count));
}

std::string_view name_of(Task task) noexcept {
  switch (task) {
    case Task::untold: return {};
    case Task::classification: return "classification";
    case Task::regression: return "regression";
    case Task::ranking: return "ranking";
    case Task::anomaly: return "anomaly";
  }
  return {};
}

std::string_view name_of(FeatureType type) noexcept {
  switch (type) {
    case FeatureType::number: return "number";
    case FeatureType::integer: return "integer";
    case FeatureType::boolean: return "boolean";
    case FeatureType::category: return "category";
  }
  return {};
}

}  // namespace mlcore
