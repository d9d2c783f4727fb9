// SPDX-License-Identifier: Apache-2.0
// Section "Contexts" of mlcore.h.
#include <fmt/format.h>

#include "guard.hpp"
#include "handles.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;

mlcore_context::mlcore_context(const mlcore_model* owned, ContextOptions options)
    : model(owned), context(owned->predictor, options) {
  mlcore_model_retain(model);
}

mlcore_context::~mlcore_context() { mlcore_model_release(model); }

OutputKind capi::output_kind(std::int32_t number) {
  switch (const auto kind = static_cast<OutputKind>(number)) {
    case OutputKind::prediction:
    case OutputKind::margin:
    case OutputKind::features:
    case OutputKind::class_index:
    case OutputKind::leaf: return kind;
  }
  throw Error(Code::invalid_argument, Reason::invalid_option,
              fmt::format("there is no output {}", number));
}

extern "C" {

int32_t mlcore_context_options_init(mlcore_context_options_t* options, uint32_t size,
                                    mlcore_error_t* error) {
  return guard(error, [&] { capi::init_options(options, size); });
}

int32_t mlcore_context_new(const mlcore_model_t* model, const mlcore_context_options_t* options,
                           mlcore_context_t** context, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_context_t*& out = required(context, "context");
    out = nullptr;
    required(model, "model");
    const mlcore_context_options_t given = capi::options_of(options, "options");
    out = new mlcore_context(model, {.output = capi::output_kind(given.output),
                                     .iteration_begin = given.iteration_begin,
                                     .iteration_end = given.iteration_end,
                                     .threads = given.threads});
  });
}

void mlcore_context_release(mlcore_context_t* context) { delete context; }

int32_t mlcore_context_output_count(const mlcore_context_t* context, int64_t* count,
                                    mlcore_error_t* error) {
  return guard(error, [&] {
    required(count, "count") =
        static_cast<std::int64_t>(required(context, "context").context.output_count());
  });
}

}  // extern "C"
