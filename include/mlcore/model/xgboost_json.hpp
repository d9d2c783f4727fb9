// SPDX-License-Identifier: Apache-2.0
#pragma once

// The former name of import_xgboost.
//
//   TreeEnsemble model = import_xgboost_json(read_file("model.json"));

#include "mlcore/model/xgboost.hpp"

namespace mlcore {

/// Throws: as import_xgboost.
[[nodiscard]] inline TreeEnsemble import_xgboost_json(std::string_view json) {
  return import_xgboost(json);
}

}  // namespace mlcore
