// SPDX-License-Identifier: Apache-2.0
// Any bytes through the importer, from seeds of JSON.
#include <string_view>

#include "fuzz/model_run.hpp"
#include "mlcore/model/xgboost.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  return run_importer([bytes] { return mlcore::import_xgboost(bytes); });
}
