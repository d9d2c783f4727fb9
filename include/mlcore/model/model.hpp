// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an artifact holds and a Predictor runs: a model of any kind, and its calibration.
//
//   Model model = import_xgboost(bytes);
//   model.facts().feature_count;
//   if (const TreeEnsemble* trees = model.trees()) trees->tree_count();

#include <optional>
#include <span>
#include <variant>

#include "mlcore/model/calibration.hpp"
#include "mlcore/model/network.hpp"
#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

struct Model {
  std::variant<TreeEnsemble, NetworkModel> kind;
  std::optional<Calibration> calibration;

  Model() = default;
  Model(TreeEnsemble trees) : kind(std::move(trees)) {}      // NOLINT: it is one of its kinds
  Model(NetworkModel network) : kind(std::move(network)) {}  // NOLINT

  [[nodiscard]] const ModelFacts& facts() const noexcept;
  [[nodiscard]] ModelFacts& facts() noexcept;
  /// Null where the model is of another kind.
  [[nodiscard]] const TreeEnsemble* trees() const noexcept {
    return std::get_if<TreeEnsemble>(&kind);
  }
  [[nodiscard]] TreeEnsemble* trees() noexcept { return std::get_if<TreeEnsemble>(&kind); }
  [[nodiscard]] const NetworkModel* network() const noexcept {
    return std::get_if<NetworkModel>(&kind);
  }
  /// Of trees whose leaves are numbers; others may have infinite margins, and NaN.
  [[nodiscard]] bool has_finite_margins() const noexcept {
    return trees() != nullptr && !trees()->has_linear_leaves();
  }
  /// "trees", "linear" or "network".
  [[nodiscard]] std::string_view kind_name() const noexcept;

  friend bool operator==(const Model&, const Model&) = default;
};

/// Throws: as those of the kind and of the calibration.
void validate(const Model& model);

/// Before the link and the calibration. Shape and NaN: as those of the kind.
void reference_margins(const Model& model, std::span<const double> features,
                       std::span<double> margins);

/// Margins become predictions, in place: the link, and the calibration.
void apply_link(const Model& model, std::span<double> margins);

/// Whether the model says a class, as of the facts; by its objective alone not where it is
/// calibrated.
[[nodiscard]] bool predicts_classes(const Model& model) noexcept;

}  // namespace mlcore
