// SPDX-License-Identifier: Apache-2.0
// Sections "Feature definitions" and "Features without a model" of mlcore.h.
#include <fmt/format.h>

#include <utility>

#include "guard.hpp"
#include "handles.hpp"
#include "mlcore/base/fp_guard.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;

mlcore_features::mlcore_features(Definition parsed) {
  if (parsed.fits().empty()) {
    plan = &own_plan.emplace(std::move(parsed), FittedParameters{});
    definition = &plan->definition();
  } else {
    definition = &own_definition.emplace(std::move(parsed));
  }
  describe();
}

mlcore_features::mlcore_features(const FeaturePlan& fitted)
    : plan(&fitted), definition(&fitted.definition()) {
  describe();
}

void mlcore_features::describe() {
  request.layout = &definition->request();
  for (const Stream& stream : definition->streams()) streams.push_back({&stream.layout});
  text = definition->text();
  fingerprint = hex(definition->fingerprint());
}

namespace {

const Stream& stream_at(const mlcore_features_t* features, int64_t stream) {
  const Definition& definition = *required(features, "features").definition;
  return definition.streams()[capi::index_of(stream, definition.streams().size(), "stream")];
}

const FeaturePlan& fitted_plan(const mlcore_features& features) {
  if (features.plan != nullptr) return *features.plan;
  throw Error(
      Code::failed_precondition, Reason::not_fitted,
      fmt::format("definition \"{}\" has {} fitted transforms: only a model's features know "
                  "their parameters",
                  features.definition->name(), features.definition->fits().size()));
}

void compute_row(const FeaturePlan& plan, const State* state, ByteView bytes,
                 AggregateValues& aggregates, FeatureScratch& scratch, std::span<double> out) {
  const RowView row = RowView::parse(plan.definition().request(), bytes);
  if (state != nullptr && !plan.definition().streams().empty()) {
    state->read(plan.definition(), row, aggregates);
  }
  plan.compute(row, aggregates.cells, scratch, out);
}

void compute_rows(const FeaturePlan& plan, const State* state, const RowBatch& requests,
                  std::span<double> out) {
  const FloatingPointGuard floating_point;
  AggregateValues aggregates;
  FeatureScratch scratch = plan.make_scratch();
  for (std::size_t row = 0; row < requests.size(); ++row) {
    try {
      compute_row(plan, state, requests[row], aggregates, scratch,
                  out.subspan(row * plan.width(), plan.width()));
    } catch (const Error& error) {
      throw Error(error.code(), error.reason(), fmt::format("row {}: {}", row, error.message()),
                  Where{error.where().column, static_cast<std::int64_t>(row)});
    }
  }
}

}  // namespace

extern "C" {

int32_t mlcore_features_open(const char* text, int64_t text_length, mlcore_features_t** features,
                             mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_features_t*& out = required(features, "features");
    out = nullptr;
    out = new mlcore_features(Definition::parse(capi::text_of(text, text_length, "text")));
  });
}

void mlcore_features_release(mlcore_features_t* features) {
  if (features == nullptr || features->is_borrowed()) return;
  delete features;
}

int32_t mlcore_features_text(const mlcore_features_t* features, const char** text,
                             int64_t* text_length, mlcore_error_t* error) {
  return guard(error, [&] { capi::lend(required(features, "features").text, text, text_length); });
}

int32_t mlcore_features_fingerprint(const mlcore_features_t* features, const char** fingerprint,
                                    int64_t* fingerprint_length, mlcore_error_t* error) {
  return guard(error, [&] {
    capi::lend(required(features, "features").fingerprint, fingerprint, fingerprint_length);
  });
}

int32_t mlcore_feature_count(const mlcore_features_t* features, int64_t* count,
                             mlcore_error_t* error) {
  return guard(error, [&] {
    required(count, "count") =
        static_cast<std::int64_t>(required(features, "features").definition->outputs().size());
  });
}

int32_t mlcore_feature_name(const mlcore_features_t* features, int64_t index, const char** name,
                            int64_t* name_length, mlcore_error_t* error) {
  return guard(error, [&] {
    const std::vector<Output>& outputs = required(features, "features").definition->outputs();
    capi::lend(outputs[capi::index_of(index, outputs.size(), "feature")].name, name, name_length);
  });
}

int32_t mlcore_features_request_layout(const mlcore_features_t* features,
                                       const mlcore_layout_t** layout, mlcore_error_t* error) {
  return guard(error, [&] {
    required(layout, "layout") = nullptr;
    *layout = &required(features, "features").request;
  });
}

int32_t mlcore_features_stream_count(const mlcore_features_t* features, int64_t* count,
                                     mlcore_error_t* error) {
  return guard(error, [&] {
    required(count, "count") =
        static_cast<std::int64_t>(required(features, "features").streams.size());
  });
}

int32_t mlcore_features_stream_name(const mlcore_features_t* features, int64_t stream,
                                    const char** name, int64_t* name_length,
                                    mlcore_error_t* error) {
  return guard(error, [&] { capi::lend(stream_at(features, stream).name, name, name_length); });
}

int32_t mlcore_features_find_stream(const mlcore_features_t* features, const char* name,
                                    int64_t name_length, int64_t* stream, mlcore_error_t* error) {
  return guard(error, [&] {
    const Definition& definition = *required(features, "features").definition;
    const std::string_view wanted = capi::text_of(name, name_length, "name");
    std::int64_t& out = required(stream, "stream");
    const std::optional<std::size_t> found = definition.find_stream(wanted);
    if (!found) {
      throw Error(Code::not_found, Reason::unknown_name,
                  fmt::format("definition \"{}\" has no stream \"{}\"", definition.name(), wanted));
    }
    out = static_cast<std::int64_t>(*found);
  });
}

int32_t mlcore_features_stream_layout(const mlcore_features_t* features, int64_t stream,
                                      const mlcore_layout_t** layout, mlcore_error_t* error) {
  return guard(error, [&] {
    required(layout, "layout") = nullptr;
    const std::vector<mlcore_layout>& streams = required(features, "features").streams;
    *layout = &streams[capi::index_of(stream, streams.size(), "stream")];
  });
}

int32_t mlcore_features_compute(const mlcore_features_t* features, const mlcore_state_t* state,
                                const mlcore_rows_t* requests, double* out, int64_t out_count,
                                mlcore_error_t* error) {
  return guard(error, [&] {
    const FeaturePlan& plan = fitted_plan(required(features, "features"));
    if (state == nullptr && !plan.definition().streams().empty()) {
      throw Error(Code::failed_precondition, Reason::needs_state,
                  fmt::format("definition \"{}\" reads streams: a state is needed",
                              plan.definition().name()));
    }
    RowBatch batch;
    capi::copy_rows(required(requests, "requests"), batch);
    const std::span<double> values = capi::span_of(out, out_count, "out");
    if (values.size() != batch.size() * plan.width()) {
      capi::throw_width("out_count", out_count, batch.size() * plan.width());
    }
    compute_rows(plan, state == nullptr ? nullptr : state->state.get(), batch, values);
  });
}

}  // extern "C"
