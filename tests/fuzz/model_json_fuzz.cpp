// SPDX-License-Identifier: Apache-2.0
// Any bytes through the importer of the model JSON.
#include <string_view>

#include "fuzz/model_run.hpp"
#include "mlcore/model/model_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  return run_importer([text] { return mlcore::import_model_json(text).model; });
}
