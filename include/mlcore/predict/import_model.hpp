// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another framework's model file becomes an artifact.
//
//   Artifact artifact = import_model(model_format("xgboost"), read_file("model.ubj"));
//   Bytes file = write_artifact(artifact);
//   auto predictor = Predictor::from_bytes(file);  // its proof rows hold

#include <cstdint>
#include <optional>
#include <string_view>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {

enum class ModelFormat : std::uint8_t { xgboost = 1, lightgbm = 2, json = 3 };

/// "xgboost", "lightgbm", "json" (the model JSON of docs/model_json.md): the names of
/// `mlcore import --from`.
/// Throws: invalid_argument/invalid_option for another.
[[nodiscard]] ModelFormat model_format(std::string_view name);

struct ImportOptions {
  /// XGBoost: only the rounds up to the attribute `best_iteration`.
  bool best_iteration = false;
  /// Its outputs are the model's features. Without it each feature is an input of the model's name
  /// for it, or f0, f1, … where one of the names can't be an input's (it has a backtick, or 129
  /// bytes): of the type i64? where the model took it for integers or categories, bool? for
  /// booleans, else f64?.
  std::optional<Definition> definition;
};

/// The artifact's metadata say the algorithm, and of a model JSON fidelity and bound; its proof
/// rows are made here. Throws: as the importer of the format; invalid_argument/feature_count,
/// feature_names, failed_precondition/not_fitted for a definition that does not fit the model;
/// feature_names too for a name that would be another's; invalid_argument/invalid_option for
/// best_iteration of another format than XGBoost's.
[[nodiscard]] Artifact import_model(ModelFormat format, std::string_view bytes,
                                    ImportOptions options = {});

}  // namespace mlcore
