// SPDX-License-Identifier: Apache-2.0
// Outside code uses Model: each function asks the kind, then the calibration.
#include "mlcore/model/model.hpp"

#include <algorithm>

#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {

const ModelFacts& Model::facts() const noexcept {
  if (const TreeEnsemble* ensemble = trees()) return *ensemble;
  return *network();
}

ModelFacts& Model::facts() noexcept {
  return const_cast<ModelFacts&>(static_cast<const Model&>(*this).facts());
}

std::string_view Model::kind_name() const noexcept {
  if (trees() != nullptr) return "trees";
  return network()->is_linear() ? "linear" : "network";
}

void validate(const Model& model) {
  const FloatingPointGuard guard;
  std::visit([](const auto& kind) { validate(kind); }, model.kind);
  if (model.calibration) validate(*model.calibration, model.facts().output_count);
}

void reference_margins(const Model& model, std::span<const double> features,
                       std::span<double> margins) {
  std::visit([&](const auto& kind) { reference_margins(kind, features, margins); }, model.kind);
}

void apply_link(const Model& model, std::span<double> margins) {
  const auto& calibration = model.calibration;
  if (!calibration || calibration->of == Calibration::Of::prediction) {
    apply_link(model.facts().contract, margins);
  }
  if (calibration) calibrate(*calibration, margins);
  if (model.has_finite_margins()) return;
  std::transform(margins.begin(), margins.end(), margins.begin(), canonical);
}

bool predicts_classes(const Model& model) noexcept {
  const bool is_by_objective = model.facts().decision == Decision::by_objective;
  return !(is_by_objective && model.calibration) && predicts_classes(model.facts());
}

}  // namespace mlcore
