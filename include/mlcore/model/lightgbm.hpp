// SPDX-License-Identifier: Apache-2.0
#pragma once

// LightGBM's own model file, the text that save_model writes, read strictly and validated.
//
//   TreeEnsemble model = import_lightgbm(read_file("model.txt"));
//
// Formats v2 to v4; gbdt, dart, goss and rf; numeric and categorical splits, the three missing
// types; linear leaves. All in double. Objectives, links and what is refused by name:
// docs/models.md. Source: LightGBM 3.3.5 and 4.7.0, src/io/tree.cpp,
// src/boosting/gbdt_model_text.cpp, src/objective.

#include <string_view>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Throws: invalid_argument/malformed_model, invalid_tree; unimplemented/unsupported_model.
/// Cost: heap ≤ 16x the text + 64 MiB: 11 characters can say 32 categories.
[[nodiscard]] TreeEnsemble import_lightgbm(std::string_view text);

}  // namespace mlcore
