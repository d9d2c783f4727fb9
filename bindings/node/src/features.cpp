// SPDX-License-Identifier: Apache-2.0
// Feature definitions and the layouts of their rows.
#include <memory>

#include "work.hpp"

namespace mlcore_node {
namespace {

/// openFeatures(text) => features
napi_value open_features(Call& call) {
  const Bytes text = call.bytes(0);
  mlcore_features_t* features = nullptr;
  check(mlcore_features_open, reinterpret_cast<const char*>(text.data), text.size, &features);
  return new_external(call.env(),
                      Features{{features, [](const mlcore_features_t* last) {
                                  mlcore_features_release(const_cast<mlcore_features_t*>(last));
                                }}});
}

napi_value text_of(Call& call, decltype(&mlcore_features_text) ask) {
  const auto features = call.open<Features>(0);
  const char* text = nullptr;
  std::int64_t size = 0;
  check(ask, features.get(), &text, &size);
  return call.text(text, size);
}

napi_value names_of(Call& call, decltype(&mlcore_feature_count) count_of,
                    decltype(&mlcore_feature_name) name_of) {
  const auto features = call.open<Features>(0);
  std::int64_t count = 0;
  check(count_of, features.get(), &count);
  const napi_value names = call.array(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const char* name = nullptr;
    std::int64_t size = 0;
    check(name_of, features.get(), i, &name, &size);
    call.set(names, static_cast<std::size_t>(i), call.text(name, size));
  }
  return names;
}

napi_value features_text(Call& call) { return text_of(call, mlcore_features_text); }
napi_value features_fingerprint(Call& call) { return text_of(call, mlcore_features_fingerprint); }
napi_value feature_names(Call& call) {
  return names_of(call, mlcore_feature_count, mlcore_feature_name);
}
napi_value stream_names(Call& call) {
  return names_of(call, mlcore_features_stream_count, mlcore_features_stream_name);
}

/// findStream(features, name) => number
napi_value find_stream(Call& call) {
  const auto features = call.open<Features>(0);
  const Bytes name = call.bytes(1);
  std::int64_t stream = 0;
  check(mlcore_features_find_stream, features.get(), reinterpret_cast<const char*>(name.data),
        name.size, &stream);
  return call.number(static_cast<double>(stream));
}

/// closeFeatures(features)
napi_value close_features(Call& call) {
  call.handle<Features>(0).handle.reset();
  return call.undefined();
}

/// layout(features, stream) => layout; -1 for the request's
napi_value layout(Call& call) {
  const auto features = call.open<Features>(0);
  const std::int32_t stream = call.int32(1);
  const mlcore_layout_t* borrowed = nullptr;
  if (stream < 0) {
    check(mlcore_features_request_layout, features.get(), &borrowed);
  } else {
    check(mlcore_features_stream_layout, features.get(), std::int64_t{stream}, &borrowed);
  }
  return new_external(call.env(), Layout{features, borrowed});
}

/// layoutDescribe(layout) => {id, fixedSize, fields: [{name, type, nullable, slotOffset}]}
napi_value layout_describe(Call& call) {
  const mlcore_layout_t* handle = call.handle<Layout>(0).handle;
  std::uint64_t id = 0;
  std::int64_t fixed_size = 0, count = 0;
  check(mlcore_layout_id, handle, &id);
  check(mlcore_layout_fixed_size, handle, &fixed_size);
  check(mlcore_layout_field_count, handle, &count);
  const napi_value fields = call.array(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    mlcore_field_t field = {};
    field.struct_size = sizeof field;
    check(mlcore_layout_field, handle, i, &field);
    const napi_value described = call.object();
    call.set(described, "name", call.text(field.name, field.name_length));
    call.set(described, "type", call.number(field.type));
    call.set(described, "nullable", call.number(field.nullable));
    call.set(described, "slotOffset", call.number(static_cast<double>(field.slot_offset)));
    call.set(fields, static_cast<std::size_t>(i), described);
  }
  const napi_value described = call.object();
  call.set(described, "id", call.bigint(id));
  call.set(described, "fixedSize", call.number(static_cast<double>(fixed_size)));
  call.set(described, "fields", fields);
  return described;
}

/// rowFromJson(layout, text, row) => bytes needed; `row` must have room
napi_value row_from_json(Call& call) {
  const mlcore_layout_t* handle = call.handle<Layout>(0).handle;
  const Bytes text = call.bytes(1);
  const Bytes row = call.bytes(2);
  std::int64_t needed = 0;
  check(mlcore_row_from_json, handle, reinterpret_cast<const char*>(text.data), text.size,
        static_cast<void*>(const_cast<std::uint8_t*>(row.data)), row.size, &needed);
  return call.number(static_cast<double>(needed));
}

/// rowCheck(layout, row)
napi_value row_check(Call& call) {
  const mlcore_layout_t* handle = call.handle<Layout>(0).handle;
  const Bytes row = call.bytes(1);
  check(mlcore_row_check, handle, static_cast<const void*>(row.data), row.size);
  return call.undefined();
}

class Compute final : public Work {
 public:
  explicit Compute(const Call& call)
      : features_(call.open<Features>(0)),
        state_(call.is_given(1) ? call.open<State>(1) : nullptr),
        requests_(call.rows(2)) {
    out_ = call.doubles(6, out_count_);
    keep(call.env(), call.value(6));
    keep(call.env(), call.value(2));
    keep(call.env(), call.value(4));
  }

  void run() override {
    check(mlcore_features_compute, features_.get(), state_.get(), &requests_, out_, out_count_);
  }

  napi_value finish(napi_env env) override { return kept(env, 0); }

 private:
  std::shared_ptr<const mlcore_features_t> features_;
  std::shared_ptr<const mlcore_state_t> state_;
  mlcore_rows_t requests_;  // of arrays that only lib/ knows, and that are kept
  double* out_ = nullptr;
  std::int64_t out_count_ = 0;
};

/// featuresCompute(features, state?, bytes, size, offsets, count, out) => Promise<out>
napi_value features_compute(Call& call) {
  return start(call.env(), std::make_unique<Compute>(call));
}

constexpr Function kFunctions[] = {{"openFeatures", entry<open_features>},
                                   {"featuresText", entry<features_text>},
                                   {"featuresFingerprint", entry<features_fingerprint>},
                                   {"featureNames", entry<feature_names>},
                                   {"streamNames", entry<stream_names>},
                                   {"findStream", entry<find_stream>},
                                   {"featuresCompute", entry<features_compute>},
                                   {"closeFeatures", entry<close_features>},
                                   {"layout", entry<layout>},
                                   {"layoutDescribe", entry<layout_describe>},
                                   {"rowFromJson", entry<row_from_json>},
                                   {"rowCheck", entry<row_check>}};

}  // namespace

void add_features(napi_env env, napi_value exports) {
  add_functions(env, exports, kFunctions, std::size(kFunctions));
}

}  // namespace mlcore_node
