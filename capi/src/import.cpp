// SPDX-License-Identifier: Apache-2.0
// mlcore_import, of section "Models" of mlcore.h.
#include "guard.hpp"
#include "handles.hpp"
#include "mlcore/predict/import_model.hpp"

using namespace mlcore;

extern "C" {

int32_t mlcore_import(const char* format, int64_t format_length, const void* model,
                      int64_t model_size, const char* definition, int64_t definition_length,
                      int32_t best_iteration, mlcore_buffer_t** artifact, mlcore_error_t* error) {
  return capi::guard(error, [&] {
    mlcore_buffer_t*& out = capi::required(artifact, "artifact");
    out = nullptr;
    const ModelFormat named = model_format(capi::text_of(format, format_length, "format"));
    if (best_iteration != 0 && best_iteration != 1) {
      throw Error(Code::invalid_argument, Reason::invalid_option,
                  "best_iteration: expected 0 or 1");
    }
    ImportOptions options{.best_iteration = best_iteration == 1, .definition = {}};
    const std::string_view text = capi::text_of(definition, definition_length, "definition");
    if (!text.empty()) options.definition = Definition::parse(text);
    const std::string_view bytes =
        capi::text_of(static_cast<const char*>(model), model_size, "model");
    out = new mlcore_buffer{write_artifact(import_model(named, bytes, std::move(options)))};
  });
}

}  // extern "C"
