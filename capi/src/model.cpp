// SPDX-License-Identifier: Apache-2.0
// Section "Models" of mlcore.h.
#include <nlohmann/json.hpp>
#include <string>

#include "guard.hpp"
#include "handles.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;

mlcore_model::mlcore_model(OpenedModel opened)
    : predictor(std::move(opened.predictor)),
      features(predictor->plan()),
      digest(hex(predictor->digest())),
      version(opened.version) {}

extern "C" {

int32_t mlcore_model_open(const char* path, int64_t path_length, mlcore_model_t** model,
                          mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_model_t*& out = required(model, "model");
    out = nullptr;
    const std::string name(capi::text_of(path, path_length, "path"));
    if (name.find('\0') != std::string::npos) {
      throw Error(Code::invalid_argument, Reason::invalid_option, "path holds a NUL byte");
    }
    out = new mlcore_model(open_model(name));
  });
}

int32_t mlcore_model_open_bytes(const void* bytes, int64_t size, mlcore_model_t** model,
                                mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_model_t*& out = required(model, "model");
    out = nullptr;
    out = new mlcore_model({Predictor::from_bytes(capi::bytes_of(bytes, size, "bytes")), 0});
  });
}

void mlcore_model_retain(const mlcore_model_t* model) {
  if (model != nullptr) model->owners.fetch_add(1, std::memory_order_relaxed);
}

void mlcore_model_release(const mlcore_model_t* model) {
  if (model != nullptr && model->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete model;
}

int32_t mlcore_model_name(const mlcore_model_t* model, const char** name, int64_t* name_length,
                          mlcore_error_t* error) {
  return guard(error,
               [&] { capi::lend(required(model, "model").predictor->name(), name, name_length); });
}

int32_t mlcore_model_digest(const mlcore_model_t* model, const char** digest,
                            int64_t* digest_length, mlcore_error_t* error) {
  return guard(error, [&] { capi::lend(required(model, "model").digest, digest, digest_length); });
}

int32_t mlcore_model_version(const mlcore_model_t* model, int64_t* version, mlcore_error_t* error) {
  return guard(error, [&] { required(version, "version") = required(model, "model").version; });
}

int32_t mlcore_model_features(const mlcore_model_t* model, const mlcore_features_t** features,
                              mlcore_error_t* error) {
  return guard(error, [&] {
    required(features, "features") = nullptr;
    *features = &required(model, "model").features;
  });
}

int32_t mlcore_model_output_count(const mlcore_model_t* model, int32_t output, int64_t* count,
                                  mlcore_error_t* error) {
  return guard(error, [&] {
    const Predictor& predictor = *required(model, "model").predictor;
    std::int64_t& out = required(count, "count");
    const OutputKind kind = capi::output_kind(output);
    predictor.check_output(kind);
    out = static_cast<std::int64_t>(predictor.output_count(kind));
  });
}

int32_t mlcore_model_describe(const mlcore_model_t* model, char* buffer, int64_t capacity,
                              int64_t* needed, mlcore_error_t* error) {
  return guard(error, [&] {
    const std::string text = capi::describe(*required(model, "model").predictor);
    capi::fill({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, buffer, capacity,
               needed);
  });
}

}  // extern "C"
