// SPDX-License-Identifier: Apache-2.0
#pragma once

// What import_xgboost says of a model; nothing of one that it takes.
//
//   CHECK(refusal_of("{}").message == "XGBoost model: no version");

#include <string>
#include <string_view>

#include "mlcore/base/error.hpp"
#include "mlcore/model/xgboost.hpp"

struct Refusal {
  mlcore::Reason reason = mlcore::Reason::none;
  std::string message;
};

inline Refusal refusal_of(std::string_view text, const mlcore::XgboostImportOptions& options = {}) {
  try {
    static_cast<void>(mlcore::import_xgboost(text, options));
  } catch (const mlcore::Error& error) {
    return {error.reason(), error.message()};
  }
  return {};
}
