// SPDX-License-Identifier: Apache-2.0
// Any bytes through the importer, from seeds of UBJSON, and through the reader alone.
#include <string_view>

#include "fuzz/model_run.hpp"
#include "mlcore/model/xgboost.hpp"
#include "model/ubjson_reader.hpp"

namespace {

void skip_all(std::string_view bytes) {
  try {
    mlcore::UbjsonReader reader(bytes);
    reader.skip();
    reader.finish();
  } catch (const mlcore::Error& error) {
    if (error.reason() != mlcore::Reason::malformed_json) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  skip_all(bytes);
  return run_importer([bytes] { return mlcore::import_xgboost(bytes); });
}
