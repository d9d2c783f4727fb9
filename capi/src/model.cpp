// SPDX-License-Identifier: Apache-2.0
// Section "Models" of mlcore.h.
#include <nlohmann/json.hpp>
#include <string>

#include "guard.hpp"
#include "handles.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;
using Json = nlohmann::ordered_json;

mlcore_model::mlcore_model(std::shared_ptr<const Predictor> opened)
    : predictor(std::move(opened)), features(predictor->plan()), digest(hex(predictor->digest())) {}

namespace {

Json describe(const RowLayout& layout) {
  Json fields = Json::array();
  for (const Field& field : layout.schema().fields()) {
    fields.push_back({{"name", field.name},
                      {"type", std::string(name_of(field.type))},
                      {"nullable", field.nullable}});
  }
  return {{"layout_id", layout.id()}, {"fields", fields}};
}

Json describe(const Definition& definition) {
  Json streams = Json::array();
  for (const Stream& stream : definition.streams()) {
    Json about = describe(stream.layout);
    about["name"] = stream.name;
    streams.push_back(std::move(about));
  }
  Json names = Json::array();
  for (const Output& output : definition.outputs()) names.push_back(output.name);
  return {{"name", definition.name()},
          {"version", definition.version()},
          {"fingerprint", hex(definition.fingerprint())},
          {"request", describe(definition.request())},
          {"streams", std::move(streams)},
          {"names", std::move(names)}};
}

const char* name_of(Link link) noexcept {
  switch (link) {
    case Link::identity: return "identity";
    case Link::logistic: return "logistic";
    case Link::softmax: return "softmax";
    case Link::exponential: return "exponential";
    case Link::hinge: return "hinge";
  }
  return "";
}

Json describe(const TreeEnsemble& model) {
  return {{"framework", model.framework},
          {"framework_version", model.framework_version},
          {"objective", model.objective},
          {"link", name_of(model.contract.link)},
          {"input_rounding",
           model.contract.input_rounding == ModelContract::InputRounding::f32 ? "f32" : "f64"},
          {"accumulator",
           model.contract.accumulator == ModelContract::Accumulator::f32 ? "f32" : "f64"},
          {"trees", model.tree_count()},
          {"feature_count", model.feature_count},
          {"output_count", model.output_count}};
}

std::string describe(const mlcore_model& model) {
  const Predictor& predictor = *model.predictor;
  const Json about = {{"name", predictor.name()},
                      {"digest", model.digest},
                      {"features", describe(predictor.definition())},
                      {"model", describe(predictor.model())},
                      {"outputs",
                       {{"prediction", predictor.output_count(OutputKind::prediction)},
                        {"margin", predictor.output_count(OutputKind::margin)},
                        {"features", predictor.output_count(OutputKind::features)}}},
                      {"metadata", predictor.metadata()}};
  return about.dump();
}

}  // namespace

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
    out = new mlcore_model(Predictor::open(name));
  });
}

int32_t mlcore_model_open_bytes(const void* bytes, int64_t size, mlcore_model_t** model,
                                mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_model_t*& out = required(model, "model");
    out = nullptr;
    out = new mlcore_model(Predictor::from_bytes(capi::bytes_of(bytes, size, "bytes")));
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
    required(count, "count") =
        static_cast<std::int64_t>(predictor.output_count(capi::output_kind(output)));
  });
}

int32_t mlcore_model_describe(const mlcore_model_t* model, char* buffer, int64_t capacity,
                              int64_t* needed, mlcore_error_t* error) {
  return guard(error, [&] {
    const std::string text = describe(required(model, "model"));
    capi::fill({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, buffer, capacity,
               needed);
  });
}

}  // extern "C"
